import AuditCore
import GitHubAPI

/// Reads a target as it is now.
struct TargetReader {
    let client: GitHubClient
    /// Those of the plan. Under their logins others may answer by now.
    let organizations: [Plan.Organization]

    /// Why a target could not be read as the plan knows it.
    struct Obstacle: Error {
        let why: String
        /// `nil` if nothing is known of the target, and no other one would fare better.
        let outcome: ChangeOutcome?
        /// What GitHub answered, or that it did not.
        let error: GitHubError?

        init(_ error: GitHubError) {
            why = "\(error)"
            self.error = error
            let why = "it could not be read: \(error)"
            switch error {
            case .unauthorized, .cancelled, .rateLimited, .unavailable, .credentialRefused, .appRefused: outcome = nil
            case .blocked: outcome = .skipped(why)
            default: outcome = error.isOfPermission ? .forbidden(why) : .refused(why)
            }
        }

        /// What ends an apply.
        var stop: Applier.Stop? {
            switch error {
            case nil: nil
            case .cancelled?: .interrupted
            case .unauthorized?, .rateLimited?, .unavailable?, .credentialRefused?, .appRefused?:
                error.map { .refused($0) }
            case _?: nil
            }
        }

        /// What may be over with the next target, or concern all: where GitHub or the network failed.
        var fault: GitHubError? {
            switch error {
            case .timeout?, .connectionLost?, .serverFault?: error
            default: nil
            }
        }

        init(_ outcome: ChangeOutcome) {
            why = outcome.message ?? outcome.name
            self.outcome = outcome
            error = nil
        }
    }

    /// What a target is now, and what it would inherit.
    struct Found {
        let value: PlannedChange.Value
        /// The organization's template as it is now; `nil` if it does not matter.
        let organization: OrganizationTemplate?
        /// `nil` if it is an organization.
        var repository: Repository?
        var isEnterpriseServer = false

        /// What jobs present; `nil` if that is not known for certain, or of an organization.
        var subject: String? {
            guard let repository, case .repository(let setting) = value else { return nil }
            let state = RepositoryState(
                repository, .read(setting), under: organization ?? .unreadable(GitHubError.cancelled.reason),
                isEnterpriseServer: isEnterpriseServer)
            return state.preview.isCertain ? state.preview.subject : nil
        }

        /// Claims that are reported of one that inherits them, as if they were its own.
        var echo: [ClaimKey]? {
            if case .set(let template, _)? = organization { template.keys } else { nil }
        }

        /// Whether the organization's template is not the one that the plan wants inherited.
        ///
        /// - Parameter planned: its claims; `nil` if the plan does not say.
        func inherits(otherThan planned: [ClaimKey]?) -> Bool {
            planned.map { $0 != organization?.inheritedKeys } ?? false
        }

        static let otherTemplate = "the organization's template is not what the plan was made for: make a new plan"

        func satisfies(_ planned: PlannedChange.Value, ignoringFlag: Bool = false) -> Bool {
            value.satisfies(planned, inheriting: echo, ignoringFlag: ignoringFlag)
        }

        /// What it is, without the organization's claims where it was made to inherit them: to undo its undoing would else
        /// make a copy of them.
        func inheriting(_ planned: PlannedChange.Value) -> PlannedChange.Value {
            guard planned.inherits, case .repository(var setting) = value, !setting.useDefault,
                setting.includeClaimKeys == echo
            else { return value }
            setting.includeClaimKeys = nil
            return .repository(setting)
        }

        /// Whether it is what a plan was made for: the same, but for claims without effect, and those that are reported of one
        /// that inherits, or may.
        func isStillBefore(_ change: PlannedChange) -> Bool {
            if value == change.before { return true }
            guard case .repository(let known) = change.before, case .repository(var now) = value else { return false }
            // Beside use_default claims have no effect, and GitHub may drop them.
            let isUnused = known.useDefault && now.useDefault
            guard isUnused || (change.before.inherits || change.mayInherit) && now.includeClaimKeys == echo else {
                return false
            }
            now.includeClaimKeys = known.includeClaimKeys
            return now == known
        }
    }

    /// The target as it is now; by its id, so that another one of its name is never taken for it.
    func current(_ change: PlannedChange) async throws(Obstacle) -> Found {
        switch change.target {
        case .organization(let name, let id):
            guard let login = OrganizationLogin(name) else { throw Obstacle(.moved("\(name) is not a login")) }
            let account = try await reading { () async throws(GitHubError) in try await client.organization(login) }
            guard account.id == id else { throw Obstacle(.moved("\(name) is now another organization")) }
            return Found(value: .organization(try await template(of: login)), organization: nil)
        case .repository(let owner, let name, let id):
            let repository = try await reading { () async throws(GitHubError) in
                try await client.client(for: owner).repository(id)
            }
            guard repository.id == id else { throw Obstacle(.moved("GitHub answers with another repository")) }
            guard repository.owner == owner, repository.name == name else {
                throw Obstacle(.moved("it is now \(repository.fullName): make a new plan"))
            }
            guard isOfPlan(repository) else {
                throw Obstacle(.moved("\(owner) is now another organization: make a new plan"))
            }
            if repository.isArchived == true {
                throw Obstacle(.skipped("the repository is archived, and so read-only"))
            }
            let setting = try await reading { () async throws(GitHubError) -> RepositorySetting in
                guard let setting = try await client.setting(of: repository).value else { throw .notModifiedUnasked }
                return setting
            }
            var organization: OrganizationTemplate?
            if change.inherited != nil || change.before.inherits || change.after.inherits || change.mayInherit,
                let login = OrganizationLogin(owner)
            {
                organization = try await template(of: login)
            }
            return Found(
                value: .repository(setting), organization: organization, repository: repository,
                isEnterpriseServer: client.endpoint.host == .enterpriseServer)
        }
    }

    /// Whether its owner is the one that the plan was made for, as far as GitHub sends the owner's id.
    private func isOfPlan(_ repository: Repository) -> Bool {
        guard let id = repository.ownerID,
            let owner = organizations.first(where: { $0.login.lowercased() == repository.owner.lowercased() })
        else { return true }
        return owner.id.rawValue == id
    }

    /// Subjects that repositories present now, under the template of their organization; of those that can be read.
    func presented(
        by subjects: [PlannedChange.Subject], under organization: OrganizationTemplate, read: () -> Void,
    ) async -> [RepositoryID: String] {
        let found = await Self.concurrently(subjects) { subject -> String? in
            do throws(GitHubError) {
                let github = try await client.client(for: String(subject.repository.prefix { $0 != "/" }))
                let repository = try await github.repository(subject.repositoryID)
                guard let setting = try await github.setting(of: repository).value else { return nil }
                return RepositoryState(
                    repository, .read(setting), under: organization,
                    isEnterpriseServer: client.endpoint.host == .enterpriseServer
                ).preview.subject
            } catch {
                return nil
            }
        } done: { _ in
            read()
            return true
        }
        var texts: [RepositoryID: String] = [:]
        for (subject, text) in zip(subjects, found) { texts[subject.repositoryID] = text ?? nil }
        return texts
    }

    /// So many targets are read at once.
    private static let width = 16

    /// Does the same with many, some at a time.
    ///
    /// - Parameter done: hears of each result as it comes; false: no further one is begun.
    /// - Returns: in the order of what it was done with; `nil` where it was not begun.
    static func concurrently<Input: Sendable, Output: Sendable>(
        _ inputs: [Input], _ body: @escaping @Sendable (Input) async -> Output, done: (Output) -> Bool,
    ) async -> [Output?] {
        await withTaskGroup(of: (Int, Output).self) { group in
            var outputs = [Output?](repeating: nil, count: inputs.count)
            var waiting = inputs.enumerated().makeIterator()
            for _ in 0..<width {
                guard let (place, input) = waiting.next() else { break }
                group.addTask { (place, await body(input)) }
            }
            for await (place, output) in group {
                outputs[place] = output
                guard done(output), let (place, input) = waiting.next() else { continue }
                group.addTask { (place, await body(input)) }
            }
            return outputs
        }
    }

    /// Prefixes of subjects as they are now, of those repositories that can be read.
    func prefixes(of subjects: some Sequence<PlannedChange.Subject>) async -> [RepositoryID: String] {
        var prefixes: [RepositoryID: String] = [:]
        for subject in subjects {
            let id = subject.repositoryID
            do throws(GitHubError) {
                let github = try await client.client(for: String(subject.repository.prefix { $0 != "/" }))
                prefixes[id] = try await github.setting(of: try await github.repository(id)).value?.subClaimPrefix
            } catch {
                // Nothing is known of it then, and nothing is said of it.
                continue
            }
        }
        return prefixes
    }

    private func template(of login: OrganizationLogin) async throws(Obstacle) -> OrganizationTemplate {
        try await reading { () async throws(GitHubError) -> OrganizationTemplate in
            do throws(GitHubError) {
                return try await client.organizationTemplate(of: login)
            } catch .organizationTemplateNeverSet {
                return .neverSet
            }
        }
    }

    private func reading<Value>(
        _ body: () async throws(GitHubError) -> Value,
    ) async throws(Obstacle) -> Value {
        do throws(GitHubError) { return try await body() } catch { throw Obstacle(error) }
    }
}

extension PlannedChange.Value {
    /// Whether what was read is what was planned: an inherited template may be reported with the organization's claims, and a
    /// flag that was not written may be reported or not.
    ///
    /// - Parameter ignoringFlag: whether a flag that is otherwise does not matter where both have the same prefix, which
    ///   says what subjects are.
    func satisfies(
        _ planned: PlannedChange.Value, inheriting inherited: [ClaimKey]?, ignoringFlag: Bool = false,
    ) -> Bool {
        switch (self, planned) {
        case (.organization(.set(let template, let flag)), .organization(.set(let wanted, let wantedFlag))):
            return template == wanted && (wantedFlag == nil || flag == wantedFlag)
        case (.repository(let setting), .repository(let wanted)):
            let hasKeys =
                wanted.inherits
                ? setting.inherits || setting.includeClaimKeys == inherited
                : setting.includeClaimKeys == wanted.includeClaimKeys
            let hasTemplate = setting.useDefault == wanted.useDefault && (wanted.useDefault || hasKeys)
            let hasFlag =
                wanted.useImmutableSubject == nil || setting.useImmutableSubject == wanted.useImmutableSubject
                || (ignoringFlag && wanted.subClaimPrefix != nil)
            return hasTemplate && hasFlag && setting.subClaimPrefix == wanted.subClaimPrefix
        default:
            return false
        }
    }
}
