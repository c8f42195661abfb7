import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

@Suite(.timeLimit(.minutes(5))) struct DoctorCommandTests {
    private func organization(_ repositories: [WorldFile.Repository]) -> WorldFile.Organization {
        WorldFile.Organization(login: "acme", id: 77, repositories: repositories)
    }

    private func doctor(
        _ world: WorldFile, _ arguments: String..., token: String? = "ghp_test-token-of-doctor",
    ) async throws -> (run: CommandRun, requests: [String]) {
        let emulator = Emulator(world)
        return try await emulator.run { address in
            let run = await CommandRun.run(
                ["doctor", "acme", "--api-url", address] + arguments,
                environment: token.map { ["GH_ENTERPRISE_TOKEN": $0] } ?? [:])
            return (run, await emulator.world.requests)
        }
    }

    @Test func aTokenThatSeesEverythingIsZero() async throws {
        var world = WorldFile(organizations: [organization([.good("web", id: 1), .good("api", id: 2)])])
        world.organizations[0].repositories[0].visibility = "public"
        world.rateLimit = .init(limit: 5000, windowSeconds: 3600)
        world.oauthScopes = ["repo", "read:org"]
        let (run, requests) = try await doctor(world)
        #expect(run.status == 0)
        #expect(run.error == "")
        #expect(run.output.contains("token         classic personal access token; scopes: repo, read:org\n"))
        // A private repository is the one to try.
        #expect(run.output.contains("  yes  a repository's template, of acme/api\n"))
        #expect(run.output.contains("of 5000 requests are left until"))
        #expect(run.output.contains("cold scan     up to 7 requests; less than a minute\n"))
        #expect(run.output.contains("of which 4 count where nothing has changed"))
        #expect(!run.output.contains("NO"))
        #expect(!(run.output + run.error).contains("test-token"))
        #expect(requests.count == 7)
        #expect(requests.allSatisfy { $0.hasPrefix("GET ") })
        #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func whatIsMissingIsNamedForBothKindsOfToken() async throws {
        var acme = organization([.good("api", id: 1)])
        acme.templateRefusal = .forbidden
        acme.propertiesRefusal = .forbidden
        acme.repositories[0].refusal = .ssoRequired
        acme.showsPrivateCount = false
        let (run, _) = try await doctor(WorldFile(organizations: [acme]))
        #expect(run.status == 4)
        #expect(run.error.contains("error: the organization's template can't be read: forbidden"))
        let words = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for expected in [
            "classic scope read:org, or fine-grained organization \"Administration\": read",
            "classic scope read:org, or fine-grained organization \"Custom properties\": read",
            "next: approve the token at https://github.com/orgs/acme/sso",
            "the number of private repositories is not shown to this token",
            "limits none: the host sends none",
        ] { #expect(words.contains(expected), "\(expected)") }
        // It has the permission, and lacks approval.
        #expect(!words.contains("fine-grained repository \"Actions\""))
        acme.repositories[0].refusal = .forbidden
        let (forbidden, _) = try await doctor(WorldFile(organizations: [acme]))
        let needs = forbidden.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(needs.contains("classic scope repo, or fine-grained repository \"Actions\": read"))
    }

    @Test func onlyWhatEveryScanNeedsIsMissing() async throws {
        var acme = organization([.good("api", id: 1)])
        acme.propertiesRefusal = .forbidden
        let (run, _) = try await doctor(WorldFile(organizations: [acme]))
        #expect(run.status == 0)
        #expect(run.output.contains("(some policies ask for it)"))
    }

    @Test func anOrganizationWithAnotherNameByNowIsNamed() async throws {
        var world = WorldFile(organizations: [organization([.good("web", id: 1)])])
        world.organizations[0].login = "acme-labs"
        world.faults = [.init(path: "/orgs/acme", kind: .redirect, location: "/orgs/acme-labs")]
        let (run, _) = try await doctor(world)
        #expect(run.error.hasPrefix("note: acme is acme-labs now\n"), "\(run.error)")
        #expect(try await !doctor(world, "--quiet").run.error.contains("acme-labs now"))
    }

    @Test func aListingThatMayBeShortIsSaid() async throws {
        var acme = organization([.good("api", id: 1)])
        acme.hiddenRepositories = 3
        acme.repositorySelection = "selected"
        var world = WorldFile(organizations: [acme])
        world.rateLimit = .init(limit: 5000, windowSeconds: 3600)
        let (run, _) = try await doctor(world, token: "ghs_test-token-of-doctor")
        #expect(run.output.contains("token of an app's installation"))
        #expect(run.output.contains("1 listed of the 4 that the organization counts"))
        #expect(run.output.contains("the installation sees selected repositories only"))
        #expect(!run.output.contains("nothing has changed"))
        world.faults = [.init(path: "/orgs/acme/repos", kind: .partialResults)]
        let (partial, _) = try await doctor(world, token: "github_pat_test-token")
        let words = partial.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("GitHub leaves repositories out until the token is approved for SSO"))
        #expect(words.contains("a fine-grained token may be limited to selected repositories"))
    }

    /// Its pages are counted to the last repository.
    @Test func aListingThatIsShortByAFewIsSaid() async throws {
        var acme = organization((1...101).map { .good("r\($0)", id: Int64($0)) })
        acme.hiddenRepositories = 49
        let (run, requests) = try await doctor(WorldFile(organizations: [acme]))
        #expect(run.output.contains("101 listed of the 150 that the organization counts"))
        #expect(requests.count { $0.hasPrefix("GET /orgs/acme/repos") } == 2)
        var world = WorldFile(organizations: [acme])
        world.faults = [.init(path: "/orgs/acme/repos", kind: .status, status: 403)]
        let (without, _) = try await doctor(world)
        #expect(without.output.contains("a repository's template: the listing could not be read"))
    }

    @Test func limitsAreHeldAgainstTheNumberOfRepositories() async throws {
        var world = WorldFile(organizations: [organization((1...150).map { .good("r\($0)", id: Int64($0)) })])
        world.organizations[0].hiddenRepositories = 10_000
        world.rateLimit = .init(limit: 5000, windowSeconds: 3600)
        let (run, _) = try await doctor(world, "-f", "json")
        let cold = try #require(run.json["cold_scan"] as? [String: Any])
        #expect(cold["requests"] as? Int == 4 + 102 + 10_150)
        // 4,994 now, 5,000 in the next hour, the rest in the one after.
        let minutes = try #require(cold["minutes_at_least"] as? Int)
        #expect((115...121).contains(minutes))
        let warm = try #require(run.json["warm_scan"] as? [String: Any])
        #expect(warm["charged"] as? Int == 4)
        // 900 at once, and eleven minutes for the others.
        #expect(warm["minutes_at_least"] as? Int == 12)
    }

    @Test func aRefusedTokenIsFourAfterOneRequest() async throws {
        var world = WorldFile(organizations: [organization([])])
        world.tokens = ["right"]
        let (run, requests) = try await doctor(world)
        #expect(run.status == 4)
        #expect(requests.count == 1)
        let (without, none) = try await doctor(world, token: nil)
        #expect(without.status == 4)
        #expect(without.error.contains("no token was given"))
        #expect(none.isEmpty)
    }

    @Test func aSpentHourIsSaidAndNotWaitedFor() async throws {
        var world = WorldFile(organizations: [organization([.good("api", id: 1)])])
        world.rateLimit = .init(limit: 0, windowSeconds: 3600)
        let (run, requests) = try await doctor(world)
        #expect(run.status == 3)
        #expect(run.error.contains("hint: nothing more until 20"))
        #expect(!run.error.contains("longer than allowed"))
        #expect(run.output.contains("0 of 0 requests are left until"))
        #expect(run.error.contains("the limit of 0 requests is spent"))
        #expect(requests == ["GET /rate_limit"])
    }

    @Test func aTokenThatSeesNoRepositoryIsFour() async throws {
        var acme = organization([])
        acme.hiddenRepositories = 50
        let (run, _) = try await doctor(WorldFile(organizations: [acme]))
        #expect(run.status == 4)
        #expect(run.error.contains("none of the 50 repositories of acme is listed to this token"))
    }

    /// A scan with the same token would end likewise.
    @Test func aListingThatMakesAScanIncompleteIsNotZero() async throws {
        var acme = organization([.good("api", id: 1)])
        acme.hiddenRepositories = 3
        let (short, _) = try await doctor(WorldFile(organizations: [acme]))
        #expect(short.status == 3)
        #expect(short.error.contains("the listing of acme is partial: 1 listed of the 4 that the organization counts"))
        var world = WorldFile(organizations: [organization([.good("api", id: 1)])])
        world.faults = [.init(path: "/orgs/acme/repos", kind: .partialResults)]
        #expect(try await doctor(world).run.status == 3)

        // Public repositories alone are counted to this token.
        var open = WorldFile.Repository.good("web", id: 2)
        open.visibility = "public"
        world = WorldFile(organizations: [organization([open])])
        let counted = #"{"login": "acme", "id": 77, "public_repos": 5}"#
        world.faults = [.init(path: "/orgs/acme", kind: .body, body: counted)]
        let (least, _) = try await doctor(world, "-f", "json")
        #expect(least.status == 3)
        let listing = try #require(least.json["listing"] as? [String: Any])
        #expect(listing["expected"] as? Int == 5)
        #expect(listing["expected_at_least"] as? Bool == true)
        #expect(least.error.contains("1 listed of at least 5 that the organization counts"))
    }

    @Test func aListingWithoutRepositoriesIsNotZeroAndSaysWhy() async throws {
        var acme = organization([])
        acme.showsPrivateCount = false
        let world = WorldFile(organizations: [acme])
        let (fineGrained, _) = try await doctor(world, token: "github_pat_test-token")
        #expect(fineGrained.status == 3)
        #expect(fineGrained.error.contains("no repository of acme is listed to this token"))
        #expect(fineGrained.error.contains("hint: a fine-grained token sees its resource owner's repositories alone"))
        let (app, _) = try await doctor(world, token: "ghs_test-token-of-doctor")
        #expect(app.status == 3)
        #expect(app.error.contains("hint: give the app's installation access to the organization's repositories"))
        // It has none, as it counts itself.
        let (none, _) = try await doctor(WorldFile(organizations: [organization([])]))
        #expect(none.status == 3)
        #expect(!none.error.contains("hint"))
    }

    @Test func aFailureOfTheServerIsFive() async throws {
        var world = WorldFile(organizations: [organization([.good("api", id: 1)])])
        world.faults = [.init(path: "/repos/*", kind: .status, status: 500)]
        let (run, _) = try await doctor(world)
        #expect(run.status == 5)
        #expect(run.error.contains("GitHub failed (500)"))
        let (usage, requests) = try await doctor(world, "-f", "yaml")
        #expect(usage.status == 2)
        #expect(requests.isEmpty)
    }
}
