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
        /// How many of them are let through, and why: `14 in the baseline`; `nil` if none is.
        let note: String?
        let start: String
        let share: String
        let color: String
    }

    struct RuleGroup {
        /// Stands above what is folded away; `nil` if nothing is.
        let title: String?
        let rules: [RuleEntry]
    }

    struct RuleEntry {
        let id: String
        let severity: String
        let summary: String
        let reason: String?
        let rationale: String
        let remediation: String
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
        let remediation: String
        /// How it compares with before, and what accepts it, one phrase each.
        let notes: [String]
        let isAccepted: Bool
    }

    /// An entry of the baseline whose finding is gone.
    struct Stale {
        let name: String
        let rule: String
        let why: String
    }

    struct Row {
        struct Broken {
            let rule: String
            let severity: String
            /// What accepts it, in a word; `nil` if nothing does.
            let mark: String?
        }

        let name: String
        /// Its names before it was renamed, to which links may lead.
        let former: [String]
        let status: String
        /// That what the status says is accepted; `nil` if not all of it is.
        let acceptance: String?
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
    let subtitle: String
    let verdict: String
    let verdictClass: String
    let reason: String
    let incomplete: String?
    let changes: String?
    let lists: [FirstScreen.List]
    let facts: [Fact]
    let tiles: [Tile]
    let tilesInWords: String
    let charts: [TrendChart]
    let nights: [TrendChart.Night]
    let hasNights: Bool
    let chartsNote: String?
    let warnings: [String]
    let hasWarnings: Bool
    let policy: String
    let ruleGroups: [RuleGroup]
    let others: [Other]
    let hasOthers: Bool
    let stale: [Stale]
    let staleCount: String?
    let staleMore: String?
    let statuses = RepositoryReport.Status.allCases.map(\.rawValue)
    let severities = Severity.allCases.map(\.rawValue)
    let sources = TemplateSource.allCases.map { Choice(value: $0.rawValue, words: $0.displayText) }
    let repositoryRules: [String]
    let rows: [Row]
    let shown: String
    let organizations: [Organization]

    /// How many repositories are there without the script.
    private static let rowsMax = 100
    /// How much of a list is named.
    private static let namesMax = 200

    init(_ report: AuditReport, style: String, script: String) {
        self.style = style
        styleHash = Self.hash(of: style)
        scriptHash = Self.hash(of: script)
        organizationNames = report.organizations.map(\.login).joined(separator: ", ").shown
        subtitle = Self.subtitle(report)
        verdict = report.headlineWord.capitalized
        verdictClass = report.gate.verdictClass
        reason = report.headlineInWords
        incomplete = report.whyIncomplete?.shown
        changes = report.changesInWords?.shown
        lists = FirstScreen(report).lists
        facts = Self.facts(report)
        tiles = Self.tiles(report)
        tilesInWords = tiles.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
        (charts, nights) = TrendChart.all(of: report)
        hasNights = nights.count > 1
        chartsNote = hasNights ? nil : "One scan of this scope so far: from the second on, lines show the trend."
        warnings = report.warnings.prefix(Self.namesMax).map(\.shown)
        hasWarnings = !warnings.isEmpty
        policy = report.policy.name.shown
        ruleGroups = Self.ruleGroups(report)
        let others = report.findings.filter { $0.repositoryID == nil }
        self.others = others.prefix(Self.namesMax).map { Other($0, of: report) }
        hasOthers = !others.isEmpty
        stale = report.staleBaseline.prefix(Self.namesMax).map { entry in
            Stale(name: entry.entry.name.shown, rule: entry.key.rule.shown, why: entry.reason.displayText)
        }
        staleCount = stale.isEmpty ? nil : "\(report.staleBaseline.count)"
        let rest = report.staleBaseline.count - stale.count
        staleMore = rest > 0 ? "and \(rest) more, which the JSON report names" : nil
        repositoryRules = report.policy.rules.filter { $0.subject == .repository }.map(\.id)
        rows = Self.rows(report)
        shown =
            rows.count < report.repositories.count
            ? "The \(rows.count) that need attention most, of \(report.repositories.count)"
            : counted(rows.count, "repository")
        organizations = report.organizations.map { Organization($0, report.history) }
    }

    // MARK: -

    private static func hash(of text: String) -> String {
        "sha256-" + Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()
    }

    private static func subtitle(_ report: AuditReport) -> String {
        let names = report.organizations.map(\.login)
        let organizations = names.count > 3 ? counted(names.count, "organization") : names.joined(separator: ", ")
        let scan = report.scanID.map { "scan #\($0.rawValue) of " } ?? ""
        return [organizations, "policy \(report.policy.name)", "\(scan)\(report.startedAt.minute)"]
            .joined(separator: " · ").shown
    }

    /// Broken rules as they are, the worst first, then the others, folded away.
    private static func ruleGroups(_ report: AuditReport) -> [RuleGroup] {
        func counts(_ findings: [Finding]) -> [String: Int] {
            Dictionary(findings.map { ($0.rule, 1) }, uniquingKeysWith: +)
        }
        let open = counts(report.findings.filter { !report.gate.isAccepted($0) })
        let known = counts(report.findings.filter { $0.isOpen && report.gate.isAccepted($0) })
        // What an entry allows decides what fixes its findings.
        var fixes: [String: [String]] = [:]
        for finding in report.findings where !report.gate.isAccepted(finding) {
            let fix = finding.violation.remediation
            if fixes[finding.rule]?.containsExactly(fix) != true { fixes[finding.rule, default: []].append(fix) }
        }
        let entries = report.policy.rules.enumerated()
            .sorted { ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset) }.map(\.element)
        let broken = entries.filter { open[$0.id] != nil }
            .map { RuleEntry($0, open: open[$0.id] ?? 0, known: known[$0.id] ?? 0, fixes: fixes[$0.id]) }
        let others = entries.filter { open[$0.id] == nil }
            .map { RuleEntry($0, open: 0, known: known[$0.id] ?? 0) }
        return [
            broken.isEmpty ? nil : RuleGroup(title: nil, rules: broken),
            others.isEmpty
                ? nil
                : RuleGroup(title: "\(counted(others.count, "rule")) without a violation that counts", rules: others),
        ].compactMap(\.self)
    }

    private static func facts(_ report: AuditReport) -> [Fact] {
        let seconds = max(0, report.finishedAt.seconds(since: report.startedAt))
        var facts = [
            Fact(label: "organizations", value: report.organizations.map(\.login).joined(separator: ", ").shown),
            Fact(label: "policy", value: "\(report.policy.name) (\(report.policy.source))".shown),
            Fact(
                label: "scan",
                value: "\(report.scanID.map { "#\($0.rawValue) of " } ?? "")\(report.startedAt), \(seconds) s"),
            Fact(label: "API", value: report.apiURL.shown),
        ]
        if let source = report.waiverSource { facts.append(Fact(label: "waivers", value: source.shown)) }
        if let source = report.baselineSource {
            facts.append(
                Fact(
                    label: "baseline",
                    value: source.shown + (report.gate.newOnly ? ": only what is new counts" : "")))
        }
        if let scope = report.scope.displayText(of: report.organizations.map(\.login)) {
            facts.append(Fact(label: "scope", value: scope.shown))
        }
        facts.append(
            Fact(
                label: "gate",
                value: "fails on \(report.gate.failOn.map { "\($0.rawValue) and worse" } ?? "nothing"): exit status "
                    + "\(report.gate.exitStatus)"))
        facts.append(
            Fact(
                label: "findings",
                value: Finding.State.allCases.filter { $0 != .recurring }
                    .map { "\(report.summary.states[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
                    + ", \(report.summary.waivedFindings) waived"))
        facts.append(
            Fact(
                label: "requests",
                value: "\(report.requests.sent) sent, \(report.requests.notModified) not modified, "
                    + "\(report.requests.retried) retried, \(report.requests.waited.decimalSeconds) s waited for rate limits"
            ))
        facts.append(Fact(label: "policy digest", value: report.policy.sha256.shown, isCode: true))
        if let digest = report.digest { facts.append(Fact(label: "digest", value: digest, isCode: true)) }
        return facts
    }

    private static func tiles(_ report: AuditReport) -> [Tile] {
        let summary = report.summary
        // Repositories with a finding that the baseline does not hold.
        let unknown = Set(report.findings.filter { $0.isOpen && $0.isInBaseline != true }.compactMap(\.repositoryID))
        let known = report.repositories.count {
            $0.status == .violating && $0.reason == nil && !unknown.contains($0.repository.id)
        }
        let counts: [(RepositoryReport.Status, Int)] = [
            (.violating, summary.violating), (.unreadable, summary.unreadable), (.waived, summary.waived),
            (.compliant, summary.compliant), (.skipped, summary.skipped),
        ]
        var start = 0.0
        return counts.map { status, count in
            let share = summary.listed > 0 ? Double(count) / Double(summary.listed) * 100 : 0
            defer { start += share }
            let note: String? =
                switch status {
                case .violating where known > 0: "\(known) in the baseline"
                case .unreadable where summary.acceptedUnread > 0: "\(summary.acceptedUnread) accepted"
                default: nil
                }
            return Tile(
                name: status.rawValue, count: count, note: note, start: start.short, share: share.short,
                color: PageColor.of(status.rawValue))
        }
    }

    /// Those that need attention most.
    private static func rows(_ report: AuditReport) -> [Row] {
        let order: [RepositoryReport.Status] = [.violating, .unreadable, .waived, .compliant, .skipped]
        let (findings, former) = (report.findingsByRepository, report.formerNames)
        var rows: [Row] = []
        for status in order {
            // Those of a status in the order of the report, the worst first: `nil` is for those without a finding.
            let members = Dictionary(grouping: report.repositories.lazy.filter { $0.status == status }) { member in
                // What counts comes before what is accepted.
                findings[member.repository.id]?.lazy.filter { !report.gate.isAccepted($0) }.map(\.severity).max()
            }
            for severity in Severity.allCases.sorted(by: >).map(Optional.some) + [nil] {
                for member in (members[severity] ?? []).prefix(rowsMax - rows.count) {
                    let id = member.repository.id
                    rows.append(Row(member, findings[id] ?? [], report.gate, former: former[id] ?? []))
                }
            }
        }
        return rows
    }
}

extension GateReport {
    /// The class of the page's style that goes with it.
    fileprivate var verdictClass: String {
        switch verdict {
        case .passed: "compliant"
        case .failed: "violations"
        case .incomplete: "incomplete"
        }
    }
}

extension Timestamp {
    /// Day, hour and minute in UTC.
    var minute: String { "\(day) \(description.dropFirst(11).prefix(5)) UTC" }
}

extension Double {
    /// With at most two decimals.
    var short: String {
        let hundredths = Int((self * 100).rounded())
        return hundredths % 100 == 0 ? "\(hundredths / 100)" : "\(Double(hundredths) / 100)"
    }
}
