import AuditCore
import Foundation
import GRDB
import GitHubAPI
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

@Suite(.timeLimit(.minutes(5))) struct ScanCommandTests {
    @Test func aCompliantOrganizationIsZero() async throws {
        try await EmulatedScan.with([.good("api", id: 1), .good("web", id: 2)]) { (scan) async throws -> Void in
            let run = await scan("acme")
            #expect(run.status == 0)
            #expect(run.output.hasPrefix("COMPLIANT  acme: all 2 repositories in scope meet the policy\n"))
            #expect(run.error == "note: a new history begins at \(scan.folder.database)\n")
        }
    }

    /// A path that was mistyped begins a history in which everything is new.
    @Test func aNewHistoryBeginsWithAWord() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            let path = scan.folder.path + "/typed/wrong/h.sqlite"
            let note = "note: a new history begins at \(path)\n"
            #expect(await scan("acme", "--db", path).error == note)
            #expect(await scan("acme", "--db", path).error == "")
            #expect(await scan("acme", "--db", path + "2", "-q").error == "")
            let export = scan.folder.path + "/e.ndjson"
            #expect(await CommandRun.run(["history", "export", "-o", export, "--db", path]).status == 0)
            let imported = await CommandRun.run(["history", "import", export, "--db", path + "3"])
            #expect(imported.error == "note: a new history begins at \(path)3\n")
        }
    }

    /// On a terminal the error says all that a report of nothing would; files are written all the same.
    @Test(arguments: ["no token", "no history", "no organization", "refused"])
    func aRunThatReadNothingPrintsItsErrorAlone(_ what: String) async throws {
        let world = WorldFile(
            tokens: ["known"], organizations: [.init(login: "acme", id: 77, repositories: [.good("api", id: 1)])])
        try await EmulatedScan.with(world) { (scan) async throws -> Void in
            let report = scan.folder.path + "/report.txt"
            var arguments = [what == "no organization" ? "nobody" : "acme", "-o", "text=\(report)"]
            if what == "no history" {
                arguments += ["--db", try scan.folder.write(String(repeating: "no history", count: 200), to: "h.txt")]
            }
            let environment =
                what == "no token" ? [:] : ["GH_ENTERPRISE_TOKEN": what == "refused" ? "other" : "known"]
            let run = await scan.run(arguments, environment: environment, isTerminal: true)
            #expect(run.status == (what == "no history" ? 5 : 4), "\(run.error)")
            #expect(run.output == "", "\(run.output)")
            #expect(run.error.contains("error:"), "\(run.error)")
            #expect(try scan.folder.read("report.txt").hasPrefix("INCOMPLETE"))
            let piped = await scan.run(arguments, environment: environment, isTerminal: false)
            #expect(piped.output.hasPrefix("INCOMPLETE"))
        }
    }

    @Test func violationsAreOneWhateverTheFormat() async throws {
        try await EmulatedScan.with([.good("api", id: 1), .own("bad", id: 2, ["repo"])]) {
            (scan) async throws -> Void in
            for format in ["text", "json", "junit"] { #expect(await scan("acme", "-f", format).status == 1) }
            #expect(await scan("acme", "--fail-on", "critical").status == 0)
            #expect(await scan("acme", "--fail-on", "none").status == 0)
            #expect(await scan("acme", "--exit-zero").status == 0)
        }
    }

    @Test func whatCouldNotBeReadIsThreeUnlessSomethingViolates() async throws {
        var secret = WorldFile.Repository.good("secret", id: 2)
        secret.refusal = .forbidden
        try await EmulatedScan.with([.good("api", id: 1), secret]) { (scan) async throws -> Void in
            let run = await scan("acme", "-f", "json")
            #expect(run.status == 3)
            #expect(run.repositories()["acme/secret"]?["status"] as? String == "unreadable")
            #expect(run.error.contains("the scan is incomplete: 1 of 2 repositories could not be read or decided"))
            #expect(await scan("acme", "--exit-zero").status == 0)
        }
        try await EmulatedScan.with([.own("bad", id: 1, ["repo"]), secret]) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 1)
            #expect(await scan("acme", "--strict-coverage").status == 3)
        }
    }

    @Test func reportsAreWrittenToFilesAndOutput() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            let folder = scan.folder
            _ = try folder.write("yesterday", to: "r.json")
            let run = await scan(
                "acme", "-f", "json", "-o", "json=\(folder.path)/r.json", "--output", "junit=\(folder.path)/r.xml")
            #expect(try folder.read("r.json") == run.output)
            #expect(try folder.read("r.xml").contains("<testsuite "))
            // Nothing temporary is left behind.
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(
                Set(files.filter { !$0.hasPrefix("history.sqlite-minute-") }).isSubset(of: [
                    "r.json", "r.xml", "history.sqlite", "history.sqlite-wal", "history.sqlite-shm",
                    "history.sqlite-lock",
                ]))
        }
    }

    @Test func aLinkedOutputStaysALink() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            let target = try scan.folder.write("old", to: "target.json")
            let link = scan.folder.path + "/link.json"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
            _ = await scan("acme", "-o", "json=\(link)")
            #expect(try scan.folder.read("target.json").hasPrefix("{"))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
            #expect(await scan("acme", "-o", "json=/dev/null").status == 0)
            #expect(
                try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
                    == .typeCharacterSpecial)
        }
    }

    @Test func scopeChoosesAndCounts() async throws {
        var old = WorldFile.Repository.own("old", id: 3, ["repo"])
        old.archived = true
        var open = WorldFile.Repository.own("open-site", id: 4, ["repo"])
        open.visibility = "public"
        open.topics = ["web"]
        open.customProperties = ["tier": "low"]
        try await EmulatedScan.with([.good("api", id: 1), .good("api-test", id: 2), old, open]) {
            (scan) async throws -> Void in
            func judged(_ arguments: String...) async -> [String] {
                let run = await CommandRun.run(
                    [
                        "scan", "acme", "--api-url", scan.address, "--db", scan.folder.database, "--policy",
                        "preset:strict",
                        "-f", "json",
                    ] + arguments, environment: ["GH_ENTERPRISE_TOKEN": "x"])
                return run.repositories().filter { ["compliant", "violating"].contains($0.value["status"] as? String) }
                    .keys.sorted()
            }
            #expect(await judged() == ["acme/api", "acme/api-test", "acme/open-site"])
            #expect(await judged("--include-archived").count == 4)
            #expect(await judged("--include", "API*", "--exclude", "*-test") == ["acme/api"])
            #expect(await judged("--visibility", "public") == ["acme/open-site"])
            #expect(await judged("--topic", "web") == ["acme/open-site"])
            #expect(await judged("--property", "tier=low") == ["acme/open-site"])
            let nothing = await scan("acme", "--include", "nothing")
            #expect(nothing.status == 3)
            #expect(nothing.error.contains("no repository is in scope\n hint: check --include"))
            // A repository that is out of scope is not asked for.
            let asked = await scan.world.requests.count { $0.contains("/old/") }
            #expect(asked == 1)
        }
    }

    @Test func severalOrganizationsAreOneReport() async throws {
        try await EmulatedScan.with(.demo) { (scan) async throws -> Void in
            let run = await scan(
                "octo-works", "OCTO-labs", "octo-works", "-f", "json",
                environment: ["GH_ENTERPRISE_TOKEN": WorldFile.demoToken])
            let organizations = run.json["organizations"] as? [[String: Any]] ?? []
            #expect(organizations.map { $0["login"] as? String } == ["octo-works", "octo-labs"])
            #expect(run.repositories().count == 57)
            // Renamed between listing and reading: read at its new place, known by its id.
            #expect(run.repositories()["octo-works/ml-models"]?["status"] as? String == "compliant")
        }
    }

    // MARK: - Bad input

    @Test func anUnknownOrganizationIsFour() async throws {
        try await EmulatedScan.with([]) { (scan) async throws -> Void in
            let run = await scan("nobody", "-f", "json")
            #expect(run.status == 4)
            #expect(run.error.contains("error: nothing could be read: nobody: the organization could not be read"))
            #expect(run.error.contains(" hint: "))
            #expect(run.json["verdict"] as? String == "incomplete")
        }
    }

    @Test func anEmptyOrganizationIsThree() async throws {
        try await EmulatedScan.with([]) { (scan) async throws -> Void in
            let run = await scan("acme", "-f", "junit")
            #expect(run.status == 3)
            #expect(run.output.contains("the listing is empty"))
            #expect(run.error.contains("no repository is listed\n hint: check that the token may see"))
        }
    }

    @Test func aShortListingIsThree() async throws {
        let organization = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo", "context", "job_workflow_ref"], hiddenRepositories: 2,
            repositories: [.good("api", id: 1)])
        try await EmulatedScan.with(WorldFile(organizations: [organization])) { (scan) async throws -> Void in
            let run = await scan("acme")
            #expect(run.status == 3)
            #expect(run.output.contains("1 listed of the 3 that the organization counts"))
            #expect(run.error.contains("counts\n hint: check that the token may see every repository"))
            // It is likely to have been made for another owner.
            let fineGrained = await scan("acme", environment: ["GH_ENTERPRISE_TOKEN": "github_pat_test-token"])
            #expect(
                fineGrained.error.contains(" hint: a fine-grained token sees its resource owner's repositories alone"))
        }
    }

    /// `private: true` without `visibility`.
    @Test func aRepositoryThatMayBeInternalIsNeitherLeftOutNorCompliant() async throws {
        let listing = """
            [{"id": 1, "name": "api", "full_name": "acme/api", "private": true, "owner": {"login": "acme", "id": 77},
              "fork": false, "archived": false}]
            """
        let policy = """
            {"version": 1, "name": "x", "description": "x", "rules": [{"id": "a", "rule": "require-claims",
             "severity": "low", "claims": ["repo"], "where": {"visibility": ["private"]}}]}
            """
        var file = WorldFile(organizations: [
            .init(
                login: "acme", id: 77, template: ["repo", "context", "job_workflow_ref"],
                repositories: [.good("api", id: 1)])
        ])
        file.faults = [.init(path: "/orgs/acme/repos", kind: .body, body: listing)]
        try await EmulatedScan.with(file) { (scan) async throws -> Void in
            for word in ["internal", "private"] {
                let run = await scan("acme", "--visibility", word, "-f", "json")
                let api = try #require(run.repositories()["acme/api"])
                #expect(run.status == 3)
                #expect(api["status"] as? String == "unreadable")
                #expect(api["visibility"] is NSNull)
                #expect((api["reason"] as? String)?.contains("scope undecided") == true)
            }
            let open = await scan("acme", "--visibility", "public", "-f", "json")
            #expect(open.repositories()["acme/api"]?["status"] as? String == "skipped")
            let rule = await scan("acme", "--policy", try scan.folder.write(policy, to: "p.json"), "-f", "json")
            #expect(rule.status == 3)
            #expect(rule.repositories()["acme/api"]?["status"] as? String == "unreadable")
            #expect(await scan("acme").status == 0)
        }
    }

    @Test func anUnverifiedListingIsSaidInEveryReport() async throws {
        let organization = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo", "context", "job_workflow_ref"], showsPrivateCount: false,
            repositories: [.good("api", id: 1)])
        try await EmulatedScan.with(WorldFile(organizations: [organization])) { (scan) async throws -> Void in
            for format in ["text", "json", "junit"] {
                let run = await scan("acme", "-f", format)
                #expect(run.status == 0)
                #expect(run.output.contains("could not be verified") || run.output.contains("unverified"))
            }
        }
    }

    @Test func aListingShorterThanThePublicCountIsPartialInEveryReportAndInTheHistory() async throws {
        var api = WorldFile.Repository.good("api", id: 1)
        api.visibility = "public"
        var file = WorldFile(organizations: [
            .init(login: "acme", id: 77, template: ["repo", "context", "job_workflow_ref"], repositories: [api])
        ])
        let counted = #"{"login": "acme", "id": 77, "public_repos": 2}"#
        file.faults = [.init(path: "/orgs/acme", kind: .body, body: counted)]
        try await EmulatedScan.with(file) { (scan) async throws -> Void in
            let run = await scan("acme", "-f", "json", "-o", "text=\(scan.folder.path)/r.txt")
            #expect(run.status == 3)
            let text = try scan.folder.read("r.txt")
            #expect(text.contains("1 listed of at least 2 that the organization counts"))
            let again = await CommandRun.run([
                "report", "--api-url", scan.address, "--db", scan.folder.database, "--policy", "preset:strict", "-f",
                "json",
            ])
            #expect(again.status == 3)
            for report in [run.json, again.json] {
                let organization = (report["organizations"] as? [[String: Any]])?.first
                let listing = organization?["listing"] as? [String: Any]
                #expect(listing?["status"] as? String == "partial")
                #expect(listing?["expected"] as? Int == 2)
                #expect(listing?["expected_at_least"] as? Bool == true)
            }
        }
    }

    @Test func aMissingTokenIsFourAndReplacesYesterdaysGreen() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            let file = try scan.folder.write("yesterday", to: "r.xml")
            let run = await scan("acme", "-o", "junit=\(file)", environment: ["GH_TOKEN": "for github.com only"])
            #expect(run.status == 4)
            #expect(run.error.contains("no token was given for 127.0.0.1"))
            #expect(run.error.contains("GH_ENTERPRISE_TOKEN"))
            #expect(try scan.folder.read("r.xml").contains("<error type=\"unreadable\""))
            #expect(await scan.world.requests.isEmpty)
            #expect(!scan.folder.exists("history.sqlite"))
        }
    }

    @Test func aRefusedTokenIsFourAfterOneRequest() async throws {
        try await EmulatedScan.with([.good("api", id: 1)], tokens: ["right"]) { (scan) async throws -> Void in
            let run = await scan("acme", "-f", "json", environment: ["GH_ENTERPRISE_TOKEN": "wrong-secret"])
            #expect(run.status == 4)
            #expect(await scan.world.requests == ["GET /orgs/acme"])
            #expect(!run.error.contains("wrong-secret"))
            #expect(!run.output.contains("wrong-secret"))
        }
    }

    @Test func aScanThatReadNothingIsNotStoredAndHasNoNumber() async throws {
        try await EmulatedScan.with([.good("api", id: 1)], tokens: ["right"]) { (scan) async throws -> Void in
            // Whether the organization was ever read or not.
            for tokens in [["wrong"], ["right", "wrong"]] {
                for token in tokens {
                    let run = await scan("acme", "-f", "json", environment: ["GH_ENTERPRISE_TOKEN": token])
                    let id = (run.json["scan"] as? [String: Any])?["id"]
                    #expect((id is Int) == (token == "right"), "\(run.output)")
                    #expect(!run.error.contains("is stored"), "\(run.error)")
                }
                let wrong = await scan("acme", environment: ["GH_ENTERPRISE_TOKEN": "wrong"])
                #expect(
                    !wrong.output.contains("scan          #") && !wrong.output.contains("is stored"), "\(wrong.output)")
                let list = await CommandRun.run(
                    ["history", "list", "--db", scan.folder.database, "--api-url", scan.address, "-f", "json"])
                #expect(list.json["open"] as? Int == 0, "\(list.output)\(list.error)")
                #expect(list.json["total"] as? Int == tokens.count - 1)
            }
        }
    }

    @Test func aTokenRefusedInTheMiddleIsFourAndNothingIsLost() async throws {
        let repositories = (1...50).map { WorldFile.Repository.good("r\($0)", id: Int64($0)) }
        let fault = WorldFile.Fault(path: "/repos/*", after: 10, kind: .status, status: 401)
        try await EmulatedScan.with(repositories, faults: [fault]) { (scan) async throws -> Void in
            // One after the other: of two at once, the answer before the refusal may still be on its way.
            let run = await scan("acme", "-f", "json", "--concurrency", "1")
            #expect(run.status == 4)
            let statuses = run.repositories().values.compactMap { $0["status"] as? String }
            #expect(statuses.count == 50)
            #expect(statuses.count { $0 == "compliant" } == 10)
            #expect(statuses.count { $0 == "unreadable" } == 40)
            #expect(run.error.contains("GitHub refused the token; what was read before is stored"))
            #expect(run.error.contains(" hint: check that the token is whole"))
            // The report names the scan, whose number leads to what can be done with it.
            let number = try #require((run.json["scan"] as? [String: Any])?["id"] as? Int)
            let report = await CommandRun.run(
                ["report", "\(number)", "--db", scan.folder.database, "--api-url", scan.address])
            #expect(report.status == 2)
            #expect(report.error.contains("scan \(number) is not finished"), "\(report.error)")
            #expect(report.error.contains("scan --resume continues"), "\(report.error)")
        }
    }

    @Test func nobodyThereIsFive() async throws {
        let folder = try Folder()
        let run = await CommandRun.run(
            [
                "scan", "acme", "--api-url", "http://127.0.0.1:1", "--policy", "preset:baseline", "--db",
                folder.database,
            ],
            environment: ["GH_ENTERPRISE_TOKEN": "x"])
        #expect(run.status == 5)
        #expect(run.error.contains("connection lost"))
    }

    @Test func mistakesOnTheCommandLineAreTwoAndAskNothing() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            let folder = scan.folder
            let policy = try folder.write(
                #"{"version": 1, "name": "p", "rules": [{"rule": "leading-clam"}]}"#, to: "p.json")
            let cases: [([String], String)] = [
                (["acme", "--policy", folder.path + "/none.json"], "no such file"),
                (["acme", "--policy", folder.path], "it is a folder"),
                (["acme", "--policy", policy], "p.json:1:48: unknown rule \"leading-clam\""),
                (["acme", "--policy", "preset:strikt"], "did you mean \"strict\"?"),
                (["acme", "-o", "json=\(folder.path)/none/r.json"], "No such file or directory"),
                (["acme", "-o", "json=\(folder.path)"], "it is a folder"),
                (["acme", "-o", "jsn=r.json"], "did you mean \"json\"?"),
                (["acme", "-o", "r.json"], "is not KIND=FILE"),
                (["acme", "-f", "yaml"], "--format: \"yaml\" is unknown"),
                (["acme/api"], "is not an organization's name"), ([".."], "is not an organization's name"),
                (["acme", "--concurrency", "101"], "from 1 to 100"), (["acme", "--concurrency", "0"], "from 1 to 100"),
                (["acme", "--max-wait", "5"], "is not a duration"),
                (["acme", "--points-per-minute", "0"], "is not a number from 1 to 1000000"),
                (["acme", "--fail-on", "hihg"], "did you mean \"high\"?"),
                (["acme", "--visibility", "open"], "--visibility: \"open\" is unknown"),
                (["acme", "--property", "tier"], "is not KEY=VALUE"),
                (["acme", "--api-version", "latest"], "is not an API version"),
                (["acme", "--color", "red"], "--color: \"red\" is unknown"),
                (["acme", "--token-file", folder.path + "/none"], "can't be read"), (["acme", "--bogus"], "--bogus"),
                ([], "no organization was named"),
                (["acme", "--db", ":memory:"], "is not a path"),
                (["acme", "--config", folder.path + "/none.yaml"], "no such file"),
            ]
            for (arguments, words) in cases {
                let run = await CommandRun.run(
                    ["scan"] + arguments + ["--api-url", scan.address]
                        + (arguments.contains("--db") ? [] : ["--db", folder.database])
                        + (arguments.contains("--policy") ? [] : ["--policy", "preset:strict"]),
                    environment: ["GH_ENTERPRISE_TOKEN": "x"])
                #expect(run.status == 2, "\(arguments)")
                #expect(run.error.contains(words), "\(arguments): \(run.error)")
                #expect(run.error.hasPrefix("error: "), "\(arguments): \(run.error)")
                #expect(run.error.split(separator: "\n").count == 2, "\(arguments): \(run.error)")
                #expect(run.error.contains("\n hint: "), "\(arguments): \(run.error)")
                #expect(run.output == "", "\(arguments)")
            }
            let plain = await CommandRun.run(
                ["scan", "acme", "--api-url", "http://github.example.com", "--policy", "preset:strict"])
            #expect(plain.status == 2)
            #expect(plain.error.contains("plain http to github.example.com would show the token to the network"))
            #expect(await scan.world.requests.isEmpty)
            #expect(!folder.exists("history.sqlite"))
        }
    }

    @Test func aDatabaseThatCannotBeUsedIsFiveAndReportsAreWritten() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            let folder = scan.folder
            let text = String(repeating: "this is not a database\n", count: 500)
            let other = try folder.write(text, to: "notes.txt")
            for (path, words) in [
                ("/proc/nowhere/h.sqlite", "cannot open the history"), (folder.path, "cannot open the history"),
                (other, "is not a history of oidc-audit"),
            ] {
                let run = await scan("acme", "--db", path, "-o", "json=\(folder.path)/r.json")
                #expect(run.status == 5, "\(path)")
                #expect(run.error.contains(words), "\(run.error)")
                #expect(run.error.contains(" hint: "))
                #expect(try folder.read("r.json").contains("\"verdict\": \"incomplete\""))
                try FileManager.default.removeItem(atPath: folder.path + "/r.json")
            }
            #expect(try folder.read("notes.txt") == text)
            #expect(await scan.world.requests.isEmpty)
        }
    }

    @Test func aDamagedDatabaseIsFiveAndLeftAlone() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            _ = await scan("acme")
            try await DatabaseQueue(path: scan.folder.database).writeWithoutTransaction { db in
                _ = try db.checkpoint(.truncate)
            }
            let file = URL(filePath: scan.folder.database)
            var bytes = try Data(contentsOf: file)
            for index in 4096..<bytes.count { bytes[index] = 0xA5 }
            try bytes.write(to: file)
            let run = await scan("acme", "-f", "json")
            #expect(run.status == 5)
            #expect(run.error.contains("is damaged"))
            #expect(run.error.contains("\n hint: keep the file for recovery"))
            #expect(run.json["verdict"] as? String == "incomplete")
            #expect(try Data(contentsOf: file) == bytes)
        }
    }

    @Test func aNewerDatabaseIsRefusedByName() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            _ = await scan("acme")
            let queue = try DatabaseQueue(path: scan.folder.database)
            try await queue.write { db in try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('v99')") }
            try queue.close()
            let run = await scan("acme")
            #expect(run.status == 5)
            #expect(
                run.error.contains("by a newer version of oidc-audit: its schema is v99, and this one knows up to r7"))
        }
    }

    // MARK: - Faults and endings

    @Test func theSingleSignOnAddressIsReported() async throws {
        var secret = WorldFile.Repository.good("secret", id: 2)
        secret.refusal = .ssoRequired
        try await EmulatedScan.with([.good("api", id: 1), secret]) { (scan) async throws -> Void in
            let run = await scan("acme", "-f", "json")
            #expect(run.status == 3)
            #expect(run.error.contains("approve the token at https://github.com/orgs/acme/sso?authorization_request="))
            // It is another one each time, so the history does not hold it.
            #expect(!run.output.contains("authorization_request"))
        }
    }

    @Test func aSecondScanOfTheSameOrganizationIsFive() async throws {
        let fault = WorldFile.Fault(path: "/repos/*", kind: .hang)
        try await EmulatedScan.with([.good("api", id: 1)], faults: [fault]) { (scan) async throws -> Void in
            let world = scan.world
            let (stopRequests, stop) = AsyncStream.makeStream(of: ScanStop.self)
            async let first = scan("acme", "-f", "json", stopRequests: { stopRequests })
            while await !world.requests.contains(where: { $0.contains("/repos/acme/api") }) { await Task.yield() }
            let second = await scan("acme", "-f", "json")
            #expect(second.status == 5)
            #expect(second.error.contains("another scan of acme is running"))
            #expect(second.json["verdict"] as? String == "incomplete")
            stop.yield(.interrupted)
            #expect(await first.status == 130)
            let running = try await DatabaseQueue(path: scan.folder.database).read { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM scan WHERE state = 'running'")
            }
            #expect(running == 0)
        }
    }

    @Test func aLimitBeyondTheLongestWaitIsThreeAndStored() async throws {
        let repositories = (1...30).map { WorldFile.Repository.good("r\($0)", id: Int64($0)) }
        let fault = WorldFile.Fault(path: "/repos/*", after: 10, kind: .primaryLimit, resetInSeconds: 3000)
        try await EmulatedScan.with(repositories, faults: [fault]) { (scan) async throws -> Void in
            let run = await scan("acme", "-f", "json", "--max-wait", "10s", "--concurrency", "1")
            #expect(run.status == 3)
            #expect(run.error.contains("GitHub asked to wait longer than --max-wait allows"))
            let statuses = run.repositories().values.compactMap { $0["status"] as? String }
            #expect(statuses.count { $0 == "compliant" } == 10)
            #expect(statuses.count { $0 == "unreadable" } == 20)
            // The next night reads the rest and remembers what was read before.
            await scan.world.change { $0.faults = [] }
            #expect(await scan("acme").status == 0)
        }
    }

    @Test(arguments: [(ScanStop.interrupted, Int32(130)), (.terminated, 143)])
    func aSignalEndsTheScanCleanly(stop: ScanStop, status: Int32) async throws {
        let repositories = (1...30).map { WorldFile.Repository.good("r\($0)", id: Int64($0)) }
        let fault = WorldFile.Fault(path: "/repos/*", after: 10, kind: .hang)
        try await EmulatedScan.with(repositories, faults: [fault]) { (scan) async throws -> Void in
            let world = scan.world
            let run = await scan(
                "acme", "-f", "json", "-o", "junit=\(scan.folder.path)/r.xml", "--concurrency", "4",
                stopRequests: {
                    AsyncStream { continuation in
                        Task {
                            // The last of four that hang is sent when the last of ten answers has been taken.
                            while await world.requests.count(where: { $0.contains("/repos/acme/") }) < 14 {
                                await Task.yield()
                            }
                            continuation.yield(stop)
                        }
                    }
                })
            #expect(run.status == status)
            #expect(run.repositories().count == 30)
            #expect(run.repositories().values.count { $0["status"] as? String == "compliant" } == 10)
            #expect((run.json["scan"] as? [String: Any])?["stop"] as? String == stop.rawValue)
            #expect(try scan.folder.read("r.xml").contains("value=\"false\""))
            await scan.world.change { $0.faults = [] }
            #expect(await scan("acme").status == 0)
        }
    }

    /// A misspelled name is not a scan: nothing of it is kept, and it is not the latest.
    @Test func aScanThatFoundNoOrganizationThatEverWasIsNotKept() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            func ask(_ arguments: String...) async -> CommandRun {
                await CommandRun.run(arguments + ["--db", scan.folder.database, "--api-url", scan.address])
            }
            let first = await scan("nobody", "-f", "json")
            #expect(first.status == 4)
            #expect((first.json["scan"] as? [String: Any])?["id"] is NSNull)
            #expect(
                first.error.contains("note: no scan ever found nobody at \(scan.address), so this scan is not stored\n")
            )
            #expect(await ask("history", "list").output == "The history holds no finished scan.\n")
            #expect(await scan("acme").status == 0)
            let typed = await scan("acmee", "acmeee", "-f", "json")
            #expect(typed.status == 4)
            #expect(
                typed.error.contains(
                    "note: no scan ever found acmee, acmeee at \(scan.address), so this scan is not stored; "
                        + "did you mean acme?\n"), "\(typed.error)")
            let list = await ask("history", "list", "-f", "json").json
            #expect(list["total"] as? Int == 1)
            #expect(list["open"] as? Int == 0)
            let shown = await ask("history", "show", "-f", "json").json
            #expect(shown["organizations"] as? [String] == ["acme"])
            #expect(await ask("check", "--at", "latest", "--policy", "preset:strict").status == 0)
            #expect(await ask("history", "verify").status == 0)
            // One of several that is misspelled is reported, and the scan of the others is kept without it.
            let both = await scan("acme", "acmee", "-f", "json")
            #expect(both.status == 3, "\(both.error)")
            #expect(
                both.error.contains(
                    "note: no scan ever found acmee at \(scan.address), so the scan is stored without it; "
                        + "did you mean acme?\n"), "\(both.error)")
            #expect((both.json["organizations"] as? [[String: Any]])?.count == 2)
            #expect((await ask("history", "show", "-f", "json").json)["organizations"] as? [String] == ["acme"])
            #expect(!(await ask("history", "list").output.contains("+1")))
            #expect(await ask("check", "acmee", "--policy", "preset:strict").status == 2)
            #expect(await ask("check", "--at", "latest", "--policy", "preset:strict").status == 0)
            #expect(await ask("history", "verify").status == 0)
        }
    }

    /// One that was found before and is not any more is no mistake in its name: that is remembered.
    @Test func aScanThatFindsAnOrganizationNoLongerIsKept() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 0)
            await scan.world.change { $0.organizations[0].login = "elsewhere" }
            #expect(await scan("acme").status == 4)
            let check = await CommandRun.run([
                "check", "acme", "--policy", "preset:strict", "--db", scan.folder.database, "--api-url", scan.address,
            ])
            #expect(check.status == 4, "\(check.output)")
            let diff = await CommandRun.run(["diff", "--db", scan.folder.database, "--api-url", scan.address])
            #expect(
                diff.output.contains("could not be read by #2\n    acme: the organization could not be found\n"),
                "\(diff.output)")
            #expect(diff.output.hasPrefix("NO CHANGE KNOWN"), "\(diff.output)")
            let code = await CommandRun.run([
                "diff", "--exit-code", "--db", scan.folder.database, "--api-url", scan.address,
            ])
            #expect(code.status == 3)
        }
    }

    // MARK: - A client and its connections

    /// Closed whatever came of it: a client that is left open ends a debug build, and leaks in another.
    @Test func aClientIsClosedWhateverComesOfIt() async throws {
        struct Failure: Error {}
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            var context = CommandContext.process { AsyncStream { _ in } }
            context.environment = [:]
            context.retry = RetryPolicy(baseDelay: .milliseconds(1))
            let command = try ScanCommand.parsed(["--api-url", scan.address])
            let connection = try ConnectionSettings(command.connection, context)
            let acme = try #require(OrganizationLogin("acme"))
            var kept: [GitHubClient] = []
            await #expect(throws: Failure.self) {
                try await connection.withGitHub(context) { github in
                    kept.append(github)
                    #expect(try await github.organization(acme).id.rawValue == 77)
                    throw Failure()
                }
            }
            let id = try await connection.withGitHub(context) { github throws(GitHubError) in
                kept.append(github)
                return try await github.organization(acme).id.rawValue
            }
            #expect(id == 77)
            let asked = await scan.world.requests.count
            #expect(kept.count == 2)
            for github in kept {
                await #expect(throws: GitHubError.self) { _ = try await github.organization(acme) }
            }
            #expect(await scan.world.requests.count == asked)
        }
    }

    /// Between the making of the client and the crawl, the history is asked for the order of organizations.
    @Test func aHistoryThatFailsBeforeTheCrawlEndsInGoodOrder() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 0)
            try await DatabaseQueue(path: scan.folder.database).writeWithoutTransaction { db in
                try db.execute(
                    sql: """
                        PRAGMA foreign_keys = OFF;
                        ALTER TABLE scanOrganization RENAME COLUMN login TO gone;
                        """)
            }
            let asked = await scan.world.requests.count
            let run = await scan("acme", "-f", "json")
            #expect(run.status == 5, "\(run.error)")
            #expect(run.error.contains("no such column"), "\(run.error)")
            #expect(run.json["verdict"] as? String == "incomplete")
            #expect(await scan.world.requests.count == asked)
            // That the scan is over is noted.
            #expect(
                try BinaryTests.sqlite(scan.folder.database, "SELECT count(*) FROM scan WHERE stop = 'history_failed'")
                    == 1)
        }
    }

    @Test func aSecondNightOfAnUnchangedOrganizationAddsFiveRows() async throws {
        try await EmulatedScan.with(.demo) { (scan) async throws -> Void in
            func rows() throws -> Int {
                try DatabaseQueue(path: scan.folder.database).read { db in
                    let tables = try String.fetchAll(
                        db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
                    return try tables.reduce(0) { try $0 + (Int.fetchOne(db, sql: "SELECT count(*) FROM \($1)") ?? 0) }
                }
            }
            let environment = ["GH_ENTERPRISE_TOKEN": WorldFile.demoToken]
            let first = await scan("octo-works", "-f", "json", environment: environment)
            let before = try rows()
            let second = await scan("octo-works", "-f", "json", environment: environment)
            #expect(try rows() == before + 5)
            #expect(first.output.contains("\"state\": \"new\""))
            #expect(!second.output.contains("\"state\": \"new\""))
        }
    }

    @Test func progressIsShownOnATerminalOnly() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            #expect(await scan("acme", "-q").error == "")
            #expect(await scan("acme", isTerminal: true).error.contains("repositories"))
            #expect(await scan("acme", "--no-progress", isTerminal: true).error == "")
            #expect(await scan("acme", "-q", isTerminal: true).error == "")
            #expect(await scan("acme", isTerminal: true).output.contains("\u{1B}[1;32mCOMPLIANT"))
            let unknown = await scan("nobody", isTerminal: true)
            #expect(unknown.error.contains("\u{1B}[1;31merror:\u{1B}[0m nothing could be read"))
            #expect(unknown.error.contains("\u{1B}[1;36m hint:\u{1B}[0m "))
            #expect(!(await scan("acme", "--color", "never", isTerminal: true).output.contains("\u{1B}")))
        }
    }
}
