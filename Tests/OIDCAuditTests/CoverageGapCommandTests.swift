import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What could not be read is no change, in whatever a person or a cron asks.
@Suite struct CoverageGapCommandTests {
    private static func ask(_ scan: EmulatedScan, _ arguments: String...) async -> CommandRun {
        await CommandRun.run(arguments + ["--db", scan.folder.database, "--api-url", scan.address])
    }

    /// 49 repositories that follow the organization's template and 15 of their own.
    private static let everybody: [WorldFile.Repository] =
        (1...49).map { .good("follows-\($0)", id: Int64($0)) }
        + (50...64).map { .own("own-\($0)", id: Int64($0), ["actor"]) }

    private static func line(_ run: CommandRun) -> String {
        run.output.replacing(/\s+/, with: " ").firstMatch(of: /changed since #[^A-Z]*/).map { String($0.output) } ?? ""
    }

    /// Whether a difference says that something changed, how many changes it counts, and what it does not know.
    private static func counts(_ run: CommandRun) -> [Int] {
        let organization = (run.json["organizations"] as? [[String: Any]])?.first ?? [:]
        let template = organization["template"] as? [String: Any] ?? [:]
        return [
            run.json["changed"] as? Bool == true ? 1 : 0, (organization["repositories"] as? [Any])?.count ?? -1,
            template["followers"] as? Int ?? -1, organization["incomparable"] as? Int ?? -1,
        ]
    }

    private static func gaps(_ run: CommandRun, _ key: String) -> [String] {
        let coverage = run.json["coverage"] as? [String: Any] ?? [:]
        return (coverage[key] as? [[String: Any]] ?? []).map { gap in
            let code = (gap["reason"] as? [String: Any])?["code"] as? String ?? ""
            let known = (gap["known_by"] as? [String: Any])?["id"] as? Int ?? 0
            return "\(gap["kind"] ?? "") \(gap["full_name"] as? String ?? "") \(code) \(known)"
        }
    }

    @Test func aNightWithoutTheOrganizationsTemplateIsNoDrift() async throws {
        try await EmulatedScan.with(Self.everybody) { (scan) async throws -> Void in
            _ = await scan("acme")
            #expect(Self.line(await scan("acme")).hasPrefix("changed since #1 of "))
            await scan.world.change { $0.organizations[0].templateRefusal = .forbidden }
            let refused = await scan("acme")
            #expect(
                Self.line(refused).contains(": nothing known; not known of the template of acme, 49 repositories"),
                "\(refused.output)")
            let lost = await Self.ask(scan, "diff", "--exit-code")
            #expect(lost.status == 3)
            #expect(lost.output.hasPrefix("NO CHANGE KNOWN"), "\(lost.output)")
            #expect(lost.output.contains("but for the template of acme, 49 repositories: whether there is a change"))
            #expect(lost.output.contains("could not be read by #3\n    the template of acme: "))
            #expect(!lost.output.contains("unknown"))
            let json = await Self.ask(scan, "diff", "-f", "json")
            #expect(Self.counts(json) == [0, 0, 0, 49])
            #expect(Self.gaps(json, "lost") == ["organization_template  forbidden 0"])
            #expect(json.json["complete"] as? Bool == false)
            let organization = (json.json["organizations"] as? [[String: Any]])?.first
            #expect((organization?["template"] as? [String: Any])?["changed"] is NSNull)

            // As it was: unchanged, whatever was between.
            await scan.world.change { $0.organizations[0].templateRefusal = nil }
            let again = await scan("acme")
            #expect(Self.line(again).contains(": nothing "), "\(again.output)")
            let regained = await Self.ask(scan, "diff", "--exit-code")
            #expect(regained.status == 0)
            #expect(regained.output.hasPrefix("UNCHANGED"))
            let read = await Self.ask(scan, "diff", "-f", "json")
            #expect(Self.counts(read) == [0, 0, 0, 0])
            #expect(Self.gaps(read, "regained") == ["organization_template  forbidden 2"])

            // Changed while nobody could read it: the first scan that can says so, of the last that could.
            await scan.world.change {
                $0.organizations[0].templateRefusal = .forbidden
                $0.organizations[0].template = ["repo", "context"]
            }
            _ = await scan("acme")
            #expect(await Self.ask(scan, "diff", "--exit-code").status == 3)
            await scan.world.change { $0.organizations[0].templateRefusal = nil }
            let changed = await scan("acme")
            #expect(
                Self.line(changed).contains("the template of acme, which 49 repositories follow"), "\(changed.output)")
            let diff = await Self.ask(scan, "diff", "--exit-code")
            #expect(diff.status == 1)
            #expect(diff.output.contains("  organization template\n    compared with #4 of "), "\(diff.output)")
            #expect(diff.output.contains("    49 repositories that follow it changed with it\n"))
            #expect(Self.counts(await Self.ask(scan, "diff", "-f", "json")) == [1, 0, 49, 0])

            for (name, kinds) in [
                (
                    "acme/follows-1",
                    [
                        "added", "organization_template_unread", "organization_template_unread",
                        "organization_template", "template",
                    ]
                ),
                (
                    "acme/own-50",
                    [
                        "added", "organization_template_unread", "organization_template_unread",
                        "organization_template",
                    ]
                ),
            ] {
                let timeline = await Self.ask(scan, "history", "repository", name, "-f", "json").json
                let events = try #require(timeline["events"] as? [[String: Any]])
                let reported = events.compactMap { ($0["changed"] as? [String])?.first ?? $0["kind"] as? String }
                    .filter { !$0.hasPrefix("finding") }
                #expect(reported == kinds)
            }
            let timeline = await Self.ask(scan, "history", "repository", "acme/own-50").output
            #expect(timeline.contains("organization template: could not be read by #3: forbidden"), "\(timeline)")
            #expect(!timeline.contains("unreadable"))
            let trend = await Self.ask(scan, "history", "trend").output
            #expect(trend.contains("not complete          2 ··×·×· of 6\n"), "\(trend)")
            let page = await Self.ask(scan, "report", "--policy", "preset:strict", "-f", "html").output
            #expect(!page.contains("→ unreadable"))
            #expect(page.contains("organization's template could not be read by #5: forbidden"))
            #expect(page.contains("UTC (incomplete): critical"))
            #expect(page.contains("incomplete scan"))
        }
    }

    @Test func aRepositoryThatCouldNotBeReadIsNoDrift() async throws {
        try await EmulatedScan.with([.good("api", id: 1), .good("web", id: 2)]) { (scan) async throws -> Void in
            _ = await scan("acme")
            await scan.world.change { $0.organizations[0].repositories[0].refusal = .forbidden }
            let refused = await scan("acme")
            #expect(Self.line(refused).contains(": nothing known; not known of 1 repository"), "\(refused.output)")
            let lost = await Self.ask(scan, "diff", "--exit-code")
            #expect(lost.status == 3)
            #expect(lost.output.contains("\n  could not be read by #2\n    1 repository: "), "\(lost.output)")
            let json = await Self.ask(scan, "diff", "-f", "json")
            #expect(Self.counts(json) == [0, 0, 0, 1])
            #expect(Self.gaps(json, "lost") == ["repository acme/api forbidden 0"])
            _ = await scan("acme")
            #expect(await Self.ask(scan, "diff", "--exit-code").status == 3)
            await scan.world.change {
                $0.organizations[0].repositories[0].refusal = nil
                $0.organizations[0].repositories[0].setting?.includeClaimKeys = ["repo"]
            }
            _ = await scan("acme")
            let diff = await Self.ask(scan, "diff", "--exit-code")
            #expect(diff.status == 1)
            #expect(diff.output.contains("    acme/api\n      compared with #1 of "), "\(diff.output)")
            let regained = await Self.ask(scan, "diff", "-f", "json")
            #expect(Self.gaps(regained, "regained") == ["repository acme/api forbidden 1"])
            let timeline = await Self.ask(scan, "history", "repository", "acme/api").output
            #expect(timeline.contains("could not be read from #2 to #3: forbidden"), "\(timeline)")
            #expect(timeline.contains(/between #1 of \S+ and #4 of \S+\n  template\n/), "\(timeline)")
        }
    }

    /// A flag that GitHub sends otherwise, beside the same prefix.
    @Test func aFlagAloneIsNoDrift() async throws {
        let setting = WorldFile.Setting(
            useDefault: true, includeClaimKeys: nil, useImmutableSubject: false, subClaimPrefix: "repo:acme@77/x@1001")
        try await EmulatedScan.with(
            [WorldFile.Repository(name: "x", id: 1001, setting: setting)]
        ) { (scan) async throws -> Void in
            _ = await scan("acme")
            await scan.world.change { $0.organizations[0].repositories[0].setting?.useImmutableSubject = true }
            let second = await scan("acme")
            #expect(Self.line(second).contains(": nothing "), "\(second.output)")
            let diff = await Self.ask(scan, "diff", "--exit-code")
            #expect(diff.status == 0)
            #expect(diff.output.hasPrefix("UNCHANGED"))
            #expect(diff.output.contains("use_immutable_subject: false → true, the prefix stays\n"), "\(diff.output)")
            let json = await Self.ask(scan, "diff", "-f", "json")
            #expect(Self.counts(json) == [0, 0, 0, 0])
            let organization = try #require((json.json["organizations"] as? [[String: Any]])?.first)
            #expect((organization["without_effect"] as? [[String: Any]])?.first?["changed"] as? [String] == ["setting"])
            let timeline = await Self.ask(scan, "history", "repository", "acme/x").output
            #expect(timeline.contains("use_immutable_subject: false → true, the prefix stays\n"), "\(timeline)")
        }
    }

    /// Unreadable from the first night on, then read: what is found there is no drift.
    @Test func aFirstReadingIsNoDrift() async throws {
        try await EmulatedScan.with([.own("api", id: 1, ["repo"]), .good("web", id: 2)]) {
            (scan) async throws -> Void in
            await scan.world.change { $0.organizations[0].repositories[0].refusal = .forbidden }
            _ = await scan("acme")
            await scan.world.change { $0.organizations[0].repositories[0].refusal = nil }
            let read = await scan("acme")
            #expect(read.status == 1)
            #expect(
                Self.line(read).contains(": nothing known; not known of 1 repository; 2 findings first read"),
                "\(read.output)")
            #expect(read.output.contains("acme/api  required-claims, high: first read · missing"), "\(read.output)")
            let diff = await Self.ask(scan, "diff", "--exit-code")
            #expect(diff.status == 3)
            #expect(diff.output.contains("FIRST READ  2 findings"), "\(diff.output)")
            #expect(diff.output.hasPrefix("NO CHANGE KNOWN"))
        }
    }

    @Test func anOrganizationThatCouldNotBeReadOrIsNewIsSaid() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            _ = await scan("acme")
            await scan.world.change { world in
                var beta = world.organizations[0]
                (beta.login, beta.id, beta.repositories) = ("beta", 78, [.own("tool", id: 9, ["repo"])])
                beta.repositories[0].setting?.subClaimPrefix = "repo:beta/tool"
                world.organizations.append(beta)
            }
            // None before knew it: the others are compared all the same.
            let joined = await scan("acme", "beta")
            #expect(Self.line(joined).contains("not known of beta; 2 findings first read"), "\(joined.output)")
            let withBeta = await scan("acme", "beta")
            #expect(Self.line(withBeta).contains("since #2 of ") && Self.line(withBeta).contains(": nothing "))
            await scan.world.change { $0.organizations[1].login = "gamma" }
            let lost = await scan("acme", "beta")
            #expect(Self.line(lost).contains(": nothing known; not known of beta"), "\(lost.output)")
            await scan.world.change { $0.organizations[1].login = "beta" }
            let found = await scan("acme", "beta")
            #expect(
                Self.line(found).contains("since #4 of ") && Self.line(found).contains(": nothing "), "\(found.output)")

            let trend = await Self.ask(scan, "history", "trend", "-f", "json")
            let points = (trend.json["points"] as? [[String: Any]] ?? []).filter { $0["organization_id"] as? Int == 78 }
            #expect(points.map { $0["repositories"] is NSNull } == [false, false, true, false])
            #expect(points.map { $0["complete"] as? Bool } == [true, true, false, true])
            // The count stays what it was: what was not found was not fixed.
            let text = await Self.ask(scan, "history", "trend", "--organization", "beta").output
            #expect(text.contains("not complete          1 ··×· of 4\n"), "\(text)")
            #expect(text.contains(/high +\d ██ █ \d\n/), "\(text)")
            let page = await Self.ask(scan, "report", "--policy", "preset:strict", "-f", "html").output
            #expect(page.contains("incomplete scan"))
        }
    }

    /// A night that found nothing belongs to whom it asked for, and only from the first one on that counted it.
    @Test func onlyWhoWasCountedBeforeHasAGapInTheTrend() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            _ = await scan("acme", "beta")
            _ = await scan("acme", "nobody")
            for login in ["acme", "gone"] {
                await scan.world.change { $0.organizations[0].login = login }
                _ = await scan("acme")
            }
            let trend = await Self.ask(scan, "history", "trend", "-f", "json")
            let points = trend.json["points"] as? [[String: Any]] ?? []
            #expect(points.map { $0["repositories"] is NSNull } == [false, false, false, true])
            #expect(Set(points.map { $0["organization"] as? String }) == ["acme"])
            let since = await Self.ask(scan, "history", "trend", "--since", "2999-01-01", "-f", "json")
            #expect((since.json["points"] as? [Any])?.isEmpty == true)
        }
    }
}
