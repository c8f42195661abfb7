import AuditCore
import Crypto
import Foundation

/// What the page's template names, each by the name of its property.
struct HTMLPage {
    struct Fact {
        let label: String
        let value: String
        var isCode = false
    }

    /// A status, and its share of the bar in hundredths.
    struct Tile {
        let name: String
        let count: Int
        let start: String
        let share: String
    }

    struct RuleEntry {
        let id: String
        let severity: String
        let summary: String
        let reason: String?
        let rationale: String
        let remedy: String
        let outcome: String
        let counts: String
        let isBroken: Bool
    }

    /// A finding about something else than a repository.
    struct Other {
        let severity: String
        let name: String
        let rule: String
        let message: String
        let remedy: String
        let waiver: String?
    }

    struct Row {
        struct Broken {
            let rule: String
            let severity: String
        }

        let name: String
        let status: String
        let findings: [Broken]
        let reason: String
        let subject: String
        let source: String
        let since: String
    }

    struct Organization {
        let login: String
        let template: String
        let flag: String?
        let listing: String
        let troubles: [String]
        let removed: String?
        let events: [String]
    }

    struct Choice {
        let value: String
        let words: String
    }

    let style: String
    let styleHash: String
    let scriptHash: String
    let tool = Tool.name
    let version = Tool.version
    let organizationNames: String
    let verdict: String
    let verdictClass: String
    let reason: String
    let incomplete: String?
    let changes: String?
    let facts: [Fact]
    let tiles: [Tile]
    let tilesInWords: String
    let charts: [TrendChart]
    let warnings: [String]
    let hasWarnings: Bool
    let policy: String
    let rules: [RuleEntry]
    let others: [Other]
    let hasOthers: Bool
    let statuses = RepositoryReport.Status.allCases.map(\.rawValue)
    let severities = Severity.allCases.map(\.rawValue)
    let sources = TemplateSource.allCases.map { Choice(value: $0.rawValue, words: $0.words) }
    let repositoryRules: [String]
    let rows: [Row]
    let shown: String
    let organizations: [Organization]
    let requests: String

    /// How many repositories are there without the script.
    private static let rowsMax = 100
    /// How much of a list is named.
    private static let namesMax = 200

    init(_ report: AuditReport, style: String, script: String) {
        self.style = style
        styleHash = Self.hash(of: style)
        scriptHash = Self.hash(of: script)
        organizationNames = report.organizations.map(\.login).joined(separator: ", ").shortened
        verdict = report.verdict.rawValue.capitalized
        verdictClass = report.verdict.rawValue
        reason = report.verdictInWords
        incomplete = report.whyIncomplete?.shortened
        changes = report.changesInWords?.shortened
        facts = Self.facts(report)
        tiles = Self.tiles(report.summary)
        tilesInWords = tiles.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
        charts = TrendChart.all(of: report)
        warnings = report.warnings.prefix(Self.namesMax).map(\.shortened)
        hasWarnings = !warnings.isEmpty
        policy = report.policy.name.shortened
        rules = report.policy.rules
            .sorted { ($0.violations == 0 ? 1 : 0, $1.severity) < ($1.violations == 0 ? 1 : 0, $0.severity) }
            .map(RuleEntry.init)
        let others = report.findings.filter { $0.repositoryID == nil }
        self.others = others.prefix(Self.namesMax).map(Other.init)
        hasOthers = !others.isEmpty
        repositoryRules = report.policy.rules.filter { $0.subject == .repository }.map(\.id)
        rows = Self.rows(report)
        shown =
            rows.count < report.repositories.count
            ? "The \(rows.count) that need attention most, of \(report.repositories.count)"
            : counted(rows.count, "repository")
        organizations = report.organizations.map { Organization($0, report.history) }
        requests =
            "\(report.requests.sent) requests, \(report.requests.notModified) not modified, "
            + "\(report.requests.retried) retried, \(report.requests.waited.decimalSeconds) s waited for rate limits"
    }

    // MARK: -

    private static func hash(of text: String) -> String {
        "sha256-" + Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()
    }

    private static func facts(_ report: AuditReport) -> [Fact] {
        let seconds = max(0, report.finishedAt.seconds(since: report.startedAt))
        var facts = [
            Fact(label: "organizations", value: report.organizations.map(\.login).joined(separator: ", ").shortened),
            Fact(label: "policy", value: "\(report.policy.name) (\(report.policy.source))".shortened),
            Fact(
                label: "scan",
                value: "\(report.scanID.map { "#\($0.rawValue) of " } ?? "")\(report.startedAt), \(seconds) s"),
            Fact(label: "API", value: report.apiURL.shortened),
        ]
        if let source = report.waiverSource { facts.append(Fact(label: "waivers", value: source.shortened)) }
        if let source = report.baselineSource {
            facts.append(
                Fact(
                    label: "baseline",
                    value: source.shortened + (report.gate.newOnly ? ": only what is new counts" : "")))
        }
        facts.append(Fact(label: "policy digest", value: report.policy.sha256.shortened, isCode: true))
        if let digest = report.digest { facts.append(Fact(label: "digest", value: digest, isCode: true)) }
        return facts
    }

    private static func tiles(_ summary: Summary) -> [Tile] {
        let counts: [(RepositoryReport.Status, Int)] = [
            (.violating, summary.violating), (.unreadable, summary.unreadable), (.waived, summary.waived),
            (.compliant, summary.compliant), (.skipped, summary.skipped),
        ]
        var start = 0.0
        return counts.map { status, count in
            let share = summary.listed > 0 ? Double(count) / Double(summary.listed) * 100 : 0
            defer { start += share }
            return Tile(name: status.rawValue, count: count, start: start.short, share: share.short)
        }
    }

    /// Those that need attention most.
    private static func rows(_ report: AuditReport) -> [Row] {
        let order: [RepositoryReport.Status] = [.violating, .unreadable, .waived, .compliant, .skipped]
        let findings = Dictionary(grouping: report.findings.filter { $0.repositoryID != nil }, by: \.repositoryID)
        var rows: [Row] = []
        for status in order {
            // Those of a status in the order of the report, the worst first: `nil` is for those without a finding.
            let members = Dictionary(grouping: report.repositories.lazy.filter { $0.status == status }) { member in
                findings[member.repository.id]?.lazy.filter(\.isOpen).map(\.severity).max()
            }
            for severity in Severity.allCases.sorted(by: >).map(Optional.some) + [nil] {
                for member in (members[severity] ?? []).prefix(rowsMax - rows.count) {
                    rows.append(Row(member, findings[member.repository.id] ?? []))
                }
            }
        }
        return rows
    }
}

extension HTMLPage.RuleEntry {
    init(_ entry: PolicyReport.Entry) {
        let rule = RuleCatalog.rule(named: entry.rule)
        id = entry.id
        severity = entry.severity.rawValue
        summary = entry.summary
        reason = entry.reason?.shortened
        rationale = rule?.rationale ?? ""
        remedy = rule?.remedy ?? ""
        isBroken = entry.violations > 0
        outcome =
            isBroken
            ? counted(entry.violations, "violation")
            : entry.judged == 0 ? "nothing judged" : entry.undecided > 0 ? "\(entry.undecided) undecided" : "kept"
        counts =
            "rule \(entry.rule): \(entry.judged) judged, \(entry.violations) in violation, \(entry.undecided) undecided"
    }
}

extension HTMLPage.Other {
    init(_ finding: Finding) {
        severity = finding.severity.rawValue
        name = finding.organization
        rule = finding.rule
        message = finding.violation.message.shortened
        remedy = finding.violation.remedy.shortened
        waiver = finding.waiver.map { "waived until \($0.expires) by \($0.owner): \($0.reason)".shortened }
    }
}

extension HTMLPage.Row {
    init(_ report: RepositoryReport, _ findings: [Finding]) {
        name = report.repository.fullName.shortened
        status = report.status.rawValue
        self.findings = findings.map { Broken(rule: $0.rule, severity: $0.isOpen ? $0.severity.rawValue : "waived") }
        reason = report.reason?.shortened ?? ""
        subject = report.preview.subject?.shortened ?? ""
        source = report.effective?.source.words ?? ""
        since = report.since?.day ?? ""
    }
}

extension HTMLPage.Organization {
    init(_ report: OrganizationReport, _ history: ReportHistory?) {
        login = report.login.shortened
        template = report.template.words.shortened
        if case .set(_, let useImmutableSubject?) = report.template {
            flag = "use_immutable_subject \(useImmutableSubject)"
        } else {
            flag = nil
        }
        listing =
            "\(report.listing.status.rawValue), \(report.listing.listed) listed"
            + (report.listing.expected.map { " of \($0)" } ?? "")
        troubles = report.troubles.map(\.shortened)
        removed = report.listing.removed.isEmpty ? nil : report.listing.removed.joined(separator: ", ").shortened
        events = (report.id.flatMap { history?.templateEvents[$0] } ?? []).suffix(50).reversed().map { event in
            "\(event.seenBy.startedAt.day): \(event.words)".shortened
        }
    }
}

extension String {
    /// As much of a text as a page has use for: anybody can name something a megabyte long.
    fileprivate var shortened: String { utf8.count > 2000 ? String(prefix(2000)) + "…" : self }
}

extension TemplateSource {
    /// For people.
    var words: String { rawValue.split(separator: "_").joined(separator: " ") }
}

extension Double {
    /// With at most two decimals.
    var short: String {
        let hundredths = Int((self * 100).rounded())
        return hundredths % 100 == 0 ? "\(hundredths / 100)" : "\(Double(hundredths) / 100)"
    }
}
