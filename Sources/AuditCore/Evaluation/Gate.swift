/// What a caller lets fail the process, and the exit status that follows.
package struct Gate: Hashable, Sendable {
    /// The least severity that fails; `nil`: none does.
    package var failOn: Severity?
    /// Whether an incomplete scan outranks violations.
    package var strictCoverage: Bool
    /// Whether violations and incompleteness leave the status at 0.
    package var exitZero: Bool
    /// Whether findings of the baseline are let through.
    package var newOnly: Bool

    package init(
        failOn: Severity? = .low, strictCoverage: Bool = false, exitZero: Bool = false, newOnly: Bool = false,
    ) {
        self.failOn = failOn
        self.newOnly = newOnly
        self.strictCoverage = strictCoverage
        self.exitZero = exitZero
    }

    /// What comes of what a scan observed and found.
    func report(snapshot: Snapshot, findings: [Finding], isComplete: Bool) -> GateReport {
        var report = GateReport(verdict: .passed, failOn: failOn, newOnly: newOnly, exitStatus: 0)
        let isFailed = findings.contains(where: report.counts)
        report.verdict = isFailed && (isComplete || !strictCoverage) ? .failed : isComplete ? .passed : .incomplete
        report.exitStatus = exitStatus(snapshot: snapshot, report.verdict).rawValue
        return report
    }

    /// The process's exit status.
    private func exitStatus(snapshot: Snapshot, _ verdict: GateReport.Verdict) -> ExitStatus {
        switch snapshot.stop {
        case .interrupted: return .interrupted
        case .terminated: return .terminated
        case .unauthorized, .tokenMissing: return .permission
        case .historyFailed: return .failure
        case .waitExhausted, .installationSuspended, .accountSuspended, .accountLocked, .addressBlocked,
            .addressRefused,
            .ssoRequired, .tokenNotAllowed, .versionRefused, .foreignPages,
            nil:
            break
        }
        if let status = snapshot.statusWhereNothingWasRead { return status }
        if exitZero { return .success }
        return switch verdict {
        case .passed: .success
        case .failed: .violations
        case .incomplete: .incomplete
        }
    }
}

/// The exit statuses of the program, the same for every command and format.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case success = 0
    case violations = 1
    case usage = 2
    case incomplete = 3
    case permission = 4
    /// GitHub, the network or the database failed.
    case failure = 5
    /// Of changes that were to be made, some were.
    case partial = 6
    case interrupted = 130
    case terminated = 143
}

extension Snapshot {
    /// The status where not one template could be read: `permission` where rights are the whole cause, `failure`
    /// where GitHub or the network had a part in it. `nil` if something was read, or nothing was there to read.
    fileprivate var statusWhereNothingWasRead: ExitStatus? {
        var codes: Set<UnreadableReason.Code> = []
        for organization in organizations {
            if let failure = organization.listing.failure { codes.insert(failure) }
            for repository in organization.repositories {
                switch repository.reading {
                case _ where scope.decide(repository.repository).isSkipped: continue
                case .read: return nil
                case .unreadable(let reason): codes.insert(reason.code)
                }
            }
        }
        // What had no turn for a refusal of everything was refused with it.
        if (organizations.map(\.stop) + [stop]).contains(where: { $0?.refusal != nil }) { codes.remove(.notRead) }
        guard !codes.isEmpty else { return nil }
        if codes.allSatisfy(\.isPermission) { return .permission }
        return codes.contains(where: \.isFault) ? .failure : nil
    }
}
