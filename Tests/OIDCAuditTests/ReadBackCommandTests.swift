import AuditCore
import Foundation
import Synchronization
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Writes that take effect in part or not at all, and what is said of subjects before them.
@Suite(.timeLimit(.minutes(5))) struct ReadBackCommandTests {
    private static let token = ["GH_ENTERPRISE_TOKEN": "test-token"]

    private static func run(
        _ scan: EmulatedScan, _ arguments: String..., ask: (@Sendable (String) -> Bool)? = nil,
    ) async -> CommandRun {
        await CommandRun.run(
            arguments + ["--api-url", scan.address, "--db", scan.folder.database], environment: token, ask: ask)
    }

    private static func words(_ text: String) -> String { text.replacing(/\s+/, with: " ") }

    /// Made after 2026-07-15: it has ids, whatever is written.
    private static func born(flag: Bool) -> WorldFile.Repository {
        WorldFile.Repository(
            name: "born", id: 1001,
            setting: .init(useDefault: true, useImmutableSubject: flag, subClaimPrefix: "repo:acme@77/born@1001"),
            immutable: true)
    }

    private static func change(_ scan: EmulatedScan) async -> [String: Any] {
        let json = await run(scan, "history", "changes", "-f", "json").json
        let newest = (json["changesets"] as? [[String: Any]])?.first
        return (newest?["changes"] as? [[String: Any]])?.first ?? [:]
    }

    @Test func halfAWriteIsSaidKeptAndRolledBack() async throws {
        try await EmulatedScan.with([Self.born(flag: true)]) { (scan) async throws -> Void in
            let set = await Self.run(
                scan, "template", "set", "acme/born", "--claims", "repo,context,ref", "--no-immutable", "--yes")
            #expect(set.status == 6, "\(set.error)")
            #expect(Self.words(set.output).contains("keep the old subject allowed until the new one is read back"))
            #expect(
                set.error.contains(
                    "the claims were taken, use_immutable_subject stays true: "
                        + "subjects are repo:acme@77/born@1001:{context}:ref:{ref}; "
                        + "0 of 1 changes were made, 1 written otherwise than planned"))
            let change = await Self.change(scan)
            #expect(change["outcome"] as? String == "partial")
            let found = try #require(change["found"] as? [String: Any])
            #expect(found["include_claim_keys"] as? [String] == ["repo", "context", "ref"])
            #expect(found["use_immutable_subject"] as? Bool == true)
            // A second try would fare no better.
            let again = await Self.run(scan, "apply", "--continue", "--yes")
            #expect(again.status == 2)
            #expect(again.error.contains("no unfinished changes to resume"))

            let back = await Self.run(scan, "rollback", "1", "--yes")
            #expect(back.status == 0, "\(back.error)")
            let setting = await scan.world.file.organizations[0].repositories[0].setting
            #expect(setting?.useDefault == true)
            #expect(setting?.includeClaimKeys == nil)
            // And that is undone as any other.
            #expect(await Self.run(scan, "rollback", "2", "--yes").status == 0)
            let restored = await scan.world.file.organizations[0].repositories[0].setting
            #expect(restored?.includeClaimKeys == ["repo", "context", "ref"])
        }
    }

    @Test func whatSomebodyElseChangedSinceIsLeft() async throws {
        try await EmulatedScan.with([Self.born(flag: true)]) { (scan) async throws -> Void in
            #expect(
                await Self.run(
                    scan, "template", "set", "acme/born", "--claims", "repo,ref", "--no-immutable", "--yes"
                ).status == 6)
            await scan.world.change {
                $0.organizations[0].repositories[0].setting?.includeClaimKeys = ["repo", "actor"]
            }
            let back = await Self.run(scan, "rollback", "1", "--yes")
            #expect(Self.words(back.output).contains("it is neither what was written nor what it was before"))
            #expect(
                await scan.world.file.organizations[0].repositories[0].setting?.includeClaimKeys == ["repo", "actor"])
        }
    }

    @Test func aWayBackThatGitHubDoesNotGoEndsOnce() async throws {
        try await EmulatedScan.with([Self.born(flag: true)]) { (scan) async throws -> Void in
            let questions = Mutex<[String]>([])
            let set = await Self.run(
                scan, "template", "set", "acme/born", "--use-default", "--no-immutable",
                ask: { question in
                    questions.withLock { $0.append(question) }
                    return true
                })
            #expect(set.status == 6, "\(set.error)")
            #expect(questions.withLock { $0.count } == 1)
            #expect(
                Self.words(set.output).contains(
                    "warning: GitHub accepts use_immutable_subject: false and keeps the ids"))
            #expect(set.error.contains("acme/born: not effective: GitHub accepted it and changed nothing"))
            // Nothing was written that could be undone.
            #expect(!set.error.contains("rollback"))
            #expect(await Self.run(scan, "apply", "--continue", "--yes").status == 2)
            let back = await Self.run(scan, "rollback", "1", "--yes")
            #expect(back.status == 0)
            #expect(back.output.contains("NOTHING TO CHANGE"))
            #expect(await scan.world.requests.count { $0.hasPrefix("PUT") } == 1)
        }
    }

    @Test func aPlanBackToNamesKeepsTheOldSubjectAllowed() async throws {
        try await EmulatedScan.with([Self.born(flag: true)]) { (scan) async throws -> Void in
            let policy = try scan.folder.write(
                """
                {"version": 1, "name": "x", "rules": [{"id": "a", "rule": "require-claims", "severity": "low",
                  "claims": ["repo", "context", "ref"],
                  "fix": {"template": ["repo", "context", "ref"], "immutable": false}}]}
                """, to: "p.json")
            let plan = await Self.run(scan, "plan", "acme", "--policy", policy, "--update-cloud-first")
            #expect(plan.output.contains("allow: repo:acme/born:{context}:ref:{ref}\n"))
            #expect(plan.output.contains("allow: repo:acme@77/born@1001:{context}:ref:{ref}\n"))
            #expect(plan.output.contains("keep:  repo:acme@77/born@1001:{context}\n"))
            #expect(!plan.output.contains("drop:"))
            #expect(Self.words(plan.output).contains("warning: GitHub accepts use_immutable_subject: false"))
        }
    }

    /// The commonest answer since July 2026: ids, and nobody opted in.
    @Test func aFlagBesideThePrefixHoldsNothingUp() async throws {
        try await EmulatedScan.with([Self.born(flag: false)]) { (scan) async throws -> Void in
            let plan = "\(scan.folder.path)/plan.json"
            #expect(
                await Self.run(scan, "plan", "acme", "--policy", "preset:strict", "-o", "json=\(plan)").status == 1)
            let applied = await Self.run(scan, "apply", plan, "--yes")
            #expect(applied.status == 0, "\(applied.error)")
            let setting = await scan.world.file.organizations[0].repositories[0].setting
            #expect(setting?.useDefault == false)
            #expect(setting?.useImmutableSubject == false)
            #expect(setting?.subClaimPrefix == "repo:acme@77/born@1001")
            // An opt-in that GitHub does not show is no failure.
            await scan.world.change {
                $0.faults = [
                    .init(
                        path: "/repos/acme/born/*", method: "GET", after: 2, kind: .body,
                        body:
                            #"{"use_default":false,"include_claim_keys":["repo","ref"],"use_immutable_subject":false,"sub_claim_prefix":"repo:acme@77/born@1001"}"#
                    )
                ]
            }
            let set = await Self.run(
                scan, "template", "set", "acme/born", "--claims", "repo,ref", "--immutable", "--yes")
            #expect(set.status == 0, "\(set.error)")
            #expect(set.error.contains("stays false, which says only that nobody opted in"))
            #expect(await Self.change(scan)["outcome"] as? String == "applied")
        }
    }

    // MARK: - Who follows an organization

    private static func following(_ template: [String]) -> WorldFile {
        WorldFile(
            organizations: [
                .init(
                    login: "acme", id: 77, template: template,
                    repositories: [.good("x", id: 1), .good("y", id: 2), .own("own", id: 3, ["repo"])])
            ])
    }

    @Test func whatWasNotLookedAtIsUnknown() async throws {
        try await EmulatedScan.with(Self.following(["repo", "context", "job_workflow_ref"])) {
            (scan) async throws -> Void in
            let questions = Mutex<[String]>([])
            let refused = await Self.run(
                scan, "template", "set", "acme", "--claims", "repo,context", "--max-changes", "5",
                ask: { question in
                    questions.withLock { $0.append(question) }
                    return false
                })
            #expect(refused.status == 2)
            #expect(refused.output.hasPrefix("PLAN  acme: 1 change, whose subject changes is not known\n"))
            #expect(!refused.output.contains("0 subjects"))
            #expect(!refused.output.contains("no subject"))
            #expect(refused.output.contains("subjects      unknown"))
            #expect(Self.words(refused.output).contains("no scan of the organization is in the history"))
            #expect(questions.withLock { $0.first?.contains("whose subject changes is not known") == true })
            let json = await Self.run(
                scan, "template", "set", "acme", "--claims", "repo,context", "--max-changes", "5", "-f", "json",
                ask: { _ in false })
            #expect(json.error.contains("whose subject changes is not known"))
            #expect(await scan.world.requests.allSatisfy { $0.hasPrefix("GET") })
            let set = await Self.run(
                scan, "template", "set", "acme", "--claims", "repo,context", "--max-changes", "5", "--yes", "-f", "json"
            )
            let change = ((set.json["changesets"] as? [[String: Any]])?.first?["changes"] as? [[String: Any]])?.first
            #expect(change?["subjects"] is NSNull)
            // Of a repository it is known.
            let own = await Self.run(
                scan, "template", "set", "acme/own", "--claims", "repo,context", "--yes", "-f", "json")
            let one = ((own.json["changesets"] as? [[String: Any]])?.first?["changes"] as? [[String: Any]])?.first
            #expect(one?["subjects"] as? Int == 1)
        }
    }

    @Test func theLastScanCountsWhoFollows() async throws {
        try await EmulatedScan.with(Self.following(["repo", "context", "job_workflow_ref"])) {
            (scan) async throws -> Void in
            let scanned = await scan("acme")
            #expect(scanned.status == 1, "\(scanned.output)\(scanned.error)")
            let set = await Self.run(
                scan, "template", "set", "acme", "--claims", "repo,context", ask: { _ in false })
            #expect(
                set.output.hasPrefix("PLAN  acme: 1 change, by which 2 subjects change\n"), "\(set.output)\(set.error)")
            #expect(set.output.contains("  scan  #1\n"))
            #expect(Self.words(set.output).contains("repositories that follow this template are those of scan #1 of"))
            #expect(set.output.contains("→  repo:acme/x:{context}\n"))
            // Of an opt-in that is taken back nobody knows whose subjects it changes, whatever was scanned.
            let flag = await Self.run(scan, "template", "set", "acme", "--no-immutable", "--yes")
            #expect(flag.status == 2)
            #expect(flag.error.contains("are not counted here"))
            let agreed = await Self.run(
                scan, "template", "set", "acme", "--no-immutable", "--max-changes", "9", ask: { _ in false })
            #expect(agreed.output.contains("whose subject changes is not known"))
            // Of another template than the scan saw, neither.
            await scan.world.change { $0.organizations[0].template = ["repo", "ref"] }
            let moved = await Self.run(scan, "template", "set", "acme", "--claims", "repo,context", "--yes")
            #expect(moved.status == 2)
            #expect(await scan.world.requests.allSatisfy { $0.hasPrefix("GET") })
        }
    }

    @Test(arguments: ["repo,,context", ",repo", "repo,", " , ", ""])
    func anEmptyClaimIsRefused(claims: String) async throws {
        try await EmulatedScan.with([.own("x", id: 1, ["repo"])]) { (scan) async throws -> Void in
            let set = await Self.run(scan, "template", "set", "acme/x", "--claims", claims, "--yes")
            #expect(set.status == 2)
            #expect(set.error.contains("--claims: \"\(claims)\" holds an empty claim"))
            #expect(await scan.world.requests.isEmpty)
        }
    }
}
