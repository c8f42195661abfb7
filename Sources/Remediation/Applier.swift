public import AuditCore
public import GitHubAPI

/// Where intents and outcomes are noted. What it throws ends the apply before anything more is written.
public protocol ChangeJournal: Sendable {
    /// Returns once the intent is safe: from then on the change may be written.
    func noteIntent(_ place: Int) async throws
    func noteOutcome(_ outcome: ChangeOutcome, _ place: Int) async throws
}

/// Applies a plan's changes one after another: read, refuse what moved, write, read back, compare.
public struct Applier: Sendable {
    /// What ends an apply before its last change.
    public enum Stop: Hashable, Sendable {
        /// GitHub refused the token, or a permission of all: nothing more would be allowed.
        case refused(GitHubError)
        /// A prefix changed that was not planned to: what is known of this organization's subjects is wrong.
        case prefixChanged(String)
        /// Of the first changes, one was not read back as planned.
        case canary(String)
        /// Whoever was asked after the canary said no.
        case declined
        case interrupted
        /// The network or GitHub failed before anything was written.
        case failed(GitHubError)
    }

    public struct Result: Sendable {
        public var stop: Stop?
        /// Whether anything was written, or may have been.
        public var hasWritten = false
    }

    /// How soon a wait ends once it is asked to stop.
    public static let attention: Duration = .seconds(1)
    /// Of how many repositories that follow an organization the prefix is held against what it was before.
    private static let followersWatched = 10

    private let client: GitHubClient
    private let writer: GitHubWriter
    private let journal: any ChangeJournal

    public init(client: GitHubClient, writer: GitHubWriter, journal: any ChangeJournal) {
        self.client = client
        self.writer = writer
        self.journal = journal
    }

    /// - Parameters:
    ///   - entries: what the journal knows of each change; those that are open are taken up.
    ///   - canaries: after how many that were written `confirm` is asked.
    ///   - confirm: whether to go on after the canaries were read back as planned.
    ///   - shouldStop: whether no further change is to be begun.
    ///   - tell: hears of each outcome.
    /// - Throws: what the journal throws.
    public func apply(
        _ plan: Plan, after entries: [Changeset.Entry], canaries: Int, confirm: () async -> Bool,
        shouldStop: () -> Bool, tell: (PlannedChange, ChangeOutcome) -> Void,
    ) async throws -> Result {
        var result = Result()
        var written = 0
        // Those whose template is not what it was to become, be it since an earlier apply: what is to inherit it would
        // inherit something else.
        var unmade = Set(
            zip(plan.changes, entries).compactMap { change, entry -> String? in
                guard let outcome = entry.outcome, !entry.isOpen, !outcome.isDone else { return nil }
                return change.target.organization
            })
        let open = plan.changes.indices.filter { entries[$0].isOpen }
        for place in open {
            let change = plan.changes[place]
            if change.after.inherits, unmade.contains(change.target.owner.lowercased()) {
                let outcome = ChangeOutcome.refused(
                    "the organization's template is not what the plan wants: not written")
                tell(change, outcome)
                try await journal.noteOutcome(outcome, place)
                continue
            }
            guard await takeTurn(unless: shouldStop) else {
                result.stop = .interrupted
                break
            }
            let ending = try await apply(change, place, isBegun: entries[place].isInDoubt, shouldStop)
            if let organization = change.target.organization, ending.outcome?.isDone != true {
                unmade.insert(organization)
            }
            result.hasWritten = result.hasWritten || ending.outcome?.mayBeWritten == true
            if let outcome = ending.outcome {
                tell(change, outcome)
                // Nothing of an intent that was never noted is in the journal, and an outcome says what was found.
                try await journal.noteOutcome(outcome, place)
                if ending.wasSent, outcome == .applied { written += 1 }
            }
            result.stop = ending.stop
            guard result.stop == nil else { break }
            // A canary that is not well is one, whatever the others are.
            if ending.wasSent, ending.outcome != .applied, written < canaries {
                result.stop = .canary(change.target.name)
                break
            }
            if ending.wasSent, written == canaries, place != open.last, await !confirm() {
                result.stop = .declined
                break
            }
        }
        return result
    }

    /// - Returns: whether one more may be written.
    private func takeTurn(unless shouldStop: () -> Bool) async -> Bool {
        do throws(GitHubError) {
            return try await writer.takeTurn(attention: Self.attention, unless: shouldStop)
        } catch {
            return false
        }
    }

    // MARK: - One change

    private struct Ending {
        var outcome: ChangeOutcome?
        var wasSent = false
        var stop: Stop?
    }

    /// - Parameter isBegun: whether it may have been written before, which reading tells.
    private func apply(
        _ change: PlannedChange, _ place: Int, isBegun: Bool, _ shouldStop: () -> Bool,
    ) async throws -> Ending {
        let reading = TargetReading(client: client)
        let found: TargetReading.Found
        do throws(TargetReading.Obstacle) {
            found = try await reading.current(change)
        } catch {
            return Ending(outcome: error.outcome, stop: error.stop)
        }
        if found.value.satisfies(change.after, inheriting: nil) {
            return Ending(outcome: isBegun ? .applied : .already)
        }
        guard found.isStill(change.before) else {
            if isBegun {
                return Ending(
                    outcome: found.satisfies(change.after)
                        ? .applied
                        : .different("it was about to be written, and is neither what it was nor what was planned"))
            }
            return Ending(outcome: .moved("it is not as it was when the plan was made: make a new plan"))
        }
        let followers = await reading.prefixes(of: change.followers.prefix(Self.followersWatched))
        try await journal.noteIntent(place)
        let isAccepted: Bool
        do throws(GitHubError) {
            isAccepted = try await write(change)
        } catch {
            if error.leavesDoubt { return await compare(change, followers, after: error) }
            if case .redirectRefused = error { return await lookUp(change, error) }
            return Ending(outcome: error.outcomeOfWrite, wasSent: true, stop: error.endsApply ? .refused(error) : nil)
        }
        if isAccepted { return await compare(change, followers) }
        // Refused for now: by the time it may be sent, somebody else may have changed it.
        guard await takeTurn(unless: shouldStop) else { return Ending(stop: .interrupted) }
        return try await apply(change, place, isBegun: false, shouldStop)
    }

    /// Finds out by its id where a target is whose address led elsewhere.
    private func lookUp(_ change: PlannedChange, _ error: GitHubError) async -> Ending {
        do throws(TargetReading.Obstacle) {
            _ = try await TargetReading(client: client).current(change)
            return Ending(outcome: .refused("\(error)"), wasSent: true)
        } catch {
            return Ending(
                outcome: error.outcome ?? .moved("it has another name by now: make a new plan"), wasSent: true,
                stop: error.stop)
        }
    }

    /// Reads what became of a write.
    ///
    /// - Parameters:
    ///   - followers: prefixes of repositories that follow an organization, as they were before.
    ///   - failure: what left in doubt whether it was made.
    private func compare(
        _ change: PlannedChange, _ followers: [RepositoryID: String], after failure: GitHubError? = nil,
    ) async -> Ending {
        let reading = TargetReading(client: client)
        let found: TargetReading.Found
        do throws(TargetReading.Obstacle) {
            found = try await reading.current(change)
        } catch {
            let why = "it could not be read back: \(error.why)"
            return Ending(outcome: .unknown(why), wasSent: true, stop: error.stop)
        }
        func prefixChanged(_ name: String, to prefix: String) -> Ending {
            let why = "the prefix of \(name) became \(prefix), which was not planned"
            return Ending(outcome: .different(why), wasSent: true, stop: .prefixChanged(why))
        }
        guard found.satisfies(change.after) else {
            if let failure, found.isStill(change.before) {
                return Ending(outcome: .refused("it was not made: \(failure)"), wasSent: true)
            }
            if let prefix = found.value.prefix, prefix != change.after.prefix {
                return prefixChanged(change.target.name, to: prefix)
            }
            return Ending(outcome: .different("what is read back is not what was written"), wasSent: true)
        }
        let now = await reading.prefixes(of: change.followers.filter { followers[$0.repositoryID] != nil })
        for follower in change.followers {
            guard let prefix = now[follower.repositoryID], prefix != followers[follower.repositoryID] else { continue }
            return prefixChanged(follower.repository, to: prefix)
        }
        return Ending(outcome: .applied, wasSent: true)
    }

    /// - Returns: false where a rate limit refused it.
    private func write(_ change: PlannedChange) async throws(GitHubError) -> Bool {
        switch (change.target, change.after) {
        case (.organization(let login, _), .organization(.set(let template, let flag))):
            guard let login = OrganizationLogin(login) else { throw .malformed("\(login) is no login") }
            return try await writer.setTemplate(of: login, to: template, useImmutableSubject: flag)
        case (.repository(let owner, let name, _), .repository(let setting)):
            return try await writer.setSetting(of: owner, name, to: setting)
        default:
            preconditionFailure("a plan that was read holds values that its targets can have")
        }
    }
}

extension PlannedChange {
    /// Repositories whose subject changes with their organization's template.
    fileprivate var followers: [Subject] { target.organization == nil ? [] : subjects }
}

extension PlannedChange.Target {
    /// Login of the organization whose template it is, in lower case; `nil`: it is a repository's.
    fileprivate var organization: String? {
        if case .organization(let login, _) = self { login.lowercased() } else { nil }
    }
}

extension GitHubError {
    /// Whether it is for want of a permission; what does not exist looks the same.
    var isOfPermission: Bool {
        switch self {
        case .forbidden, .notFound, .ssoRequired, .blocked: true
        default: false
        }
    }

    /// Whether a write that ended so may have been made.
    fileprivate var leavesDoubt: Bool {
        switch self {
        case .timeout, .connectionLost, .serverFault, .cancelled, .malformed, .unexpected(200..<300, _): true
        default: false
        }
    }

    /// Whether no other change would fare better.
    fileprivate var endsApply: Bool {
        switch self {
        case .unauthorized, .rateLimited, .ssoRequired: true
        default: false
        }
    }

    fileprivate var outcomeOfWrite: ChangeOutcome {
        switch self {
        case .forbidden(let message, _) where message.contains("archived"):
            .skipped("the repository is archived, and so read-only")
        default: isOfPermission ? .forbidden("\(self)") : .refused("\(self)")
        }
    }
}
