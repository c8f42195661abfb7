import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What is called new, gone, accepted or compliant is so by what scans saw.
@Suite(.timeLimit(.minutes(5))) struct DriftTruthTests {
    private static let strict = ["--policy", "preset:strict"]
    private static let template = ["repo", "context", "job_workflow_ref"]

    private func command(_ scan: EmulatedScan, _ arguments: [String]) async -> CommandRun {
        await CommandRun.run(arguments + ["--api-url", scan.address, "--db", scan.folder.database])
    }

    private func night(
        _ scan: EmulatedScan, _ arguments: [String], policy: [String] = DriftTruthTests.strict, later: Int64 = 0,
    ) async -> CommandRun {
        await CommandRun.run(
            ["scan"] + arguments + ["--api-url", scan.address, "--db", scan.folder.database] + policy,
            environment: ["GH_ENTERPRISE_TOKEN": "t"], clockSkewSeconds: later)
    }

    private func values(_ run: CommandRun, _ list: String, _ member: String) -> [String] {
        (run.json[list] as? [[String: Any]] ?? []).compactMap { $0[member] as? String }
    }

    /// Two organizations, each with a repository that breaks rules and one that breaks none.
    private static func world() -> WorldFile {
        var poor = WorldFile.Repository.own("poor", id: 2001, ["actor"])
        poor.setting?.subClaimPrefix = "repo:beta/poor"
        return WorldFile(
            tokens: [],
            organizations: [
                .init(
                    login: "acme", id: 77, template: template,
                    repositories: [.own("bad", id: 1001, ["actor"]), .good("stays", id: 1002)]),
                .init(
                    login: "beta", id: 88, template: template,
                    repositories: [poor, .good("one", id: 2002, of: "beta")]),
            ], faults: [])
    }

    // MARK: - What is accepted

    @Test func aStoredScanAcceptsWhatItSawAlone() async throws {
        try await EmulatedScan.with(Self.world()) { (scan) async throws -> Void in
            _ = await night(scan, ["acme", "beta"])
            let narrow = await night(scan, ["--repository", "acme/stays"])
            #expect(narrow.status == 0, "\(narrow.error)")
            _ = await night(scan, ["beta"])
            for (baseline, organization, status) in [
                ("scan:1", "acme", 0), ("scan:2", "acme", 1), ("scan:3", "acme", 1), ("scan:3", "beta", 0),
            ] as [(String, String, Int32)] {
                let run = await night(scan, [organization, "--baseline", baseline, "--new-only", "-f", "line"])
                #expect(run.status == status, "\(baseline) \(organization): \(run.output)")
            }
        }
    }

    @Test func anotherWrongOrderIsNotAccepted() async throws {
        let policy =
            #"{"version": 1, "name": "own", "rules": [{"id": "b", "rule": "require-claims", "severity": "high", "#
            + #""claims": ["repo", "context", "job_workflow_ref"], "ordered": true}]}"#
        let orders = [["context", "repo", "job_workflow_ref"], ["job_workflow_ref", "context", "repo"]]
        try await EmulatedScan.with([.own("app", id: 1, orders[0])]) { (scan) async throws -> Void in
            let own = ["--policy", try scan.folder.write(policy, to: "p.json")]
            _ = await night(scan, ["acme"], policy: own)
            let baseline = ["acme", "--baseline", "scan:1", "--new-only", "-f", "json"]
            #expect(await night(scan, baseline, policy: own).status == 0)
            await scan.world.change { $0.organizations[0].repositories[0] = .own("app", id: 1, orders[1]) }
            let run = await night(scan, baseline, policy: own)
            #expect(run.status == 1, "\(run.output)")
            #expect(values(run, "findings", "state") == ["worsened"])
        }
    }

    /// A subject that is shared is worse where a claim that narrowed it goes, and where one that came goes again.
    @Test(arguments: ["scan:1", "waivers"]) func whatNarrowsASubjectIsPartOfWhatIsAccepted(by acceptance: String)
        async throws
    {
        let owner = "repository_owner_id"
        let nights: [(keys: [String], further: [String])] = [
            ([owner, "job_workflow_ref", "context"], []),
            ([owner, "context"], ["not narrowed by job_workflow_ref"]),
            ([owner, "context", "actor", "job_workflow_ref"], []),
            ([owner, "job_workflow_ref", "context"], acceptance == "waivers" ? [] : ["not narrowed by actor"]),
        ]
        try await EmulatedScan.with([.own("app", id: 1, nights[0].keys), .good("good", id: 2)]) { scan in
            let policy = ["--policy", "preset:baseline"]
            _ = await night(scan, ["acme"], policy: policy)
            let file = try scan.folder.write("version: 1\nwaivers: []\n", to: "waivers.yaml")
            let added = await command(
                scan,
                [
                    "waiver", "add", file, "--rule", "one-repository", "--repository", "app", "--owner", "o",
                    "--reason", "r", "--expires", "2027-01-31",
                ])
            #expect(added.status == 0, "\(added.error)")
            let options = acceptance == "waivers" ? ["--waivers", file] : ["--baseline", acceptance, "--new-only"]
            for (keys, further) in nights {
                await scan.world.change { $0.organizations[0].repositories[0] = .own("app", id: 1, keys) }
                let run = await night(scan, ["acme", "-f", "json"] + options, policy: policy)
                let found = (run.json["findings"] as? [[String: Any]] ?? []).first {
                    $0["rule"] as? String == "one-repository"
                }
                // Of what a waiver accepts, the state is what changed since the scan before.
                if acceptance != "waivers" {
                    #expect(found?["state"] as? String == (further.isEmpty ? "recurring" : "worsened"), "\(keys)")
                    #expect(found?["further_problems"] as? [String] ?? [] == further, "\(keys)")
                }
                #expect(run.status == (further.isEmpty ? 0 : 1), "\(keys): \(run.error)")
            }
        }
    }

    /// What stands in for a missing claim is part of what is accepted: without it, every branch has one subject.
    @Test(arguments: ["scan:1", "waivers"]) func aClaimThatStandsInIsPartOfWhatIsAccepted(by acceptance: String)
        async throws
    {
        let jobs = "job_workflow_ref"
        try await EmulatedScan.with([
            .own("deploy", id: 1, ["repo", "environment", jobs]), .own("pay", id: 2, ["repo", "ref", jobs]),
            .good("good", id: 3),
        ]) { scan in
            await scan.world.change { $0.organizations[0].template = Self.template }
            _ = await night(scan, ["acme"])
            let file = try scan.folder.write("version: 1\nwaivers: []\n", to: "waivers.yaml")
            for (repository, rule) in [
                ("deploy", "required-claims"), ("deploy", "follows-organization"), ("deploy", "no-failing-jobs"),
                ("pay", "required-claims"), ("pay", "follows-organization"),
            ] {
                let added = await command(
                    scan,
                    [
                        "waiver", "add", file, "--rule", rule, "--repository", repository, "--owner", "o", "--reason",
                        "r", "--expires", "2027-01-31",
                    ])
                #expect(added.status == 0, "\(added.error)")
            }
            // What of those rules alone is to count.
            let options = acceptance == "waivers" ? ["--waivers", file] : ["--baseline", acceptance, "--new-only"]
            let before = await night(scan, ["acme", "-f", "json", "--fail-on", "medium"] + options)
            #expect(before.status == 0, "\(before.output)")
            for name in ["deploy", "pay"] {
                await scan.world.change { world in
                    let place = name == "deploy" ? 0 : 1
                    world.organizations[0].repositories[place] = .own(name, id: Int64(place + 1), ["repo", jobs])
                }
            }
            let run = await night(scan, ["acme", "-f", "json", "--fail-on", "medium"] + options)
            #expect(run.status == 1, "\(run.output)")
            let worse = (run.json["findings"] as? [[String: Any]] ?? []).filter {
                $0["rule"] as? String == "required-claims" && $0["state"] as? String == "worsened"
            }
            #expect(
                worse.map { $0["further_problems"] as? [String] } == [
                    ["not narrowed by environment"], ["not narrowed by ref"],
                ])
            let text = await command(scan, ["diff"])
            #expect(!text.output.contains("BETTER"), "\(text.output)")
        }
    }

    /// Another scan in between may have found it open again: compared is with the one that is named.
    @Test func whatTheScanBeforeFoundFixedHasReappeared() async throws {
        try await EmulatedScan.with([.own("app", id: 1, ["repo"]), .good("good", id: 2)]) { scan in
            func night(_ keys: [String]?, _ arguments: [String]) async -> CommandRun {
                await scan.world.change {
                    $0.organizations[0].repositories[0] = keys.map { .own("app", id: 1, $0) } ?? .good("app", id: 1)
                }
                return await self.night(scan, arguments + ["-f", "json"])
            }
            _ = await night(["repo"], ["acme"])
            _ = await night(nil, ["--repository", "acme/app"])
            _ = await night(["repo"], ["acme"])
            let run = await night(["repo"], ["--repository", "acme/app"])
            let states = Set(values(run, "findings", "state") + values(run, "findings", "since_last_scan"))
            #expect(states.isSubset(of: ["reappeared"]) && !states.isEmpty, "\(states)")
        }
    }

    @Test func whatIsInScopeAgainAndWorseSaysSo() async throws {
        let policy =
            #"{"version": 1, "name": "own", "rules": [{"id": "b", "rule": "require-claims", "severity": "high", "#
            + #""claims": ["repo", "context"]}]}"#
        try await EmulatedScan.with([.own("app", id: 1, ["repo"]), .good("good", id: 2)]) { scan in
            let own = ["--policy", try scan.folder.write(policy, to: "p.json")]
            _ = await night(scan, ["acme"], policy: own)
            await scan.world.change { $0.organizations[0].repositories[0].archived = true }
            _ = await night(scan, ["acme"], policy: own)
            await scan.world.change { $0.organizations[0].repositories[0] = .own("app", id: 1, ["workflow"]) }
            let run = await night(scan, ["acme"], policy: own)
            #expect(
                run.output.replacing(/\s+/, with: " ").contains("in scope again, now also missing claim: repo"),
                "\(run.output)")
            let json = await command(scan, ["report", "-f", "json"] + own)
            let further = (json.json["findings"] as? [[String: Any]] ?? []).map { $0["further_problems"] as? [String] }
            #expect(further == [["missing claim: repo"]])
        }
    }

    @Test func aSeverityThatRoseIsSaid() async throws {
        @Sendable func policy(_ severity: String) -> String {
            #"{"version": 1, "name": "own", "rules": [{"id": "b", "rule": "require-claims", "severity": "\#(severity)", "#
                + #""claims": ["context"]}]}"#
        }
        try await EmulatedScan.with([.own("app", id: 1, ["repo"])]) { (scan) async throws -> Void in
            let own = ["--policy", try scan.folder.write(policy("medium"), to: "p.json")]
            _ = await night(scan, ["acme"], policy: own)
            _ = try scan.folder.write(policy("critical"), to: "p.json")
            let run = await night(scan, ["acme", "--baseline", "scan:1", "--new-only"], policy: own)
            #expect(run.status == 1)
            #expect(
                run.output.replacing(/\s+/, with: " ").contains("worsened: accepted as medium, critical now"),
                "\(run.output)")
        }
    }

    /// Compared with the scan before, only what that lacked is further, whatever the baseline holds.
    @Test func whatIsNewIsSaidSinceTheScanThatIsNamed() async throws {
        try await EmulatedScan.with([.own("app", id: 1, ["repo", "context", "actor"])]) { (scan) async throws -> Void in
            _ = await night(scan, ["acme"])
            await scan.world.change { $0.organizations[0].repositories[0] = .own("app", id: 1, ["repo", "actor"]) }
            _ = await night(scan, ["acme"])
            await scan.world.change { $0.organizations[0].repositories[0] = .own("app", id: 1, ["actor"]) }
            let run = await night(scan, ["acme", "--baseline", "scan:1", "--new-only"])
            let news = try #require(
                run.output.components(separatedBy: "NEW ").last?.components(separatedBy: "\n\n").first)
            let words = news.replacing(/\s+/, with: " ")
            #expect(words.contains("since #2") && words.contains("now also missing claim: repo"), "\(news)")
            #expect(!words.contains("missing claim: context;"), "\(news)")
        }
    }

    /// Who accepts where a template comes from accepts no wider subject.
    @Test func anAcceptedSourceHidesNoWiderSubject() async throws {
        let policy =
            #"{"version": 1, "name": "own", "rules": [{"id": "b", "rule": "template-source", "severity": "high", "#
            + #""allowed": ["organization"]}]}"#
        try await EmulatedScan.with([.own("app", id: 1, ["repo", "context"])]) { (scan) async throws -> Void in
            let own = ["--policy", try scan.folder.write(policy, to: "p.json")]
            _ = await night(scan, ["acme"], policy: own)
            let baseline = ["acme", "--baseline", "scan:1", "--new-only", "-f", "json"]
            await scan.world.change {
                $0.organizations[0].repositories[0] = .own("app", id: 1, ["repo", "context", "ref"])
            }
            let narrower = await night(scan, baseline, policy: own)
            #expect(narrower.status == 0, "\(narrower.output)")
            await scan.world.change { $0.organizations[0].repositories[0] = .own("app", id: 1, ["repo"]) }
            let run = await night(scan, baseline, policy: own)
            #expect(run.status == 1, "\(run.output)")
            let found = (run.json["findings"] as? [[String: Any]])?.first
            #expect(found?["state"] as? String == "worsened")
            #expect(found?["further_problems"] as? [String] == ["not narrowed by context", "not narrowed by ref"])
        }
    }

    /// An organization's own finding is accepted as a repository's is.
    @Test func aWaivedOrganizationIsPassedAndNotCompliant() async throws {
        let policy =
            #"{"version": 1, "name": "own", "rules": [{"id": "b", "rule": "organization-template", "severity": "high", "#
            + #""templates": [["repo"]]}]}"#
        try await EmulatedScan.with([.good("app", id: 1)]) { (scan) async throws -> Void in
            let waivers = try scan.folder.write(
                #"{"version": 1, "waivers": [{"rule": "b", "organization": "acme", "owner": "o", "reason": "r", "#
                    + #""expires": "2027-01-31"}]}"#, to: "w.json")
            let run = await night(
                scan, ["acme", "--waivers", waivers],
                policy: ["--policy", try scan.folder.write(policy, to: "p.json")])
            #expect(run.status == 0 && run.output.hasPrefix("PASSED"), "\(run.output)")
            #expect(await command(scan, ["history", "show"]).output.hasPrefix("PASSED"))
            #expect(await command(scan, ["history", "list"]).output.contains("passed"))
        }
    }

    // MARK: - What is gone, and back

    @Test func whatNobodyFixedIsNotFixed() async throws {
        @Sendable func policy(_ rule: String) -> String { #"{"version": 1, "name": "own", "rules": [\#(rule)]}"# }
        let rule = #"{"id": "b", "rule": "require-claims", "severity": "high", "claims": ["context"]"#
        let (publicOnly, without, relaxed) = (
            rule + #", "where": {"visibility": ["public"]}}"#, rule + #", "where": {"exclude_names": ["app"]}}"#,
            rule.replacing("context", with: "repo") + "}"
        )
        for (first, second, isPrivate, why) in [
            (publicOnly, publicOnly, true, "not_applicable"), (rule + "}", without, false, "not_applicable"),
            (rule + "}", relaxed, false, "policy_changed"),
        ] {
            var repository = WorldFile.Repository.own("app", id: 1, ["repo"])
            repository.visibility = "public"
            try await EmulatedScan.with([repository]) { (scan) async throws -> Void in
                let own = ["--policy", try scan.folder.write(policy(first), to: "p.json")]
                #expect(await night(scan, ["acme"], policy: own).status == 1)
                _ = try scan.folder.write(policy(second), to: "p.json")
                if isPrivate {
                    await scan.world.change { $0.organizations[0].repositories[0].visibility = "private" }
                }
                let run = await night(scan, ["acme", "-f", "json"], policy: own, later: 60)
                #expect(values(run, "gone", "why") == [why], "\(run.output)")
                _ = try scan.folder.write(policy(first), to: "p.json")
                await scan.world.change { $0.organizations[0].repositories[0].visibility = "public" }
                let back = await night(scan, ["acme", "-f", "json"], policy: own, later: 120)
                #expect(values(back, "findings", "state") == ["new"], "\(back.output)")
                // The baseline of the first scan still holds it: nobody fixed it in between.
                #expect(await night(scan, ["acme", "--baseline", "scan:1", "--new-only"], policy: own).status == 0)
            }
        }
    }

    /// A fix by what a repository inherits is a fix, whatever else the policy's text says by then.
    @Test func aFixByTheOrganizationsTemplateIsOneUnderAnotherText() async throws {
        @Sendable func policy(_ words: String) -> String {
            #"{"version": 1, "name": "own", "description": "\#(words)", "rules": [{"id": "b", "rule": "require-claims", "#
                + #""severity": "high", "claims": ["context"]}]}"#
        }
        try await EmulatedScan.with([.good("app", id: 1)], template: ["repo"]) { (scan) async throws -> Void in
            let own = ["--policy", try scan.folder.write(policy("one"), to: "p.json")]
            #expect(await night(scan, ["acme"], policy: own).status == 1)
            _ = try scan.folder.write(policy("two"), to: "p.json")
            await scan.world.change { $0.organizations[0].template = ["repo", "context"] }
            let fixed = await night(scan, ["acme", "-f", "json"], policy: own, later: 60)
            #expect(values(fixed, "gone", "why") == ["fixed"], "\(fixed.output)")
            await scan.world.change { $0.organizations[0].template = ["repo"] }
            let back = await night(
                scan, ["acme", "--baseline", "scan:1", "--new-only", "-f", "json"], policy: own, later: 120)
            #expect(back.status == 1)
            #expect(values(back, "findings", "state") == ["reappeared"], "\(back.output)")
        }
    }

    /// What it inherits is what it was: nobody fixed it. The same of the organization's own template.
    @Test func whatIsInheritedUnchangedIsNotFixedByAnotherText() async throws {
        @Sendable func policy(_ claims: String) -> String {
            #"{"version": 1, "name": "own", "rules": [{"id": "b", "rule": "require-claims", "severity": "high", "#
                + #""claims": [\#(claims)]}, {"id": "o", "rule": "organization-template", "severity": "high", "#
                + #""templates": [["repo", \#(claims)]]}]}"#
        }
        try await EmulatedScan.with([.good("app", id: 1)], template: ["repo", "ref"]) { (scan) async throws -> Void in
            let own = ["--policy", try scan.folder.write(policy(#""context""#), to: "p.json")]
            #expect(await night(scan, ["acme"], policy: own).status == 1)
            _ = try scan.folder.write(policy(#""ref""#), to: "p.json")
            let gone = await night(scan, ["acme", "-f", "json"], policy: own, later: 60)
            #expect(values(gone, "gone", "why") == ["policy_changed", "policy_changed"], "\(gone.output)")
            _ = await night(scan, ["acme"], policy: own, later: 120)
            _ = try scan.folder.write(policy(#""context""#), to: "p.json")
            let back = await night(
                scan, ["acme", "--baseline", "scan:1", "--new-only", "-f", "json"], policy: own, later: 180)
            #expect(back.status == 0, "\(back.output)")
        }
    }

    /// Gone by another text of the policy, then fixed, then back.
    @Test func whatIsFixedAfterItHadGoneCountsWhenItIsBack() async throws {
        @Sendable func policy(_ claim: String) -> String {
            #"{"version": 1, "name": "own", "rules": [{"id": "b", "rule": "require-claims", "severity": "high", "#
                + #""claims": ["\#(claim)"]}]}"#
        }
        try await EmulatedScan.with([.own("app", id: 1, ["repo"])]) { (scan) async throws -> Void in
            let own = ["--policy", try scan.folder.write(policy("context"), to: "p.json")]
            #expect(await night(scan, ["acme"], policy: own).status == 1)
            _ = try scan.folder.write(policy("repo"), to: "p.json")
            let gone = await night(scan, ["acme", "-f", "json"], policy: own, later: 60)
            #expect(values(gone, "gone", "why") == ["policy_changed"], "\(gone.output)")
            await scan.world.change { $0.organizations[0].repositories[0] = .own("app", id: 1, ["repo", "context"]) }
            _ = await night(scan, ["acme"], policy: own, later: 120)
            _ = try scan.folder.write(policy("context"), to: "p.json")
            await scan.world.change { $0.organizations[0].repositories[0] = .own("app", id: 1, ["repo"]) }
            let back = await night(
                scan, ["acme", "--baseline", "scan:1", "--new-only", "-f", "json"], policy: own, later: 180)
            #expect(back.status == 1)
            #expect(values(back, "findings", "state") == ["reappeared"], "\(back.output)")
            let timeline = await command(scan, ["history", "repository", "acme/app"])
            #expect(timeline.output.ranges(of: "no longer found: b").count == 1, "\(timeline.output)")
        }
    }

    @Test func aRepositoryThatIsRestoredIsNews() async throws {
        try await EmulatedScan.with(Self.world()) { (scan) async throws -> Void in
            _ = await night(scan, ["acme"])
            let whole = await scan.world.file
            await scan.world.change { $0.organizations[0].repositories.removeFirst() }
            #expect(await night(scan, ["acme"]).output.contains("the repository is no longer listed"))
            await scan.world.change { $0 = whole }
            let back = await night(scan, ["acme"])
            #expect(back.output.contains("NEW "), "\(back.output)")
            let report = await command(scan, ["report", "-f", "json"] + Self.strict)
            #expect(Set(values(report, "findings", "since_last_scan")) == ["new"])
            // As old as it is.
            #expect(values(report, "findings", "first_seen").allSatisfy { $0 < report.scanStart })
        }
    }

    /// What an ad-hoc scan saw in between is in the morning's report all the same.
    @Test func aScanOfAnotherScopeTakesNothingOutOfTheReport() async throws {
        try await EmulatedScan.with([.good("app", id: 1), .own("pay", id: 2, ["actor"])]) {
            (scan) async throws -> Void in
            _ = await night(scan, ["acme"])
            await scan.world.change {
                $0.organizations[0].repositories = [.own("app", id: 1, ["actor"]), .good("pay", id: 2)]
            }
            _ = await night(scan, ["--repository", "acme/app", "--repository", "acme/pay"])
            for run in [
                await night(scan, ["acme", "-f", "json"]), await command(scan, ["report", "3", "-f", "json"]),
            ] {
                let found = run.json["findings"] as? [[String: Any]] ?? []
                #expect(!found.isEmpty)
                #expect(Set(values(run, "findings", "since_last_scan")) == ["new"], "\(run.error)")
                #expect(Set(values(run, "gone", "repository")) == ["acme/pay"])
            }
            let text = await command(scan, ["report", "3"])
            #expect(text.output.contains("NEW ") && text.output.contains("GONE "), "\(text.output)")
        }
    }

    // MARK: - Named repositories, and scope

    /// Repositories that were never named together are held against the last scan that read them.
    @Test func whatIsNamedForTheFirstTimeHasNewsAllTheSame() async throws {
        try await EmulatedScan.with([.good("app", id: 1), .good("pay", id: 2), .own("old", id: 3, ["actor"])]) {
            (scan) async throws -> Void in
            _ = await night(scan, ["acme"])
            _ = await night(scan, ["--repository", "acme/old"])
            await scan.world.change { $0.organizations[0].repositories[0] = .own("app", id: 1, ["actor"]) }
            let run = await night(scan, ["--repository", "acme/app", "--repository", "acme/pay"])
            #expect(run.status == 1)
            let words = run.output.replacing(/\s+/, with: " ")
            #expect(words.contains("changed since #1 of "), "\(run.output)")
            #expect(words.contains("1 template; findings: "), "\(run.output)")
            #expect(words.contains("NEW ") && words.contains(" new since #1 of "), "\(run.output)")
            #expect(!words.contains("not known of") && !words.contains("GONE"), "\(run.output)")
            // One that a later scan read with others: each is compared with the last scan that read it.
            let both = await night(scan, ["--repository", "acme/app", "--repository", "acme/old"])
            #expect(both.output.contains("changed  since #3 of "), "\(both.output)")
            #expect(!both.output.contains("NEW ") && !both.output.contains("not known of"), "\(both.output)")
            // What no scan read has none.
            await scan.world.change { $0.organizations[0].repositories.append(.own("fresh", id: 4, ["actor"])) }
            let fresh = await night(scan, ["--repository", "acme/fresh"])
            #expect(fresh.status == 1 && !fresh.output.contains("NEW "), "\(fresh.output)")
        }
    }

    /// What a scan left out is neither gone nor changed, and said.
    @Test func whatIsOutOfScopeIsSaid() async throws {
        try await EmulatedScan.with([.good("app", id: 1), .good("pay", id: 2)]) { (scan) async throws -> Void in
            _ = await night(scan, ["acme"])
            _ = await night(scan, ["--repository", "acme/app"])
            let narrow = await command(scan, ["diff"])
            #expect(narrow.output.contains("SCOPE"), "\(narrow.output)")
            #expect(
                narrow.output.contains("left out by #2\n    1 repository: out of scope: not named\n      acme/pay"),
                "\(narrow.output)")
            #expect(!narrow.output.contains("removed"))
            let json = await command(scan, ["diff", "-f", "json"])
            let organization = (json.json["organizations"] as? [[String: Any]])?.first
            let scope = organization?["scope"] as? [String: Any]
            let left = (scope?["left"] as? [[String: Any]])?.first
            #expect(left?["full_name"] as? String == "acme/pay")
            #expect(left?["why"] as? String == "out of scope: not named")
            #expect(json.json["changed"] as? Bool == false)
            let back = await command(scan, ["diff", "2", "1"])
            #expect(back.output.contains("left out by #2, and not any more"), "\(back.output)")
            let timeline = await command(scan, ["history", "repository", "acme/pay"])
            #expect(timeline.output.contains("id 2, out of scope"), "\(timeline.output)")
            #expect(timeline.output.contains("left out: by #2, the last scan: out of scope: not named"))

            await scan.world.change { $0.organizations[0].repositories[1].archived = true }
            for _ in 0..<2 { _ = await night(scan, ["acme"]) }
            let archived = await command(scan, ["diff", "1", "3"])
            #expect(archived.output.contains("1 repository: archived\n      acme/pay"), "\(archived.output)")
            let retired = await command(scan, ["history", "repository", "acme/pay"])
            #expect(retired.output.contains("left out: by #2 to #4, the last scan: archived"), "\(retired.output)")
            let page = await command(scan, ["history", "repository", "acme/pay", "-f", "json"])
            #expect((page.json["left_out"] as? [String: Any])?["why"] as? String == "archived")
            await scan.world.change { $0.organizations[0].repositories[1].archived = false }
            _ = await night(scan, ["acme"])
            let whole = await command(scan, ["history", "repository", "acme/pay", "-f", "json"])
            #expect(whole.json["left_out"] is NSNull)
        }
    }

    // MARK: - What is not known

    /// A gap of coverage, in the story of each of its repositories.
    @Test func theTimelineSaysThatTheOrganizationWasNotFound() async throws {
        try await EmulatedScan.with(Self.world()) { (scan) async throws -> Void in
            _ = await night(scan, ["acme", "beta"])
            let whole = await scan.world.file
            await scan.world.change { $0.organizations.removeLast() }
            for _ in 0..<2 { _ = await night(scan, ["acme", "beta"]) }
            let lost = await command(scan, ["history", "repository", "beta/poor"])
            #expect(lost.output.contains("organization not found from #2 to #3, the last scan"), "\(lost.output)")
            await scan.world.change { $0 = whole }
            _ = await night(scan, ["acme", "beta"])
            let timeline = await command(scan, ["history", "repository", "beta/poor"])
            #expect(timeline.output.contains("organization not found from #2 to #3\n"), "\(timeline.output)")
            let json = await command(scan, ["history", "repository", "beta/poor", "-f", "json"])
            let event = (json.json["events"] as? [[String: Any]] ?? []).first {
                $0["kind"] as? String == "organization_not_found"
            }
            #expect((event?["regained_by"] as? [String: Any])?["id"] as? Int == 4)
            #expect((event?["previous_scan"] as? [String: Any])?["id"] as? Int == 1)
            let other = await command(scan, ["history", "repository", "acme/bad"])
            #expect(!other.output.contains("not found"), "\(other.output)")
        }
    }

    @Test func anOrganizationThatIsNotFoundTakesNothingWithIt() async throws {
        try await EmulatedScan.with(Self.world()) { (scan) async throws -> Void in
            _ = await night(scan, ["acme", "beta"])
            await scan.world.change { $0.organizations.removeLast() }
            let run = await night(scan, ["acme", "beta", "-f", "json"])
            #expect(run.status == 3 || run.status == 1, "\(run.error)")
            #expect(Set(values(run, "carried_on", "repository")) == ["beta/poor"])
            let text = await command(scan, ["report"] + Self.strict)
            #expect(text.output.contains("known and not judged this time"), "\(text.output)")
            let metrics = await command(scan, ["report", "-f", "prometheus"] + Self.strict)
            let lost = metrics.output.split(separator: "\n").filter {
                $0.contains("state=\"not_judged\"") && $0.contains("org=\"beta\"")
            }
            #expect(lost.count == 1 && lost.first?.hasSuffix(" 0") == false, "\(lost)")
            let page = await command(scan, ["report", "-f", "html"] + Self.strict)
            #expect(!page.output.contains("None is open."), "a critical one was not judged")
            let file = scan.folder.path + "/b.json"
            _ = await command(scan, ["check", "--at", "2", "--write-baseline", file] + Self.strict)
            #expect(try String(contentsOfFile: file, encoding: .utf8).contains("beta/poor"))
        }
    }

    @Test func eachIncompleteOrganizationIsNamed() async throws {
        try await EmulatedScan.with(Self.world()) { (scan) async throws -> Void in
            await scan.world.change {
                $0.faults = [
                    .init(path: "/orgs/acme/actions/*", kind: .status, status: 403),
                    .init(path: "/orgs/beta/actions/*", kind: .status, status: 403),
                ]
            }
            for format in ["line", "github", "text"] {
                let run = await night(scan, ["acme", "beta", "-f", format])
                #expect(run.output.contains("2 organizations (acme, beta)"), "\(run.output)")
            }
            let annotated = await night(scan, ["acme", "beta", "-f", "github"])
            #expect(annotated.output.contains("::warning title=not read::beta: "), "\(annotated.output)")
        }
    }

    /// What a stopped scan read is judged by nobody: until it is resumed, the scan before it does not speak for today.
    @Test func aScanThatWasNotFinishedIsNotPassedOver() async throws {
        let good = (0..<20).map { WorldFile.Repository.good("r\($0)", id: Int64(1001 + $0)) }
        try await EmulatedScan.with(good) { (scan) async throws -> Void in
            #expect(await night(scan, ["acme"]).status == 0)
            await scan.world.change {
                $0.faults = [
                    .init(
                        path: "/repos/acme/*", after: 5, kind: .body, status: 403,
                        body: #"{"message": "This installation has been suspended"}"#)
                ]
            }
            #expect(await night(scan, ["acme"]).status == 3)
            let words = "scan #2, which began at "
            let check = await command(scan, ["check", "acme"] + Self.strict)
            #expect(check.status == 3, "\(check.output)")
            #expect(check.output.contains(words), "\(check.output)")
            let line = await command(scan, ["report", "-f", "line"] + Self.strict)
            #expect(line.status == 3 && line.output.hasPrefix("incomplete: "), "\(line.output)")
            // By its number a scan is told as it was.
            #expect(await command(scan, ["report", "1", "-f", "line"] + Self.strict).status == 0)
            await scan.world.change { $0.faults = [] }
            #expect(await night(scan, ["acme", "--resume"]).status == 0)
            #expect(await command(scan, ["check", "acme"] + Self.strict).status == 0)
        }
    }
}

extension CommandRun {
    fileprivate var scanStart: String { (json["scan"] as? [String: Any])?["started_at"] as? String ?? "" }
}
