/// Why a change can't be planned; a person has to.
package struct PlanRefused: Error, Hashable, Sendable {
    package let why: String

    package init(_ why: String) {
        self.why = why
    }
}

extension RepositorySetting {
    /// The setting after a fix, as GitHub will report it.
    ///
    /// Everything is written that can be written, so what was read must say what is to stay: where it does not, a fix has
    /// to name it.
    ///
    /// - Parameters:
    ///   - organization: its template as it was read with the setting.
    ///   - future: its template as it will be.
    package func fixed(
        by fix: Fix, in repository: Repository, under organization: OrganizationTemplate,
        inheriting future: OrganizationTemplate? = nil, isEnterpriseServer: Bool,
    ) throws(PlanRefused) -> RepositorySetting {
        var fixed = self
        switch fix.template {
        case .template(let keys), .keeping(let keys):
            fixed.useDefault = false
            fixed.includeClaimKeys = keys
        case .inherit:
            guard case .set = future ?? organization else {
                throw PlanRefused("the organization has no template that is known, which could be inherited")
            }
            fixed.useDefault = false
            fixed.includeClaimKeys = nil
        case .useDefault:
            fixed.useDefault = true
            fixed.includeClaimKeys = nil
        case .immutable, nil:
            guard effectiveTemplate(organization: organization).source != .organizationOrCopy else {
                throw PlanRefused(
                    "GitHub's response does not show whether the repository follows its organization or holds a copy: to decide, "
                        + "give the policy an entry with where: {names: [...]} for such repositories alone, and fix: "
                        + "{inherit: true, immutable: true} or fix: {template: [...], immutable: true}")
            }
            if useDefault { fixed.includeClaimKeys = nil }
        }
        try fixed.take(fix.useImmutableSubject, repository, isEnterpriseServer)
        return fixed
    }

    /// Whether the organization's template applies: `use_default: false` without keys.
    package var inherits: Bool { !useDefault && (includeClaimKeys ?? []).isEmpty }

    /// Whether the prefix, which decides, names the repository with ids.
    package var hasImmutablePrefix: Bool { subClaimPrefix?.contains("@") ?? false }

    /// Whether it opted in to immutable subjects beside a prefix without ids, so that to write the flag back could change
    /// the format. The other way round is common: a flag of `false` beside a prefix with ids says only that nobody opted in.
    package var contradictsItself: Bool { subClaimPrefix != nil && !hasImmutablePrefix && useImmutableSubject == true }

    private mutating func take(
        _ wanted: Bool?, _ repository: Repository, _ isEnterpriseServer: Bool,
    ) throws(PlanRefused) {
        let legacy = "repo:\(repository.fullName)"
        guard let wanted else {
            guard contradictsItself else { return }
            throw PlanRefused(
                "use_immutable_subject is true beside the prefix \(subClaimPrefix ?? ""): to write it back could change "
                    + "the subject's format; a fix with \"immutable\" decides")
        }
        guard !isEnterpriseServer else { throw PlanRefused("an Enterprise Server has no immutable subjects") }
        useImmutableSubject = wanted
        guard wanted else {
            subClaimPrefix = legacy
            return
        }
        guard let prefix = repository.immutablePrefix else {
            throw PlanRefused("the listing does not hold the owner's id, so the new prefix is unknown")
        }
        subClaimPrefix = prefix
    }
}

extension PlannedChange {
    /// What a plan says wherever immutable subjects are to become legacy ones.
    ///
    /// Source: observed twice in 2026: 201 to `false`, and neither prefix nor tokens change.
    package static let idsMayStay =
        "GitHub accepts use_immutable_subject: false and keeps the ids on repositories that were made, renamed or moved "
        + "after 2026-07-15: keep the old subject allowed until the new one is read back"

    /// What a plan says wherever a follower of the organization gets claims of its own.
    package static let becomesItsOwn =
        "it gets its own template and no longer follows the organization's: a fix with inherit would let it"

    /// What a plan says wherever the opt-in to immutable subjects makes a repository follow its organization as well.
    package static let beginsToFollow =
        "it begins to follow the organization's template with this: a fix with immutable alone would keep its own, and "
        + "where: {names: [...]} leaves it out"

    /// Whether it wants subjects without ids where they have them now, which GitHub may accept and not do.
    package var dropsIDs: Bool {
        switch (before, after) {
        case (.repository(let before), .repository(let after)):
            before.hasImmutablePrefix && !after.hasImmutablePrefix
        case (.organization(.set(_, let before)), .organization(.set(_, let after))):
            before != false && after == false
        default: false
        }
    }

    /// What a plan says wherever an organization gets its first template.
    package static let cannotBeUnset =
        "it can't be undone wholly: GitHub has no way to unset it, and a rollback writes repo, context"

    /// A change of one repository, with what it does to its jobs.
    ///
    /// - Parameter organization: its template, which stays as it is.
    package static func of(
        _ repository: Repository, from setting: RepositorySetting, to fixed: RepositorySetting,
        under organization: OrganizationTemplate, isEnterpriseServer: Bool,
    ) -> PlannedChange {
        func snapshot(_ setting: RepositorySetting) -> Snapshot {
            let state = RepositorySnapshot(repository: repository, reading: .read(setting), since: nil)
            let owner = OrganizationSnapshot(
                login: repository.owner, id: nil, template: organization,
                listing: Listing(status: .unverified, listed: 1, expected: nil), repositories: [state])
            let now = Timestamp(secondsSince1970: 0)
            return Snapshot(
                scanID: nil, apiURL: "", isEnterpriseServer: isEnterpriseServer, startedAt: now, finishedAt: now,
                stop: nil, requests: RequestCounts(), scope: Scope(), organizations: [owner])
        }
        return PlannedChange(
            of: repository, from: setting, under: organization, to: .repository(fixed), under: organization,
            Consequences(snapshot(setting), snapshot(fixed), consumers: [], knowsOthers: false).subject(0, 0))
    }

    /// - Parameters:
    ///   - former: the organization's template as it is.
    ///   - future: the same as it will be.
    init(
        of repository: Repository, from setting: RepositorySetting, under former: OrganizationTemplate,
        to value: Value, under future: OrganizationTemplate, rules: [String] = [], _ moved: Consequences.Moved?,
    ) {
        self.init(
            target: .repository(owner: repository.owner, name: repository.name, id: repository.id),
            before: .repository(setting),
            mayInherit: setting.effectiveTemplate(organization: former).source == .organizationOrCopy, after: value,
            inherited: value.inherits ? future.inheritedKeys : nil,
            inheritedBefore: setting.inherits ? former.inheritedKeys : nil, rules: rules,
            subjects: moved.map { [$0.subject] } ?? [], warnings: moved?.warnings ?? [])
        let source = setting.effectiveTemplate(organization: former).source
        // Who undoes a change, or sets one template, has said so.
        if !rules.isEmpty, source == .organization || source == .organizationOrCopy,
            case .repository(let fixed) = value,
            !fixed.useDefault, !fixed.inherits
        {
            warnings.append(Self.becomesItsOwn)
        }
        if !rules.isEmpty, source == .gitHubDefault || source == .repository, case .repository(let fixed) = value,
            fixed.inherits, fixed.useImmutableSubject == true, setting.useImmutableSubject != true
        {
            warnings.append(Self.beginsToFollow)
        }
        if setting.useDefault, let unused = setting.includeClaimKeys, !unused.isEmpty {
            warnings.append("a rollback can't restore the unused claims \(unused.joinedNames)")
        }
        // Whatever the subjects are taken to be.
        if dropsIDs, !warnings.contains(Self.idsMayStay) { warnings.append(Self.idsMayStay) }
    }
}
