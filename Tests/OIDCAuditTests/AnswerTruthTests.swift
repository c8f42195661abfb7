import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What is no whole answer of GitHub's is never taken for one.
@Suite(.timeLimit(.minutes(5))) struct AnswerTruthTests {
    private static let policy = ["--policy", "preset:baseline"]

    private static let template = #"{"include_claim_keys":["repo","context","job_workflow_ref"]}"#
    private static let setting = #"{"use_default":true,"sub_claim_prefix":"repo:acme/api"}"#

    /// A status of success beside 200 may stand before a part, or before nothing.
    @Test(arguments: [201, 202, 203, 206, 226])
    func aReadIsAnsweredWith200Alone(status: Int) async throws {
        for (path, body) in [
            ("/orgs/acme/actions/*", Self.template), ("/repos/acme/api/actions/*", Self.setting),
            ("/orgs/acme/repos*", "[]"),
        ] {
            try await EmulatedScan.with([.good("api", id: 1), .good("web", id: 2)]) { scan in
                await scan.world.change {
                    $0.faults = [WorldFile.Fault(path: path, kind: .body, status: status, body: body)]
                }
                let run = await Self.run(scan, ["scan", "acme", "-f", "line"] + Self.policy)
                #expect(run.status != 0 && run.status != 1, "\(status) \(path): \(run.output)")
            }
        }
    }

    @Test func aPageWith200IsNamedAsOne() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { scan in
            await scan.world.change {
                $0.faults = [WorldFile.Fault(path: "/orgs/acme*", kind: .body, status: 200, body: "<html>login</html>")]
            }
            let run = await Self.run(scan, ["scan", "acme", "-f", "line"] + Self.policy)
            #expect(run.error.contains("200 with a page, not GitHub's JSON"), "\(run.error)")
        }
    }

    /// Public repositories that are missing can't be made up for by private ones.
    @Test func missingPublicRepositoriesMakeAListingPartial() async throws {
        try await EmulatedScan.with([.good("api", id: 1), .good("web", id: 2)]) { scan in
            await scan.world.change {
                $0.faults = [
                    WorldFile.Fault(
                        path: "/orgs/acme", kind: .body, status: 200,
                        body: #"{"id":77,"login":"acme","public_repos":2,"total_private_repos":0}"#)
                ]
            }
            let run = await Self.run(scan, ["scan", "acme", "-f", "json"] + Self.policy)
            #expect(run.status == 3, "\(run.output)")
            #expect(run.output.contains("2 listed of at least 4 that the organization counts"), "\(run.output)")
        }
    }

    /// A repository that has property values is there.
    @Test func propertyValuesAreALowerBound() async throws {
        var hidden = WorldFile.Repository.good("web", id: 2)
        hidden.customProperties = ["tier": "x"]
        var listed = WorldFile.Repository.good("api", id: 1)
        listed.customProperties = ["tier": "x"]
        var world = WorldFile(organizations: [
            .init(
                login: "acme", id: 77, template: ["repo", "context", "job_workflow_ref"],
                repositories: [listed, hidden])
        ])
        world.organizations[0].showsPrivateCount = false
        world.organizations[0].listsProperties = false
        try await EmulatedScan.with(world) { scan in
            let body =
                #"[{"id":1,"name":"api","full_name":"acme/api","private":true,"visibility":"private","archived":false,"#
                + #""fork":false,"topics":[],"owner":{"id":77,"login":"acme"}}]"#
            await scan.world.change {
                $0.faults = [WorldFile.Fault(path: "/orgs/acme/repos*", kind: .body, status: 200, body: body)]
            }
            let run = await Self.run(scan, ["scan", "acme", "--property", "tier=x", "-f", "json"] + Self.policy)
            #expect(run.status == 3, "\(run.output)")
            #expect(run.output.contains("1 listed of at least 2"), "\(run.output)")
        }
    }

    /// Single sign-on is an organization's: some refusals in a row show it.
    @Test func singleSignOnEndsAnOrganizationOnce() async throws {
        var repositories = (1...60).map { WorldFile.Repository.good("r\($0)", id: Int64($0)) }
        for index in 3..<60 { repositories[index].refusal = .ssoRequired }
        try await EmulatedScan.with(repositories) { scan in
            let run = await Self.run(scan, ["scan", "acme", "-f", "json", "--concurrency", "1"] + Self.policy)
            #expect(run.status == 3, "\(run.error)")
            #expect(await scan.world.requests.count < 30)
            #expect(run.error.contains("approve the token at https://github.com/orgs/acme/sso"), "\(run.error)")
            await scan.world.change { file in
                for index in 3..<60 { file.organizations[0].repositories[index].refusal = nil }
            }
            let rest = await Self.run(scan, ["scan", "acme", "-f", "line", "--resume"] + Self.policy)
            #expect(rest.status == 0, "\(rest.output)\(rest.error)")
        }
    }

    /// An Enterprise Server sends no prefix: there the name alone says what the subject is.
    @Test func aRenameOnAnEnterpriseServerIsNotPassedOver() async throws {
        var repositories = [WorldFile.Repository.good("old", id: 1), .own("stays", id: 2, ["repo", "context"])]
        repositories[0].renamedTo = "new"
        try await EmulatedScan.with(repositories) { scan in
            let run = await CommandRun.run(
                ["scan", "acme", "-f", "json", "--api-url", scan.address + "/api/v3", "--db", scan.folder.database]
                    + Self.policy, environment: ["GH_ENTERPRISE_TOKEN": "t"])
            let old = run.repositories()["acme/old"]
            #expect(old?["status"] as? String == "unreadable", "\(old ?? [:])")
            #expect((old?["reason"] as? String)?.contains("renamed to acme/new") == true, "\(old ?? [:])")
            let stays = run.repositories()["acme/stays"]?["setting"] as? [String: Any]
            #expect(stays?["sub_claim_prefix"] is NSNull, "\(stays ?? [:])")
        }
    }

    /// What is public can be read all the same, wherever it stands.
    @Test(arguments: [0, 30]) func publicRepositoriesAreReadWithoutSingleSignOn(publicCount: Int) async throws {
        var repositories = (1...50).map { WorldFile.Repository.good("r\($0)", id: Int64($0)) }
        for index in repositories.indices { repositories[index].visibility = "public" }
        for index in 0..<(50 - publicCount) {
            (repositories[index].refusal, repositories[index].visibility) = (.ssoRequired, "private")
        }
        try await EmulatedScan.with(repositories) { scan in
            for _ in 0..<3 {
                let run = await Self.run(scan, ["scan", "acme", "-f", "json", "--concurrency", "4"] + Self.policy)
                // Where nothing could be read, rights are the cause.
                #expect(run.status == (publicCount == 0 ? 4 : 3), "\(run.error)")
                let counts = (run.json["summary"] as? [String: Any])?["repositories"] as? [String: Any]
                #expect(counts?["judged"] as? Int == publicCount, "\(counts ?? [:])")
            }
            #expect(await scan.world.requests.count < 50 * 3)
        }
    }

    /// What ends one organization is named there; the others are read.
    @Test func whatEndsOneOrganizationIsNamedThere() async throws {
        let world = WorldFile(
            tokens: [],
            organizations: ["acme", "beta"].enumerated().map { index, login in
                WorldFile.Organization(
                    login: login, id: Int64(77 + index), template: ["repo", "context"],
                    repositories: (1...30).map { .good("r\($0)", id: Int64(index * 100 + $0), of: login) })
            },
            faults: [
                WorldFile.Fault(
                    path: "/repos/beta/*", kind: .body, status: 403,
                    body:
                        #"{"message": "Although you appear to have the correct authorization credentials, the `beta` "#
                        + #"organization has an IP allow list enabled, and your IP address is not permitted."}"#)
            ])
        try await EmulatedScan.with(world) { (scan) async throws -> Void in
            let run = await Self.run(scan, ["scan", "acme", "beta", "-f", "json"] + Self.policy)
            #expect(run.status == 3 || run.status == 1, "\(run.error)")
            let rows = run.json["repositories"] as? [[String: Any]] ?? []
            let unread = rows.filter { $0["status"] as? String == "unreadable" }
            #expect(unread.count == 30)
            #expect(
                unread.allSatisfy {
                    ($0["reason"] as? String)?.contains("does not let this machine's address in") == true
                },
                "\(unread.first ?? [:])")
            let text = await Self.run(scan, ["report"])
            #expect(
                text.output.contains(
                    /beta: not everything was asked: the organization, or its\s+enterprise, does not let/),
                "\(text.output)")
        }
    }

    /// That a repository's answer repeats the organization's claims, or does not, is no change.
    @Test func echoedClaimsAreNoChange() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { scan in
            _ = await Self.run(scan, ["scan", "acme", "-f", "none"] + Self.policy)
            for echoes in [true, false] {
                await scan.world.change { $0.organizations[0].echoesTemplate = echoes }
                _ = await Self.run(scan, ["scan", "acme", "-f", "none"] + Self.policy)
                let diff = await Self.run(scan, ["diff", "--exit-code"])
                #expect(diff.status == 0 && diff.output.hasPrefix("UNCHANGED"), "\(diff.output)")
            }
        }
    }

    /// What a later scan read and did not finish is not judged: what was seen before does not stand for today.
    @Test func planAndTrustMissWhatALaterScanDidNotFinish() async throws {
        let repositories = (1...40).map { WorldFile.Repository.good("r\($0)", id: Int64($0)) }
        try await EmulatedScan.with(repositories) { scan in
            let role =
                #"{"Roles":[{"RoleName":"deploy","Arn":"arn:aws:iam::111122223333:role/deploy","AssumeRolePolicyDocument":"#
                + #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","#
                + #""Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},"#
                + #""Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},"#
                + #""StringLike":{"token.actions.githubusercontent.com:sub":"repo:acme/r1:*"}}}]}}]}"#
            let roles = try scan.folder.write(role, to: "roles.json")
            _ = await Self.run(scan, ["scan", "acme", "-f", "none"] + Self.policy)
            func asked() async -> [Int32] {
                [
                    await Self.run(scan, ["trust", "acme", "--trust", roles]).status,
                    await Self.run(scan, ["plan", "acme", "--from-scan", "latest"] + Self.policy).status,
                ]
            }
            #expect(await asked() == [0, 0])
            await scan.world.change {
                $0.faults = [
                    WorldFile.Fault(
                        after: 12, kind: .body, status: 403, body: #"{"message":"Sorry. Your account was suspended."}"#)
                ]
            }
            _ = await Self.run(scan, ["scan", "acme", "-f", "none"] + Self.policy)
            #expect(await asked() == [3, 3])
        }
    }

    // MARK: -

    private static func run(_ scan: EmulatedScan, _ arguments: [String]) async -> CommandRun {
        await CommandRun.run(
            arguments + ["--api-url", scan.address, "--db", scan.folder.database],
            environment: ["GH_ENTERPRISE_TOKEN": "t"])
    }
}
