/// Works out what is to be written so that a snapshot would keep its policy.
///
/// A change is planned only where it is known what it makes of the repository: the snapshot as it would be afterwards is
/// judged by the same policy, and a change that would not fix what it is there for, or would break something else, is
/// left to a person.
package struct Planner: Sendable {
    private let evaluator: Evaluator

    package init(_ evaluator: Evaluator) {
        self.evaluator = evaluator
    }

    package func plan(_ snapshot: Snapshot, now: Timestamp) -> Plan {
        let report = evaluator.evaluate(snapshot, now: now)
        var draft = Draft(snapshot, policy: evaluator.policy)
        draft.collect(report.findings.filter(\.isOpen))
        // What a change breaks can depend on the others: what is dropped may be what another one needs.
        var after = evaluator.evaluate(draft.snapshotAfter(), now: now)
        while !draft.dropFixesThatFail(before: report, after: after) {
            after = evaluator.evaluate(draft.snapshotAfter(), now: now)
        }
        draft.creditSideFixes(before: report, after: after)
        draft.tellConsequences(by: evaluator.policy)
        return Plan(
            apiURL: snapshot.apiURL, isEnterpriseServer: snapshot.isEnterpriseServer,
            organizations: snapshot.organizations.compactMap { organization in
                organization.id.map { Plan.Organization(login: organization.login, id: $0) }
            },
            createdAt: now, scanID: snapshot.scanID, policyName: evaluator.policy.name,
            policySHA256: evaluator.policy.sha256, changes: draft.changes, manual: draft.manual,
            scannedAt: snapshot.startedAt)
    }
}

/// A plan in the making.
private struct Draft {
    /// What is wanted of one repository or organization.
    private struct Wanted {
        var findings: [Finding] = []
        var value: PlannedChange.Value

        /// Ids of the fixed findings, each once: an organization's template can fix the same finding in all its followers.
        var rules: [String] {
            var seen: Set<String> = []
            return findings.map(\.rule).filter { seen.insert($0).inserted }
        }

        /// A finding that asks for it may be credited to it too.
        var findingCount: Int { Set(findings.map(\.key)).count }
    }

    private let snapshot: Snapshot
    private let fixes: [String: Fix]
    /// Findings of which nobody knows whether an opt-in fixes them.
    private var undocumented: Set<FindingKey> = []
    private var organizations: [OrganizationID: Wanted] = [:]
    private var repositories: [RepositoryID: Wanted] = [:]
    /// Place in the snapshot: organization, repository.
    private let places: [RepositoryID: (organization: Int, repository: Int)]
    private(set) var manual: [Plan.Manual] = []
    private(set) var changes: [PlannedChange] = []

    init(_ snapshot: Snapshot, policy: Policy) {
        self.snapshot = snapshot
        fixes = Dictionary(
            policy.rules.compactMap { entry in entry.fix.map { (entry.id, $0) } },
            uniquingKeysWith: { first, _ in first })
        places = Dictionary(
            snapshot.organizations.enumerated().flatMap { place, organization in
                organization.repositories.enumerated().map { ($1.repository.id, (place, $0)) }
            }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: - What is wanted

    /// Takes what each finding asks for, organizations first: what repositories inherit depends on them.
    mutating func collect(_ findings: [Finding]) {
        let aboutOrganizations = Dictionary(grouping: findings, by: \.organizationID)
        for organization in snapshot.organizations {
            if let id = organization.id, let findings = aboutOrganizations[id] { want(findings, of: organization) }
        }
        let optedIn = wantOptIns(findings)
        var order: [RepositoryID] = []
        var byRepository: [RepositoryID: [Finding]] = [:]
        for finding in findings where !optedIn.contains(finding.key) {
            guard let id = finding.repositoryID else {
                if finding.organizationID == nil { leave([finding], "a waiver is its owner's to change") }
                continue
            }
            if byRepository[id] == nil { order.append(id) }
            byRepository[id, default: []].append(finding)
        }
        for id in order { want(byRepository[id] ?? [], of: id) }
    }

    private mutating func want(_ findings: [Finding], of organization: OrganizationSnapshot) {
        guard let id = organization.id else { return }
        let (fix, fixed) = combine(findings)
        guard snapshot.seesEveryRepository(of: organization) else {
            leave(fixed, Self.notAllRead)
            return
        }
        guard case .template(let keys)? = fix?.template else {
            leave(fixed, "the organization's template can only be set to claims that are named")
            return
        }
        var flag: Bool?
        if case .set(_, let useImmutableSubject) = organization.template { flag = useImmutableSubject }
        organizations[id] = Wanted(
            findings: fixed, value: .organization(.set(SubjectTemplate(keys), useImmutableSubject: flag)))
    }

    private static let notAllRead =
        "not every repository that may follow it was read: plan it from a whole scan that could read all"

    /// Takes what organizations' opt-ins to immutable subjects fix, each in one write.
    ///
    /// - Returns: findings that need no write of their own. Where an organization has opted in already these are none:
    ///   what does not follow it opts in one by one.
    private mutating func wantOptIns(_ findings: [Finding]) -> Set<FindingKey> {
        var wide: [Int: [Finding]] = [:]
        for finding in findings where fixes[finding.rule]?.isOrganizationWide == true {
            guard let place = finding.repositoryID.flatMap({ places[$0]?.organization }) else { continue }
            wide[place, default: []].append(finding)
        }
        for (place, findings) in wide.sorted(by: { $0.key < $1.key }) {
            let organization = snapshot.organizations[place]
            guard let id = organization.id, organization.template.useImmutableSubject != true else {
                wide[place] = nil
                continue
            }
            var claims = SubjectTemplate.gitHubDefault
            switch template(of: place) {
            case .set(let set, _): claims = set
            case .neverSet: break
            case .unreadable:
                leave(findings, "the organization's setting could not be read")
                continue
            }
            guard snapshot.seesEveryRepository(of: organization) else {
                leave(findings, Self.notAllRead)
                continue
            }
            let (certain, unknown) = (findings.filter(rendersWithIDs), findings.filter { !rendersWithIDs($0) })
            undocumented.formUnion(unknown.map(\.key))
            leave(unknown, Self.noPrefix)
            guard !certain.isEmpty else { continue }
            organizations[id] = Wanted(
                findings: (organizations[id]?.findings ?? []) + certain,
                value: .organization(.set(claims, useImmutableSubject: true)))
        }
        return Set(wide.values.joined().map(\.key))
    }

    /// Whether GitHub documents what an immutable subject of the repository is.
    private func rendersWithIDs(_ finding: Finding) -> Bool {
        guard let place = finding.repositoryID.flatMap({ places[$0] }) else { return false }
        let setting = snapshot.organizations[place.organization].repositories[place.repository].reading.value
        return setting?.effectiveTemplate(organization: template(of: place.organization)).template?.holdsRepository
            ?? false
    }

    private static let noPrefix =
        "GitHub does not document what an immutable subject begins with where the template holds neither repo nor "
        + "repository; template set writes it anyway"

    private mutating func want(_ findings: [Finding], of id: RepositoryID) {
        guard let place = places[id] else { return }
        let state = snapshot.organizations[place.organization].repositories[place.repository]
        guard let setting = state.reading.value else { return }
        let (fix, fixed) = combine(findings)
        guard let fix else { return }
        let organization = snapshot.organizations[place.organization].template
        guard !setting.followsOptIn || !template(of: place.organization).optsIn(from: organization) else {
            leave(fixed, "its organization's opt-in changes its prefix first: plan it again after that write")
            return
        }
        guard state.repository.isArchived != true else {
            leave(fixed, "the repository is archived, and so read-only")
            return
        }
        do throws(PlanRefused) {
            let wanted = try setting.fixed(
                by: fix, in: state.repository, under: snapshot.organizations[place.organization].template,
                inheriting: template(of: place.organization), isEnterpriseServer: snapshot.isEnterpriseServer)
            if wanted.hasImmutablePrefix != setting.hasImmutablePrefix,
                let template = wanted.effectiveTemplate(organization: template(of: place.organization)).template,
                !template.holdsRepository
            {
                throw PlanRefused(Self.noPrefix)
            }
            repositories[id] = Wanted(findings: fixed, value: .repository(wanted))
        } catch {
            leave(fixed, error.why)
        }
    }

    /// What several findings of one target ask for together; those that don't say, or contradict another, are left.
    private mutating func combine(_ findings: [Finding]) -> (fix: Fix?, fixed: [Finding]) {
        var template: TemplateFix?
        var flag: Bool?
        var fixed: [Finding] = []
        for finding in findings {
            guard let fix = fixes[finding.rule] ?? finding.violation.fix.map(Fix.init) else {
                leave([finding], "the rule knows no single way to fix it; a fix in the policy's entry names one")
                continue
            }
            let both = template.map { earlier in fix.template.map(earlier.combined) ?? earlier } ?? fix.template
            if both == nil, template != nil {
                leave([finding], "another rule asks for another template")
                continue
            }
            if let wanted = fix.useImmutableSubject, let flag, wanted != flag {
                leave([finding], "another rule asks for the other format of the subject")
                continue
            }
            template = both
            flag = fix.useImmutableSubject ?? flag
            fixed.append(finding)
        }
        return (fixed.isEmpty ? nil : Fix(template: template, useImmutableSubject: flag), fixed)
    }

    private mutating func leave(_ findings: [Finding], _ why: String) {
        manual += findings.map { finding in
            Plan.Manual(
                rule: finding.rule, name: finding.name,
                message: finding.violation.message, why: why)
        }
    }

    /// The organization's template as it will be.
    private func template(of place: Int) -> OrganizationTemplate {
        let organization = snapshot.organizations[place]
        if let id = organization.id, case .organization(let template)? = organizations[id]?.value { return template }
        return organization.template
    }

    // MARK: - What becomes of it

    /// The snapshot as it would be with everything written that is wanted.
    func snapshotAfter() -> Snapshot {
        var after = snapshot
        for place in after.organizations.indices { after = after.with(template(of: place), ofOrganization: place) }
        for (id, wanted) in repositories {
            guard let place = places[id], case .repository(let setting) = wanted.value else { continue }
            after.organizations[place.organization].repositories[place.repository].reading = .read(setting)
        }
        return after
    }

    /// Drops changes that would not fix their findings, or would break a rule that passed.
    ///
    /// - Returns: whether nothing was given up.
    mutating func dropFixesThatFail(before: AuditReport, after: AuditReport) -> Bool {
        let old = Set(before.findings.filter(\.isOpen).map(\.key))
        let remaining = Dictionary(grouping: after.findings.filter(\.isOpen), by: \.key.subject)
        func trouble(_ wanted: Wanted, _ subject: FindingKey.Subject) -> String? {
            let left = remaining[subject] ?? []
            if let broken = left.first(where: { !old.contains($0.key) }) {
                return "it would break \(broken.rule): \(broken.violation.message)"
            }
            let wantedKeys = Set(wanted.findings.map(\.key))
            return left.first { wantedKeys.contains($0.key) }.map {
                "it would not fix \($0.rule): \($0.violation.message)"
            }
        }
        var isSettled = true
        for (id, wanted) in repositories.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            guard let why = trouble(wanted, .repository(id)) else { continue }
            repositories[id] = nil
            leave(wanted.findings, why)
            isSettled = false
        }
        for (id, wanted) in organizations.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let unreached = wanted.findings.filter { finding in
                finding.repositoryID != nil && (remaining[finding.key.subject] ?? []).contains { $0.key == finding.key }
            }
            guard unreached.isEmpty else {
                leave(unreached, "its organization's opt-in would not reach it")
                let reached = wanted.findings.filter { finding in !unreached.contains { $0.key == finding.key } }
                organizations[id] = reached.isEmpty ? nil : Wanted(findings: reached, value: wanted.value)
                isSettled = false
                continue
            }
            guard let why = trouble(wanted, .organization(id)) ?? broken(byOrganization: id, old, after) else {
                continue
            }
            organizations[id] = nil
            leave(wanted.findings, why)
            isSettled = false
        }
        return isSettled
    }

    /// A finding without a fix of its own may be fixed by another one's.
    mutating func creditSideFixes(before: AuditReport, after: AuditReport) {
        // A repository that already has the wanted setting is fixed by its organization's change, not by its own.
        for (id, wanted) in repositories where !isWritten(id, wanted) { repositories[id] = nil }
        let remaining = Set(after.findings.filter(\.isOpen).map(\.key))
        // Of one that may inherit or hold a copy it is not known whether it changes with its organization.
        let fixed = before.findings.filter { finding in
            finding.isOpen && !remaining.contains(finding.key) && !undocumented.contains(finding.key)
                && !mayOnlyInherit(finding.repositoryID)
        }
        let names = Set(fixed.map { "\($0.rule) \($0.repository ?? $0.organization) \($0.violation.message)" })
        manual.removeAll { names.contains("\($0.rule) \($0.name) \($0.message)") }
        for finding in fixed {
            guard let id = finding.repositoryID else { continue }
            if repositories[id] == nil, let place = places[id],
                let organization = snapshot.organizations[place.organization].id
            {
                organizations[organization]?.findings.append(finding)
            } else if repositories[id]?.findings.contains(where: { $0.key == finding.key }) == false {
                repositories[id]?.findings.append(finding)
            }
        }
    }

    private func isWritten(_ id: RepositoryID, _ wanted: Wanted) -> Bool {
        guard let place = places[id] else { return false }
        let state = snapshot.organizations[place.organization].repositories[place.repository]
        return state.reading.value.map { wanted.value != .repository($0) } ?? false
    }

    /// Whether nothing is planned for a repository that follows its organization, or holds a copy of its template.
    private func mayOnlyInherit(_ id: RepositoryID?) -> Bool {
        guard let id, repositories[id] == nil, let place = places[id] else { return false }
        let organization = snapshot.organizations[place.organization]
        return organization.repositories[place.repository].reading.value?
            .effectiveTemplate(organization: organization.template).source == .organizationOrCopy
    }

    /// What an organization's template would break in the repositories that follow it.
    private func broken(byOrganization id: OrganizationID, _ old: Set<FindingKey>, _ after: AuditReport) -> String? {
        guard let organization = snapshot.organizations.first(where: { $0.id == id }) else { return nil }
        let broken = after.findings.filter { finding in
            guard finding.isOpen, !old.contains(finding.key), let repository = finding.repositoryID else {
                return false
            }
            return finding.organization == organization.login && repositories[repository] == nil
        }
        guard let first = broken.first else { return nil }
        let others = broken.count > 1 ? " and \(broken.count - 1) more" : ""
        return "repositories that follow it would break \(first.rule): \(first.repository ?? "")\(others)"
    }

    // MARK: - Consequences

    /// Makes the changes of what is wanted, and says what each brings with it.
    mutating func tellConsequences(by policy: Policy) {
        let after = snapshotAfter()
        let jobs = Consequences(snapshot, after, consumers: policy.rules.filter { $0.rule is ConsumerCompatibility })
        for (place, organization) in snapshot.organizations.enumerated() {
            guard let id = organization.id, let wanted = organizations[id],
                wanted.value != .organization(organization.template)
            else { continue }
            let followers = organization.repositories.indices.filter { repository in
                repositories[organization.repositories[repository].repository.id] == nil
            }
            var moved = followers.compactMap { jobs.subject(place, $0) }
            if template(of: place).optsIn(from: organization.template) {
                // A repository that set the flag itself does not follow, and GitHub's answer does not show which did.
                for index in moved.indices {
                    moved[index].subject.alsoOf =
                        moved[index].subject.alsoOf ?? "until it is read back: it may not follow"
                }
            }
            changes.append(
                PlannedChange(
                    target: .organization(login: organization.login, id: id),
                    before: .organization(organization.template), after: wanted.value,
                    rules: wanted.rules, findingCount: wanted.findingCount, subjects: moved.map(\.subject),
                    warnings: Consequences.together(moved) + organization.optInWarnings(to: template(of: place))
                        + (organization.template == .neverSet ? [PlannedChange.cannotBeUnset] : [])))
        }
        let wanted = repositories.compactMap { id, wanted in places[id].map { (id, wanted, $0) } }
        let sorted = wanted.map {
            (snapshot.organizations[$0.2.organization].repositories[$0.2.repository].repository, $0)
        }
        .inReportOrder(by: \.0)
        for (repository, (_, wanted, place)) in sorted {
            let state = snapshot.organizations[place.organization].repositories[place.repository]
            guard let setting = state.reading.value else { continue }
            let organization = snapshot.organizations[place.organization].template
            changes.append(
                PlannedChange(
                    of: repository, from: setting, under: organization, to: wanted.value,
                    under: template(of: place.organization), rules: wanted.rules,
                    jobs.subject(place.organization, place.repository)))
        }
    }
}

extension Finding {
    /// `nil` if it is about a repository or a waiver.
    fileprivate var organizationID: OrganizationID? {
        if case .organization(let id) = key.subject { id } else { nil }
    }
}
