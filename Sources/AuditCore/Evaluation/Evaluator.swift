/// Holds a snapshot against a policy.
package struct Evaluator: Sendable {
    package let policy: Policy
    package let gate: Gate
    /// `nil`: no waiver file was given.
    package let waivers: WaiverList?
    package let baseline: Baseline?

    package init(policy: Policy, gate: Gate, waivers: WaiverList? = nil, baseline: Baseline? = nil) {
        self.policy = policy
        self.gate = gate
        self.waivers = waivers
        self.baseline = baseline
    }

    /// Judges every repository of a snapshot, then the organizations and the waivers.
    ///
    /// - Parameters:
    ///   - known: what earlier scans made of this policy's findings, those that were fixed too.
    ///   - before: the same as it stood after the scan with which this one is compared; `nil`: no scan came between that
    ///     could know more.
    ///   - now: when waivers must hold; `nil`: when the scan began.
    package func evaluate(
        _ snapshot: Snapshot, known: [FindingKey: KnownFinding] = [:], before: [FindingKey: KnownFinding]? = nil,
        now: Timestamp? = nil,
    ) -> AuditReport {
        let entries = policy.rules + (waivers == nil ? [] : RuleEntry.forWaivers(besides: policy.rules))
        var judgement = Judgement(
            entries: entries, snapshot: snapshot, known: known, before: before ?? known,
            ledger: WaiverLedger(waivers, now: now ?? snapshot.startedAt), baseline: baseline)
        judgement.judge()

        let isComplete = isComplete(snapshot, judgement)
        var report = AuditReport(
            scanID: snapshot.scanID, apiURL: snapshot.apiURL, startedAt: snapshot.startedAt,
            finishedAt: snapshot.finishedAt, stop: snapshot.stop, requests: snapshot.requests, scope: snapshot.scope,
            policy: PolicyReport(
                name: policy.name, source: policy.source, sha256: policy.sha256, rules: judgement.entryReports),
            waiverSource: waivers?.source, baselineSource: baseline?.source,
            // What nobody could read is not compliant, whoever accepts that.
            verdict: judgement.findings.contains(where: \.isOpen)
                ? .violations : isComplete && judgement.summary.unreadable == 0 ? .compliant : .incomplete,
            gate: gate.report(snapshot: snapshot, findings: judgement.findings, isComplete: isComplete),
            summary: judgement.summary, organizations: judgement.organizations,
            repositories: judgement.repositories, findings: judgement.findings,
            passedWaivers: judgement.passedWaivers, waivers: waivers?.waivers ?? [],
            warnings: warnings(snapshot, judgement), isComplete: isComplete)
        if let baseline { report.staleBaseline = baseline.staleEntries(under: report, known: known) }
        report.gone = report.gone(of: before ?? known)
        report.carriedOn = report.carriedOn(of: known)
        report.summary.notJudged = report.carriedOn.count { !$0.known.isWaived }
        return report
    }

    // MARK: -

    private func isComplete(_ snapshot: Snapshot, _ judgement: Judgement) -> Bool {
        let summary = judgement.summary
        return snapshot.stop == nil && summary.unreadable == summary.acceptedUnread && summary.undecided == 0
            && summary.judged > 0
            && judgement.organizations.allSatisfy { $0.troubles.isEmpty }
            && snapshot.organizations.allSatisfy { $0.repositories.count == $0.listing.listed }
    }

    private func warnings(_ snapshot: Snapshot, _ judgement: Judgement) -> [String] {
        let unverified = snapshot.organizations.filter { $0.listing.status == .unverified }.map { organization in
            "The listing of \(organization.login) could not be verified: this token is not shown the number of its "
                + "private repositories, so some may be missing."
        }
        // Where nothing was read at all, the verdict says so once.
        let isEmpty = snapshot.organizations.allSatisfy(\.repositories.isEmpty)
        let unjudged = judgement.entryReports.filter { entry in
            entry.judged == 0
                && (entry.subject == .organization || (entry.subject == .repository && !isEmpty))
        }.map { entry in
            "The rule \(entry.id) judged no \(entry.subject == .organization ? "organization" : "repository")."
        }
        let names = snapshot.organizations.flatMap { ($0.takeover.map { [$0] } ?? []) + $0.renamings }.map { "\($0)." }
        let scans = snapshot.organizations.compactMap(\.provenance).map { "\($0)." }
        let trusts = judgement.entryReports.filter { $0.subject == .identity }.map(\.id).joined(separator: ", ")
        let skipped = trusts.isEmpty ? [] : ["Judged by oidc-audit trust alone: \(trusts)."]
        // Who reads a verdict must not take it for the organization's.
        let limits =
            snapshot.scope.isNarrow
            ? snapshot.scope.displayText(of: snapshot.organizations.map(\.login)).map {
                ["Only what is in scope was judged: \($0)."]
            } ?? [] : []
        return limits + scans + names + unverified + unjudged + skipped + judgement.warnings
    }
}
