/// A judged scan: the one value that every reporter prints.
package struct AuditReport: Sendable {
    package var scanID: ScanID?
    /// Digest of the scan's link in the history's chain; `nil` if the scan was not sealed.
    package var digest: String?
    package var apiURL: String
    package var startedAt: Timestamp
    package var finishedAt: Timestamp
    package var stop: ScanStop?
    package var requests: RequestCounts
    package var scope: Scope
    package var policy: PolicyReport
    /// Where waivers and the baseline came from; `nil` if there are none.
    package var waiverSource: String?
    package var baselineSource: String?
    /// Entries of the baseline whose finding is gone; empty if there is no baseline.
    package var staleBaseline: [Baseline.StaleEntry] = []
    package var verdict: Verdict
    package var gate: GateReport
    package var summary: Summary
    package var organizations: [OrganizationReport]
    /// Every listed repository of every organization, in report order.
    package var repositories: [RepositoryReport]
    /// Those about organizations and waivers first, then by repository in report order; each in the policy's order.
    package var findings: [Finding]
    /// Findings that stood open before and are gone, worst first, then by name and rule; those about waivers left out.
    package var gone: [GoneFinding] = []
    /// Findings that stood open before and that the scan could not judge: nobody knows that they are gone.
    package var carriedOn: [CarriedFinding] = []
    /// What findings about waivers were looked for and not found.
    package var passedWaivers: [FindingKey] = []
    /// The waivers that were given.
    package var waivers: [Waiver] = []
    /// What a reader should know beside the verdict, one sentence each.
    package var warnings: [String]

    /// What came before; `nil` if nothing is known of it, or no format asked for it.
    package var history: ReportHistory?

    /// Whether everything in scope was read and decided.
    package var isComplete: Bool
    /// Of a report about trusts, why it is not complete: its repositories are not in it; `nil` in any other.
    package var gap: String?

    /// The API's host, with its port where it has one.
    package var host: String {
        let address = apiURL.split(separator: "://", maxSplits: 1).last ?? ""
        return String(address.prefix { $0 != "/" })
    }

    /// Why the scan ended early; `nil` if it did not.
    package var whyStopped: String? { stop.map { scanID == nil ? $0.reason : $0.explanation } }

    /// The first reason why the scan can't speak of everything; `nil` if it is complete.
    package var whyIncomplete: String? {
        guard !isComplete else { return nil }
        if let whyStopped { return whyStopped }
        if let gap { return gap }
        let troubled = organizations.filter { !$0.troubles.isEmpty }
        if let first = troubled.first, let trouble = first.troubles.first {
            let names = troubled.prefix(3).map(\.login).joined(separator: ", ")
            let more = troubled.count > 3 ? " and \(troubled.count - 3) more" : ""
            return (troubled.count > 1 ? "\(troubled.count) organizations (\(names)\(more)); " : "")
                + "\(first.login): \(trouble)"
        }
        let open = summary.unreadable - summary.acceptedUnread + summary.undecided
        if open > 0 { return "\(open) of \(summary.listed) repositories could not be read or decided" }
        if summary.listed == 0 { return "no repository is listed" }
        if summary.skipped == summary.listed { return "no repository is in scope" }
        return summary.judged == 0
            ? "not one repository could be judged" : "the history does not hold every listed repository"
    }
}

/// What the scan says of the organizations, whatever the gate makes of it.
package enum Verdict: String, Sendable, CaseIterable {
    case compliant
    case violations
    case incomplete
}

/// The policy as a report shows it.
package struct PolicyReport: Sendable {
    package struct Entry: Sendable {
        package var id: String
        package var rule: String
        package var severity: Severity
        package var subject: RuleEntry.Subject
        package var summary: String
        package var reason: String?
        /// Where it stands in the policy's file; `nil` if the policy does not have it.
        package var position: SourcePosition?
        /// Repositories, organizations or waivers that the rule passed or failed.
        package var judged = 0
        package var violations = 0
        package var undecided = 0

        mutating func count(_ outcome: RepositoryReport.Outcome) {
            switch outcome {
            case .pass: judged += 1
            case .fail:
                judged += 1
                violations += 1
            case .undecided: undecided += 1
            case .notApplicable: break
            }
        }
    }

    package var name: String
    package var source: String
    package var sha256: String
    /// In the policy's order; where waivers were given, followed by those of their rules that the policy does not have.
    package var rules: [Entry]
}

/// How the exit status came about.
package struct GateReport: Hashable, Sendable {
    /// What the gate makes of the findings that count, whatever `--exit-zero` makes of the status.
    package enum Verdict: String, Sendable, CaseIterable {
        case passed
        case failed
        case incomplete
    }

    package var verdict: Verdict
    /// `nil`: nothing fails the gate.
    package var failOn: Severity?
    package var newOnly: Bool
    package var exitStatus: Int32

    /// Whether a finding fails the gate.
    package func counts(_ finding: Finding) -> Bool {
        guard finding.isOpen, let failOn, !isAccepted(finding) else { return false }
        return finding.severity >= failOn
    }

    /// Whether it does not fail the gate although another one like it, or without `--fail-on none`, would: such a finding is
    /// for information.
    package func letsThrough(_ finding: Finding) -> Bool {
        failOn == nil ? isAccepted(finding) : !counts(finding)
    }

    /// Whether a waiver or, where that lets findings through, the baseline accepts a finding.
    package func isAccepted(_ finding: Finding) -> Bool {
        !finding.isOpen || (newOnly && finding.isInBaseline == true)
    }
}

/// How many of each.
package struct Summary: Hashable, Sendable {
    package var listed = 0
    package var judged: Int { compliant + violating + waived }
    package var compliant = 0
    package var violating = 0
    package var waived = 0
    package var unreadable = 0
    package var skipped = 0
    /// Of the unreadable ones, those of which a waiver accepts that.
    package var acceptedUnread = 0
    /// Of the violating ones, those on which a rule or the scope lacked a fact.
    package var undecided = 0

    /// Open findings by severity.
    package var findings: [Severity: Int] = [:]
    package var waivedFindings = 0
    /// Open findings by state.
    package var states: [Finding.State: Int] = [:]
    /// Findings that stood open before and could not be judged: without them a gap in coverage would look like fixes.
    package var notJudged = 0
}

extension Summary {
    mutating func count(_ finding: Finding) {
        guard finding.isOpen else {
            waivedFindings += 1
            return
        }
        findings[finding.severity, default: 0] += 1
        states[finding.state, default: 0] += 1
    }
}

/// One organization as a report shows it.
package struct OrganizationReport: Sendable {
    package var login: String
    package var id: OrganizationID?
    package var template: OrganizationTemplate
    package var listing: Listing
    /// One for each rule entry, in the policy's order; of use for those about organizations and waivers.
    package var outcomes: [RepositoryReport.Outcome]
    /// The scan that saw it, where the report is of several.
    package var scan: ScanDifference.Side?
    /// Why what was seen does not stand for today; `nil` if it does.
    package var staleness: String?
    /// Why not everything was asked of it, where the scan went on with others; `nil` if it was.
    package var stop: ScanStop?
    /// Which rules about the organization lacked a fact, and which.
    package var undecided: [String] = []

    /// The identity of a trouble with it, in the form that findings have; by its login where no scan found its id.
    package func fingerprint(of rule: String, apiURL: String) -> String {
        id.map { FindingKey(rule: rule, subject: .organization($0)).fingerprint(apiURL: apiURL) }
            ?? "\(FindingKey.host(apiURL))/organizations/\(login.lowercased())/\(rule)"
    }

    /// Why the scan can't speak of the whole organization, for people; empty if it can.
    package var troubles: [String] { unreadTroubles + undecided }

    /// What of the organization itself could not be read.
    package var unreadTroubles: [String] {
        var troubles = [staleness, stop.map { "not everything was asked: \($0.reason)" }].compactMap(\.self)
        if listing.status == .partial { troubles.append("the listing is partial: \(listing.error ?? "unknown")") }
        if let templateTrouble { troubles.append(templateTrouble) }
        if !listing.missing.isEmpty {
            troubles.append("listed last time, not now: \(listing.missing.joined(separator: ", "))")
        }
        return troubles
    }

    /// Why its template is not known; `nil` if it was read.
    package var templateTrouble: String? {
        guard case .unreadable(let reason) = template else { return nil }
        return "the organization's template could not be read: \(reason.message)"
    }
}

/// One repository as a report shows it.
package struct RepositoryReport: Sendable {
    package enum Status: String, Sendable, CaseIterable {
        case compliant
        case violating
        case waived
        case unreadable
        case skipped
    }

    /// What one rule entry made of the repository.
    package enum Outcome: UInt8, Sendable {
        case pass
        case fail
        case undecided
        /// The entry's `where` does not choose the repository, or the rule says nothing of such a one.
        case notApplicable
    }

    package var organization: String
    package var repository: Repository
    package var status: Status
    package var since: Timestamp?
    package var setting: RepositorySetting?
    package var effective: EffectiveTemplate?
    /// What its subjects are made of; `nil` if that is not known.
    package var language: SubjectLanguage?
    /// Why it is skipped or unreadable, or which rule is undecided.
    package var reason: String?
    /// The waiver of `readable` that accepts that it can't be read; it is unreadable all the same.
    package var acceptedUnread: Waiver?
    /// Why it can't be read, as a waiver of `readable` names it; `nil` if it was read, or none could accept it.
    package var unreadProblem: String?
    /// What waivers accept in place of that; empty if none is about the repository, or one accepts it.
    package var otherwiseAccepted: [String] = []
    /// One for each rule entry, in the policy's order; empty if the repository was skipped or could not be read.
    package var outcomes: [Outcome]

    package var format: SubjectFormat { language?.format ?? .unknown }
    package var preview: SubjectPreview { SubjectPreview(language) }
}
