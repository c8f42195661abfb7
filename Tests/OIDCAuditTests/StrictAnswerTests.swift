import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What is no valid answer makes nothing compliant.
@Suite(.timeLimit(.minutes(5))) struct StrictAnswerTests {
    private static let settings = [
        #"{"use_default":true,"use_default":false,"include_claim_keys":["actor"]}"#,
        #"{"use_default":false,"include_claim_keys":["repo","context"],"include_claim_keys":["actor"]}"#,
        #"{"use_default":true,"use_\u0064efault":false}"#, #"{"use_default":true,}"#,
        #"{"use_default":false,"include_claim_keys":["repo","context",]}"#, #"{"use_default":true,"x":01}"#,
        #"{"use_default":true,"x":"\q"}"#, #"{"use_default":true,"x":"\ud800"}"#,
        "{\"use_default\":true,\"x\":\"a\nb\"}",
        "\u{FEFF}{\"use_default\":true}",
    ]

    @Test(arguments: settings) func aSettingThatIsNoJSONIsUnreadable(body: String) async throws {
        var file = WorldFile(organizations: [.init(login: "acme", id: 77, repositories: [.good("api", id: 1)])])
        file.faults = [.init(path: "/repos/acme/api/*", kind: .body, body: body)]
        try await EmulatedScan.with(file) { (scan) async throws -> Void in
            let run = await scan("acme", "--policy", "preset:baseline", "-f", "json")
            #expect(run.status == 5, "\(run.error)")
            #expect(run.repositories()["acme/api"]?["status"] as? String == "unreadable")
        }
    }

    /// Repositories that inherit have what it says.
    @Test(arguments: [
        #"{"include_claim_keys":["repo","context"],"include_claim_keys":["actor"]}"#,
        #"{"include_claim_keys":["repo","context"],}"#, #"{"include_claim_keys":["repo","context"],"x":1e}"#,
    ])
    func anOrganizationsTemplateThatIsNoJSONIsUnreadable(body: String) async throws {
        var file = WorldFile(organizations: [.init(login: "acme", id: 77, repositories: [.good("api", id: 1)])])
        file.faults = [.init(path: "/orgs/acme/actions/oidc/customization/sub", kind: .body, body: body)]
        try await EmulatedScan.with(file) { (scan) async throws -> Void in
            let run = await scan("acme", "--policy", "preset:baseline", "-f", "json")
            #expect(run.status == 3, "\(run.error)")
            #expect(run.repositories()["acme/api"]?["status"] as? String == "unreadable")
        }
    }

    @Test(arguments: [
        #"[{"id":1,"id":2,"name":"api","owner":{"login":"acme","id":77}}]"#,
        #"[{"id":1,"name":"api","owner":{"login":"acme","id":77},"x":"\q"}]"#,
        #"[{"id":1,"name":"api","owner":{"login":"acme","id":77}},]"#,
        #"[{"id":0,"name":"api","owner":{"login":"acme","id":77}}]"#,
    ])
    func aListingThatIsNoJSONIsPartial(body: String) async throws {
        var file = WorldFile(organizations: [.init(login: "acme", id: 77, repositories: [.good("api", id: 1)])])
        file.faults = [.init(path: "/orgs/acme/repos", kind: .body, body: body)]
        try await EmulatedScan.with(file) { (scan) async throws -> Void in
            let run = await scan("acme", "--policy", "preset:baseline", "-f", "json")
            #expect(run.status == 3 || run.status == 5, "\(run.error)")
            let listing = (run.json["organizations"] as? [[String: Any]])?.first?["listing"] as? [String: Any]
            #expect(listing?["status"] as? String == "partial")
        }
    }
}
