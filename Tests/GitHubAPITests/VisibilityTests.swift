import AuditCore
import TestSupport
import Testing

@testable import GitHubAPI

/// What two members of a repository say of who may read it.
@Suite(.timeLimit(.minutes(5))) struct VisibilityTests {
    static let cases: [(members: String, visibility: Repository.Visibility)] = [
        (#""visibility": "public", "private": false"#, .public), (#""visibility": "public""#, .public),
        (#""visibility": "private", "private": true"#, .private), (#""visibility": "internal""#, .internal),
        (#""visibility": "internal", "private": true"#, .internal), (#""private": false"#, .public),
        // An internal repository is private too.
        (#""private": true"#, .notPublic), (#""private": true, "visibility": null"#, .notPublic),
        (#""private": true, "visibility": 7"#, .notPublic), (#""private": true, "visibility": "secret""#, .notPublic),
        (#""fork": false"#, .unknown), (#""private": null, "visibility": null"#, .unknown),
        (#""private": "yes""#, .unknown), (#""visibility": "secret""#, .unknown),
        (#""visibility": "secret", "private": false"#, .unknown),
        // Words that the history has, and no host.
        (#""visibility": "not_public""#, .unknown), (#""visibility": "unknown", "private": true"#, .notPublic),
        // The two contradict each other.
        (#""visibility": "public", "private": true"#, .unknown),
        (#""visibility": "internal", "private": false"#, .unknown),
    ]

    @Test(arguments: cases) func isReadFromBothMembers(_ members: String, _ visibility: Repository.Visibility)
        async throws
    {
        let text = #"{"id": 1, "name": "a", "owner": {"login": "acme", "id": 77}, \#(members)}"#
        let page = "/orgs/acme/repos?type=all&sort=created&direction=asc&per_page=100&page=1"
        let client = GitHubClient(
            GitHubClient.Settings(endpoint: .gitHub, token: nil, userAgent: "oidc-audit/test"),
            transport: ScriptedTransport(["/repositories/1": [.ok(text)], page: [.ok("[\(text)]")]]),
            clock: ManualClock()
        ) { .sample }
        #expect(try await client.repository(RepositoryID(rawValue: 1)).visibility == visibility)
        let listed = try await client.repositoryPage(.number(1), of: .sample).value?.repositories
        #expect(listed?.map(\.visibility) == [visibility])
    }
}
