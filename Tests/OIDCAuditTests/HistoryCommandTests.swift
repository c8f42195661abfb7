import Foundation
import GRDB
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What the history answers, from the command line.
@Suite struct HistoryCommandTests {
    /// Three nights: on the second, one repository leaves the organization's template, one is renamed, one goes and one
    /// comes; on the third, the organization's template changes.
    private static func withNights(
        _ body: @Sendable @escaping (EmulatedScan) async throws -> Void,
    ) async throws {
        try await EmulatedScan.with(
            [
                .good("api", id: 1), .good("web", id: 2), .good("old", id: 3), .own("own", id: 4, ["actor"]),
                .good("deploy", id: 5),
            ]
        ) { (scan) async throws -> Void in
            let day: Int64 = -86_400
            let first = await scan("acme", clockSkewSeconds: 10 * day)
            #expect(first.status == 1, "\(first.error)")
            await scan.world.change { world in
                world.organizations[0].repositories.removeAll { $0.name == "old" }
                world.organizations[0].repositories[0].setting?.includeClaimKeys = ["repo", "context"]
                world.organizations[0].repositories[1].name = "web-site"
                world.organizations[0].repositories[1].setting?.subClaimPrefix = "repo:acme/web-site"
                world.organizations[0].repositories.append(.good("new", id: 6))
            }
            #expect(await scan("acme", clockSkewSeconds: 5 * day).status == 1)
            await scan.world.change { $0.organizations[0].template = ["repo", "context", "job_workflow_ref", "ref"] }
            #expect(await scan("acme").status == 1)
            try await body(scan)
        }
    }

    private static func ask(_ scan: EmulatedScan, _ arguments: String..., skew: Int64 = 0) async -> CommandRun {
        await CommandRun.run(
            arguments + ["--db", scan.folder.database, "--api-url", scan.address], clockSkewSeconds: skew)
    }

    @Test func aReportNamesWhatChangedSinceTheScanBefore() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let text = await scan("acme").output
            #expect(text.contains(/changed  since #3 of [0-9-]+: nothing\n/), "\(text)")
            let second = await Self.ask(scan, "report", "2", "--policy", "preset:strict").output
                .replacing(/\s+/, with: " ")
            #expect(
                second.contains(/changed since #1 of [0-9-]+: 1 added, 1 removed, 1 renamed, 1 template, 1 subject;/),
                "\(second)")
            #expect(second.contains(" findings: 2 new"), "\(second)")
            let first = await Self.ask(scan, "report", "1", "--policy", "preset:strict").output
            #expect(!first.contains("changed"))
            // The organization's template, and those that follow it.
            let third = await Self.ask(scan, "report", "3", "--policy", "preset:strict", "-f", "markdown").output
            #expect(
                third.contains(/Changed since `#2` of .*the template of acme, which 3 repositories follow\n/),
                "\(third)")
            let page = await Self.ask(scan, "report", "3", "--policy", "preset:strict", "-f", "html").output
            #expect(page.contains("renamed from acme/web; subject repo:acme/web:{context}"))
            #expect(page.contains("the organization's template changed: repo, context, job_workflow_ref →"))
            #expect(page.contains("<path class=\"high\""))
        }
    }

    @Test func whatChangedIsReported() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let text = await Self.ask(scan, "diff", "1", "2")
            #expect(text.status == 0)
            for line in [
                "CHANGED  from scan #1 of ", "  added (1 repository)\n    acme/new\n",
                "  removed (1 repository)\n    acme/old\n", "    acme/web-site (also: subject)\n      was: acme/web\n",
                "      before:  repo, context, job_workflow_ref (organization)\n      after:   repo, context (repository)\n",
                "      claims:  - job_workflow_ref\n",
                "      subject: repo:acme/api:{context}:job_workflow_ref:{job_workflow_ref}\n",
                "            →  repo:acme/api:{context}\n", "APPEARED  2 findings\n",
                "required-claims, high: missing claim: job_workflow_ref\n    acme/api\n",
            ] { #expect(text.output.contains(line), "\(line)\n\(text.output)") }
            #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 80 })

            let json = await Self.ask(scan, "diff", "1", "2", "-f", "json").json
            #expect(json["schema"] as? String == "oidc-audit.diff/v1")
            let organization = try #require((json["organizations"] as? [[String: Any]])?.first)
            let changes = try #require(organization["repositories"] as? [[String: Any]])
            #expect(
                Dictionary(
                    uniqueKeysWithValues: changes.map { ($0["full_name"] as? String ?? "", $0["changed"] as? [String]) }
                )
                    == [
                        "acme/api": ["template"], "acme/new": ["added"], "acme/old": ["removed"],
                        "acme/web-site": ["renamed", "subject"],
                    ])
            #expect(changes[0]["claims_removed"] as? [String] == ["job_workflow_ref"])
            let appeared = (json["findings"] as? [String: Any])?["appeared"] as? [[String: Any]]
            #expect(appeared?.compactMap { $0["rule"] as? String } == ["follows-organization", "required-claims"])

            // The other way round, what came goes.
            let back = await Self.ask(scan, "diff", "2", "1", "-f", "json").json
            let reversed = (back["organizations"] as? [[String: Any]])?.first?["repositories"] as? [[String: Any]]
            #expect(reversed?.first { $0["full_name"] as? String == "acme/old" }?["changed"] as? [String] == ["added"])
            #expect(((back["findings"] as? [String: Any])?["gone"] as? [Any])?.count == 2)
        }
    }

    @Test func aChangedOrganizationTemplateNamesItsFollowers() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            // The latest scan and the one before it, by default.
            let text = await Self.ask(scan, "diff")
            #expect(text.output.contains("from scan #2 of "))
            #expect(text.output.contains("    before: repo, context, job_workflow_ref\n"))
            #expect(text.output.contains("    after:  repo, context, job_workflow_ref, ref\n"))
            #expect(text.output.contains("    3 repositories that follow it changed with it\n"))
            let organization = try #require(
                (await Self.ask(scan, "diff", "-f", "json").json["organizations"] as? [[String: Any]])?.first)
            let template = try #require(organization["template"] as? [String: Any])
            #expect(template["changed"] as? Bool == true)
            #expect(template["followers"] as? Int == 3)
            #expect((organization["repositories"] as? [Any])?.count == 0)
            #expect(
                (organization["followers"] as? [[String: Any]])?.compactMap { $0["full_name"] as? String }
                    == ["acme/deploy", "acme/new", "acme/web-site"])
        }
    }

    @Test func scansAreNamedByNumberPlaceAndTime() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            func began(_ days: Int64) -> String {
                String(Date(timeIntervalSinceNow: Double(days) * 86_400).ISO8601Format().prefix(10))
            }
            func scanID(_ arguments: String...) async -> Int? {
                let run = await CommandRun.run(
                    arguments + ["--db", scan.folder.database, "--api-url", scan.address, "-f", "json"])
                let json = run.json
                return json["id"] as? Int ?? (json["scan"] as? [String: Any])?["id"] as? Int
                    ?? (json["before"] as? [String: Any])?["id"] as? Int
            }
            #expect(await scanID("history", "show") == 3)
            #expect(await scanID("history", "show", "latest") == 3)
            #expect(await scanID("history", "show", "previous") == 2)
            #expect(await scanID("history", "show", "#1") == 1)
            #expect(await scanID("history", "show", began(-4)) == 2)
            #expect(await scanID("history", "show", began(-7)) == 1)
            #expect(await scanID("history", "at", began(-7)) == 1)
            #expect(await scanID("history", "at", began(-7), "--organization", "ACME") == 1)
            #expect(await scanID("diff", "--since", "7d") == 1)
            #expect(await scanID("diff", "--since", began(-4)) == 2)
            #expect(await scanID("diff", "--since", "90d") == 1)
            #expect(await scanID("diff", began(-8), "latest") == 1)
            #expect(await scanID("check", "acme", "--policy", "preset:strict", "--at", began(-3)) == 2)
            #expect(
                await Self.ask(scan, "diff", "--since", "90d").error.contains("the history begins with scan #1 of "))
            for (arguments, words) in [
                (["history", "show", "99"], "holds no finished scan 99 at"),
                (["history", "show", "yesterday"], "\"yesterday\" is not a scan"),
                (["history", "at", "2020-01-01"], "holds no finished scan that had begun by 2020-01-01T23:59:59Z"),
                (["history", "at", "latest", "--organization", "other"], "holds no finished scan of other"),
                (["diff", "--since", "soon"], "\"soon\" is not a time"),
                (["diff", "1", "--since", "7d"], "exclude each other"),
                (["diff", "-f", "junit"], "--format: \"junit\" is unknown"),
                (["history", "repository", "acme/nothing"], "never saw acme/nothing"),
                (["history", "repository", "acme"], "\"acme\" is not a repository's full name"),
                (["history", "prune", "--keep-days=-1"], "--keep-days: \"-1\" is not a number from 0"),
                (["history", "verify", "--expect", "abc"], "is not a SHA-256"),
                (["history", "list", "--limit", "0"], "--limit: \"0\" is not a number from 1"),
                (["history", "import", "/nowhere/x"], "cannot read the export /nowhere/x"),
            ] {
                let run = await CommandRun.run(arguments + ["--db", scan.folder.database, "--api-url", scan.address])
                #expect(run.status == 2, "\(arguments)")
                #expect(run.error.contains(words), "\(run.error)")
                #expect(run.error.contains(" hint: "), "\(run.error)")
                #expect(run.output.isEmpty)
            }
        }
    }

    /// A clock that was ahead for one night must not make that night the latest until it is caught up with.
    @Test func aClockThatWasAheadMakesNoScanTheLatest() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            let day: Int64 = 86_400
            #expect(await scan("acme", clockSkewSeconds: day).status == 0)
            await scan.world.change { $0.organizations[0].repositories[0].setting?.useDefault = true }
            let second = await scan("acme")
            #expect(second.status == 1)
            #expect(second.error.contains("warning: by its clock this scan begins at "), "\(second.error)")
            #expect(second.error.contains(", before #1 of acme, which began at "), "\(second.error)")
            #expect(second.output.contains(/changed  since #1 of .*: 1 template/), "\(second.output)")
            // The clock goes on rightly: nothing more is to be said.
            let third = await scan("acme", clockSkewSeconds: 1)
            #expect(!third.error.contains("clock"), "\(third.error)")
            let check = await Self.ask(scan, "check", "acme", "--policy", "preset:strict")
            #expect(check.status == 1, "\(check.output)")
            #expect(await Self.ask(scan, "history", "show", "-f", "json").json["id"] as? Int == 3)
            let list = await Self.ask(scan, "history", "list", "-f", "json").json["scans"] as? [[String: Any]]
            #expect(list?.map { $0["id"] as? Int } == [3, 2, 1])
            let diff = await Self.ask(scan, "diff", "previous", "latest", "-f", "json").json
            #expect((diff["before"] as? [String: Any])?["id"] as? Int == 2)
            #expect((diff["after"] as? [String: Any])?["id"] as? Int == 3)
            let plan = await Self.ask(
                scan, "plan", "acme", "--from-scan", "latest", "--policy", "preset:strict", "-f", "json")
            #expect(plan.json["scan"] as? Int == 3, "\(plan.error)")
        }
    }

    @Test func aDifferenceThatIsNamedBackwardsSaysSo() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let words = "note: scan #3 was made after #1: this is the way back, from the later to the earlier\n"
            let back = await Self.ask(scan, "diff", "3", "1")
            #expect(back.output.hasPrefix("CHANGED  from scan #3 of "))
            #expect(back.error == words)
            #expect(await Self.ask(scan, "diff", "latest", "1").error == words)
            #expect(await Self.ask(scan, "diff", "3", "1", "-q").error == "")
            #expect(await Self.ask(scan, "diff", "1", "3").error == "")
            #expect(await Self.ask(scan, "diff").error == "")
        }
    }

    private static func onDefault(_ name: String, id: Int64, _ owner: String) -> WorldFile.Repository {
        WorldFile.Repository(
            name: name, id: id,
            setting: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:\(owner)/\(name)"))
    }

    /// A rename flips every subject: it must not pass as the first scan of a new organization.
    @Test func aRenamedOrganizationIsComparedWithItself() async throws {
        let before = WorldFile.Organization(
            login: "old-name", id: 77, template: nil,
            repositories: [Self.onDefault("x", id: 1001, "old-name"), Self.onDefault("y", id: 1002, "old-name")])
        try await EmulatedScan.with(WorldFile(organizations: [before])) { (scan) async throws -> Void in
            let policy = "preset:immutable-migration"
            #expect(await scan("old-name", "--policy", policy, "-q").error == "")
            await scan.world.change { world in
                world.organizations[0].login = "new-name"
                for place in 0..<2 {
                    let repository = world.organizations[0].repositories[place]
                    world.organizations[0].repositories[place].setting?.subClaimPrefix =
                        "repo:new-name@77/\(repository.name)@\(repository.id)"
                }
            }
            let second = await scan("new-name", "--policy", policy)
            #expect(second.output.contains(/changed  since #1 of .*: 2 renamed, 2 subject format/), "\(second.output)")
            #expect(second.output.contains("old-name is new-name now."))
            #expect(second.error.contains("warning: old-name is new-name now\n"), "\(second.error)")

            let named = await Self.ask(scan, "diff", "1", "2")
            let byDefault = await Self.ask(scan, "diff")
            #expect(byDefault.status == 0)
            #expect(byDefault.output == named.output)
            #expect(byDefault.error == "note: old-name is new-name now\n")
            for name in ["old-name", "new-name"] {
                #expect(await Self.ask(scan, "diff", "--organization", name).output == named.output)
            }
            let trend = await Self.ask(scan, "history", "trend")
            #expect(trend.output.hasPrefix("new-name, formerly old-name  2 scans, #1 of "), "\(trend.output)")
            let points =
                await Self.ask(scan, "history", "trend", "--organization", "old-name", "-f", "json")
                .json["points"] as? [[String: Any]]
            #expect(points?.compactMap { $0["organization_id"] as? Int } == [77, 77])
            #expect(
                await Self.ask(scan, "history", "list", "--organization", "old-name", "-f", "json").json["total"]
                    as? Int
                    == 2)

            let words = "note: old-name is new-name now\n"
            let then = await Self.ask(scan, "check", "new-name", "--at", "1", "--policy", policy, "-f", "json")
            #expect(Set(then.repositories().keys) == ["old-name/x", "old-name/y"], "\(then.error)")
            #expect(then.error.contains(words), "\(then.error)")
            let now = await Self.ask(scan, "check", "old-name", "--policy", policy, "-f", "json")
            #expect(Set(now.repositories().keys) == ["new-name/x", "new-name/y"], "\(now.error)")
            #expect(now.error.components(separatedBy: words).count == 2, "\(now.error)")
            let report = await Self.ask(
                scan, "report", "1", "--organization", "new-name", "--policy", policy, "-f", "json")
            #expect(report.repositories().count == 2)
            #expect(report.error.contains(words))
            let at = await Self.ask(scan, "history", "at", "1", "--organization", "new-name", "-f", "json")
            #expect((at.json["organizations"] as? [Any])?.count == 1)
            #expect(at.error == words)
            let plan = await Self.ask(
                scan, "plan", "old-name", "--from-scan", "latest", "--policy", policy, "-f", "json")
            #expect(plan.json["scan"] as? Int == 2, "\(plan.error)")
            #expect(await Self.ask(scan, "history", "at", "1", "--organization", "new-name", "-q").error == "")
        }
    }

    @Test func aLoginThatChangedHandsIsSaidLoudly() async throws {
        let before = WorldFile.Organization(
            login: "acme", id: 77, template: nil, repositories: [Self.onDefault("x", id: 1001, "acme")])
        try await EmulatedScan.with(WorldFile(organizations: [before])) { (scan) async throws -> Void in
            _ = await scan("acme")
            await scan.world.change { world in
                world.organizations[0].login = "acme-labs"
                world.organizations.append(
                    .init(login: "acme", id: 99, template: nil, repositories: [Self.onDefault("x", id: 2001, "acme")]))
            }
            let words =
                "acme is another organization now (id 99) than the one that the last scan of that name saw (id 77)"
            let run = await scan("acme", "-q")
            #expect(run.error.contains("warning: \(words)"), "\(run.error)")
            #expect(run.output.replacing(/\s+/, with: " ").contains(words), "\(run.output)")
            #expect(!run.output.contains("changed"))
            for format in ["json", "markdown", "html", "junit"] {
                let report = await Self.ask(scan, "report", "--policy", "preset:strict", "-f", format)
                #expect(report.output.contains("is another organization now"), "\(format)")
                #expect(report.error.contains("warning: \(words)"), "\(report.error)")
            }
            let check = await Self.ask(scan, "check", "acme", "--policy", "preset:strict")
            #expect(check.error.contains("note: acme was another organization (id 77) up to scan #1 of "))
            let diff = await Self.ask(scan, "diff")
            #expect(diff.status == 2)
            #expect(diff.error.contains("holds no scan before 2 of acme"), "\(diff.error)")
            let named = await Self.ask(scan, "diff", "1", "2")
            #expect(named.status == 2)
            #expect(named.error.contains("have no organization in common"))
            // The night after, the report has nothing new to say of it.
            let next = await scan("acme")
            #expect(!next.output.contains("another organization"))
            #expect(next.output.contains("changed  since #2 of "))
        }
    }

    @Test func anExitCodeShowsWhetherAnythingDiffers() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            #expect(await Self.ask(scan, "diff", "--exit-code").status == 1)
            #expect(await scan("acme").status == 1)
            let same = await Self.ask(scan, "diff", "--exit-code")
            #expect(same.status == 0)
            #expect(same.output.hasPrefix("UNCHANGED  from scan #3 of "))
        }
    }

    @Test func aRepositoryIsFollowedAcrossItsNames() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            for name in ["acme/web", "ACME/Web-Site"] {
                let text = await Self.ask(scan, "history", "repository", name)
                #expect(text.status == 0)
                #expect(text.output.hasPrefix("acme/web-site  id 2\n"))
                #expect(text.output.contains("first seen by #1 of "))
                #expect(text.output.contains("between #1 of "))
                #expect(text.output.contains("    was: acme/web\n"))
                #expect(text.output.contains("  organization template\n    before: repo, context, job_workflow_ref\n"))
                #expect(text.output.contains("NOW  as scan #3 of "))
                let json = await Self.ask(scan, "history", "repository", name, "-f", "json").json
                let events = try #require(json["events"] as? [[String: Any]])
                #expect(
                    events.map { ($0["changed"] as? [String])?.joined(separator: "+") ?? $0["kind"] as? String }
                        == ["added", "renamed+subject", "organization_template", "template"])
                #expect(events.map { ($0["scan"] as? [String: Any])?["id"] as? Int } == [1, 2, 3, 3])
                #expect(events.map { ($0["previous_scan"] as? [String: Any])?["id"] as? Int } == [nil, 1, 2, 2])
            }
            let gone = await Self.ask(scan, "history", "repository", "acme/old")
            #expect(gone.output.contains("no longer listed"))
            #expect(gone.output.contains("  removed\n"))
            let api = await Self.ask(scan, "history", "repository", "acme/api")
            #expect(api.output.contains("  high: required-claims (strict)\n    missing claim: job_workflow_ref\n"))
        }
    }

    @Test func theStateOfADayIsJudgedByAnyPolicy() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let at = await Self.ask(scan, "history", "at", "1")
            #expect(
                at.output.contains("  repo, context, job_workflow_ref (organization): 4 repositories\n    acme/api\n"))
            #expect(at.output.contains("subjects      5 legacy\n"))
            let json = await Self.ask(scan, "history", "at", "1", "-f", "json").json
            let organization = try #require((json["organizations"] as? [[String: Any]])?.first)
            #expect((organization["repositories"] as? [Any])?.count == 5)

            let then = await Self.ask(scan, "check", "acme", "--policy", "preset:strict", "--at", "1", "-f", "json")
            let now = await Self.ask(scan, "check", "acme", "--policy", "preset:strict", "-f", "json")
            #expect(then.repositories()["acme/api"]?["status"] as? String == "compliant")
            #expect(now.repositories()["acme/api"]?["status"] as? String == "violating")
            // The report says which link of the chain it speaks of.
            let digest = (then.json["scan"] as? [String: Any])?["digest"] as? String
            let shown = await Self.ask(scan, "history", "show", "1", "-f", "json").json["digest"] as? String
            #expect(digest != nil && digest == shown)
        }
    }

    @Test func waiversHoldAsOnTheDayThatIsAskedFor() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let ended = String(Date(timeIntervalSinceNow: -7 * 86_400).ISO8601Format().prefix(10))
            let waivers = try scan.folder.write(
                """
                {"version": 1, "waivers": [
                \(["no-spoofable-start", "one-repository", "required-claims", "follows-organization"].map {
                    #"{"rule": "\#($0)", "repository": "own", "owner": "a", "reason": "b", "expires": "\#(ended)"}"#
                }.joined(separator: ","))
                ]}
                """, to: "waivers.json")
            for (day, status) in [("1", "waived"), ("2", "violating")] {
                let run = await Self.ask(
                    scan, "check", "acme", "--policy", "preset:strict", "--waivers", waivers, "--at", day, "-f", "json")
                #expect(run.repositories()["acme/own"]?["status"] as? String == status, "\(run.error)")
            }
        }
    }

    @Test func theTrendIsDrawn() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let text = await Self.ask(scan, "history", "trend")
            #expect(text.output.hasPrefix("acme  3 scans, #1 of "))
            #expect(text.output.contains("  high                  2 ▆██ 3\n"), "\(text.output)")
            #expect(text.output.contains("  coverage         100.0% ███ 100.0%\n"), "\(text.output)")
            let points = try #require(
                await Self.ask(scan, "history", "trend", "-f", "json").json["points"] as? [[String: Any]])
            #expect(points.compactMap { ($0["findings"] as? [String: Any])?["high"] as? Int } == [2, 3, 3])
            #expect(points.compactMap { ($0["sources"] as? [String: Any])?["organization"] as? Int } == [4, 3, 3])
            func count(_ command: String, _ key: String, _ time: String...) async -> Int? {
                (await CommandRun.run(
                    ["history", command, "-f", "json", "--db", scan.folder.database, "--api-url", scan.address] + time
                ).json[key] as? [Any])?.count
            }
            let whole = await count("list", "scans")
            #expect(await count("list", "scans", "--until", "2999-01-01") == whole)
            #expect(await count("list", "scans", "--since", "2999-01-01") == 0)
            #expect(await count("list", "scans", "--until", "2001-01-01") == 0)
            #expect(await count("trend", "points", "--until", "2001-01-01") == 0)
            #expect(await count("trend", "points", "--until", "2999-01-01") != 0)
            let late = await Self.ask(scan, "history", "trend", "--since", "7d", "-f", "json").json["points"] as? [Any]
            #expect(late?.count == 2)
        }
    }

    @Test func everyReportPinsTheChain() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let report = await scan("acme", "-f", "json")
            let digest = try #require((report.json["scan"] as? [String: Any])?["digest"] as? String)
            #expect(await Self.ask(scan, "history", "verify", "--expect", digest).status == 0)
            let listed = await Self.ask(scan, "history", "list", "-f", "json").json["scans"] as? [[String: Any]]
            #expect(listed?.first?["digest"] as? String == digest)
            #expect(listed?.count == 4)
            let other = String(digest.reversed())
            let refused = await Self.ask(scan, "history", "verify", "--expect", other)
            #expect(refused.status == 5)
            #expect(refused.output.hasPrefix("NOT FOUND  the digest"))
            let words = refused.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("is not in this chain"))
            #expect(!(refused.output + refused.error).contains("ALTERED"))
            #expect(!refused.error.contains("is not what was sealed"))
            #expect(refused.output.contains(other))
            #expect(refused.error.contains("error: the history "))
            // What somebody changed is named.
            try await DatabaseQueue(path: scan.folder.database).write { db in
                for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
                    try db.execute(sql: "DROP TRIGGER \(name)")
                }
                try db.execute(
                    sql:
                        "UPDATE settingObservation SET useDefault = 1 WHERE scanID = 2 AND repositoryID = (SELECT id FROM repository WHERE githubID = 1)"
                )
            }
            let altered = await Self.ask(scan, "history", "verify")
            #expect(altered.status == 5)
            #expect(
                altered.error.contains("scan 2, acme/api, use_default: it is not what was sealed"), "\(altered.error)")
            let json = await Self.ask(scan, "history", "verify", "-f", "json").json
            #expect((json["problem"] as? [String: Any])?["field"] as? String == "use_default")
            #expect(await CommandRun.run(["history", "export", "--db", scan.folder.database]).status == 5)
        }
    }

    @Test func aScanNeedsNoNameWhereATimeIsGiven() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let run = await Self.ask(scan, "check", "--at", "latest", "--policy", "preset:strict", "-f", "json")
            #expect((run.json["organizations"] as? [Any])?.count == 1, "\(run.error)")
            let nobody = await Self.ask(scan, "check", "--policy", "preset:strict")
            #expect(nobody.status == 2)
            #expect(nobody.error.contains("no organization was named"))
            // A cron that died is no quiet week.
            let quiet = await Self.ask(scan, "diff", "--since", "2999-01-01", "--exit-code")
            #expect(quiet.status == 2)
            #expect(quiet.error.contains("no scan of acme has begun since 2999-01-01"))
        }
    }

    /// It is the latest, and compliant with what it read.
    @Test func aNarrowScanIsReportedAsThat() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let whole = await Self.ask(scan, "check", "--at", "latest", "--policy", "preset:strict")
            #expect(!whole.error.contains("limited to a scope"))
            _ = await scan("acme", "--include", "api")
            let list = await Self.ask(scan, "history", "list")
            #expect(list.output.split(separator: "\n").count { $0.hasSuffix("acme, in part") } == 1, "\(list.output)")
            let run = await Self.ask(scan, "check", "--at", "latest", "--policy", "preset:strict")
            #expect(run.error.contains("note: scan 4 was limited to a scope: repositories outside it are not judged"))
        }
    }

    @Test func pruningRehearsesFirst() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let rehearsal = await Self.ask(scan, "history", "prune", "--keep-days", "7")
            #expect(rehearsal.status == 0)
            #expect(rehearsal.output.hasPrefix("WOULD PRUNE  1 scan; 2 scans stay\n  scans: #1\n"))
            #expect(rehearsal.error == "note: nothing was removed; --yes removes it\n")
            #expect((await Self.ask(scan, "history", "list", "-f", "json").json["total"] as? Int) == 3)
            let pruned = await Self.ask(scan, "history", "prune", "--keep-days", "7", "--yes")
            #expect(pruned.output.hasPrefix("PRUNED  1 scan; 2 scans stay\n  scans: #1\n"))
            #expect((await Self.ask(scan, "history", "list", "-f", "json").json["total"] as? Int) == 2)
            let gone = await Self.ask(scan, "history", "show", "1")
            #expect(gone.status == 2)
            #expect(gone.error.contains("scan 1 was pruned"))
            #expect(await Self.ask(scan, "history", "verify").output.contains("2 scans · 1 pruned · 1 checkpoint"))
            // Nights go on, warm: what validators stand for is still there.
            let next = await scan("acme", "-f", "json")
            #expect(next.status == 1)
            let requests = (next.json["scan"] as? [String: Any])?["requests"] as? [String: Any]
            #expect((requests?["not_modified"] as? Int ?? 0) > 0)
            #expect(await Self.ask(scan, "history", "verify").status == 0)
        }
    }

    @Test func anExportIsImportedElsewhere() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let file = scan.folder.path + "/export.ndjson"
            #expect(await CommandRun.run(["history", "export", "--db", scan.folder.database, "-o", file]).status == 0)
            let printed = await CommandRun.run(["history", "export", "--db", scan.folder.database])
            #expect(try scan.folder.read("export.ndjson") == printed.output)
            for line in printed.output.split(separator: "\n") {
                _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
            }
            let merged = scan.folder.path + "/merged.sqlite"
            let first = await CommandRun.run(["history", "import", file, "--db", merged])
            #expect(first.output == "scans         3 imported\n")
            let again = await CommandRun.run(["history", "import", file, file, "--db", merged])
            #expect(again.output == "scans         6 known before\n")
            let here = await Self.ask(scan, "diff", "1", "2")
            let there = await CommandRun.run(["diff", "1", "2", "--db", merged, "--api-url", scan.address])
            #expect(here == there)
            #expect(!printed.output.contains("test-token"))
        }
    }

    @Test func theViewsKeepTheirPromise() async throws {
        try await Self.withNights { (scan) async throws -> Void in
            let columns = [
                "v1_scan": [
                    "scan_id", "api_url", "state", "stop", "started_at", "finished_at", "organizations", "scope",
                    "policy_name", "policy_sha256", "verdict", "complete", "listed", "compliant", "violating", "waived",
                    "unreadable", "skipped", "requests_sent", "requests_not_modified", "content_sha256", "digest",
                    "pruned",
                ],
                "v1_repository_state": [
                    "scan_id", "started_at", "organization", "repository_id", "full_name", "visibility", "archived",
                    "fork",
                    "topics", "custom_properties", "was_read", "error_code", "error_message", "since", "use_default",
                    "include_claim_keys", "use_immutable_subject", "sub_claim_prefix",
                ],
                "v1_finding": [
                    "scan_id", "api_url", "started_at", "policy_name", "rule", "state", "severity", "message",
                    "problems",
                    "first_seen",
                    "repository_id", "full_name", "organization_id", "waiver",
                ],
                "v1_setting_change": [
                    "scan_id", "observed_at", "repository_id", "full_name", "use_default", "include_claim_keys",
                    "use_immutable_subject", "sub_claim_prefix", "api_url", "sealed",
                ],
                "v1_seal": [
                    "place", "scan_id", "records_version", "content_sha256", "origin_sha256", "origin_digest",
                    "previous", "digest",
                ],
            ]
            try await DatabaseQueue(path: scan.folder.database).read { db in
                for (view, names) in columns {
                    #expect(try db.columns(in: view).map(\.name) == names, "\(view)")
                    let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(view)") ?? 0
                    #expect(count > 0, "\(view)")
                }
                #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM v1_organization") == 3)
                #expect(
                    try String.fetchAll(
                        db, sql: "SELECT full_name FROM v1_repository_state WHERE scan_id = 1 ORDER BY 1")
                        == ["acme/api", "acme/deploy", "acme/old", "acme/own", "acme/web"])
                #expect(
                    try String.fetchAll(
                        db, sql: "SELECT full_name FROM v1_repository_state WHERE scan_id = 3 ORDER BY 1")
                        == ["acme/api", "acme/deploy", "acme/new", "acme/own", "acme/web-site"])
                #expect(
                    try String.fetchAll(
                        db, sql: "SELECT full_name || ' ' || state FROM v1_finding WHERE scan_id = 2 ORDER BY rule")
                        == ["acme/api open", "acme/api open"])
            }
        }
    }
}
