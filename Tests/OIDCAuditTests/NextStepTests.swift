import AuditCore
import Foundation
import TestSupport
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What is suggested at the end of a command is a command that works.
@Suite(.timeLimit(.minutes(5))) struct NextStepTests {
    private static func run(_ arguments: [String], isTerminal: Bool = true) async -> CommandRun {
        await CommandRun.run(
            arguments, environment: ["GH_ENTERPRISE_TOKEN": "test-token"], isTerminal: isTerminal, ask: { _ in true })
    }

    /// The words of each command that is suggested, without the program's name.
    static func next(_ run: CommandRun) -> [[String]] {
        run.error.split(separator: "\n").compactMap { line in
            line.firstRange(of: " next: ").map { String(line[$0.upperBound...]) }
        }.map { line in
            line.matches(of: /'([^']*)'|(\S+)/).map { String($0.output.1 ?? $0.output.2 ?? "") }
                .drop { $0 != "oidc-audit" }.dropFirst().map(\.self)
        }
    }

    /// From a scan to its plan, its apply and its rollback by nothing but what is suggested.
    @Test func theWayFromAFindingToARollbackIsSuggested() async throws {
        let repositories = (1...2).map { number in
            WorldFile.Repository(
                name: "r\(number)", id: Int64(number),
                setting: .init(useDefault: true, subClaimPrefix: "repo:acme/r\(number)"))
        }
        try await EmulatedScan.with(repositories) { (scan) async throws -> Void in
            let scanned = await scan("acme", isTerminal: true)
            let afterScan = Self.next(scanned)
            #expect(afterScan.map(\.first) == ["explain", "plan"], "\(scanned.error)")
            let explained = await Self.run(afterScan[0])
            #expect(explained.status == 0, "\(explained.error)")
            let file = scan.folder.path + "/plan.json"
            let planned = await Self.run(
                afterScan[1].map { $0 == "json=plan.json" ? "json=\(file)" : $0 })
            #expect(planned.status == 1, "\(planned.error)")
            let afterPlan = Self.next(planned)
            #expect(afterPlan.map(\.first) == ["apply"], "\(planned.error)")
            let applied = await Self.run(afterPlan[0])
            #expect(applied.status == 0, "\(applied.error)")
            let afterApply = Self.next(applied)
            #expect(
                afterApply.map { $0.prefix(2) } == [["rollback", "1"], ["history", "changes"]], "\(applied.error)")
            let journal = await Self.run(afterApply[1])
            #expect(journal.status == 0)
            #expect(Self.next(journal) == [afterApply[0]])
            let undone = await Self.run(afterApply[0])
            #expect(undone.status == 0, "\(undone.error)")
            #expect(Self.next(undone).map { $0.prefix(3) } == [["history", "changes", "2"]])
            // What was rolled back is not to be rolled back twice; the rollback itself can be.
            let whole = await Self.run(Array(afterApply[1].filter { $0 != "1" }))
            #expect(Self.next(whole).isEmpty, "\(whole.error)")
            #expect(Self.next(await Self.run(Self.next(undone)[0])).map { $0.prefix(2) } == [["rollback", "2"]])
            // A plan without a file is to be written to one.
            let again = await Self.run(
                [
                    "plan", "acme", "--policy", "preset:strict", "--from-scan", "latest", "--db", scan.folder.database,
                    "--api-url", scan.address,
                ])
            #expect(Self.next(again).first?.contains("json=plan.json") == true, "\(again.error)")
        }
    }

    /// A log has no use for it, and who wants quiet has none either.
    @Test func onlyATerminalGetsIt() async throws {
        try await EmulatedScan.with([.own("x", id: 1, ["repo"])]) { (scan) async throws -> Void in
            #expect(Self.next(await scan("acme")).isEmpty)
            #expect(Self.next(await scan("acme", "-q", isTerminal: true)).isEmpty)
            let check = await Self.run(
                ["check", "acme", "--policy", "preset:strict", "--db", scan.folder.database, "--api-url", scan.address])
            #expect(Self.next(check).map(\.first) == ["explain", "plan"])
        }
    }

    @Test func aNewPolicyIsCheckedAndUsed() async throws {
        let folder = try Folder()
        let run = await Self.run(["policy", "init", "--file", folder.path + "/my policy.yaml"])
        #expect(run.status == 0, "\(run.error)")
        let next = Self.next(run)
        #expect(next.map(\.first) == ["policy", "scan"])
        #expect(await Self.run(next[0]).status == 0)
    }

    /// Without a scan there is nothing to check, and where its history stands is not forgotten.
    @Test func aPolicyOfAnOrganizationIsCheckedByItsScan() async throws {
        try await EmulatedScan.with([.own("x", id: 1, ["repo"])]) { (scan) async throws -> Void in
            func make(_ name: String) async -> [[String]] {
                let file = scan.folder.path + "/\(name).yaml"
                let run = await Self.run([
                    "policy", "init", "acme", "--file", file, "--db", scan.folder.database, "--api-url", scan.address,
                ])
                #expect(run.status == 0, "\(run.error)")
                return Self.next(run)
            }
            #expect(await make("first").last?.prefix(2) == ["scan", "acme"])
            _ = await scan("acme")
            let check = try #require(await make("second").last)
            #expect(check.first == "check")
            let checked = await Self.run(check)
            #expect([0, 1].contains(checked.status), "\(checked.error)")
        }
    }

    /// Waivers, configuration, credential and scope of the command line go on, quoted for a shell; consent does not.
    @Test func theNextCommandKeepsWhatChangesItsResult() async throws {
        let repositories = (1...2).map { WorldFile.Repository.own("r\($0)", id: Int64($0), ["repo"]) }
        try await EmulatedScan.with(repositories, tokens: ["of-the-file"]) { (scan) async throws -> Void in
            let day = Day(of: Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))).adding(days: 30)
            let waivers = try scan.folder.write(
                """
                version: 1
                waivers:
                  - rule: claims
                    repository: acme/r1
                    owner: o
                    reason: frozen
                    expires: \(day)
                """, to: "the waivers.yaml")
            let config = try scan.folder.write("db: \(scan.folder.database)\napi-url: \(scan.address)\n", to: "c.yaml")
            let policy = try scan.folder.write(
                """
                {"version": 1, "name": "p", "rules": [{"id": "claims", "rule": "require-claims", "severity": "high",
                  "claims": ["job_workflow_ref"], "fix": "inherit"}]}
                """, to: "the policy.json")
            let token = try scan.folder.write("of-the-file\n", to: "token")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: token)
            let given = ["--waivers", waivers, "-c", config, "--token-file", token, "--policy", policy]
            let scanned = await Self.run(["scan", "acme", "--exit-zero", "--concurrency=7"] + given)
            let plan = try #require(Self.next(scanned).last, "\(scanned.error)")
            #expect(plan.first == "plan")
            #expect(scanned.error.contains("--waivers '\(waivers)'"), "\(scanned.error)")
            for (name, value) in [("--config", config), ("--token-file", token), ("--concurrency", "7")] {
                #expect(plan.contains(name) && plan.contains(value), "\(plan)")
            }
            #expect(!plan.contains("--exit-zero"))
            let file = scan.folder.path + "/plan.json"
            let planned = await Self.run(plan.map { $0 == "json=plan.json" ? "json=\(file)" : $0 })
            #expect(planned.status == 1, "\(planned.error)")
            #expect(planned.output.contains("acme/r2") && !planned.output.contains("acme/r1"), "\(planned.output)")
            let apply = try #require(Self.next(planned).last)
            #expect(apply.contains("--token-file") && apply.contains("--config") && !apply.contains("--waivers"))
            let applied = await Self.run(apply)
            #expect(applied.status == 0, "\(applied.error)")
            let undone = await Self.run(try #require(Self.next(applied).first))
            #expect(undone.status == 0, "\(undone.error)")
        }
    }

    /// The policy is named as it was given, and a scan's policy is copied before a plan is made by it.
    @Test func aPolicyIsNamedAsItWasGiven() async throws {
        try await EmulatedScan.with([.own("x", id: 1, ["repo"])]) { (scan) async throws -> Void in
            let bytes = await Self.run(["policy", "show", "preset:strict"], isTerminal: false).output
            let policies = try ["a.json", "b.json"].map { try scan.folder.write(bytes, to: $0) }
            for policy in policies {
                #expect(
                    Self.next(await scan("acme", "--policy", policy, isTerminal: true)).last?.contains(policy) == true)
            }
            let source = ["--db", scan.folder.database, "--api-url", scan.address]
            let check = await Self.run(["check", "acme", "--policy", "scan:2"] + source)
            var next = Self.next(check)
            #expect(next.map(\.first) == ["policy", "plan"], "\(check.error)")
            let copy = scan.folder.path + "/copy.yaml"
            next = next.map { $0.map { $0 == "policy-of-scan.yaml" ? copy : $0 } }
            #expect(await Self.run(next[0]).status == 0)
            let planned = await Self.run(
                next[1].map { $0 == "json=plan.json" ? "json=\(scan.folder.path)/p.json" : $0 })
            #expect(planned.status == 1, "\(planned.error)")
            // A report and a verified history lead on as well.
            let report = Self.next(await Self.run(["report", "1"] + source))
            #expect(report.map { $0.prefix(3) } == [["policy", "show", "scan:1"]])
            #expect(await Self.run(report.first ?? []).status == 0)
            let verified = Self.next(await Self.run(["history", "verify"] + source))
            #expect(verified.map { $0.prefix(2) } == [["history", "export"]])
        }
    }

    /// What is left would go the way of the one whose prefix changed.
    @Test func anUnplannedPrefixLeadsBackAndNotOn() throws {
        func setting(_ prefix: String, _ keys: [ClaimKey]?) -> PlannedChange.Value {
            .repository(
                RepositorySetting(
                    useDefault: keys == nil, includeClaimKeys: keys, useImmutableSubject: false, subClaimPrefix: prefix)
            )
        }
        let changes = (1...2).map { id in
            PlannedChange(
                target: .repository(owner: "acme", name: "r\(id)", id: RepositoryID(rawValue: Int64(id))),
                before: setting("repo:acme@77/r\(id)@\(id)", nil), after: setting("repo:acme@77/r\(id)@\(id)", ["repo"])
            )
        }
        let plan = Plan(
            apiURL: "https://api.github.com", isEnterpriseServer: false, organizations: [], createdAt: .sample,
            scanID: nil, policyName: "", policySHA256: "", changes: changes, manual: [])
        func changeset(_ outcome: ChangeOutcome) -> Changeset {
            Changeset(
                id: ChangesetID(rawValue: 1), kind: .apply, startedAt: .sample, actor: nil, planDigest: "", plan: plan,
                entries: [.init(intendedAt: .sample, outcome: outcome), .init()])
        }
        let lost = changeset(.different("", found: setting("repo:acme/r1", ["repo"])))
        #expect([lost].nextSteps(of: nil) { _ in "" } == ["rollback 1"])
        let other = changeset(.different("", found: setting("repo:acme@77/r1@1", ["actor"])))
        #expect([other].nextSteps(of: nil) { _ in "" } == ["apply --continue", "rollback 1"])
    }

    @Test func anEmptyHistoryLeadsToAScanAndAPlan() async throws {
        try await EmulatedScan.with([.good("x", id: 1)], tokens: ["right"]) { (scan) async throws -> Void in
            _ = await scan("acme", environment: ["GH_ENTERPRISE_TOKEN": "wrong"])
            let list = await Self.run(["history", "list", "--db", scan.folder.database])
            #expect(Self.next(list).map(\.first) == ["scan"], "\(list.error)")
            let changes = await Self.run(["history", "changes", "--db", scan.folder.database])
            #expect(Self.next(changes).map(\.first) == ["plan"], "\(changes.error)")
        }
    }

    @Test func aRollbackWithoutANumberLeadsToTheList() async throws {
        let run = await Self.run(["rollback"])
        #expect(run.status == 2)
        #expect(run.error.contains("oidc-audit history changes lists them"), "\(run.error)")
    }
}
