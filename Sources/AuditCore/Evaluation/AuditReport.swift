/// A judged scan: the one value that every reporter tells.
public struct AuditReport: Sendable {
    public var scanID: ScanID?
    /// Digest of the scan's link in the history's chain; `nil` where the scan was not sealed.
    public var digest: String?
    public var apiURL: String
    public var startedAt: Timestamp
    public var finishedAt: Timestamp
    public var stop: ScanStop?
    public var requests: RequestCounts
    public var scope: Scope
    public var policy: PolicyReport
    /// Where waivers and the baseline came from; `nil` where there are none.
    public var waiverSource: String?
    public var baselineSource: String?
    /// Entries of the baseline whose finding is gone; empty where there is no baseline.
    public var staleBaseline: [Baseline.StaleEntry] = []
    public var verdict: Verdict
    public var gate: GateReport
    public var summary: Summary
    public var organizations: [OrganizationReport]
    /// Every listed repository of every organization, in report order.
    public var repositories: [RepositoryReport]
    /// Those about organizations and waivers first, then by repository in report order; each in the policy's order.
    public var findings: [Finding]
    /// Findings that stood open before and are gone, worst first, then by name and rule; those about waivers left out.
    public var gone: [GoneFinding] = []
    /// What findings about waivers were looked for and not found.
    public var passedWaivers: [FindingKey] = []
    /// The waivers that were given.
    public var waivers: [Waiver] = []
    /// What a reader should know beside the verdict, one sentence each.
    public var warnings: [String]

    /// What came before; `nil` where nothing is known of it, or no format asked for it.
    public var history: ReportHistory?

    /// Whether everything in scope was read and decided.
    public var isComplete: Bool

    /// The API's host, with its port where it has one.
    public var host: String {
        let address = apiURL.split(separator: "://", maxSplits: 1).last ?? ""
        return String(address.prefix { $0 != "/" })
    }

    /// The first reason why the scan can't speak of everything; `nil` where it is complete.
    public var whyIncomplete: String? {
        guard !isComplete else { return nil }
        if let stop { return stop.explanation }
        for organization in organizations {
            if let trouble = organization.troubles.first { return "\(organization.login): \(trouble)" }
        }
        let open = summary.unreadable - summary.acceptedUnread + summary.undecided
        if open > 0 { return "\(open) of \(summary.listed) repositories could not be read or decided" }
        if summary.listed == 0 { return "no repository is listed" }
        return summary.judged == 0 ? "no repository is in scope" : "the history does not hold every listed repository"
    }
}

/// What the scan says of the organizations, whatever the gate makes of it.
public enum Verdict: String, Sendable, CaseIterable {
    case compliant
    case violations
    case incomplete
}

/// The policy as a report shows it.
public struct PolicyReport: Sendable {
    public struct Entry: Sendable {
        public var id: String
        public var rule: String
        public var severity: Severity
        public var subject: RuleEntry.Subject
        public var summary: String
        public var reason: String?
        /// Where it stands in the policy's file; `nil` where the policy does not have it.
        public var position: SourcePosition?
        /// Repositories, organizations or waivers that the rule passed or failed.
        public var judged = 0
        public var violations = 0
        public var undecided = 0

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

    public var name: String
    public var source: String
    public var sha256: String
    /// In the policy's order; where waivers were given, followed by those of their rules that the policy does not have.
    public var rules: [Entry]
}

/// How the exit status came about.
public struct GateReport: Hashable, Sendable {
    /// What the gate makes of the findings that count, whatever `--exit-zero` makes of the status.
    public enum Verdict: String, Sendable, CaseIterable {
        case passed
        case failed
        case incomplete
    }

    public var verdict: Verdict
    /// `nil`: nothing fails the gate.
    public var failOn: Severity?
    public var newOnly: Bool
    public var exitStatus: Int32

    /// Whether a finding fails the gate.
    public func counts(_ finding: Finding) -> Bool {
        guard finding.isOpen, let failOn, !isAccepted(finding) else { return false }
        return finding.severity >= failOn
    }

    /// Whether a waiver or, where that lets findings through, the baseline accepts a finding.
    public func isAccepted(_ finding: Finding) -> Bool {
        !finding.isOpen || (newOnly && finding.isInBaseline == true)
    }
}

/// How many of each.
public struct Summary: Hashable, Sendable {
    public var listed = 0
    public var judged: Int { compliant + violating + waived }
    public var compliant = 0
    public var violating = 0
    public var waived = 0
    public var unreadable = 0
    public var skipped = 0
    /// Of the unreadable ones, those of which a waiver accepts that.
    public var acceptedUnread = 0
    /// Of the violating ones, those on which a rule or the scope lacked a fact.
    public var undecided = 0

    /// Open findings by severity.
    public var findings: [Severity: Int] = [:]
    public var waivedFindings = 0
    /// Open findings by state.
    public var states: [Finding.State: Int] = [:]
}

/// One organization as a report shows it.
public struct OrganizationReport: Sendable {
    public var login: String
    public var id: OrganizationID?
    public var template: OrganizationTemplate
    public var listing: Listing
    /// One for each rule entry, in the policy's order; of use for those about organizations and waivers.
    public var outcomes: [RepositoryReport.Outcome]
    /// The scan that saw it, where the report is of several.
    public var scan: ScanDifference.Side?
    /// Why what was seen does not stand for today; `nil` where it does.
    public var staleness: String?
    /// Which rules about the organization lacked a fact, and which.
    public var undecided: [String] = []

    /// The identity of a trouble with it, in the form that findings have; by its login where no scan found its id.
    public func fingerprint(of rule: String, apiURL: String) -> String {
        id.map { FindingKey(rule: rule, subject: .organization($0)).fingerprint(apiURL: apiURL) }
            ?? "\(FindingKey.host(apiURL))/organizations/\(login.lowercased())/\(rule)"
    }

    /// Why the scan can't speak of the whole organization, for people; empty where it can.
    public var troubles: [String] { unreadTroubles + undecided }

    /// What of the organization itself could not be read.
    public var unreadTroubles: [String] {
        var troubles = staleness.map { [$0] } ?? []
        if listing.status == .partial { troubles.append("the listing is partial: \(listing.error ?? "unknown")") }
        if let templateTrouble { troubles.append(templateTrouble) }
        if !listing.missing.isEmpty {
            troubles.append("listed last time, not now: \(listing.missing.joined(separator: ", "))")
        }
        return troubles
    }

    /// Why its template is not known; `nil` where it was read.
    public var templateTrouble: String? {
        guard case .unreadable(let reason) = template else { return nil }
        return "the organization's template could not be read: \(reason.message)"
    }
}

/// One repository as a report shows it.
public struct RepositoryReport: Sendable {
    public enum Status: String, Sendable, CaseIterable {
        case compliant
        case violating
        case waived
        case unreadable
        case skipped
    }

    /// What one rule entry made of the repository.
    public enum Outcome: UInt8, Sendable {
        case pass
        case fail
        case undecided
        /// The entry's `where` does not choose the repository, or the rule says nothing of such a one.
        case notApplicable
    }

    public var organization: String
    public var repository: Repository
    public var status: Status
    public var since: Timestamp?
    public var setting: RepositorySetting?
    public var effective: EffectiveTemplate?
    /// What its subjects are made of; `nil` where that is not known.
    public var language: SubjectLanguage?
    /// Why it is skipped or unreadable, or which rule is undecided.
    public var reason: String?
    /// The waiver of `readable` that accepts that it can't be read; it is unreadable all the same.
    public var acceptedUnread: Waiver?
    /// Why it can't be read, as a waiver of `readable` names it; `nil` where it was read, or none could accept it.
    public var unreadProblem: String?
    /// What waivers accept in place of that; empty where none is about the repository, or one accepts it.
    public var otherwiseAccepted: [String] = []
    /// One for each rule entry, in the policy's order; empty where the repository was skipped or could not be read.
    public var outcomes: [Outcome]

    public var format: SubjectFormat { language?.format ?? .unknown }
    public var preview: SubjectPreview { SubjectPreview(language) }
}
