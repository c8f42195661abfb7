/// Holds a snapshot against a policy.
public struct Evaluator: Sendable {
    public let policy: Policy
    public let gate: Gate

    public init(policy: Policy, gate: Gate) {
        self.policy = policy
        self.gate = gate
    }

    /// Judges every repository of a snapshot.
    ///
    /// - Parameter known: findings of this policy that stood open after the last scan, with the time of the scan that
    ///   first found each.
    public func evaluate(_ snapshot: Snapshot, known: [FindingKey: Timestamp] = [:]) -> AuditReport {
        var judgement = Judgement(policy: policy, snapshot: snapshot, known: known)
        let repositories = snapshot.organizations
            .flatMap { organization in organization.repositories.map { (organization, $0) } }
            .inReportOrder { $0.1.repository }
        for (organization, repository) in repositories { judgement.judge(repository, of: organization) }

        let isComplete = isComplete(snapshot, summary: judgement.summary)
        let status = gate.exitStatus(snapshot: snapshot, findings: judgement.findings, isComplete: isComplete)
        return AuditReport(
            scanID: snapshot.scanID, apiURL: snapshot.apiURL, startedAt: snapshot.startedAt,
            finishedAt: snapshot.finishedAt, stop: snapshot.stop, requests: snapshot.requests, scope: snapshot.scope,
            policy: PolicyReport(
                name: policy.name, source: policy.source, sha256: policy.sha256, rules: judgement.entries),
            verdict: judgement.findings.contains(where: \.isOpen)
                ? .violations : isComplete ? .compliant : .incomplete,
            gate: GateReport(failOn: gate.failOn, newOnly: false, exitStatus: status.rawValue),
            summary: judgement.summary,
            organizations: snapshot.organizations.map {
                OrganizationReport(login: $0.login, id: $0.id, template: $0.template, listing: $0.listing)
            },
            repositories: judgement.repositories, findings: judgement.findings,
            warnings: warnings(snapshot, judgement), isComplete: isComplete)
    }

    // MARK: -

    private func isComplete(_ snapshot: Snapshot, summary: Summary) -> Bool {
        snapshot.stop == nil && summary.unreadable == 0 && summary.undecided == 0 && summary.judged > 0
            && snapshot.organizations.allSatisfy { organization in
                if case .unreadable = organization.template { return false }
                return organization.listing.status != .partial && organization.listing.missing.isEmpty
                    && organization.repositories.count == organization.listing.listed
            }
    }

    private func warnings(_ snapshot: Snapshot, _ judgement: Judgement) -> [String] {
        let unverified = snapshot.organizations.filter { $0.listing.status == .unverified }.map { organization in
            "The listing of \(organization.login) could not be verified: this token is not shown the number of its "
                + "private repositories, so some may be missing."
        }
        let unjudged = judgement.entries.filter { $0.judged == 0 }.map { entry in
            "The rule \(entry.id) judged no repository."
        }
        return unverified + unjudged + judgement.warnings
    }
}

/// The state of one evaluation: counts and lists that grow repository by repository.
private struct Judgement {
    let policy: Policy
    let snapshot: Snapshot
    let known: [FindingKey: Timestamp]

    var entries: [PolicyReport.Entry]
    var summary = Summary()
    var repositories: [RepositoryReport] = []
    var findings: [Finding] = []
    var warnings: [String] = []

    init(policy: Policy, snapshot: Snapshot, known: [FindingKey: Timestamp]) {
        self.policy = policy
        self.snapshot = snapshot
        self.known = known
        self.entries = policy.rules.map { entry in
            let type = type(of: entry.rule)
            return PolicyReport.Entry(
                id: entry.id, rule: type.name, severity: entry.severity, summary: type.summary, reason: entry.reason)
        }
    }

    mutating func judge(_ state: RepositorySnapshot, of organization: OrganizationSnapshot) {
        var report = RepositoryReport(
            organization: organization.login, repository: state.repository, status: .skipped, since: nil, setting: nil,
            effective: nil, format: .unknown, preview: .unknown, reason: nil,
            outcomes: Array(repeating: .notJudged, count: policy.rules.count))
        var lacking: String?
        switch snapshot.scope.decide(state.repository) {
        case .skipped(let why):
            report.reason = why
        case .undecided(let why):
            lacking = why
            judge(state, of: organization, lacking: &lacking, into: &report)
        case .included:
            judge(state, of: organization, lacking: &lacking, into: &report)
        }
        count(report)
        repositories.append(report)
    }

    // MARK: -

    private mutating func judge(
        _ state: RepositorySnapshot, of organization: OrganizationSnapshot, lacking: inout String?,
        into report: inout RepositoryReport,
    ) {
        report.status = .unreadable
        let setting: RepositorySetting
        switch state.reading {
        case .unreadable(let reason):
            report.reason = reason.message
            return
        case .read(let value):
            setting = value
        }
        let effective = setting.effectiveTemplate(organization: organization.template)
        report.setting = setting
        report.since = state.since
        report.effective = effective
        report.format = SubjectFormat(
            subClaimPrefix: setting.subClaimPrefix, isEnterpriseServer: snapshot.isEnterpriseServer)
        report.preview = SubjectPreview(
            template: effective.template, format: report.format, setting: setting, repository: state.repository)
        if setting.includeClaimKeys == [], !setting.useDefault {
            warnings.append(
                "\(state.repository.fullName) holds an empty list of claims, which GitHub does not document; it is read "
                    + "as none.")
        }
        guard let template = effective.template else {
            report.reason = organization.template.whyInheritanceIsUnknown
            return
        }
        let subject = RuleSubject(
            repository: state.repository, setting: setting, template: template, source: effective.source,
            organizationTemplate: organization.template)
        let hasFailed = apply(to: subject, lacking: &lacking, into: &report)
        report.reason = lacking
        report.status = hasFailed ? .violating : lacking == nil ? .compliant : .unreadable
    }

    /// Applies every rule entry; returns whether one failed.
    private mutating func apply(
        to subject: RuleSubject, lacking: inout String?, into report: inout RepositoryReport,
    ) -> Bool {
        var hasFailed = false
        for (index, entry) in policy.rules.enumerated() {
            switch verdict(of: entry, on: subject) {
            case nil:
                report.outcomes[index] = .notApplicable
            case .pass:
                report.outcomes[index] = .pass
                entries[index].judged += 1
            case .undecided(let why):
                report.outcomes[index] = .undecided
                entries[index].undecided += 1
                lacking = lacking ?? "rule \(entry.id) undecided: \(why)"
            case .fail(let violation):
                report.outcomes[index] = .fail
                entries[index].judged += 1
                entries[index].violations += 1
                hasFailed = true
                add(violation, of: entry, report.organization, subject.repository)
            }
        }
        return hasFailed
    }

    /// - Returns: `nil` where the entry's `where` does not choose the repository.
    private func verdict(of entry: RuleEntry, on subject: RuleSubject) -> RuleVerdict? {
        switch entry.selector?.match(subject.repository) {
        case nil, .yes: entry.rule.judge(subject)
        case .no: nil
        case .undecided(let why): .undecided(why)
        }
    }

    private mutating func add(
        _ violation: Violation, of entry: RuleEntry, _ organization: String, _ repository: Repository,
    ) {
        let firstSeen = known[FindingKey(rule: entry.id, repositoryID: repository.id)]
        findings.append(
            Finding(
                rule: entry.id, severity: entry.severity, organization: organization,
                repository: repository.fullName, repositoryID: repository.id, violation: violation,
                state: firstSeen == nil ? .new : .recurring, firstSeen: firstSeen ?? snapshot.startedAt))
        summary.findings[entry.severity, default: 0] += 1
        if firstSeen == nil { summary.newFindings += 1 }
    }

    private mutating func count(_ report: RepositoryReport) {
        summary.listed += 1
        if report.status == .violating, report.reason != nil { summary.undecided += 1 }
        switch report.status {
        case .compliant: summary.compliant += 1
        case .violating: summary.violating += 1
        case .waived: summary.waived += 1
        case .unreadable: summary.unreadable += 1
        case .skipped: summary.skipped += 1
        }
    }
}

extension OrganizationTemplate {
    /// Why a repository that inherits has no known template.
    fileprivate var whyInheritanceIsUnknown: String {
        switch self {
        case .unreadable(let reason): "inherits the organization's template, which could not be read: \(reason.message)"
        case .set, .neverSet: "inherits the organization's template, which has no keys: GitHub documents no meaning"
        }
    }
}
