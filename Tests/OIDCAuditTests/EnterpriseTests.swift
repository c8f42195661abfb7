import Foundation
import TestSupport
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Every organization of an enterprise, asked for with an app that is installed on it.
@Suite(.timeLimit(.minutes(5))) struct EnterpriseTests {
    private static func with(
        _ installation: WorldFile.Installation?,
        _ body: @Sendable @escaping (_ run: CommandRun, _ requests: [String]) async throws -> Void,
    ) async throws {
        let organizations = (1...3).map { number in
            WorldFile.Organization(
                login: "org\(number)", id: Int64(number), template: ["repo", "context", "job_workflow_ref"],
                repositories: [.good("api", id: Int64(100 + number), of: "org\(number)")])
        }
        let installations = [1, 2].map { WorldFile.Installation(id: Int64($0), account: "org\($0)") }
        let world = WorldFile(
            organizations: organizations,
            apps: [
                .init(
                    id: 12345, publicKey: AppKeys.publicPEM,
                    installations: installations + [installation].compactMap(\.self))
            ])
        let emulator = Emulator(world)
        try await emulator.run { address in
            let folder = try Folder()
            let key = try folder.write(AppKeys.pkcs1PEM, to: "app.pem")
            let run = await CommandRun.run(
                [
                    "scan", "--enterprise", "corp", "--app-id", "12345", "--app-key-file", key, "--api-url", address,
                    "--policy", "preset:strict", "--db", folder.database, "-f", "json",
                ], environment: ["GITHUB_API_URL": address])
            try await body(run, await emulator.world.requests)
        }
    }

    @Test func itsOrganizationsAreReadAsFarAsTheAppIsInstalled() async throws {
        let installation = WorldFile.Installation(
            id: 9, account: "corp", targetType: "Enterprise",
            permissions: ["enterprise_organization_installations": "read"])
        try await Self.with(installation) { run, requests in
            #expect(run.status == 3, "\(run.error)")
            #expect(Set(run.repositories().keys) == ["org1/api", "org2/api"])
            let organizations = run.json["organizations"] as? [[String: Any]] ?? []
            #expect(organizations.compactMap { $0["login"] as? String } == ["org1", "org2", "org3"])
            #expect(
                requests.prefix(3) == [
                    "GET /enterprises/corp/installation", "POST /app/installations/9/access_tokens",
                    "GET /enterprises/corp/apps/installable_organizations?per_page=100",
                ])
        }
    }

    @Test func whereTheAppIsNotInstalledTheHintNamesTheFile() async throws {
        try await Self.with(nil) { run, requests in
            #expect(run.status == 4, "\(run.error)")
            #expect(run.error.contains("the organizations of the enterprise corp can't be listed"))
            #expect(run.error.contains("--organizations-file FILE"), "\(run.error)")
            #expect(requests.count == 1)
        }
    }

    @Test func whatWasNotGrantedIsFour() async throws {
        let installation = WorldFile.Installation(id: 9, account: "corp", targetType: "Enterprise", permissions: [:])
        try await Self.with(installation) { run, _ in
            #expect(run.status == 4, "\(run.error)")
            #expect(run.error.contains("--organizations-file FILE"), "\(run.error)")
        }
    }
}
