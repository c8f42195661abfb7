/// What a policy makes of trusts: findings about identities, whose statements are judged one by one, reported together.
package struct TrustJudgement: Sendable {
    /// What the entries about trusts made of one identity.
    package struct Verdict: Sendable {
        package let identity: Identity
        /// One for each rule entry, in the policy's order.
        package fileprivate(set) var outcomes: [RepositoryReport.Outcome]
        /// Which rules lacked a fact, and which.
        package fileprivate(set) var undecided: [String] = []
    }

    /// Of the organizations' scans: its findings are about identities, and it holds no repositories.
    package let report: AuditReport
    /// By name.
    package let identities: [Verdict]
}

extension Evaluator {
    /// Judges every identity by the policy's entries about trusts, and the waivers that name identities.
    ///
    /// - Parameters:
    ///   - snapshot: of the organizations that the trusts are held against.
    ///   - now: when waivers must hold.
    package func judge(_ audit: TrustAudit, of snapshot: Snapshot, now: Timestamp) -> TrustJudgement {
        let list = waivers.map { list in
            WaiverList(list.waivers.filter { $0.target.identity != nil }, source: list.source)
        }
        let entries = policy.rules + (list == nil ? [] : RuleEntry.forWaivers(besides: policy.rules))
        var judging = TrustJudging(
            entries: entries, audit: audit, logins: snapshot.organizations.map(\.login),
            isListingWhole: snapshot.organizations.allSatisfy { $0.listing.status != .partial } && snapshot.stop == nil,
            startedAt: snapshot.startedAt, ledger: WaiverLedger(list, now: now), baseline: baseline)
        judging.judge()
        let isComplete = audit.isComplete && judging.verdicts.allSatisfy(\.undecided.isEmpty) && snapshot.stop == nil
        var report = AuditReport(
            scanID: snapshot.scanID, apiURL: snapshot.apiURL, startedAt: snapshot.startedAt,
            finishedAt: snapshot.finishedAt, stop: snapshot.stop, requests: snapshot.requests, scope: snapshot.scope,
            policy: PolicyReport(
                name: policy.name, source: policy.source, sha256: policy.sha256, rules: judging.entryReports),
            waiverSource: list?.source, baselineSource: baseline?.source,
            verdict: judging.findings.contains(where: \.isOpen) ? .violations : isComplete ? .compliant : .incomplete,
            gate: gate.report(snapshot: snapshot, findings: judging.findings, isComplete: isComplete),
            summary: judging.summary,
            organizations: snapshot.organizations.map { organization in
                OrganizationReport(
                    login: organization.login, id: organization.id, template: organization.template,
                    listing: organization.listing, outcomes: Array(repeating: .notApplicable, count: entries.count),
                    scan: organization.scan, staleness: organization.staleness)
            },
            repositories: [], findings: judging.findings, passedWaivers: [], waivers: list?.waivers ?? [],
            warnings: judging.warnings, isComplete: isComplete)
        if let baseline { report.staleBaseline = baseline.staleEntries(under: judging.verdicts, report) }
        report.gap =
            audit.firstGap
            ?? judging.verdicts.first { !$0.undecided.isEmpty }.map {
                "\($0.identity.name): \($0.undecided[0])"
            }
        return TrustJudgement(report: report, identities: judging.verdicts)
    }
}

/// The state of one judgement of trusts.
private struct TrustJudging {
    let entries: [RuleEntry]
    let audit: TrustAudit
    let logins: [String]
    let isListingWhole: Bool
    let startedAt: Timestamp
    var ledger: WaiverLedger
    let baseline: Baseline?

    private(set) var entryReports: [PolicyReport.Entry] = []
    private(set) var verdicts: [TrustJudgement.Verdict] = []
    /// By identity, each in the policy's order; those about waivers first.
    private(set) var findings: [Finding] = []
    private(set) var summary = Summary()

    init(
        entries: [RuleEntry], audit: TrustAudit, logins: [String], isListingWhole: Bool, startedAt: Timestamp,
        ledger: WaiverLedger, baseline: Baseline?,
    ) {
        self.entries = entries
        self.audit = audit
        self.logins = logins
        self.isListingWhole = isListingWhole
        self.startedAt = startedAt
        self.ledger = ledger
        self.baseline = baseline
        entryReports = entries.map(PolicyReport.Entry.init)
    }

    mutating func judge() {
        let subjects = subjects()
        var start = 0
        while start < audit.trusts.count {
            let identity = audit.trusts[start].trust.identity
            var end = start + 1
            while end < audit.trusts.count, audit.trusts[end].trust.identity.name.isExactly(identity.name) { end += 1 }
            judge(identity, Array(subjects[start..<end]))
            start = end
        }
        judgeWaivers()
    }

    var warnings: [String] {
        let others = entries.filter { $0.subject == .repository || $0.subject == .organization }.map(\.id)
        let skipped =
            others.isEmpty
            ? [] : ["Rules about subjects are judged by oidc-audit check alone: \(others.joined(separator: ", "))."]
        let unjudged = entryReports.filter { $0.subject == .identity && $0.judged == 0 && $0.undecided == 0 }
            .map(\.id)
        return skipped
            + (unjudged.isEmpty ? [] : ["Rules that judged no identity: \(unjudged.joined(separator: ", "))."])
    }

    // MARK: -

    private func subjects() -> [TrustSubject] {
        let lost = Dictionary(grouping: audit.change?.lost ?? [], by: \.trust)
        let gained = Dictionary(grouping: audit.change?.gained ?? [], by: \.trust)
        return audit.trusts.map { judged in
            TrustSubject(
                judged: judged, isListingWhole: isListingWhole,
                change: audit.change.map { _ in
                    TrustAudit.Change(lost: lost[judged.trust.id] ?? [], gained: gained[judged.trust.id] ?? [])
                })
        }
    }

    private mutating func judge(_ identity: Identity, _ subjects: [TrustSubject]) {
        var verdict = TrustJudgement.Verdict(
            identity: identity, outcomes: Array(repeating: .notApplicable, count: entries.count))
        for (index, entry) in entries.enumerated() {
            guard case .trust(let rule) = entry.judge else { continue }
            let answer: RuleVerdict
            switch entry.identities?.match(identity) {
            case nil, .yes: answer = RuleVerdict(of: subjects.map(rule.judge))
            case .no: answer = .notApplicable
            case .undecided(let why): answer = .undecided(why)
            }
            verdict.outcomes[index] = answer.outcome
            entryReports[index].count(answer.outcome)
            switch answer {
            case .pass, .notApplicable: break
            case .undecided(let why):
                verdict.undecided.append("rule \(entry.id) undecided: \(why)")
                ledger.leaveOpen(identity, rule: entry.id)
            case .fail(let violation):
                let key = FindingKey(rule: entry.id, subject: .identity(identity.cloud, identity.name))
                var finding = finding(
                    key, violation, entry.severity, ledger.answer(to: violation, of: entry.id, on: identity))
                finding.identity = identity.name
                findings.append(finding)
            }
        }
        verdicts.append(verdict)
    }

    private mutating func judgeWaivers() {
        let ids = Set(entries.map(\.id))
        var found: [Finding] = []
        let login = logins.joined(separator: ", ")
        for subject in ledger.identitySubjects(rules: ids) {
            for (index, entry) in entries.enumerated() {
                guard case .waiver(let rule) = entry.judge else { continue }
                let verdict = rule.judge(subject)
                entryReports[index].count(verdict.outcome)
                guard case .fail(let violation) = verdict else { continue }
                let key = FindingKey(
                    rule: entry.id, subject: .waiver(subject.waiver.identity(under: login)))
                found.append(finding(key, violation, entry.severity, .notAccepted))
            }
        }
        findings = found + findings
    }

    private mutating func finding(
        _ key: FindingKey, _ violation: Violation, _ severity: Severity, _ answer: WaiverLedger.Answer,
    ) -> Finding {
        var finding = Finding(
            key: key, severity: severity, organization: logins.joined(separator: ", "), violation: violation,
            state: .new, change: .new, firstSeen: startedAt)
        finding.accept(answer, baseline?.answer(to: key, violation, of: severity, known: nil))
        summary.count(finding)
        return finding
    }
}

extension RuleVerdict {
    /// What the verdicts about each statement of a role come to, whatever their order: one that fails is enough, and all
    /// problems are reported together.
    fileprivate init(of verdicts: [RuleVerdict]) {
        var failures: [Violation] = []
        var undecided: [String] = []
        var hasPassed = false
        for verdict in verdicts {
            switch verdict {
            case .fail(let violation): failures.append(violation)
            case .undecided(let why): undecided.append(why)
            case .pass: hasPassed = true
            case .notApplicable: break
            }
        }
        if let first = failures.min(by: { $0.message < $1.message }) {
            self =
                failures.count == 1
                ? .fail(first)
                : .fail(
                    Violation(
                        message: failures.flatMap(\.problems).asProblems.headlines.joined(separator: "; "),
                        problems: failures.problemsTogether, expected: failures.flatMap(\.expected).asProblems,
                        isChoice: first.isChoice, actual: failures.flatMap(\.actual).asProblems,
                        remediation: first.remediation))
        } else if let why = undecided.min() {
            self = .undecided(why)
        } else {
            self = hasPassed ? .pass : .notApplicable
        }
    }
}

extension [Violation] {
    /// The problems of all. What one statement does not demand nobody has to present: it narrows nothing.
    fileprivate var problemsTogether: [String] {
        flatMap(\.problems).filter { text in
            text.withoutNarrowing == nil || allSatisfy { $0.problems.contains { $0.isExactly(text) } }
        }
    }
}

extension Baseline {
    /// The findings of a judgement of trusts, as `init(accepting:)` has those of a report.
    package init(accepting judgement: TrustJudgement, source: String, carrying old: Baseline? = nil) {
        var report = judgement.report
        // What is fixed was accepted for as long as it was there.
        if let old { report.staleBaseline = old.staleEntries(under: judgement.identities, report) }
        self.init(accepting: report, source: source, carrying: old)
    }

    /// Entries about identities whose finding is gone: the rule passes there, or the identity trusts GitHub no more.
    fileprivate func staleEntries(under verdicts: [TrustJudgement.Verdict], _ report: AuditReport) -> [StaleEntry] {
        let outcomes = Dictionary(
            verdicts.map { ($0.identity.name, $0.outcomes) }, uniquingKeysWith: { first, _ in first })
        let rules = Dictionary(
            report.policy.rules.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        return entries.compactMap { key, entry -> StaleEntry? in
            guard case .identity(_, let name) = key.subject else { return nil }
            guard let rule = rules[key.rule] else { return StaleEntry(key: key, entry: entry, reason: .ruleRemoved) }
            guard let outcomes = outcomes[name] else {
                return report.isComplete ? StaleEntry(key: key, entry: entry, reason: .removed) : nil
            }
            guard outcomes[rule] == .pass || outcomes[rule] == .notApplicable else { return nil }
            return StaleEntry(key: key, entry: entry, reason: .fixed)
        }
        .sorted { ($0.entry.name, $0.key.rule) < ($1.entry.name, $1.key.rule) }
    }
}
