import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What could not be read is neither a change nor forgotten.
@Suite(.timeLimit(.minutes(5))) struct KnownGapTests {
    private static let policy = ["--policy", "preset:strict"]

    private func run(
        _ scan: EmulatedScan, _ arguments: [String], host: Bool = true,
    ) async -> CommandRun {
        await CommandRun.run(
            arguments + (host ? ["--api-url", scan.address] : []) + ["--db", scan.folder.database],
            environment: ["GH_ENTERPRISE_TOKEN": "t"])
    }

    /// An organization with this repository and one that breaks nothing.
    private static func world(_ repository: WorldFile.Repository) -> WorldFile {
        WorldFile(organizations: [
            .init(
                login: "acme", id: 77, template: ["repo", "context", "job_workflow_ref"],
                repositories: [repository, .good("stays", id: 1002)])
        ])
    }

    /// A repository left its organization's template in a night in which that could not be read: the change is that
    /// night's, and where the template comes from is learned later without another.
    @Test func aGapOfTheOrganizationsTemplateMixesNoTwoTemplates() async throws {
        let inherits = WorldFile.Repository(
            name: "app", id: 1001,
            setting: .init(useDefault: false, useImmutableSubject: false, subClaimPrefix: "repo:acme/app"))
        try await EmulatedScan.with(Self.world(inherits)) { (scan) async throws -> Void in
            _ = await run(scan, ["scan", "acme"] + Self.policy)
            await scan.world.change {
                $0.organizations[0].repositories[0] = .own("app", id: 1001, ["repo"])
                $0.organizations[0].templateRefusal = .forbidden
            }
            _ = await run(scan, ["scan", "acme"] + Self.policy)
            let first = await run(scan, ["diff", "1", "2"])
            #expect(first.output.contains("after:   repo"), "\(first.output)")
            await scan.world.change { $0.organizations[0].templateRefusal = nil }
            _ = await run(scan, ["scan", "acme"] + Self.policy)
            let second = await run(scan, ["diff", "--exit-code"])
            #expect(second.output.contains("repositories  none"), "\(second.output)")
            let timeline = await run(scan, ["history", "repository", "acme/app"])
            #expect(timeline.output.matches(of: /after:/).count == 1, "\(timeline.output)")
            #expect(!timeline.output.contains("before: repo (organization)"), "\(timeline.output)")
        }
    }

    @Test func whatCountsIsSaidWhereNotEverythingCouldBeJudged() async throws {
        var world = Self.world(.own("pay", id: 1001, ["workflow", "repo"]))
        var unread = WorldFile.Repository.good("closed", id: 1003)
        unread.refusal = .forbidden
        world.organizations[0].repositories.append(unread)
        try await EmulatedScan.with(world) { (scan) async throws -> Void in
            let strict = await run(scan, ["scan", "acme", "--strict-coverage"] + Self.policy)
            #expect(strict.status == 3, "\(strict.error)")
            #expect(
                strict.output.replacing(/\s+/, with: " ").hasPrefix(
                    "INCOMPLETE acme: 1 of 3 repositories breaks the policy, and not everything could be judged"),
                "\(strict.output)")
        }
    }

    /// Whoever accepts that a repository is not read still sees what is known of it.
    @Test func whatIsKnownOfAnUnreadRepositoryIsNamed() async throws {
        try await EmulatedScan.with(Self.world(.own("pay", id: 1001, ["workflow", "repo"]))) {
            (scan) async throws -> Void in
            _ = await run(scan, ["scan", "acme"] + Self.policy)
            await scan.world.change { $0.organizations[0].repositories[0].refusal = .forbidden }
            for format in ["text", "markdown"] {
                let night = await run(scan, ["scan", "acme", "-f", format] + Self.policy)
                #expect(night.status == 3, "\(night.error)")
                #expect(night.output.localizedCaseInsensitiveContains("not judged"), "\(night.output)")
                #expect(night.output.contains("no-spoofable-start"), "\(night.output)")
            }
        }
    }

    /// A mistyped host, of which nothing was ever read, does not have to be told from the one that was meant.
    @Test func aHostOfWhichNothingWasReadIsNoChoice() async throws {
        try await EmulatedScan.with(Self.world(.good("app", id: 1001))) { (scan) async throws -> Void in
            _ = await run(scan, ["scan", "acme"] + Self.policy)
            let mistyped = await run(
                scan, ["scan", "acme", "--api-url", "http://127.0.0.1:9"] + Self.policy, host: false)
            #expect(mistyped.status != 0)
            let check = await run(scan, ["check", "acme"] + Self.policy, host: false)
            #expect(check.status == 0, "\(check.error)")
        }
    }
}
