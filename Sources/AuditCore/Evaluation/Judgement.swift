/// The state of one evaluation: counts and lists that grow repository by repository.
struct Judgement {
    private let entries: [RuleEntry]
    private let snapshot: Snapshot
    private let known: [FindingKey: KnownFinding]
    /// As they stood after the scan with which this one is compared.
    private let before: [FindingKey: KnownFinding]
    private let baseline: Baseline?
    private var ledger: WaiverLedger

    private(set) var entryReports: [PolicyReport.Entry]
    private(set) var summary = Summary()
    private(set) var organizations: [OrganizationReport] = []
    private(set) var repositories: [RepositoryReport] = []
    private(set) var passedWaivers: [FindingKey] = []
    private(set) var warnings: [String] = []
    private var organizationFindings: [Finding] = []

    /// Those about organizations and waivers first, then by repository in report order; each in the policy's order.
    private(set) var findings: [Finding] = []

    init(
        entries: [RuleEntry], snapshot: Snapshot, known: [FindingKey: KnownFinding],
        before: [FindingKey: KnownFinding], ledger: WaiverLedger, baseline: Baseline?,
    ) {
        self.entries = entries
        self.snapshot = snapshot
        self.known = known
        self.before = before
        self.baseline = baseline
        self.ledger = ledger
        self.entryReports = entries.map(PolicyReport.Entry.init)
    }

    mutating func judge() {
        let repositories = snapshot.organizations.indices
            .flatMap { index in snapshot.organizations[index].repositories.map { (index, $0) } }
            .inReportOrder { $0.1.repository }
        let facts = snapshot.organizations.map { organization in
            OrganizationFacts(
                login: organization.login, template: organization.template,
                includedProperties: organization.includedProperties,
                isEnterpriseServer: snapshot.isEnterpriseServer)
        }
        var followings = snapshot.organizations.map { Following($0.listing) }
        self.repositories.reserveCapacity(repositories.count)
        for (index, repository) in repositories {
            let report = judge(repository, of: facts[index])
            followings[index].count(report)
            count(report)
            self.repositories.append(report)
        }
        for (index, organization) in snapshot.organizations.enumerated() {
            judge(organization, facts[index], followings[index])
        }
        judgeWaivers()
        if !organizationFindings.isEmpty { findings = organizationFindings + findings }
    }

    // MARK: - Repositories

    private mutating func judge(_ state: RepositorySnapshot, of organization: OrganizationFacts) -> RepositoryReport {
        var report = RepositoryReport(
            organization: organization.login, repository: state.repository, status: .skipped, since: nil, setting: nil,
            effective: nil, language: nil, reason: nil, outcomes: [])
        switch snapshot.scope.decide(state.repository) {
        case .skipped(let why):
            report.reason = why
        case .undecided(let why):
            judge(state, of: organization, lacking: why, into: &report)
        case .included:
            judge(state, of: organization, lacking: nil, into: &report)
        }
        // Who knows what would have been found there.
        if report.outcomes.isEmpty { ledger.leaveOpen(state.repository, of: organization.login) }
        acceptUnread(state, of: organization, in: &report)
        return report
    }

    /// A waiver of `readable` accepts that a repository can't be read; never that the scan had no turn for it, or that a
    /// rule could not decide.
    private mutating func acceptUnread(
        _ state: RepositorySnapshot, of organization: OrganizationFacts, in report: inout RepositoryReport,
    ) {
        guard report.status == .unreadable, case .unreadable(let reason) = state.reading, let problem = reason.problem
        else { return }
        let violation = Violation(
            message: reason.message, problems: [problem], expected: [], actual: [], remediation: "")
        report.unreadProblem = problem
        switch ledger.answer(to: violation, of: RuleEntry.reservedID, on: state.repository, of: organization.login) {
        case .accepted(let waiver): report.acceptedUnread = waiver
        case .exceeded(let accepted, _): report.otherwiseAccepted = accepted
        case .notAccepted: break
        }
    }

    /// - Parameter lacking: a fact without which the repository can't be called compliant.
    private mutating func judge(
        _ state: RepositorySnapshot, of organization: OrganizationFacts, lacking: String?,
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
        report.language = effective.template.flatMap {
            SubjectLanguage($0, of: setting, in: state.repository, isEnterpriseServer: snapshot.isEnterpriseServer)
        }
        if setting.includeClaimKeys == [], !setting.useDefault {
            warnings.append(
                "\(state.repository.fullName) holds an empty list of claims, which GitHub does not document; it is read "
                    + "as none.")
        }
        guard let template = effective.template else {
            report.reason = organization.template.whyInheritanceIsUnknown
            return
        }
        apply(
            to: RuleSubject(
                repository: state.repository, setting: setting, template: template, source: effective.source,
                language: report.language, organization: organization),
            lacking: lacking, into: &report)
    }

    /// Applies every rule entry about repositories.
    private mutating func apply(to subject: RuleSubject, lacking: String?, into report: inout RepositoryReport) {
        report.outcomes = Array(repeating: .notApplicable, count: entries.count)
        var lacking = lacking
        var hasOpen = false
        var hasWaived = false
        for (index, entry) in entries.enumerated() {
            guard case .repository(let rule) = entry.judge else { continue }
            let verdict = verdict(of: rule, entry.selector, on: subject)
            report.outcomes[index] = verdict.outcome
            entryReports[index].count(verdict.outcome)
            switch verdict {
            case .notApplicable, .pass:
                break
            case .undecided(let why):
                lacking = lacking ?? "rule \(entry.id) undecided: \(why)"
                ledger.leaveOpen(subject.repository, of: report.organization, rule: entry.id)
            case .fail(let violation):
                let answer = ledger.answer(
                    to: violation, of: entry.id, on: subject.repository, of: report.organization)
                var finding = finding(
                    violation, of: entry, .repository(subject.repository.id), report.organization, answer)
                hasOpen = hasOpen || finding.isOpen
                hasWaived = hasWaived || !finding.isOpen
                finding.repository = subject.repository.fullName
                finding.repositoryID = subject.repository.id
                findings.append(finding)
            }
        }
        report.reason = lacking
        report.status = hasOpen ? .violating : lacking != nil ? .unreadable : hasWaived ? .waived : .compliant
    }

    private func verdict(
        of rule: any RepositoryRule, _ selector: Selector?, on subject: RuleSubject,
    ) -> RuleVerdict {
        switch selector?.match(subject.repository) {
        case nil, .yes: rule.judge(subject)
        case .no: .notApplicable
        case .undecided(let why): .undecided(why)
        }
    }

    // MARK: - Organizations and waivers

    private mutating func judge(
        _ organization: OrganizationSnapshot, _ facts: OrganizationFacts, _ following: Following,
    ) {
        var report = OrganizationReport(
            login: organization.login, id: organization.id, template: organization.template,
            listing: organization.listing, outcomes: Array(repeating: .notApplicable, count: entries.count),
            scan: organization.scan, staleness: organization.staleness, stop: organization.stop)
        let subject = following.subject(facts)
        for (index, entry) in entries.enumerated() {
            guard case .organization(let rule) = entry.judge else { continue }
            guard let id = organization.id else {
                // That it could not be read is reported anyway.
                report.outcomes[index] = .undecided
                entryReports[index].count(.undecided)
                continue
            }
            let verdict = rule.judge(subject)
            report.outcomes[index] = verdict.outcome
            entryReports[index].count(verdict.outcome)
            switch verdict {
            case .pass:
                break
            case .notApplicable:
                ledger.leaveOpen(organization: organization.login, rule: entry.id)
            case .undecided(let why):
                report.undecided.append("rule \(entry.id) undecided: \(why)")
                ledger.leaveOpen(organization: organization.login, rule: entry.id)
            case .fail(let violation):
                let answer = ledger.answer(to: violation, of: entry.id, on: organization.login)
                organizationFindings.append(
                    finding(violation, of: entry, .organization(id), organization.login, answer))
            }
        }
        let isWhole =
            organization.listing.status != .partial && organization.listing.missing.isEmpty
            && snapshot.stop == nil
        if !isWhole { ledger.leaveOpen(allOf: organization.login) }
        organizations.append(report)
    }

    private mutating func judgeWaivers() {
        let ids = Set(entries.map(\.id) + [RuleEntry.reservedID])
        let subjects = ledger.subjects(of: snapshot.organizations.map(\.login), rules: ids)
        let strays = subjects.map(\.subject.waiver).filter { !ids.contains($0.rule) }
        if let first = strays.first {
            let others = strays.count == 1 ? "" : ", and so do \(strays.count - 1) more"
            warnings.append("The \(first) does not name an entry of the policy\(others).")
        }
        for (index, entry) in entries.enumerated() {
            guard case .waiver(let rule) = entry.judge else { continue }
            for (organization, subject) in subjects {
                let place = organizations.firstIndex { $0.login == organization }
                let verdict = rule.judge(subject)
                switch verdict {
                case .notApplicable, .undecided:
                    continue
                case .pass:
                    passedWaivers.append(
                        FindingKey(rule: entry.id, subject: .waiver(subject.waiver.identity(under: organization))))
                case .fail(let violation):
                    organizationFindings.append(
                        finding(
                            violation, of: entry, .waiver(subject.waiver.identity(under: organization)), organization,
                            .notAccepted))
                }
                entryReports[index].count(verdict.outcome)
                if let place, organizations[place].outcomes[index] != .fail {
                    organizations[place].outcomes[index] = verdict.outcome
                }
            }
        }
    }

    // MARK: -

    private mutating func finding(
        _ violation: Violation, of entry: RuleEntry, _ subject: FindingKey.Subject, _ organization: String,
        _ answer: WaiverLedger.Answer,
    ) -> Finding {
        let key = FindingKey(rule: entry.id, subject: subject)
        let known = known[key]
        let earlier = before[key].flatMap { $0.isOpen ? $0 : nil }
        let further = earlier.map { violation.problems.beyond($0.problems) } ?? []
        let severityBefore = earlier.flatMap { $0.severity < entry.severity ? $0.severity : nil }
        let wasOut = earlier?.isOutOfScope ?? false
        let change: Finding.State =
            // Scans of another scope may have found it fixed, or back, in between.
            if [known, before[key]].contains(where: { $0.map { !$0.stands } ?? false }) {
                .reappeared
            } else if earlier == nil || wasOut {
                .new
            } else {
                further.isEmpty && severityBefore == nil ? .recurring : .worsened
            }
        var finding = Finding(
            key: key, severity: entry.severity, organization: organization, violation: violation, state: change,
            change: change,
            firstSeen: known.flatMap { $0.stands ? $0.firstSeen : nil } ?? snapshot.startedAt)
        finding.isInScopeAgain = change == .new && wasOut
        if change == .worsened || finding.isInScopeAgain {
            finding.furtherProblems = further
            finding.problemsSinceBefore = further
            finding.severityBefore = severityBefore
        }
        if let earlier, change == .recurring || change == .worsened {
            finding.fixedProblems = earlier.problems.fixed(by: violation.problems)
            if case .notAccepted = answer { finding.isNoLongerAccepted = earlier.isWaived }
        }
        finding.accept(answer, baseline?.answer(to: key, violation, of: entry.severity, known: known))
        summary.count(finding)
        return finding
    }

    private mutating func count(_ report: RepositoryReport) {
        summary.listed += 1
        if report.status == .violating, report.reason != nil { summary.undecided += 1 }
        switch report.status {
        case .compliant: summary.compliant += 1
        case .violating: summary.violating += 1
        case .waived: summary.waived += 1
        case .unreadable:
            summary.unreadable += 1
            if report.acceptedUnread != nil { summary.acceptedUnread += 1 }
        case .skipped: summary.skipped += 1
        }
    }
}

extension Finding {
    /// Notes what a waiver and the baseline make of it.
    mutating func accept(_ answer: WaiverLedger.Answer, _ baselineAnswer: Baseline.Answer?) {
        isInBaseline = baselineAnswer.map { $0 == .covered }
        switch (answer, baselineAnswer) {
        case (.accepted(let waiver), _):
            acceptance = .waived(waiver)
        case (_, .covered?):
            (state, furtherProblems) = (.recurring, [])
        case (.exceeded(let accepted, let further), _):
            acceptance = .exceeded(accepted: accepted)
            (state, furtherProblems) = (.worsened, further)
        case (_, .worsened(let further, let accepted)?):
            (state, furtherProblems, acceptedSeverity) = (.worsened, further, accepted)
        case (_, .reappeared?):
            (state, furtherProblems) = (.reappeared, [])
        case (.notAccepted, .unknown?), (.notAccepted, nil):
            break
        }
    }
}

extension RuleVerdict {
    var outcome: RepositoryReport.Outcome {
        switch self {
        case .pass: .pass
        case .fail: .fail
        case .undecided: .undecided
        case .notApplicable: .notApplicable
        }
    }
}

/// How many repositories follow their organization's template.
private struct Following {
    private var followers = 0
    private var known = 0
    private var unknown: Int
    private var outOfScope = 0

    init(_ listing: Listing) {
        unknown = listing.missing.count
        guard listing.status == .partial else { return }
        // Without a whole count, any number may be missing.
        let expected = listing.isExpectedAtLeast ? nil : listing.expected
        unknown += expected.map { max(1, $0 - listing.listed) } ?? 1_000_000
    }

    mutating func count(_ report: RepositoryReport) {
        guard report.status != .skipped else {
            if report.repository.isArchived != true { outOfScope += 1 }
            return
        }
        switch report.effective?.source {
        case .organization, .organizationOrCopy:
            followers += 1
            known += 1
        case .gitHubDefault, .repository: known += 1
        case .unknown, nil: unknown += 1
        }
    }

    func subject(_ organization: OrganizationFacts) -> OrganizationSubject {
        OrganizationSubject(
            organization: organization, followers: followers, known: known, unknown: unknown,
            outOfScope: outOfScope)
    }
}

extension PolicyReport.Entry {
    init(_ entry: RuleEntry) {
        let type = type(of: entry.rule)
        self.init(
            id: entry.id, rule: type.name, severity: entry.severity, subject: entry.subject, summary: type.summary,
            // Where the document begins, no entry can stand: such a one was added to the policy's own.
            reason: entry.reason, position: entry.position == .start ? nil : entry.position)
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
