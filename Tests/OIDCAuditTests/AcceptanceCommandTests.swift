import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Baselines and waivers over some nights, as a person uses them.
@Suite(.timeLimit(.minutes(5))) struct AcceptanceCommandTests {
    private static let policy = ["--policy", "preset:strict"]

    /// Lets the repository `pay` have keys of its own from now on.
    private func set(_ keys: [String], in scan: EmulatedScan) async {
        await scan.world.change { $0.organizations[0].repositories = [.own("pay", id: 1001, keys)] }
    }

    private func night(_ scan: EmulatedScan, _ arguments: [String]) async -> CommandRun {
        await CommandRun.run(
            ["scan", "acme", "--api-url", scan.address, "--db", scan.folder.database] + arguments,
            environment: ["GH_ENTERPRISE_TOKEN": "t"])
    }

    private func finding(_ run: CommandRun, _ rule: String = "required-claims") -> [String: Any] {
        (run.json["findings"] as? [[String: Any]] ?? []).first { $0["rule"] as? String == rule } ?? [:]
    }

    @Test func aBaselineHidesNeitherAWorseningNorARelapse() async throws {
        try await EmulatedScan.with([.own("pay", id: 1001, ["repo", "context"])]) { (scan) async throws -> Void in
            let database = ["--api-url", scan.address, "--db", scan.folder.database]
            let file = scan.folder.path + "/b.json"
            _ = await night(scan, Self.policy)
            let written = await CommandRun.run(["check", "acme", "--write-baseline", file] + Self.policy + database)
            #expect(written.status == 0)
            #expect(try scan.folder.read("b.json").contains("missing claim: job_workflow_ref"))
            let accepted = Self.policy + ["--baseline", file, "--new-only"]

            let quiet = await night(scan, accepted)
            #expect(quiet.status == 0)
            #expect(quiet.output.hasPrefix("PASSED"))
            #expect(quiet.output.contains("in the baseline"))

            // Context is gone: every branch shares one subject.
            await set(["repo"], in: scan)
            let worse = await night(scan, accepted + ["-f", "json"])
            #expect(worse.status == 1)
            #expect(finding(worse)["state"] as? String == "worsened")
            #expect(finding(worse)["further_problems"] as? [String] == ["missing claim: context"])
            #expect(finding(worse)["in_baseline"] as? Bool == false)
            #expect((worse.json["gate"] as? [String: Any])?["verdict"] as? String == "failed")
            // The night after nothing changed, and the baseline still does not cover it.
            let text = await night(scan, accepted)
            #expect(text.status == 1)
            #expect(text.output.contains("worsened: now also missing claim: context"))
            let difference = await CommandRun.run(["diff", "1", "3", "-f", "json"] + database)
            let findings = difference.json["findings"] as? [String: Any]
            let worsened = findings?["worsened"] as? [[String: Any]] ?? []
            #expect(worsened.contains { $0["further_problems"] as? [String] == ["missing claim: context"] })
            #expect(await CommandRun.run(["diff", "1", "3"] + database).output.contains("WORSENED"))

            // Fixed: what the baseline holds is stale.
            await set(["repo", "context", "job_workflow_ref"], in: scan)
            let fixed = await night(scan, accepted + ["-f", "json"])
            #expect(fixed.status == 0)
            let stale = fixed.json["stale_baseline"] as? [[String: Any]] ?? []
            #expect(stale.contains { $0["rule"] as? String == "required-claims" && $0["why"] as? String == "fixed" })
            let gone = fixed.json["gone"] as? [[String: Any]] ?? []
            #expect(gone.contains { $0["rule"] as? String == "required-claims" && $0["why"] as? String == "fixed" })

            // Broken again, as the baseline saw it: it was fixed in between.
            await set(["repo", "context"], in: scan)
            for change in ["reappeared", "recurring"] {
                let back = await night(scan, accepted + ["-f", "json"])
                #expect(back.status == 1)
                #expect(finding(back)["state"] as? String == "reappeared")
                #expect(finding(back)["since_last_scan"] as? String == change)
            }
            // Accepted anew, it passes again, and nothing is stale.
            _ = await CommandRun.run(["check", "acme", "--write-baseline", file] + Self.policy + database)
            let anew = await night(scan, accepted + ["-f", "json"])
            #expect(anew.status == 0)
            #expect((anew.json["stale_baseline"] as? [Any])?.isEmpty == true)
            let timeline = await CommandRun.run(["history", "repository", "acme/pay"] + database)
            #expect(timeline.output.contains("worsened: required-claims (strict)"))
            #expect(timeline.output.contains(/reappeared: \w+: required-claims \(strict\)/))
            for (scans, reappeared) in [(["5", "6"], true), (["1", "3"], false)] {
                let diff = await CommandRun.run(["diff"] + scans + ["-f", "json"] + database).json["findings"]
                let appeared = (diff as? [String: Any])?["appeared"] as? [[String: Any]] ?? []
                #expect(appeared.contains { $0["reappeared"] as? Bool == true } == reappeared)
            }
        }
    }

    @Test func aWaiverAcceptsWhatTheLastScanFound() async throws {
        try await EmulatedScan.with([.own("pay", id: 1001, ["repo", "context"])]) { (scan) async throws -> Void in
            let database = ["--api-url", scan.address, "--db", scan.folder.database]
            let file = scan.folder.path + "/w.yaml"
            _ = await night(scan, Self.policy)
            let day = Day(of: Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))).adding(days: 90)
            func add(_ rule: String, _ more: [String] = []) async -> CommandRun {
                await CommandRun.run(
                    [
                        "waiver", "add", file, "--rule", rule, "--repository", "pay", "--owner", "payments",
                        "--reason", "job_workflow_ref comes in March", "--expires", "\(day)",
                    ] + more + database)
            }
            let added = await add("required-claims")
            #expect(added.status == 0, "\(added.error)")
            #expect(try scan.folder.read("w.yaml").contains(#"accepts: ["missing claim: job_workflow_ref""#))
            #expect(added.error == "")
            // Of what no scan found nothing can be named: it may be mistyped.
            let mistyped = await add("required-claim")
            #expect(mistyped.status == 2)
            #expect(mistyped.error.contains("the last scans have no finding of required-claim on pay\n"))
            #expect(mistyped.error.contains("did you mean --rule required-claims?"), "\(mistyped.error)")
            #expect(await add("no-such-entry", ["--accepts-anything"]).status == 0)
            let named = await add("other", ["--accepts", "a problem", "--accepts", "another"])
            #expect(named.error == "")
            #expect(try scan.folder.read("w.yaml").contains(#"accepts: ["a problem", "another"]"#))
            #expect(await add("third", ["--accepts", "x", "--accepts-anything"]).status == 2)
            let list = await CommandRun.run(["waiver", "list", file])
            #expect(list.output.contains("accepts missing claim: job_workflow_ref"))
            #expect(list.output.contains("accepts whatever no-such-entry finds"))

            let waived = Self.policy + ["--waivers", file, "-f", "json"]
            let covered = finding(await night(scan, waived))
            #expect((covered["waiver"] as? [String: Any])?["owner"] as? String == "payments")
            await set(["repo"], in: scan)
            let worse = finding(await night(scan, waived))
            #expect(worse["waiver"] is NSNull)
            #expect(worse["state"] as? String == "worsened")
        }
    }

    private func waive(
        _ file: String, _ repository: String, _ arguments: [String],
    ) async -> CommandRun {
        let day = Day(of: Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))).adding(days: 90)
        return await CommandRun.run(
            [
                "waiver", "add", file, "--rule", "required-claims", "--repository", repository, "--owner", "payments",
                "--reason", "r", "--expires", "\(day)",
            ] + arguments)
    }

    /// The host is the history's only one, as it is for every command that uses no network.
    @Test func aWaiverAcceptsWhatWasFoundAtTheHostOfTheHistory() async throws {
        try await EmulatedScan.with([.own("pay", id: 1001, ["repo", "context"])]) { (scan) async throws -> Void in
            _ = await night(scan, Self.policy)
            let file = scan.folder.path + "/w.yaml"
            let added = await waive(file, "pay", ["--db", scan.folder.database])
            #expect(added.error == "")
            #expect(try scan.folder.read("w.yaml").contains(#"accepts: ["missing claim: job_workflow_ref""#))
        }
    }

    /// Problems of one repository are not accepted of another.
    @Test func aWaiverOfSeveralRepositoriesPoolsNoProblems() async throws {
        let repositories: [WorldFile.Repository] = [
            .own("pay-a", id: 1, ["repo", "context"]), .own("pay-b", id: 2, ["repo", "context"]),
            .own("web", id: 3, ["repo"]),
        ]
        try await EmulatedScan.with(repositories) { (scan) async throws -> Void in
            _ = await night(scan, Self.policy)
            let file = scan.folder.path + "/w.yaml"
            let database = ["--db", scan.folder.database]
            let mixed = await waive(file, "*", database)
            #expect(mixed.status == 2)
            #expect(mixed.error.contains("with different problems"), "\(mixed.error)")
            #expect(mixed.error.contains("hint: add a waiver for each repository"))
            #expect(!scan.folder.exists("w.yaml"))
            let mistyped = await waive(file, "acme/pay-x", database)
            #expect(mistyped.status == 2)
            #expect(mistyped.error.contains("did you mean --repository acme/pay-a?"), "\(mistyped.error)")
            #expect(!scan.folder.exists("w.yaml"))
            let alike = await waive(file, "pay-*", database)
            #expect(alike.status == 0, "\(alike.error)")
            #expect(try scan.folder.read("w.yaml").contains(#"accepts: ["missing claim: job_workflow_ref""#))
        }
    }

    /// What could not be read is not known to be gone: writing the file anew keeps what it holds of it.
    @Test(arguments: ["the repository", "the organization's template"])
    func aBaselineCarriesOnWhatWasNotJudged(_ what: String) async throws {
        try await EmulatedScan.with(
            [.own("pay", id: 1, ["repo", "environment"]), .good("web", id: 2)], template: ["repo", "context"]
        ) { (scan) async throws -> Void in
            let database = ["--api-url", scan.address, "--db", scan.folder.database]
            let file = scan.folder.path + "/b.json"
            func write() async -> CommandRun {
                await CommandRun.run(["check", "acme", "--write-baseline", file] + Self.policy + database)
            }
            _ = await night(scan, Self.policy)
            #expect(await write().status == 0)
            let whole = try entries(scan)
            #expect(whole.count > 2)
            await scan.world.change { world in
                if what == "the repository" {
                    world.organizations[0].repositories[0].refusal = .forbidden
                } else {
                    world.organizations[0].templateRefusal = .forbidden
                }
            }
            let accepted = Self.policy + ["--baseline", file, "--new-only"]
            #expect(await night(scan, accepted).status == 3)
            let written = await write()
            #expect(written.error.contains("carried on: they were not judged this time"), "\(written.error)")
            #expect(try entries(scan) == whole)
            await scan.world.change { world in
                world.organizations[0].repositories[0].refusal = nil
                world.organizations[0].templateRefusal = nil
            }
            let back = await night(scan, accepted)
            #expect(back.status == 0, "\(back.output)")
        }
    }

    private func entries(_ scan: EmulatedScan) throws -> Set<String> {
        let text = try scan.folder.read("b.json")
        let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return Set(try #require(json?["findings"] as? [String: Any]).keys)
    }

    /// A file that is no baseline is not written over.
    @Test func whatIsNoBaselineIsNotReplaced() async throws {
        try await EmulatedScan.with([.good("pay", id: 1)]) { (scan) async throws -> Void in
            _ = await night(scan, Self.policy)
            let file = try scan.folder.write("rules: []", to: "policy.yaml")
            let run = await CommandRun.run(
                ["check", "acme", "--write-baseline", file, "--api-url", scan.address, "--db", scan.folder.database]
                    + Self.policy)
            #expect(run.status == 2)
            #expect(try scan.folder.read("policy.yaml") == "rules: []")
        }
    }

    /// What an archived repository broke went with that, once.
    @Test func whatLeftTheScopeIsGoneOnce() async throws {
        try await EmulatedScan.with([.own("pay", id: 1, ["repo"]), .good("web", id: 2)]) {
            (scan) async throws -> Void in
            _ = await night(scan, Self.policy)
            await scan.world.change { $0.organizations[0].repositories[0].archived = true }
            let archived = await night(scan, Self.policy)
            #expect(archived.output.contains("GONE"))
            #expect(archived.output.contains("out of scope now"))
            #expect(!archived.output.contains("not known of"), "\(archived.output)")
            let after = await night(scan, Self.policy + ["-f", "json"])
            #expect((after.json["gone"] as? [Any])?.isEmpty == true)
        }
    }

    /// The line says no other numbers than the lists.
    @Test func theChangedLineCountsWhatIsListed() async throws {
        try await EmulatedScan.with([.own("pay", id: 1001, ["repo", "context", "environment"])]) {
            (scan) async throws -> Void in
            let file = scan.folder.path + "/w.yaml"
            _ = await night(scan, Self.policy)
            _ = await waive(file, "pay", ["--db", scan.folder.database, "--accepts-anything"])
            await set(["repo", "environment", "head_ref"], in: scan)
            let waived = await night(scan, Self.policy + ["--waivers", file])
            // The waived finding is worse too, and is no news.
            #expect(waived.output.contains("findings: 2 worsened\n"), "\(waived.output)")
            #expect(waived.output.contains("NEW  2 worsened since"))
        }
    }

    @Test func everyFormatSeparatesWhatIsAcceptedFromWhatCounts() async throws {
        try await EmulatedScan.with(
            [.own("known", id: 1, ["repo"]), .own("later", id: 2, ["repo", "context", "job_workflow_ref"])]
        ) { (scan) async throws -> Void in
            let database = ["--api-url", scan.address, "--db", scan.folder.database]
            let file = scan.folder.path + "/b.json"
            _ = await night(scan, Self.policy)
            _ = await CommandRun.run(["check", "acme", "--write-baseline", file] + Self.policy + database)
            await scan.world.change {
                $0.organizations[0].repositories = [.own("known", id: 1, ["repo"]), .own("later", id: 2, ["repo"])]
            }
            let accepted = Self.policy + ["--baseline", file, "--new-only"]
            _ = await night(scan, accepted)
            func render(_ format: String) async -> String {
                let run = await CommandRun.run(["check", "acme", "-f", format] + accepted + database)
                #expect(run.status == 1)
                return run.output
            }
            let text = await render("text")
            #expect(text.hasPrefix("VIOLATIONS"))
            #expect(text.contains("\nNEW"))
            #expect(text.contains("\nBASELINE"))
            // What the baseline covers is a line a rule, without names.
            #expect(!text.contains("acme/known"))
            #expect(text.contains("acme/later"))
            let markdown = await render("markdown")
            #expect(markdown.contains("<details open><summary>New since"))
            #expect(markdown.contains("In the baseline"))
            let github = await render("github")
            #expect(!github.contains("acme/known") && github.contains("acme/later (new)"))
            let csv = await render("csv")
            #expect(csv.contains("new_findings,baseline_findings"))
            let known = try #require(csv.split(separator: "\r\n").first { $0.contains("acme/known") })
            #expect(known.contains(#","required-claims "#) || known.contains(",required-claims,"))
            let prometheus = await render("prometheus")
            #expect(prometheus.contains(#"state="baseline"} "#))
            let sarif = try #require(
                JSONSerialization.jsonObject(with: Data(await render("sarif").utf8)) as? [String: Any])
            let runs = sarif["runs"] as? [[String: Any]] ?? []
            let results = runs.first?["results"] as? [[String: Any]] ?? []
            func result(_ name: String) -> [String: Any] {
                results.first {
                    ($0["properties"] as? [String: Any])?["repository"] as? String == name
                        && $0["ruleId"] as? String == "required-claims"
                } ?? [:]
            }
            #expect(result("acme/known")["baselineState"] as? String == "unchanged")
            #expect(result("acme/known")["suppressions"] != nil)
            #expect(result("acme/later")["baselineState"] as? String == "new")
            #expect(result("acme/later")["suppressions"] == nil)
            let gitlab = await render("gitlab")
            #expect(gitlab.contains(#""info""#))
            #expect(await render("junit").contains("in the baseline"))
            #expect(await render("html").contains("in the baseline"))
        }
    }

    /// The kind of trouble is accepted, and another one is not.
    @Test func aWaiverOfReadableNamesWhatTheLastScanMet() async throws {
        try await EmulatedScan.with([.good("pay", id: 1), .good("web", id: 2)]) { (scan) async throws -> Void in
            await scan.world.change { $0.organizations[0].repositories[0].refusal = .forbidden }
            #expect(await night(scan, Self.policy).status == 3)
            let file = scan.folder.path + "/w.yaml"
            let day = Day(of: Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))).adding(days: 90)
            func add(_ repository: String, to file: String) async -> CommandRun {
                await CommandRun.run([
                    "waiver", "add", file, "--rule", "readable", "--repository", repository, "--owner", "payments",
                    "--reason", "sealed", "--expires", "\(day)", "--db", scan.folder.database,
                ])
            }
            let added = await add("pay", to: file)
            #expect(added.error == "" && added.output.contains("accepts: unreadable: forbidden"), "\(added.error)")
            #expect(try scan.folder.read("w.yaml").contains(#"accepts: ["unreadable: forbidden"]"#))
            let other = await add("pax", to: scan.folder.path + "/other.yaml")
            #expect(other.status == 2 && other.error.contains("the last scans have nothing unreadable on pax\n"))
            #expect(other.error.contains("did you mean --repository pay?"), "\(other.error)")
            #expect(!scan.folder.exists("other.yaml"))
            let waived = Self.policy + ["--waivers", file]
            #expect(await night(scan, waived).status == 0)
            await scan.world.change { $0.organizations[0].repositories[0].refusal = .notFound }
            let worse = await night(scan, waived)
            #expect(worse.status == 3)
            #expect(
                worse.output.replacing(/\s+/, with: " ").contains(
                    "accepted: unreadable: forbidden; not accepted: unreadable: not_found"), "\(worse.output)")
            let json = await night(scan, waived + ["-f", "json"])
            #expect(json.repositories()["acme/pay"]?["unread_problem"] as? String == "unreadable: not_found")
        }
    }

    @Test func aNarrowWaiverIsReportedWithWhatIsBeyondIt() async throws {
        try await EmulatedScan.with([.own("pay", id: 1, ["repo"])]) { (scan) async throws -> Void in
            let file = scan.folder.path + "/w.yaml"
            _ = await waive(file, "pay", ["--accepts", "missing claim: context"])
            for change in ["", "KNOWN"] {
                let run = await night(scan, Self.policy + ["--waivers", file])
                #expect(run.status == 1)
                let words = run.output.replacing(/\s+/, with: " ")
                #expect(
                    words.contains("accepted: missing claim: context; not accepted: missing claim: job_workflow_ref"))
                #expect(!words.contains("now also"), "\(change): \(run.output)")
            }
        }
    }

    /// What a policy finds anew is no drift.
    @Test func anotherTextOfThePolicyIsSaidFirst() async throws {
        try await EmulatedScan.with([.own("pay", id: 1, ["repo"])]) { (scan) async throws -> Void in
            func policy(_ rules: String) throws -> [String] {
                [
                    "--policy",
                    try scan.folder.write(#"{"version": 1, "name": "p", "rules": [\#(rules)]}"#, to: "p.json"),
                ]
            }
            let known = #"{"id": "known", "rule": "known-claims", "severity": "low"}"#
            let claims = #"{"id": "claims", "rule": "require-claims", "severity": "low", "claims": ["ref"]}"#
            _ = await night(scan, try policy(known))
            #expect(await !night(scan, try policy(known)).output.contains("another text"))
            let stricter = await night(scan, try policy("\(known), \(claims)"))
            #expect(
                stricter.output.replacing(/\s+/, with: " ").contains(
                    "the policy p is another text now; findings: 1 new"),
                "\(stricter.output)")
            let other = await night(scan, Self.policy)
            #expect(other.output.contains("another policy judged #3"), "\(other.output)")
        }
    }
}
