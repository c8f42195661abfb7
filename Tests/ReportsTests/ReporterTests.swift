import AuditCore
import Foundation
import Reports
import TestSupport
import Testing
import XMLCoder

@Suite struct ReporterTests {
    private static let names = ReporterCatalog.forStandardOutput.map { $0.name }

    private func reporter(_ name: String) throws -> any Reporter.Type {
        try #require(ReporterCatalog.reporter(named: name))
    }

    @Test(arguments: names)
    func matchesItsGolden(name: String) throws {
        let reporter = try reporter(name)
        var reports = try ["report": SampleReport.make(), "accepted": SampleReport.makeAccepted()]
        if !reporter.historyParts.isEmpty { reports["history"] = try SampleReport.makeWithHistory() }
        for (kind, report) in reports {
            var text = try SampleReport.render(report, as: reporter)
            // Style and script are files of their own.
            if name == "html" { text = try HTMLParts(text).withoutStyleAndScript }
            try Golden.expect(text, matches: "\(kind).\(name)")
        }
    }

    @Test func textSaysCompliantAndIncompleteToo() throws {
        let policy = try Policy.sample()
        let good = OrganizationSnapshot.sample([.read("api", id: 1, .gitHubDefault)])
        let unread = OrganizationSnapshot.sample([.read("api", id: 1, .gitHubDefault), .unreadable("web", id: 2)])
        for (name, snapshot) in [
            ("compliant", Snapshot.sample([good])), ("incomplete", .sample([unread], stop: .interrupted)),
        ] {
            let report = Evaluator(policy: policy, gate: Gate()).evaluate(snapshot)
            try Golden.expect(SampleReport.render(report, as: TextReporter.self), matches: "\(name).text")
        }
    }

    // MARK: - Text

    @Test func textFitsEightyColumns() throws {
        let text = try SampleReport.render(SampleReport.make(), as: TextReporter.self)
        for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        #expect(text.hasPrefix("VIOLATIONS"))
    }

    @Test func textIsColouredOnlyWhereItIsWanted() throws {
        let report = try SampleReport.make()
        let plain = try SampleReport.render(report, as: TextReporter.self)
        let colored = try SampleReport.render(report, as: TextReporter.self, style: ReportStyle(isColored: true))
        #expect(!plain.contains("\u{1B}"))
        #expect(colored.contains("\u{1B}[1;31mVIOLATIONS\u{1B}[0m"))
        #expect(colored.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
    }

    /// What is below `--fail-on` fails nothing: its level must not either. Without a gate, it is the rule's own.
    @Test func levelsSayWhatTheGateSays() throws {
        for (failOn, levels, severities) in [
            (.critical, ["error", "note"], ["blocker", "info"]),
            (.low, ["error", "note"], ["blocker", "critical", "minor"]),
            (nil, ["error", "note"], ["blocker", "critical", "minor"]),
        ] as [(Severity?, Set<String>, Set<String>)] {
            let report = try SampleReport.make(gate: Gate(failOn: failOn))
            func list(_ kind: any Reporter.Type) throws -> Any {
                try JSONSerialization.jsonObject(with: Data(SampleReport.render(report, as: kind).utf8))
            }
            let sarif = try #require(list(SARIFReporter.self) as? [String: Any])
            let results = (sarif["runs"] as? [[String: Any]])?.first?["results"] as? [[String: Any]] ?? []
            let found = results.filter { $0["ruleId"] as? String != "readable" }
            #expect(Set(found.compactMap { $0["level"] as? String }) == levels, "\(String(describing: failOn))")
            let issues = try #require(list(GitLabReporter.self) as? [[String: Any]])
            let open = issues.filter { $0["check_name"] as? String != "oidc-audit/readable" }
            #expect(Set(open.compactMap { $0["severity"] as? String }) == severities, "\(String(describing: failOn))")
        }
    }

    // MARK: - Line

    @Test func aLineSaysVerdictCountsScanAndDigest() throws {
        var report = try SampleReport.make()
        report.digest = String(repeating: "c0de", count: 16)
        let line = try SampleReport.render(report, as: LineReporter.self)
        for words in [
            "violations: acme, beta, gamma: ", "10 listed", "\(report.summary.judged) judged", "2 violating",
            "scan 42, 2026-11-21T02:00:00Z", "sha256 c0dec0de", "; incomplete: ",
        ] { #expect(line.contains(words), "\(words): \(line)") }
        #expect(line.hasSuffix("c0de\n"))
        #expect(line.utf8.count < 300)
    }

    // MARK: - JSON

    @Test func jsonSaysWhatTheContractSays() throws {
        let report = try SampleReport.make(gate: Gate(failOn: .critical))
        let text = try SampleReport.render(report, as: JSONReporter.self)
        let json = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(json["schema"] as? String == "oidc-audit.report/v1")
        #expect(json["verdict"] as? String == "violations")
        let summary = try #require((json["summary"] as? [String: Any])?["repositories"] as? [String: Int])
        #expect(summary["listed"] == 10)
        let repositories = try #require(json["repositories"] as? [[String: Any]])
        let statuses = repositories.map { $0["status"] as? String }
        for status in ["compliant", "violating", "waived", "unreadable", "skipped"] {
            #expect(statuses.count { $0 == status } == summary[status])
        }
        // Absent knowledge is null, and the key is there.
        let secret = try #require(repositories.first { $0["full_name"] as? String == "acme/secret" })
        for key in ["setting", "effective", "since"] { #expect(secret[key] is NSNull, "\(key)") }
        let billing = try #require(repositories.first { $0["full_name"] as? String == "acme/billing" })
        let effective = try #require(billing["effective"] as? [String: Any])
        #expect(effective["subject"] as? String == "repo:acme@77/billing@1002:{context}")
        #expect(effective["subject_format"] as? String == "immutable")
        #expect((billing["setting"] as? [String: Any])?["include_claim_keys"] is NSNull)
    }

    @Test func jsonKeepsTheContractsKeysInTheirOrder() throws {
        let text = try SampleReport.render(SampleReport.make(), as: JSONReporter.self)
        func keys(after marker: String) -> [Substring] {
            text.split(separator: marker, maxSplits: 1).last?.split(separator: "\n      }", maxSplits: 1).first?
                .matches(of: /\"([a-z_]+)\":/).map(\.output.1) ?? []
        }
        #expect(
            keys(after: "\"findings\": [").prefix(14) == [
                "rule", "severity", "organization", "repository", "repository_id", "message", "expected", "actual",
                "problems", "remediation", "state", "first_seen", "in_baseline", "waiver",
            ])
        #expect(
            keys(after: "\"setting\": {") == [
                "use_default", "include_claim_keys", "use_immutable_subject", "sub_claim_prefix",
            ])
        #expect(
            keys(after: "\"effective\": {") == [
                "include_claim_keys", "source", "subject_format", "subject", "subject_certain",
            ])
        let top = text.matches(of: /\n  \"([a-z_]+)\":/).map(\.output.1)
        #expect(
            top == [
                "schema", "tool", "scan", "scope", "policy", "verdict", "gate", "summary", "organizations",
                "repositories", "findings", "gone", "carried_on", "stale_baseline", "warnings",
            ])
    }

    // MARK: - JUnit

    private struct Suites: Decodable {
        let testsuite: [Suite]
    }

    private struct Suite: Decodable {
        let id: Int
        let name: String
        let tests: Int
        let failures: Int
        let errors: Int
        let skipped: Int
        let timestamp: String
        let testcase: [Case]
    }

    private struct Case: Decodable {
        let classname: String
        let name: String
        let failure: Outcome?
        let error: Outcome?
        let skipped: Outcome?
    }

    private struct Outcome: Decodable {
        let type: String?
        let message: String?
        let text: String?

        enum CodingKeys: String, CodingKey {
            case type, message
            case text = ""
        }
    }

    private func suites(_ report: AuditReport) throws -> [Suite] {
        let text = try SampleReport.render(report, as: JUnitReporter.self)
        return try XMLDecoder().decode(Suites.self, from: Data(text.utf8)).testsuite
    }

    @Test func junitCountsItsCases() throws {
        let suites = try suites(SampleReport.make())
        #expect(suites.map(\.id) == [0, 1, 2])
        #expect(suites.map(\.name) == ["acme", "beta", "gamma"])
        for suite in suites {
            #expect(suite.tests == suite.testcase.count)
            #expect(suite.failures == suite.testcase.count { $0.failure != nil })
            #expect(suite.errors == suite.testcase.count { $0.error != nil })
            #expect(suite.skipped == suite.testcase.count { $0.skipped != nil })
            #expect(suite.timestamp == "2026-11-21T02:00:00")
        }
    }

    @Test func junitHasACaseForEachRepositoryAndRule() throws {
        let report = try SampleReport.make()
        let cases = try suites(report).flatMap(\.testcase)
        let names = cases.map { "\($0.classname) \($0.name)" }
        #expect(Set(names).count == names.count)
        // Two rules of three, `readable`, and the organizations; the archived one is not asked whether it is readable.
        let expected = report.repositories.count * (report.policy.rules.count + 1) - 1 + report.organizations.count
        #expect(cases.count == expected)
        func find(_ classname: String, _ name: String) throws -> Case {
            try #require(cases.first { $0.classname == classname && $0.name == name })
        }
        // A dot would start a package, and the two names then collide.
        let failed = try find("oidc-audit.acme.site_github_io_1003", "required-claims")
        #expect(failed.failure?.type == "high")
        #expect(failed.failure?.message == failed.failure?.text)
        #expect(failed.failure?.message?.hasPrefix("missing claim: context") == true)
        #expect(try find("oidc-audit.acme.site_github_io_1004", "required-claims").failure == nil)
        #expect(try find("oidc-audit.acme.secret", "readable").error?.type == "unreadable")
        #expect(try find("oidc-audit.acme.secret", "required-claims").skipped != nil)
        #expect(try find("oidc-audit.acme.old", "required-claims").skipped?.message == "archived")
        #expect(try find("oidc-audit.acme", "readable").error == nil)
        #expect(try find("oidc-audit.beta", "readable").error != nil)
        #expect(try find("oidc-audit.gamma", "readable").error?.message?.contains("partial") == true)
        #expect(try find("oidc-audit.acme.api", "company-template").skipped != nil)
    }

    @Test func junitReportsOrganizationsWaiversAndTheBaseline() throws {
        let report = try SampleReport.makeAccepted()
        let suites = try suites(report)
        let cases = suites.flatMap(\.testcase)
        let names = cases.map { "\($0.classname) \($0.name)" }
        #expect(Set(names).count == names.count)
        func find(_ classname: String, _ name: String) throws -> Case {
            try #require(cases.first { $0.classname == classname && $0.name == name })
        }
        #expect(try find("oidc-audit.acme", "template-is-set").failure?.type == "high")
        #expect(
            try find("oidc-audit.beta", "template-is-set").skipped?.message?.hasPrefix("waived by platform") == true)
        // Two expired waivers of one organization are one case.
        let rot = try find("oidc-audit.acme", "rot").failure?.message
        #expect(rot?.contains("on repository 3 expired") == true)
        #expect(rot?.contains("on none expired") == true)
        #expect(
            try find("oidc-audit.acme.legacy-a", "required-claims").skipped?.message?.contains("until 2027-05-31")
                == true)
        #expect(try find("oidc-audit.acme.site", "required-claims").failure != nil)
        #expect(
            try find("oidc-audit.acme.shop", "required-claims").skipped?.message?.hasPrefix("in the baseline") == true)
        #expect(!cases.contains { $0.classname == "oidc-audit.acme.api" && $0.name == "template-is-set" })
        #expect(try find("oidc-audit.acme", "followed").failure == nil)
        for suite in suites {
            #expect(suite.tests == suite.testcase.count)
            #expect(suite.failures == suite.testcase.count { $0.failure != nil })
        }
    }

    @Test func junitSkipsWhatIsUnderTheGate() throws {
        let cases = try suites(SampleReport.make(gate: Gate(failOn: .critical))).flatMap(\.testcase)
        let failed = cases.filter { $0.failure != nil }
        #expect(failed.map(\.name) == ["no-spoofable-start"])
        let under = try #require(cases.first { $0.classname.hasSuffix("1003") && $0.name == "required-claims" })
        #expect(under.skipped?.message?.hasPrefix("below --fail-on critical (high): missing claim") == true)
    }

    // MARK: - Hostile content

    static let hostile = [
        "<script>alert(1)</script>", "\"'&<>]]>", "a\u{0}b\u{1B}[31mred\u{7}", "\u{1B}]8;;http://evil\u{7}link",
        "\u{202E}gnp.exe", "line\nbreak\r\ttab", "::error::x", "${{ secrets.X }}", "=1+1", "\u{FFFE}\u{FFFF}",
        String(repeating: "x", count: 1 << 20), "é😀\u{0301}", "\u{2028}\u{2029}", "\u{85}\u{9B}31m",
        "</script><!--<script>",
        "\"\u{301} onclick=alert(1) x=\"", "{{verdict}}",
    ]

    /// A report that says the text wherever a text can stand.
    private func report(saying text: String) throws -> AuditReport {
        var setting = RepositorySetting.own([ClaimKey(text), "repo"])
        setting.subClaimPrefix = text
        let organization = OrganizationSnapshot(
            login: text, id: nil, template: .unreadable(UnreadableReason(.unexpected, text)),
            listing: Listing(status: .partial, listed: 2, expected: 3, removed: [text], missing: [text], error: text),
            repositories: [
                RepositorySnapshot(
                    repository: .sample(text, id: 1, topics: [text], owner: text), reading: .read(setting),
                    since: .sample),
                .unreadable(text, id: 2, .unexpected, text),
            ])
        let policy = try Policy.of(#"{"id": "start", "rule": "leading-claim", "severity": "high", "reason": "why"}"#)
        let evil = Policy(name: text, description: text, rules: policy.rules, source: text, sha256: text)
        // A megabyte in each of these places too takes the time of all other tests together.
        let text = text.utf8.count < 1 << 16 ? text : "x"
        let quoted = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
        let waivers = try WaiverList(
            JSONParser.parse(
                Array(
                    """
                    {"version": 1, "waivers": [
                      {"rule": "start", "repository": 1, "owner": \(quoted), "reason": \(quoted), "expires": "2027-05-31"},
                      {"rule": "start", "repository": 2, "owner": "o", "reason": \(quoted), "expires": "2026-05-31"}]}
                    """.utf8)), source: text)
        var report = Evaluator(policy: evil, gate: Gate(), waivers: waivers).evaluate(.sample([organization]))
        report.history = history(saying: text, policyName: evil.name)
        return report
    }

    private func history(saying text: String, policyName: String) -> ReportHistory {
        let scan = ScanDifference.Side(id: ScanID(rawValue: 41), startedAt: .sample, digest: text)
        let finding = StoredFinding(
            key: FindingKey(rule: text, subject: .repository(RepositoryID(rawValue: 1))), severity: .high,
            message: text, problems: [text], name: text, firstSeen: .sample, isWaived: false)
        var history = ReportHistory()
        history.difference = ScanDifference(
            before: scan, after: scan, organizations: [], policyName: policyName, appeared: [finding], gone: [])
        history.difference?.lost = [text]
        history.timelines[RepositoryID(rawValue: 1)] = [
            Timeline.Event(after: nil, seenBy: scan, what: .findingAppeared(finding, policyName: policyName)),
            Timeline.Event(
                after: scan, seenBy: scan,
                what: .organizationTemplate(before: .set([ClaimKey(text)], useImmutableSubject: nil), after: .neverSet)),
        ]
        history.trend = [
            TrendPoint(
                scan: scan, organization: text, organizationID: OrganizationID(rawValue: 77), isComplete: true,
                policyName: policyName, tally: OrganizationTally())
        ]
        return history
    }

    @Test(arguments: hostile.indices, names)
    func hostileTextIsHarmlessInEveryFormat(index: Int, name: String) throws {
        let text = Self.hostile[index]
        let rendered = try SampleReport.render(report(saying: text), as: reporter(name))
        if let harmful = Self.harmful(in: rendered) {
            Issue.record("U+\(String(harmful.value, radix: 16)) in \(name)")
            return
        }
        switch name {
        case "json":
            let json = try JSONSerialization.jsonObject(with: Data(rendered.utf8)) as? [String: Any]
            let organizations = json?["organizations"] as? [[String: Any]]
            #expect(organizations?.first?["login"] as? String == text)
        case "junit":
            let suite = try XMLDecoder().decode(Suites.self, from: Data(rendered.utf8)).testsuite.first
            #expect(suite?.testcase.count == 8)
        case "sarif", "gitlab":
            _ = try JSONSerialization.jsonObject(with: Data(rendered.utf8))
        case "csv":
            let rows = try Self.csv(rendered)
            #expect(Set(rows.map(\.count)) == [23])
            #expect(rows.count == 4)
            for cell in rows.joined() { #expect(!"=+-@".contains(cell.first ?? "x"), "\(cell.prefix(40))") }
        case "prometheus":
            for line in rendered.split(separator: "\n") where !line.hasPrefix("#") && line.utf8.count < 10_000 {
                #expect(
                    line.wholeMatch(
                        of: /[a-z_]+(\{([a-z0-9_]+="([^"\\]|\\\\|\\")*",?)+\})? [0-9]+/.matchingSemantics(
                            .unicodeScalar)) != nil,
                    "\(line.prefix(200))")
            }
        case "github":
            for line in rendered.split(separator: "\n") where line.utf8.count < 10_000 {
                #expect(
                    line.wholeMatch(
                        of: /::(error|warning|notice) ([a-z]+=[^:,]*,?)+::.*/.matchingSemantics(.unicodeScalar)) != nil,
                    "\(line.prefix(200))"
                )
            }
        case "markdown":
            // What the page itself opens, and nothing else.
            let tags = rendered.replacing("\\<", with: "").matches(of: /<[^>]*>/).map { String($0.output) }
            #expect(
                Set(tags).isSubset(of: [
                    "<details>", "<details open>", "<summary>", "</summary>", "</details>", "<sub>", "</sub>",
                ]),
                "\(tags)")
            #expect(rendered.utf8.count < 1_000_000)
        case "html":
            let parts = try HTMLParts(rendered)
            let harmless = try HTMLParts(SampleReport.render(report(saying: "x"), as: HTMLReporter.self))
            #expect(parts.tags == harmless.tags)
            #expect(parts.script == harmless.script)
            #expect(!parts.data.contains("<"))
            let data = try JSONSerialization.jsonObject(with: Data(parts.data.utf8)) as? [String: Any]
            let names = (data?["repositories"] as? [[Any]])?.compactMap { $0.first as? String } ?? []
            let name = "\(text)/\(text)".singleLine
            #expect(names.contains { $0 == name || ($0.hasSuffix("…") && name.hasPrefix($0.dropLast())) })
            // What the script reads is as harmless as the page, and no longer than a page has use for.
            #expect(!parts.data.replacing("\\u003c", with: "").contains("\\u"))
            #expect(rendered.utf8.count < 400_000)
        case "text": break
        case "line":
            #expect(rendered.utf8.count < 300)
            #expect(rendered.hasSuffix("\n") && rendered.count { $0.isNewline } == 1, "\(rendered)")
        case "none": #expect(rendered == "")
        default: Issue.record("no check of \(name)")
        }
    }

    /// The first character that could move a cursor, change a direction or hide a neighbour; line ends are none.
    private static func harmful(in text: String) -> Unicode.Scalar? {
        var text = text
        let isPlain = text.withUTF8 { bytes in
            for byte in bytes where byte < 0x20 || byte > 0x7E {
                if byte != 0x0A && byte != 0x0D { return false }
            }
            return true
        }
        guard !isPlain else { return nil }
        return text.unicodeScalars.first { scalar in
            guard scalar != "\n" && scalar != "\r" else { return false }
            return switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
    }

    /// RFC 4180.
    private static func csv(_ text: String) throws -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        let bytes = Array(text.utf8)
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            let next = place + 1 < bytes.count ? bytes[place + 1] : 0
            place += 1
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && next == UInt8(ascii: "\""):
                cell.append(byte)
                place += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted:
                row.append(String(decoding: cell, as: UTF8.self))
                cell = []
            case UInt8(ascii: "\r") where !isQuoted && next == UInt8(ascii: "\n"):
                rows.append(row + [String(decoding: cell, as: UTF8.self)])
                (row, cell) = ([], [])
                place += 1
            default: cell.append(byte)
            }
        }
        try #require(!isQuoted && row.isEmpty && cell.isEmpty)
        return rows
    }

    private static let schemas = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/reference/schemas").standardizedFileURL
    private static let xmllint = ["/usr/bin/xmllint", "/opt/homebrew/bin/xmllint"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(
        .enabled(if: xmllint != nil && FileManager.default.fileExists(atPath: schemas.path), "no schemas or no xmllint")
    )
    func junitValidatesAgainstBothSchemas() throws {
        let schemas = Self.schemas
        let xmllint = try #require(Self.xmllint)
        let file = FileManager.default.temporaryDirectory.appending(path: "oidc-audit-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        for report in try [SampleReport.make(), SampleReport.makeAccepted()] {
            try Data(SampleReport.render(report, as: JUnitReporter.self).utf8).write(to: file)
            for schema in ["junit-ant-windyroad.xsd", "junit-jenkins-10.xsd"] {
                let process = Process()
                process.executableURL = URL(filePath: xmllint)
                process.arguments = ["--noout", "--schema", schemas.appending(path: schema).path, file.path]
                process.standardError = FileHandle.nullDevice
                try process.run()
                process.waitUntilExit()
                #expect(process.terminationStatus == 0, "\(schema)")
            }
        }
    }

    @Test func anOutputThatFailsIsReportedOnce() {
        struct Full: Error {}
        var calls = 0
        var output = ReportOutput { _ in
            calls += 1
            throw Full()
        }
        for _ in 0..<10 { output.write(String(repeating: "x", count: 100_000)) }
        #expect(throws: Full.self) { try output.finish() }
        #expect(calls == 1)
    }
}
