import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// The proof of a period, from nights that the tests make.
@Suite(.timeLimit(.minutes(5))) struct EvidenceCommandTests {
    private static let day: Int64 = -86_400

    private static func date(_ days: Int64) -> String {
        let now = Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))
        return "\(Day(of: now.adding(seconds: days * 86_400)))"
    }

    private static func evidence(_ scan: EmulatedScan, _ arguments: String...) async -> CommandRun {
        await CommandRun.run(
            ["history", "evidence", "--directory", folder(scan)] + arguments
                + ["--db", scan.folder.database, "--api-url", scan.address])
    }

    private static func folder(_ scan: EmulatedScan) -> String { scan.folder.path + "/q" }

    private static func text(_ name: String, _ scan: EmulatedScan) throws -> String {
        try String(contentsOfFile: folder(scan) + "/" + name, encoding: .utf8)
    }

    private static func document(_ scan: EmulatedScan) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(text("evidence.json", scan).utf8)) as? [String: Any])
    }

    private static func list(_ name: String, _ document: [String: Any]) -> [[String: Any]] {
        document[name] as? [[String: Any]] ?? []
    }

    private static func id(_ side: Any?) -> Int? { (side as? [String: Any])?["id"] as? Int }

    private static let policy = """
        version: 1
        name: own
        rules:
          - { id: claims, rule: require-claims, severity: high, claims: [repo, context] }

        """

    private static let waivers = """
        version: 1
        waivers:
          - { rule: claims, repository: web, owner: "o<b>", reason: "</td><script>r", expires: 2199-01-01 }

        """

    /// Eight nights: a drift on the third, a repository that can't be read on the fourth and changes meanwhile, an apply
    /// before the sixth, and none for two nights before the last.
    private static func withNights(
        _ body: @Sendable @escaping (EmulatedScan) async throws -> Void,
    ) async throws {
        try await EmulatedScan.with(
            [
                .good("api", id: 1), .own("web", id: 2, ["repo"]), .own("hidden", id: 3, ["repo", "context"]),
                .own("drift", id: 4, ["repo", "context"]),
            ]
        ) { (scan) async throws -> Void in
            let policy = try scan.folder.write(policy, to: "p.yaml")
            let waivers = try scan.folder.write(waivers, to: "w.yaml")
            @Sendable func night(_ days: Int64) async -> CommandRun {
                await scan("acme", "--policy", policy, "--waivers", waivers, clockSkewSeconds: days * day)
            }
            #expect(await night(10).status == 0)
            #expect(await night(9).status == 0)
            await scan.world.change { $0.organizations[0].repositories[3].setting?.includeClaimKeys = ["repo"] }
            #expect(await night(8).status == 1)
            await scan.world.change { $0.organizations[0].repositories[2].refusal = .forbidden }
            #expect(await night(7).status == 1)
            await scan.world.change {
                $0.organizations[0].repositories[2].refusal = nil
                $0.organizations[0].repositories[2].setting?.includeClaimKeys = ["repo", "context", "ref"]
            }
            #expect(await night(6).status == 1)
            let set = await CommandRun.run(
                [
                    "template", "set", "acme/drift", "--claims", "repo,context", "--yes", "--db",
                    scan.folder.database, "--api-url", scan.address,
                ], environment: ["GH_ENTERPRISE_TOKEN": "test-token"], clockSkewSeconds: 6 * day + 3600)
            #expect(set.status == 0, "\(set.error)")
            #expect(await night(5).status == 0)
            #expect(await night(4).status == 0)
            #expect(await night(1).status == 0)
            try await body(scan)
        }
    }

    @Test func aPeriodIsReportedWhole() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let run = await Self.evidence(scan, "--since", Self.date(-9), "--until", Self.date(-1))
            #expect(run.status == 3, "\(run.error)")
            #expect(run.output.contains("WRITTEN WITH GAPS  evidence of \(Self.date(-9)) to \(Self.date(-1)): 7 scans"))
            #expect(run.output.contains("check it: cd \(Self.folder(scan)) && sha256sum -c SHA256SUMS\n"))

            let json = try Self.document(scan)
            #expect(json["complete"] as? Bool == false)
            #expect((json["verification"] as? [String: Any])?["verified"] as? Bool == true)
            #expect(Self.list("start", json).map { Self.id($0["scan"]) } == [1])
            #expect(Self.list("end", json).map { Self.id($0["scan"]) } == [8])
            #expect(Self.list("scans", json).compactMap { $0["id"] as? Int } == Array(2...8))
            let changes = Self.list("changes", json).map { change in
                "\(change["full_name"] as? String ?? "") \(Self.id(change["previous_scan"]) ?? 0)-"
                    + "\(Self.id(change["scan"]) ?? 0)"
            }
            // What could not be read on the fourth night is known from the third to the fifth.
            #expect(changes == ["acme/drift 2-3", "acme/hidden 3-5", "acme/drift 5-6"])
            let written = Self.list("changes", json).map { ($0["written_by"] as? [[String: Any]])?.first?["kind"] }
            #expect(written.map { $0 as? String } == [nil, nil, "set"])
            let gaps = Self.list("gaps", json).map { gap in
                "\(gap["kind"] as? String ?? "") \(Self.id(gap["first_scan"]) ?? 0)-\(Self.id(gap["last_scan"]) ?? 0) "
                    + (gap["repositories"] as? [String] ?? []).joined()
            }
            #expect(gaps == ["repositories_unread 4-4 acme/hidden", "missing_scans 0-0 "])
            let findings = Self.list("findings", json).map { finding in
                "\(finding["name"] as? String ?? "") \(finding["state"] as? String ?? "") "
                    + "\(Self.id(finding["last_seen"]) ?? 0) \(Self.id(finding["gone_by"]) ?? 0) "
                    + (finding["gone_reason"] as? String ?? "")
            }
            #expect(findings == ["acme/drift gone 5 6 fixed", "acme/web waived 8 0 "])
            #expect(Self.list("waivers", json).map { $0["scans"] as? Int } == [7])
            #expect(Self.list("texts", json).map { $0["kind"] as? String } == ["policy", "waivers"])
            for text in Self.list("texts", json) {
                let file = try #require(text["file"] as? String)
                let bytes = Array(try Self.text(file, scan).utf8)
                #expect(DocumentFile.sha256(of: bytes) == text["sha256"] as? String)
            }

            let records = try Self.text("evidence.ndjson", scan).split(separator: "\n").map { line in
                (try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["record"] as? String ?? ""
            }
            #expect(
                Dictionary(records.map { ($0, 1) }, uniquingKeysWith: +)
                    == [
                        "period": 1, "scan": 7, "change": 3, "write": 1, "gap": 2, "finding": 2, "waiver": 1, "text": 2,
                    ])
            let writes = Self.list("writes", json).map { write in
                "\(write["kind"] as? String ?? "") \(write["target"] as? String ?? "") "
                    + "\(write["outcome"] as? String ?? "") \(Self.id(write["seen_by"]) ?? 0)"
            }
            #expect(writes == ["set acme/drift applied 6"])
            #expect((json["verification"] as? [String: Any])?["journal_covered"] as? Bool == false)
            let days = Self.list("scan_days", json).map { [$0["days"] as? Int, $0["days_without_scan"] as? Int] }
            #expect(days == [[9, 2]])

            let page = try Self.text("evidence.html", scan)
            #expect(page.contains("set #1 of oidc-audit"))
            for (title, name) in [
                ("Gaps: what is not known", "gaps"), ("Changes", "changes"), ("Findings", "findings"),
                ("Waivers that held", "waivers"), ("Policies and waiver files", "texts"),
                ("Scans, night by night", "scans"),
            ] {
                #expect(page.contains("<h2>\(title) <span>\(Self.list(name, json).count)</span></h2>"), "\(title)")
            }
            #expect(page.contains("o&lt;b&gt;: &lt;/td&gt;&lt;script&gt;r"))
            #expect(!page.contains("<script"))

            // Once more into the same folder; every file is as its digest says.
            #expect(await Self.evidence(scan, "--since", Self.date(-9), "--until", Self.date(-4)).status == 3)
            let sums = try Self.text("SHA256SUMS", scan).split(separator: "\n").map(String.init)
            #expect(sums.count == 5)
            for sum in sums {
                let bytes = Array(try Self.text(String(sum.dropFirst(66)), scan).utf8)
                #expect(DocumentFile.sha256(of: bytes) == String(sum.prefix(64)), "\(sum)")
            }
        }
    }

    @Test func aPeriodWithoutAGapIsWhole() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let run = await Self.evidence(scan, "--since", Self.date(-5), "--until", Self.date(-4))
            #expect(run.status == 0, "\(run.output)\(run.error)")
            #expect(run.output.hasPrefix("WRITTEN  "))
            #expect(try Self.text("evidence.html", scan).contains("None: every scan of the period read"))
        }
    }

    @Test func whatWasPrunedIsAGap() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let pruned = await CommandRun.run(
                ["history", "prune", "--keep-days", "5", "--yes", "--db", scan.folder.database])
            #expect(pruned.status == 0, "\(pruned.error)")
            let run = await Self.evidence(scan, "--since", Self.date(-9), "--until", Self.date(-4))
            #expect(run.status == 3, "\(run.error)")
            let gaps = Self.list("gaps", try Self.document(scan)).map { $0["kind"] as? String ?? "" }
            #expect(gaps.contains("no_starting_state"), "\(gaps)")
            // Several scans in a row are one gap.
            #expect(gaps.count { $0 == "pruned_scan" } == 1, "\(gaps)")
            #expect(try Self.text("evidence.html", scan).contains(" scans, #2 to #"))
            #expect(Self.list("start", try Self.document(scan)).isEmpty)
        }
    }

    @Test func whatIsAskedOfATimeWithoutAScanNamesTheTime() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 0)
            for (command, time, words) in [
                ("list", ["--until", "2020-06-01"], "holds no finished scan by 2020-06-01."),
                ("trend", ["--until", "2020-06-01"], "holds no scan that was counted by 2020-06-01."),
                (
                    "list", ["--since", "2020-05-01", "--until", "2020-06-01T12:00:00Z"],
                    "holds no finished scan since 2020-05-01 and by 2020-06-01T12:00:00Z."
                ),
            ] {
                let run = await CommandRun.run(
                    ["history", command, "--db", scan.folder.database, "--api-url", scan.address] + time)
                #expect(run.status == 0 && run.output.contains(words), "\(run.output)\(run.error)")
            }
        }
    }

    @Test func mistakesAreRefused() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 0)
            let reversed = await Self.evidence(scan, "--since", "2026-02-01", "--until", "2026-01-01")
            #expect(reversed.status == 2 && reversed.error.contains("is after --until"), "\(reversed.error)")
            let early = await Self.evidence(scan, "--since", "2020-01-01", "--until", "2020-03-31")
            #expect(early.status == 2, "\(early.error)")
            #expect(early.error.contains("holds no finished scan at \(scan.address) that had begun by 2020-03-31"))
            let other = await Self.evidence(
                scan, "--since", "7d", "--until", "2199-01-01", "--organization", "acme", "--organization", "nobody")
            #expect(other.status == 2 && other.error.contains("no finished scan of nobody"), "\(other.error)")
            #expect(!FileManager.default.fileExists(atPath: Self.folder(scan)))

            try FileManager.default.createDirectory(
                atPath: Self.folder(scan) + "/policies", withIntermediateDirectories: true)
            for name in ["notes.txt", "policies/mine.yaml"] {
                _ = try scan.folder.write("x", to: "q/" + name)
                let refused = await Self.evidence(scan, "--since", "7d", "--until", "2199-01-01")
                #expect(refused.status == 2 && refused.error.contains("it holds \(name)"), "\(refused.error)")
                try FileManager.default.removeItem(atPath: Self.folder(scan) + "/" + name)
            }
            #expect(await Self.evidence(scan, "--since", "7d", "--until", "2199-01-01").status == 3)
        }
    }
}
