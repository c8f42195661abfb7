import Synchronization

/// What changes of templates do to the jobs of repositories.
struct Consequences {
    struct Moved {
        var subject: PlannedChange.Subject
        let warnings: [String]
    }

    private let before: Snapshot
    private let after: Snapshot
    /// What a person is warned of where it was not so before, as rules report it.
    private let dangers: [any RepositoryRule]
    private let consumers: [RuleEntry]
    private let presented: Presented

    /// - Parameters:
    ///   - consumers: entries that name services which log in with the subject as it is.
    ///   - knowsOthers: whether the snapshots hold the repositories that may have a subject in common.
    init(_ before: Snapshot, _ after: Snapshot, consumers: [RuleEntry], knowsOthers: Bool = true) {
        self.consumers = consumers
        presented = Presented(after, knowsOthers: knowsOthers)
        self.before = before
        self.after = after
        dangers = [ClaimsThatFailJobs(), AnchoredSubject()]
    }

    /// - Returns: `nil` if the subject stays as it is, for certain.
    func subject(_ organization: Int, _ place: Int) -> Moved? {
        let (old, new) = (state(before, organization, place), state(after, organization, place))
        guard old.effective?.template != new.effective?.template || old.language != new.language else { return nil }
        let (oldPreview, newPreview) = (old.preview, new.preview)
        let repository = old.repository
        var subject = PlannedChange.Subject(
            repository: repository.fullName, repositoryID: repository.id, before: oldPreview.subject,
            after: newPreview.subject,
            isCertain: oldPreview.isCertain && newPreview.isCertain && !mayResistOptIn(old, organization),
            afterKeepingIDs: keepingIDs(old, new, organization))
        guard subject.effect != .none else { return nil }
        subject.sameIn = old.contextsAlike(new)
        if let text = subject.before, !old.namesItsRepository {
            subject.alsoOf = old.namesItsOwner ? presented.holder(of: text, before: repository.id) : Presented.unseen
        }
        var warnings: [String] = []
        if old.format.name != new.format.name {
            warnings.append("the subject's format changes from \(old.format.name) to \(new.format.name)")
        }
        for rule in dangers {
            guard case .fail(let violation) = judge(rule, new, organization) else { continue }
            if case .fail(let earlier) = judge(rule, old, organization), earlier.message == violation.message {
                continue
            }
            warnings.append("\(violation.message)")
        }
        if old.namesItsRepository, !new.namesItsRepository {
            warnings.append("the subject no longer names the repository")
        }
        if consumers.contains(where: { $0.selector?.mayChoose(repository) ?? true }) {
            warnings.append("a service that the policy names logs in with the subject as it is")
        }
        if subject.afterKeepingIDs != nil { warnings.append(PlannedChange.idsMayStay) }
        return Moved(subject: subject, warnings: warnings)
    }

    /// The new subject should GitHub keep the ids that the old one has; `nil` if they are not to go.
    private func keepingIDs(_ old: RepositoryState, _ new: RepositoryState, _ organization: Int) -> String? {
        guard old.reading.value?.hasImmutablePrefix == true, var setting = new.reading.value,
            !setting.hasImmutablePrefix
        else { return nil }
        setting.subClaimPrefix = old.reading.value?.subClaimPrefix
        let kept = RepositoryState(
            new.repository, .read(setting), under: after.organizations[organization].template,
            isEnterpriseServer: after.isEnterpriseServer
        ).preview.subject
        // The ids may stand in the template alone, which the change replaces.
        return kept == new.preview.subject ? nil : kept
    }

    /// What is said of many is said once, with how many it is said of.
    static func together(_ moved: [Moved]) -> [String] {
        var order: [String] = []
        var counts: [String: Int] = [:]
        for warning in moved.flatMap(\.warnings) {
            if counts[warning] == nil { order.append(warning) }
            counts[warning, default: 0] += 1
        }
        return order.map { warning in
            let count = counts[warning] ?? 0
            return "\(warning) (\(count == 1 ? "1 repository" : "\(count) repositories"))"
        }
    }

    private func state(_ snapshot: Snapshot, _ organization: Int, _ place: Int) -> RepositoryState {
        let one = snapshot.organizations[organization]
        let repository = one.repositories[place]
        return RepositoryState(
            repository.repository, repository.reading, under: one.template,
            isEnterpriseServer: snapshot.isEnterpriseServer)
    }

    /// Whether the organization opts in to immutable subjects and GitHub's answer leaves open if the repository follows.
    private func mayResistOptIn(_ old: RepositoryState, _ organization: Int) -> Bool {
        guard let setting = old.reading.value else { return false }
        return setting.followsOptIn && setting.useImmutableSubject == false
            && after.organizations[organization].template.optsIn(from: before.organizations[organization].template)
    }

    private func judge(_ rule: any RepositoryRule, _ state: RepositoryState, _ organization: Int) -> RuleVerdict {
        guard let setting = state.reading.value, let effective = state.effective, let template = effective.template
        else {
            return .notApplicable
        }
        return rule.judge(
            RuleSubject(
                repository: state.repository, setting: setting, template: template, source: effective.source,
                language: state.language,
                organization: OrganizationFacts(
                    login: before.organizations[organization].login,
                    template: after.organizations[organization].template,
                    includedProperties: before.organizations[organization].includedProperties,
                    isEnterpriseServer: before.isEnterpriseServer)))
    }
}

extension Snapshot {
    /// The snapshot as it would be with another template of one organization.
    func with(_ template: OrganizationTemplate, ofOrganization place: Int) -> Snapshot {
        var after = self
        let former = organizations[place].template
        guard template != former else { return after }
        after.organizations[place].template = template
        for repository in after.organizations[place].repositories.indices {
            let seen = after.organizations[place].repositories[repository]
            guard case .read(var setting) = seen.reading else { continue }
            // It has the organization's claims, so it may inherit them and change with them.
            if template.inheritedKeys != former.inheritedKeys,
                setting.effectiveTemplate(organization: former).source == .organizationOrCopy
            {
                setting.includeClaimKeys = nil
            }
            if template.optsIn(from: former), setting.followsOptIn, let prefix = seen.repository.immutablePrefix {
                setting.subClaimPrefix = prefix
            }
            after.organizations[place].repositories[repository].reading = .read(setting)
        }
        return after
    }

    /// Whether nothing that may follow an organization's template is out of sight. Of an `unverified` listing nobody knows.
    package func seesEveryRepository(of organization: OrganizationSnapshot) -> Bool {
        stop == nil && organization.listing.status != .partial && !scope.isNarrow
            && organization.repositories.allSatisfy { state in
                state.reading.value != nil || scope.decide(state.repository).isSkipped
            }
    }
}

extension PlannedChange {
    /// A change of one organization's template, with what it does to those that follow it by a scan.
    ///
    /// - Returns: `nil` if the scan does not show all that may follow it, or another template.
    package static func of(
        _ organization: Plan.Organization, from template: OrganizationTemplate, to future: OrganizationTemplate,
        by snapshot: Snapshot,
    ) -> PlannedChange? {
        guard let place = snapshot.organizations.firstIndex(where: { $0.id == organization.id }),
            snapshot.organizations[place].template == template,
            snapshot.seesEveryRepository(of: snapshot.organizations[place])
        else { return nil }
        let jobs = Consequences(snapshot, snapshot.with(future, ofOrganization: place), consumers: [])
        let moved = snapshot.organizations[place].repositories.indices.compactMap { jobs.subject(place, $0) }
        return PlannedChange(
            target: .organization(login: organization.login, id: organization.id), before: .organization(template),
            after: .organization(future), subjects: moved.map(\.subject),
            warnings: Consequences.together(moved) + snapshot.organizations[place].optInWarnings(to: future))
    }
}

/// Which repositories may present a subject that names none when all is done. Worked out when it is first asked for: most
/// subjects name their repository.
private final class Presented: Sendable {
    private struct Holder {
        let name: String
        let id: RepositoryID
        /// `nil` if it is not known.
        let subject: String?
    }

    private let after: Snapshot
    private let knowsOthers: Bool
    private let holders = Mutex<[Holder]?>(nil)

    static let unseen = "other organizations may present it too"

    init(_ after: Snapshot, knowsOthers: Bool) {
        self.after = after
        self.knowsOthers = knowsOthers
    }

    /// Who may present the subject, in words; `nil`: nobody else.
    ///
    /// - Parameter id: of the repository whose subject it was.
    func holder(of subject: String, before id: RepositoryID) -> String? {
        guard knowsOthers else { return "other repositories may present it" }
        let others = holders.withLock { holders in
            let known = holders ?? Self.holders(in: after)
            holders = known
            return known
        }.filter { $0.id != id }
        if let same = others.first(where: { $0.subject == subject }) { return "\(same.name) presents it too" }
        // Templates of other claims can yield the same texts.
        if let other = others.first { return "\(other.name) may present it too" }
        let isWhole =
            after.stop == nil && !after.scope.isNarrow
            && after.organizations.allSatisfy { $0.listing.status == .complete }
        return isWhole ? nil : "a repository that was not read may present it too"
    }

    /// Repositories whose subjects do not name them, or are not known.
    private static func holders(in snapshot: Snapshot) -> [Holder] {
        snapshot.organizations.flatMap { organization in
            organization.repositories.compactMap { member in
                let state = RepositoryState(
                    member.repository, member.reading, under: organization.template,
                    isEnterpriseServer: snapshot.isEnterpriseServer)
                let subject = state.preview.subject
                guard subject == nil || !state.namesItsRepository else { return nil }
                return Holder(name: member.repository.fullName, id: member.repository.id, subject: subject)
            }
        }
    }
}

extension RepositoryState {
    /// Contexts whose jobs present the same subject by both states, for certain.
    fileprivate func contextsAlike(_ other: RepositoryState) -> [JobContext.Kind] {
        guard let language, let otherLanguage = other.language, language.isCertain, otherLanguage.isCertain else {
            return []
        }
        let identity = TokenIdentity(repository)
        return JobContext.Kind.allCases.filter { kind in
            JobContext.allCases.filter { $0.kind == kind }.allSatisfy { context in
                guard let subject = language.subject(in: context, identity),
                    let otherSubject = otherLanguage.subject(in: context, identity)
                else { return false }
                return subject.joined == otherSubject.joined
            }
        }
    }

    /// Whether only repositories of its owner can present its subject.
    fileprivate var namesItsOwner: Bool {
        let names: [ClaimKey] = ["repository_owner", "repository_owner_id"]
        return effective?.template?.keys.contains(where: names.contains) ?? false
    }

    fileprivate var namesItsRepository: Bool {
        let names: [ClaimKey] = ["repo", "repository", "repository_id"]
        return effective?.template?.keys.contains(where: names.contains) ?? false
    }
}

extension Selector {
    fileprivate func mayChoose(_ repository: Repository) -> Bool {
        if case .no = match(repository) { false } else { true }
    }
}
