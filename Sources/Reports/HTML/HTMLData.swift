import AuditCore

/// What the page's script reads: every repository as a row of numbers and short texts, whatever repeats stated once.
struct HTMLData {
    /// The names of a row's places, in their order; the script finds them by these.
    private static let columns = [
        "name", "organization", "id", "visibility", "archived", "status", "reason", "template", "source", "format",
        "parts", "certain",
        "setting", "since", "findings", "accepted",
    ]
    /// A page is there to be looked at: of repositories that changed very often, it shows the newest.
    private static let eventsMax = 30_000
    private static let eventsOfOneMax = 20

    private let report: AuditReport
    private let findings: [RepositoryID: [Finding]]
    private let organizations: [String: Int]
    private var texts = Interned<String>()
    private var templates = Interned<[ClaimKey]>()
    private var violations = Interned<RuleViolation>()
    private var waivers = Interned<Waiver>()

    private struct RuleViolation: Hashable {
        let rule: String
        let severity: Severity
        let violation: Violation
    }

    static func write(_ report: AuditReport, to output: inout ReportOutput) {
        var data = HTMLData(report)
        var json = JSONWriter(output, isEmbedded: true)
        data.write(&json)
        output = json.output
    }

    private init(_ report: AuditReport) {
        self.report = report
        findings = report.findingsByRepository
        organizations = Dictionary(
            report.organizations.enumerated().map { ($1.login, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private mutating func write(_ json: inout JSONWriter) {
        json.object { json in
            json.strings("columns", Self.columns)
            json.array("repositories") { json in
                for repository in report.repositories { row(repository, &json) }
            }
            formerNames(&json)
            timelines(&json)
            json.string("started", report.startedAt.description)
            json.strings("statuses", RepositoryReport.Status.allCases.map(\.rawValue))
            json.strings("sources", TemplateSource.allCases.map(\.rawValue))
            json.strings("formats", Self.formats)
            json.strings("visibilities", Repository.Visibility.allCases.map(\.words))
            json.strings("states", Finding.State.allCases.map(\.rawValue))
            json.strings("severities", Severity.allCases.sorted(by: >).map(\.rawValue))
            json.bool("newOnly", report.gate.newOnly)
            let web = report.webAddress
            json.string("web", web?.url)
            json.bool("settings", web?.hasSettings ?? false)
            // What the rows refer to, and so known by now.
            json.array("violations", of: violations.values) { json, one in
                json.array { json in
                    json.string(nil, one.rule)
                    json.string(nil, one.severity.rawValue)
                    json.string(nil, one.violation.message.shown)
                    json.strings(nil, one.violation.expected.map(\.shown))
                    json.bool(nil, one.violation.isChoice)
                    json.strings(nil, one.violation.actual.map(\.shown))
                    json.string(nil, one.violation.remediation.shown)
                }
            }
            json.array("waivers", of: waivers.values) { json, waiver in
                let texts = [
                    waiver.owner, waiver.reason, waiver.expires.description, waiver.targetInWords,
                    waiver.acceptsInWords,
                ]
                json.strings(nil, texts.map(\.shown))
            }
            json.array("templates", of: templates.values) { json, keys in json.strings(nil, keys.map(\.rawValue.shown))
            }
            json.object("claims") { json in
                for key in Set(templates.values.joined()).sorted(by: { $0.rawValue < $1.rawValue }) {
                    guard let claim = ClaimCatalog.claim(for: key) else { continue }
                    json.string(key.rawValue.shown, claim.chooser.displayText)
                }
            }
            json.strings("texts", texts.values)
        }
    }

    // MARK: - Repositories

    private static let formats = ["legacy", "immutable", "unknown"]

    private mutating func row(_ row: RepositoryReport, _ json: inout JSONWriter) {
        let (repository, setting) = (row.repository, row.setting)
        let found = findings[repository.id] ?? []
        json.array { json in
            json.string(nil, repository.fullName.shown)
            json.number(nil, organizations[row.organization] ?? -1)
            json.number(nil, repository.id.rawValue)
            json.number(nil, repository.visibility == .unknown ? -1 : place(repository.visibility))
            json.flag(repository.isArchived)
            json.number(nil, place(row.status))
            json.number(nil, place(row.reason == nil ? nil : row.reasonInWords))
            json.number(nil, row.effective?.template.map { templates.place(of: $0.keys) } ?? -1)
            json.number(nil, row.effective.map { place($0.source) } ?? -1)
            json.number(nil, row.effective == nil ? -1 : Self.formats.firstIndex(of: row.format.name) ?? -1)
            var first: String?
            if let language = row.language {
                first = language.segments.first { $0.key.rendersAsRepository }?.text
                json.strings(nil, language.segments.map(\.text.shown))
            } else {
                json.strings(nil, nil)
            }
            json.flag(row.preview.isCertain)
            if let setting {
                json.array { json in
                    json.flag(setting.useDefault)
                    json.number(nil, setting.includeClaimKeys.map { templates.place(of: $0) })
                    json.flag(setting.useImmutableSubject)
                    // The subject holds it already.
                    if let prefix = setting.subClaimPrefix, prefix == first {
                        json.number(nil, 1)
                    } else {
                        json.string(nil, setting.subClaimPrefix?.shown)
                    }
                }
            } else {
                json.number(nil, 0)
            }
            json.number(nil, place(row.since?.description))
            json.array { json in
                for finding in found {
                    json.array { json in
                        let violation = RuleViolation(
                            rule: finding.rule, severity: finding.severity, violation: finding.violation)
                        json.number(nil, violations.place(of: violation))
                        json.number(nil, place(finding.state))
                        json.number(nil, place(finding.firstSeen.description))
                        json.number(nil, finding.waiver.map { waivers.place(of: $0) } ?? -1)
                        json.flag(finding.isInBaseline == true)
                        json.strings(nil, finding.furtherProblems.map(\.shown))
                    }
                }
            }
            json.flag(row.acceptedUnread != nil)
        }
    }

    private mutating func place(_ text: String?) -> Int {
        text.map { texts.place(of: $0.shown) } ?? -1
    }

    private func place<Value: CaseIterable & Equatable>(_ value: Value) -> Int {
        Value.allCases.enumerated().first { $1 == value }?.offset ?? -1
    }

    // MARK: - Timelines

    private mutating func timelines(_ json: inout JSONWriter) {
        let history = report.history ?? ReportHistory()
        let count = min(Self.eventsOfOneMax, max(1, Self.eventsMax / max(1, history.timelines.count)))
        var tones = Interned<String>()
        var older: [(row: Int, count: Int)] = []
        json.object("timelines") { json in
            for (row, repository) in report.repositories.enumerated() {
                let events = (history.timelines[repository.repository.id] ?? [])
                    .filter { $0.concerns(policy: report.policy.name) }
                guard !events.isEmpty else { continue }
                if events.count > count { older.append((row, events.count - count)) }
                json.array("\(row)") { json in
                    for event in events.suffix(count) {
                        json.array { json in
                            json.number(nil, event.seenBy.id.rawValue)
                            json.number(nil, place(event.seenBy.startedAt.description))
                            json.number(nil, place(event.displayText))
                            json.number(nil, tones.place(of: event.tone))
                            json.number(nil, event.after?.id.rawValue ?? 0)
                        }
                    }
                }
            }
        }
        json.object("older") { json in
            for (row, count) in older { json.number("\(row)", count) }
        }
        json.array("omitted") { json in
            for (row, repository) in report.repositories.enumerated()
            where history.omitted.contains(repository.repository.id) {
                json.number(nil, row)
            }
        }
        json.strings("tones", tones.values)
        json.array("templateEvents", of: report.organizations) { json, organization in
            json.array { json in
                for event in (organization.id.flatMap { history.templateEvents[$0] } ?? []).suffix(Self.eventsOfOneMax)
                {
                    json.array { json in
                        json.number(nil, event.seenBy.id.rawValue)
                        json.number(nil, place(event.seenBy.startedAt.description))
                        json.number(nil, place(event.displayText))
                        json.number(nil, event.after?.id.rawValue ?? 0)
                    }
                }
            }
        }
    }

    /// Where links lead that name a repository as it was called before.
    private func formerNames(_ json: inout JSONWriter) {
        let former = report.formerNames
        json.object("former") { json in
            for (row, repository) in report.repositories.enumerated() {
                for name in former[repository.repository.id] ?? [] { json.number(name.shown, row) }
            }
        }
    }
}

extension JSONWriter {
    /// A truth in one character.
    fileprivate mutating func flag(_ value: Bool?) {
        number(nil, value.map { $0 ? 1 : 0 })
    }
}

extension AuditReport {
    /// Those about repositories, each in the policy's order.
    var findingsByRepository: [RepositoryID: [Finding]] {
        var found: [RepositoryID: [Finding]] = [:]
        for finding in findings {
            if let id = finding.repositoryID { found[id, default: []].append(finding) }
        }
        return found
    }
}

extension AuditReport {
    /// Names that repositories had before they were renamed and that no repository has now, each under the last that had
    /// it; oldest first.
    var formerNames: [RepositoryID: [String]] {
        guard let history else { return [:] }
        var taken = Set(repositories.map { $0.repository.fullName.lowercased() })
        var names: [RepositoryID: [String]] = [:]
        let renamings = repositories.flatMap { repository in
            (history.timelines[repository.repository.id] ?? []).compactMap { event -> (Timestamp, Repository)? in
                guard case .repository(let change) = event.what,
                    change.kinds.contains(where: { $0 == .renamed || $0 == .transferred })
                else { return nil }
                return change.before.map { (event.seenBy.startedAt, $0.repository) }
            }
        }
        for (_, repository) in renamings.sorted(by: { $1.0 < $0.0 })
        where taken.insert(repository.fullName.lowercased()).inserted {
            names[repository.id, default: []].insert(repository.fullName, at: 0)
        }
        return names
    }
}

extension String {
    /// As much of a text as a page has use for, on one line and harmless: anybody can name something a megabyte long.
    var shown: String {
        guard utf8.count > 2000 else { return singleLine }
        return String(String.UnicodeScalarView(unicodeScalars.prefix(2000))).singleLine + "…"
    }
}

/// Values in the order in which they first came, each with its place.
private struct Interned<Value: Hashable> {
    private(set) var values: [Value] = []
    private var places: [Value: Int] = [:]

    mutating func place(of value: Value) -> Int {
        if let place = places[value] { return place }
        places[value] = values.count
        values.append(value)
        return values.count - 1
    }
}

extension AuditReport {
    /// What stands before a repository's name in a browser, and whether there are settings of OIDC behind it, as GitHub has
    /// them everywhere but on an Enterprise Server; `nil` if the API's address does not show it.
    fileprivate var webAddress: (url: String, hasSettings: Bool)? {
        guard apiURL.hasPrefix("https://") else { return nil }
        let host = apiURL.dropFirst("https://".count)
        if host.hasPrefix("api."), !host.contains("/") { return ("https://\(host.dropFirst(4))/", true) }
        return host.hasSuffix("/api/v3") ? ("https://\(host.dropLast("/api/v3".count))/", false) : nil
    }
}
