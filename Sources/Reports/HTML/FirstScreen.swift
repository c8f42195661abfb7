import AuditCore

/// The lists with which the page begins: what changed since the scan before, then what should not wait.
struct FirstScreen {
    struct List {
        /// The class of the page's style that goes with it.
        let className: String
        let title: String
        /// How many there are, in words; `nil` if there are none.
        let count: String?
        let items: [Item]
        /// What stands in place of the items where there are none.
        let none: String?
        let more: More?
        /// Leads to those of the kind that are accepted.
        let besides: More?
        let foot: Foot?

        fileprivate init(
            _ className: String, _ title: String, count: String? = nil, _ items: [Item], none: String,
            max: Int = smallListMax, all: String? = nil, besides: More? = nil, foot: Foot? = nil,
        ) {
            self.className = className
            self.title = title
            self.items = Array(items.prefix(max))
            self.count = items.isEmpty ? nil : count ?? "\(items.count)"
            self.none = items.isEmpty ? none : nil
            let rest = items.count - max
            more = rest > 0 ? More(text: "and \(rest) more", link: all) : nil
            self.besides = besides
            self.foot = foot
        }
    }

    struct Item {
        let name: String
        /// Fragment of the repository; `nil` if it is none of the report's.
        let link: String?
        var severity: String?
        var age: String?
        var lines: [Line] = []
    }

    struct Line {
        /// How a finding compares with the scan before.
        var state: String?
        var rule: String?
        let text: String
    }

    struct More {
        let text: String
        /// Fragment of a view of the repositories that holds them all; `nil` if no filter chooses them.
        let link: String?
    }

    struct Foot {
        let label: String
        let name: String
        let link: String?
        let text: String
    }

    var lists: [List] { [fresh(), gone(), critical(), recent(), unread(), waivers()].compactMap(\.self) }

    private static let changesMax = 8
    private static let smallListMax = 5
    private static let linesMax = 4
    private static let newDays = 7
    private static let soonDays = 30

    private let report: AuditReport
    /// Full names by id, of the repositories that the report holds.
    private let names: [RepositoryID: String]

    init(_ report: AuditReport) {
        self.report = report
        names = Dictionary(
            report.repositories.map { ($0.repository.id, $0.repository.fullName) },
            uniquingKeysWith: { first, _ in first })
    }

    // MARK: - Since the scan before

    private func fresh() -> List {
        guard let fresh = report.freshFindings, let before = report.comparedScan else {
            return List(
                "fresh", "New", [],
                none: report.isFirstOfPolicy
                    ? "Other policies judged the scans before: findings are not compared with them."
                    : "There is no scan before this one to compare with.")
        }
        let lastKnown = report.lastKnown
        let items = bySubject(fresh).map { findings in
            item(
                findings,
                lines: findings.map { finding in
                    let words = [
                        finding.worseInWords ?? finding.violation.message, report.gapInWords(finding, lastKnown),
                    ]
                    return Line(
                        state: report.changeInWords(finding), rule: finding.rule,
                        text: words.compactMap { $0?.cut(to: 160) }.joined(separator: " · "))
                })
        }
        return List(
            "fresh", "New since #\(before.id.rawValue) of \(before.startedAt.day)",
            count: report.changesInWords(fresh), items, none: "No finding is new, worse or back.",
            max: Self.changesMax)
    }

    private func gone() -> List? {
        guard !report.goneOfInterest.isEmpty else { return nil }
        let groups = grouped(report.goneOfInterest, by: \.key.subject)
        let items = groups.map { findings in
            Item(
                name: findings[0].known.name.cut(to: 200), link: link(findings[0].key.subject),
                severity: findings.map(\.known.severity).max()?.rawValue,
                lines: lines(findings.map { Line(rule: $0.key.rule, text: $0.reason.displayText) }))
        }
        return List(
            "gone", "Gone", count: counted(report.goneOfInterest.count, "finding"), items, none: "",
            max: Self.changesMax)
    }

    // MARK: - What should not wait

    private var open: [Finding] { report.findings.filter { !report.gate.isAccepted($0) } }

    /// Open longest first.
    private func critical() -> List {
        let items = bySubject(open.filter { $0.severity == .critical })
            .sorted { $0.firstSeen < $1.firstSeen }
            .map { findings in
                // The list says how severe they are.
                Item(
                    name: (findings[0].repository ?? findings[0].organization).cut(to: 200),
                    link: link(findings[0].key.subject), age: age(findings.firstSeen),
                    lines: lines(findings.map { Line(rule: $0.rule, text: "") }))
            }
        let hasRule = report.policy.rules.contains { $0.severity == .critical }
        let acceptedFindings = report.findings.filter { $0.severity == .critical && report.gate.isAccepted($0) }
        let accepted = bySubject(acceptedFindings).count
        let repositories = Set(acceptedFindings.compactMap(\.repositoryID)).count
        let unjudged = Set(
            report.carriedOn.filter { $0.known.severity == .critical && !$0.known.isWaived }.map(\.known.name))
        let beside = [
            accepted > 0 ? "\(accepted) accepted" : nil,
            unjudged.isEmpty ? nil : "\(unjudged.count) known and not judged this time",
        ].compactMap(\.self).joined(separator: ", ")
        let names = unjudged.isEmpty ? "" : ": \(unjudged.sorted().prefix(3).joined(separator: ", "))".cut(to: 200)
        let none = beside.isEmpty ? "None is open." : "None that counts: \(beside)\(names)."
        return List(
            "critical", "Critical", count: beside.isEmpty || items.isEmpty ? nil : "besides \(beside)", items,
            none: hasRule ? none : "The policy has no critical rule.",
            all: "#repositories?severity=critical\(accepted > 0 ? "&accepted=no" : "")",
            besides: repositories == 0
                ? nil
                : More(
                    text: repositories == 1 ? "Show the accepted one" : "Show the \(repositories) accepted ones",
                    link: "#repositories?severity=critical&accepted=yes"), foot: oldest)
    }

    private var oldest: Foot? {
        let oldest = open.enumerated().min { one, other in
            (one.element.firstSeen, other.element.severity, one.offset)
                < (other.element.firstSeen, one.element.severity, other.offset)
        }
        guard let finding = oldest?.element else { return nil }
        return Foot(
            label: open.count < report.findings.count ? "Oldest finding that counts" : "Oldest open finding",
            name: finding.name.cut(to: 200),
            link: link(finding.key.subject), text: "\(finding.rule), \(age(finding.firstSeen))")
    }

    /// Worst first, then newest; `nil` if no earlier scan could have seen what is not new.
    private func recent() -> List? {
        let scans = report.history?.trend.map(\.scan.startedAt) ?? []
        guard let first = scans.min(), first < report.startedAt else { return nil }
        let recent = open.filter { $0.firstSeen > first && days(since: $0.firstSeen) <= Self.newDays }
        let items = bySubject(recent)
            .sorted { ($1.worst, $1.firstSeen) < ($0.worst, $0.firstSeen) }
            .map { item($0, age: $0.firstSeen) }
        return List("recent", "New within \(Self.newDays) days", items, none: "None.")
    }

    private func unread() -> List {
        var items = report.organizations.flatMap { organization in
            organization.unreadTroubles.map { trouble in
                let isTemplate = trouble == organization.templateTrouble
                return unreadItem(organization.login, nil, trouble, isTemplate ? unread(organization) : nil)
            }
        }
        let unreadable = report.repositories.filter { $0.status == .unreadable }
        // Rules may be undecided of what breaks others.
        let undecided = report.repositories.filter { $0.status == .violating && $0.reason != nil }
        for member in unreadable + undecided {
            let repository = member.repository
            items.append(
                unreadItem(
                    repository.fullName, link(.repository(repository.id)), member.reasonInWords, unread(member)))
        }
        return List(
            "unread", "Not read or decided", items, none: "Everything in scope was read and decided.",
            all: undecided.isEmpty ? "#repositories?status=unreadable" : nil)
    }

    private enum Unread {
        case never
        case since(Timestamp)
    }

    private func unreadItem(_ name: String, _ link: String?, _ reason: String, _ unread: Unread?) -> Item {
        // What GitHub says can be of any length; the permission that is missing stands at its end.
        let reason = reason.cut(to: 240)
        let (age, text): (String?, String) =
            switch unread {
            case .since(let moment): (self.age(moment), "since \(moment.day): \(reason)")
            case .never: ("never read", reason)
            case nil: (nil, reason)
            }
        return Item(name: name.cut(to: 200), link: link, age: age, lines: [Line(text: text)])
    }

    /// The same of an organization's template.
    private func unread(_ organization: OrganizationReport) -> Unread? {
        guard let id = organization.id, let history = report.history, !history.trend.isEmpty else { return nil }
        let ofTemplate = (history.templateEvents[id] ?? []).filter { event in
            if case .organizationNotFound = event.what { false } else { true }
        }
        guard let last = ofTemplate.last else { return .never }
        guard case .organizationTemplateUnread(let gap) = last.what else { return nil }
        return unread(gap, last)
    }

    /// Since when it can't be read; `nil` if it was read, or the history does not say.
    private func unread(_ member: RepositoryReport) -> Unread? {
        guard let history = report.history, !history.trend.isEmpty else { return nil }
        guard member.setting == nil else {
            // Read itself, it hangs on the template that could not be.
            return report.organizations.first { $0.login == member.organization && $0.templateTrouble != nil }
                .flatMap(unread)
        }
        let id = member.repository.id
        guard let events = history.timelines[id] else { return history.omitted.contains(id) ? nil : .never }
        for event in events.reversed() {
            if case .repositoryUnread(let gap) = event.what { return unread(gap, event) }
        }
        return nil
    }

    /// - Parameter event: the one that reports the gap, which begins with its scan.
    private func unread(_ gap: Timeline.Event.Gap, _ event: Timeline.Event) -> Unread? {
        guard gap.regainedBy == nil else { return nil }
        return event.after == nil ? .never : .since(event.seenBy.startedAt)
    }

    /// Those that expired, then those that end soon; `nil` if no waivers were given.
    private func waivers() -> List? {
        guard report.waiverSource != nil else { return nil }
        let today = Day(of: report.startedAt)
        let logins = Set(report.organizations.map { $0.login.lowercased() })
        let soon = report.waivers.filter { waiver in
            waiver.expires.days(since: today) <= Self.soonDays
                && waiver.target.organization.map { logins.contains($0.lowercased()) } ?? true
        }
        let items = soon.enumerated()
            .sorted { ($0.element.expires, $0.offset) < ($1.element.expires, $1.offset) }
            .map { _, waiver in
                let left = waiver.expires.days(since: today)
                let when =
                    left < 0 ? "expired \(waiver.expires)" : left == 0 ? "last day" : "ends in \(counted(left, "day"))"
                return Item(
                    name: waiver.targetInWords.cut(to: 200), link: nil, age: when,
                    lines: [Line(rule: waiver.rule, text: waiver.owner.cut(to: 80))])
            }
        return List(
            "waivers", "Waivers that end soon", items, none: "None ends within \(Self.soonDays) days.")
    }

    // MARK: -

    /// Findings with what they are about, in the order of their first.
    private func bySubject(_ findings: [Finding]) -> [[Finding]] { grouped(findings, by: \.key.subject) }

    private func grouped<Element>(
        _ elements: [Element], by subject: (Element) -> FindingKey.Subject
    ) -> [[Element]] {
        var places: [FindingKey.Subject: Int] = [:]
        var groups: [[Element]] = []
        for element in elements {
            if let place = places[subject(element)] {
                groups[place].append(element)
            } else {
                places[subject(element)] = groups.count
                groups.append([element])
            }
        }
        return groups
    }

    private func item(_ findings: [Finding], age since: Timestamp? = nil, lines: [Line] = []) -> Item {
        Item(
            name: (findings[0].repository ?? findings[0].organization).cut(to: 200),
            link: link(findings[0].key.subject), severity: findings.worst.rawValue, age: since.map(age),
            lines: self.lines(lines))
    }

    private func lines(_ lines: [Line]) -> [Line] {
        lines.count <= Self.linesMax
            ? lines : lines.prefix(Self.linesMax - 1) + [Line(text: "and \(lines.count - Self.linesMax + 1) more")]
    }

    private func link(_ subject: FindingKey.Subject) -> String? {
        guard case .repository(let id) = subject, let name = names[id] else { return nil }
        return "#\(name.shown.fragment)"
    }

    private func days(since moment: Timestamp) -> Int {
        Day(of: report.startedAt).days(since: Day(of: moment))
    }

    private func age(_ since: Timestamp) -> String {
        if since >= report.startedAt { return "new" }
        let days = days(since: since)
        return days < 1 ? "< 1 day" : counted(days, "day")
    }
}

extension [Finding] {
    fileprivate var worst: Severity { map(\.severity).max() ?? .low }
    fileprivate var firstSeen: Timestamp { map(\.firstSeen).min() ?? Timestamp(secondsSince1970: 0) }
}

extension String {
    /// The text on one line, marked where it is cut.
    fileprivate func cut(to length: Int) -> String {
        let text = shown
        return text.count > length ? text.prefix(length) + "…" : text
    }

    /// As a fragment of an address names it: what is not plain in `OWNER/NAME` is percent-encoded.
    var fragment: String {
        let hex = Array("0123456789ABCDEF".unicodeScalars)
        var encoded = String.UnicodeScalarView()
        for byte in utf8 {
            let scalar = Unicode.Scalar(byte)
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~", "/": encoded.append(scalar)
            default: encoded.append(contentsOf: ["%", hex[Int(byte >> 4)], hex[Int(byte & 15)]])
            }
        }
        return String(encoded)
    }
}
