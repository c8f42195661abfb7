extension AuditReport {
    /// Findings that stood open before the scan and that it shows to be gone, worst first, then by name and rule.
    ///
    /// What the scan before had left out of its scope went then, and not again each night. What was not read or decided this
    /// time is carried on, and so is what belongs to other organizations. Findings about
    /// waivers are left out: those go with the file.
    func gone(of known: [FindingKey: KnownFinding]) -> [GoneFinding] {
        guard known.contains(where: \.value.isOpen) else { return [] }
        let found = Set(findings.map(\.key))
        let outcomes = FindingOutcomes(self)
        var gone: [GoneFinding] = []
        for (key, finding) in known where finding.isOpen && !found.contains(key) {
            guard
                let reason = outcomes.whyGone(key, of: finding.organization, judgedBy: finding.judging)
            else { continue }
            if reason == .outOfScope, finding.isOutOfScope { continue }
            gone.append(GoneFinding(key: key, known: finding, reason: reason))
        }
        return gone.map { (order: ReportOrder($0.known.name), finding: $0) }.sorted { one, other in
            let (first, second) = (one.finding.known.severity, other.finding.known.severity)
            guard first == second else { return first > second }
            return one.order.precedes(other.order, or: one.finding.key.rule < other.finding.key.rule)
        }.map(\.finding)
    }

    /// Findings of the report's organizations that stood open before the scan and that it could not judge.
    func carriedOn(of known: [FindingKey: KnownFinding]) -> [CarriedFinding] {
        guard !known.isEmpty, !isComplete || summary.unreadable > 0 else { return [] }
        let found = Set(findings.map(\.key))
        let ids = Set(organizations.compactMap(\.id))
        // One that could not be found has no id: what is known by its name is not judged either.
        let lost = Set(organizations.filter { $0.id == nil }.map { $0.login.lowercased() })
        let outcomes = FindingOutcomes(self)
        var carried: [(order: ReportOrder, finding: CarriedFinding)] = []
        for (key, finding) in known where finding.isOpen && key.mayBeKnown && !found.contains(key) {
            guard
                finding.organization.map(ids.contains) == true
                    || (!lost.isEmpty && lost.contains(finding.owner.lowercased())),
                outcomes.holdsRule(of: key),
                outcomes.whyGone(key, of: finding.organization, judgedBy: finding.judging) == nil
            else { continue }
            carried.append((ReportOrder(finding.name), CarriedFinding(key: key, known: finding)))
        }
        return carried.sorted { one, other in
            one.order.precedes(other.order, or: one.finding.key.rule < other.finding.key.rule)
        }.map(\.finding)
    }
}

extension CarriedFinding {
    /// Whether it is about an organization of the report, or one of its repositories; by name where the scan did not find it.
    package func isOf(_ organization: OrganizationReport) -> Bool {
        organization.id.map { $0 == known.organization }
            ?? (known.owner.lowercased() == organization.login.lowercased())
    }
}

/// What a report made of the subjects that findings are about.
package struct FindingOutcomes {
    private let policySHA256: String
    private let startedAt: Timestamp
    private let entries: [PolicyReport.Entry]
    private let rules: [String: Int]
    private let repositories: [RepositoryID: RepositoryReport]
    private let organizations: [OrganizationID: OrganizationReport]
    private let named: NamedRepositories

    package init(_ report: AuditReport) {
        policySHA256 = report.policy.sha256
        startedAt = report.startedAt
        named = report.scope.named
        entries = report.policy.rules
        rules = Dictionary(
            report.policy.rules.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        repositories = Dictionary(
            report.repositories.map { ($0.repository.id, $0) }, uniquingKeysWith: { first, _ in first })
        organizations = Dictionary(
            report.organizations.compactMap { organization in organization.id.map { ($0, organization) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// Whether the policy has the entry that found it.
    func holdsRule(of key: FindingKey) -> Bool { rules[key.rule] != nil }

    /// Why a finding that the report does not hold is gone; `nil` if nobody knows, or the report does not cover it.
    ///
    /// - Parameters:
    ///   - organization: the one that it is about, or that listed its repository last.
    ///   - judging: by what it stood; `nil` if that is not known.
    package func whyGone(
        _ key: FindingKey, of organization: OrganizationID?, judgedBy judging: KnownFinding.Judging?,
    ) -> GoneFinding.Reason? {
        let outcomes: [RepositoryReport.Outcome]
        switch key.subject {
        case .waiver, .identity: return nil
        case .repository(let id):
            if let repository = repositories[id] {
                if repository.status == .skipped { return rules[key.rule] == nil ? .ruleRemoved : .outOfScope }
                outcomes = repository.outcomes
            } else {
                guard let report = organization.flatMap({ organizations[$0] }), report.listing.status == .complete
                else { return nil }
                if named.isNarrow(report.login) { return rules[key.rule] == nil ? .ruleRemoved : .outOfScope }
                return .removed
            }
        case .organization(let id):
            guard let report = organizations[id] else { return nil }
            outcomes = report.outcomes
        }
        guard let rule = rules[key.rule] else { return .ruleRemoved }
        guard outcomes.indices.contains(rule) else { return nil }
        let isOtherText = judging.map { $0.policySHA256 != policySHA256 } ?? false
        return switch outcomes[rule] {
        case .pass:
            isOtherText && isUnchanged(key.subject, for: entries[rule], since: judging) ? .policyChanged : .fixed
        // An organization to which a rule does not apply may be one of which the scan saw a choice alone.
        case .notApplicable: if case .repository = key.subject { .notApplicable } else { nil }
        case .fail, .undecided: nil
        }
    }

    /// Whether the rule passes by what this scan saw, and not only by another text of the policy.
    ///
    /// - Parameter judging: by what the policy last judged.
    package func isFixed(_ key: FindingKey, since judging: KnownFinding.Judging?) -> Bool {
        guard let rule = rules[key.rule] else { return false }
        let outcomes: [RepositoryReport.Outcome]
        switch key.subject {
        case .waiver, .identity: return false
        case .repository(let id): outcomes = repositories[id].map { $0.status == .skipped ? [] : $0.outcomes } ?? []
        case .organization(let id): outcomes = organizations[id]?.outcomes ?? []
        }
        return outcomes.indices.contains(rule) && outcomes[rule] == .pass
            && !isUnchanged(key.subject, for: entries[rule], since: judging)
    }

    /// Whether all that a rule judges was there when the policy last judged: nobody can have fixed it. If that is in doubt, it
    /// counts as fixed, so that it counts again when it is back.
    private func isUnchanged(
        _ subject: FindingKey.Subject, for entry: PolicyReport.Entry, since judging: KnownFinding.Judging?,
    ) -> Bool {
        guard let judging, RuleCatalog.rule(named: entry.rule)?.needs.isEmpty == true else { return false }
        return switch subject {
        case .repository(let id): repositories[id]?.isUnchanged(since: judging, by: startedAt) ?? false
        // Other rules about organizations judge how many repositories follow the template, too.
        case .organization(let id):
            entry.rule == OrganizationTemplateRule.name && organizations[id]?.template == judging.template
        case .waiver, .identity: false
        }
    }
}

extension RepositoryReport {
    /// Whether its setting, and the template that follows from it, are known to be what they were when a policy judged its
    /// organization.
    ///
    /// - Parameter startedAt: of the scan that is reported.
    func isUnchanged(since judging: KnownFinding.Judging, by startedAt: Timestamp) -> Bool {
        // Of two scans within one second, the later one may have seen it first.
        guard let since, since < startedAt, since <= judging.finishedAt, let setting, let effective,
            effective.template != nil
        else { return false }
        return setting.effectiveTemplate(organization: judging.template) == effective
    }
}
