import AuditCore
import TestSupport
import Testing

@testable import GitHubAPI

/// Whatever GitHub's own schema allows is read: answers are made of values by chance, and the client must find the values
/// again, whatever is missing, `null`, unknown, escaped or in another order.
@Suite(.timeLimit(.minutes(5))) struct LawfulAnswerTests {
    private static let page = "/orgs/acme/repos?type=all&sort=created&direction=asc&per_page=100&page=1"
    private static let values = "/orgs/acme/properties/values?per_page=100&page=1"

    /// A world of fifty repositories, and what is to be read of it.
    private struct World {
        var answers: [String: [ScriptedTransport.Answer]] = [:]
        var repositories: [Repository] = []
        var settings: [RepositorySetting] = []
        var template: [ClaimKey] = []
        var flag: Bool?
        var organizationID: Int64 = 0
        var counts: (open: Int, closed: Int?) = (0, nil)
        var properties: [RepositoryID: [String: [String]]] = [:]
        var included: [String] = []

        init(seed: Int) {
            var random = SeededGenerator(seed)
            organizationID = Self.id(&random)
            addOrganization(&random)
            addRepositories(&random)
            addProperties(&random)
        }

        // MARK: -

        private static func id(_ random: inout SeededGenerator) -> Int64 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: Int64.random(in: 1...100_000, using: &random)
            case 1: Int64.random(in: 1...(1 << 53), using: &random)
            case 2: .max - Int64.random(in: 0..<10, using: &random)
            default: Int64.random(in: 1 ... .max, using: &random)
            }
        }

        /// Names that a template may hold: GitHub checks none.
        private static func keys(_ random: inout SeededGenerator) -> [ClaimKey] {
            let known = ["repo", "context", "ref", "job_workflow_ref", "repository_id"]
            return (0..<Int.random(in: 0..<5, using: &random)).map { _ in
                let isKnown = Int.random(in: 0..<4, using: &random) > 0
                return ClaimKey((isKnown ? known.randomElement(using: &random) : nil) ?? LawfulJSON.word(&random))
            }
        }

        /// A member that may be missing or `null`.
        private static func optional(
            _ name: String, _ value: LawfulJSON?, _ random: inout SeededGenerator,
        ) -> [(name: String, value: LawfulJSON)] {
            if let value { return [(name: name, value: value)] }
            return Bool.random(using: &random) ? [(name: name, value: .null)] : []
        }

        private static func answer(
            _ members: [(name: String, value: LawfulJSON)], _ random: inout SeededGenerator,
        ) -> [ScriptedTransport.Answer] {
            [.ok(LawfulJSON.object(members + LawfulJSON.noiseMembers(&random)).text(&random))]
        }

        private mutating func addOrganization(_ random: inout SeededGenerator) {
            let open = Int.random(in: 0...1000, using: &random)
            counts = (open, Bool.random(using: &random) ? nil : Int.random(in: 0...1000, using: &random))
            answers["/orgs/acme"] = Self.answer(
                [
                    (name: "id", value: .number("\(organizationID)")), (name: "login", value: .string("Acme")),
                    (name: "public_repos", value: .number("\(open)")),
                ] + Self.optional("total_private_repos", counts.closed.map { .number("\($0)") }, &random), &random)
            template = Self.keys(&random)
            flag = [nil, true, false].randomElement(using: &random) ?? nil
            answers["/orgs/acme/actions/oidc/customization/sub"] = Self.answer(
                [(name: "include_claim_keys", value: .strings(template.map(\.rawValue)))]
                    + Self.optional("use_immutable_subject", flag.map { .bool($0) }, &random), &random)
        }

        private mutating func addRepositories(_ random: inout SeededGenerator) {
            var items: [LawfulJSON] = []
            for index in 0..<50 {
                let repository = Self.repository(index, ownerID: organizationID, &random)
                repositories.append(repository)
                var owner: [(name: String, value: LawfulJSON)] = [(name: "login", value: .string("Acme"))]
                owner += Self.optional("id", repository.ownerID.map { .number("\($0)") }, &random)
                var members: [(name: String, value: LawfulJSON)] = [
                    (name: "id", value: .number("\(repository.id.rawValue)")),
                    (name: "name", value: .string(repository.name)),
                    (name: "owner", value: .object(owner + LawfulJSON.noiseMembers(&random))),
                ]
                members += Self.optional("archived", repository.isArchived.map { .bool($0) }, &random)
                members += Self.optional("fork", repository.isFork.map { .bool($0) }, &random)
                members += Self.optional("topics", repository.topics.map { .strings($0) }, &random)
                let known = repository.visibility.known.map { LawfulJSON.string($0.rawValue) }
                members += Self.optional("visibility", known, &random)
                if repository.visibility == .notPublic || (known != nil && Bool.random(using: &random)) {
                    members.append((name: "private", value: .bool(repository.visibility != .public)))
                }
                let properties = repository.customProperties.map { properties in
                    LawfulJSON.object(properties.map { (name: $0.key, value: Self.property($0.value)) })
                }
                members += Self.optional("custom_properties", properties, &random)
                items.append(.object(members + LawfulJSON.noiseMembers(&random)))
                addSetting(of: repository, &random)
            }
            answers[LawfulAnswerTests.page] = [.ok(LawfulJSON.array(items).text(&random))]
        }

        private static func property(_ values: [String]) -> LawfulJSON {
            values.isEmpty ? .null : values.count == 1 ? .string(values[0]) : .strings(values)
        }

        private static func repository(
            _ index: Int, ownerID: Int64, _ random: inout SeededGenerator,
        ) -> Repository {
            // Ids are unique, and so are names.
            let id = Self.id(&random) / 64 * 64 + Int64(index) + 1
            var properties: [String: [String]]?
            if Bool.random(using: &random) {
                properties = [:]
                for name in ["tier", "team-é", "K_1"] where Bool.random(using: &random) {
                    let count = Int.random(in: 0..<4, using: &random)
                    properties?[name] = (0..<count).map { "\($0)\(LawfulJSON.word(&random))" }
                }
            }
            return Repository(
                id: RepositoryID(rawValue: id <= 0 ? Int64(index) + 1 : id), owner: "Acme",
                ownerID: Bool.random(using: &random) ? ownerID : nil,
                name: ["r\(index)", "r.\(index)-_", "é\(index)", "e\u{301}\(index)"].randomElement(using: &random)
                    ?? "",
                visibility: [.public, .private, .internal, .notPublic, .unknown].randomElement(using: &random)
                    ?? .unknown,
                isArchived: [nil, true, false].randomElement(using: &random) ?? nil,
                isFork: [nil, true, false].randomElement(using: &random) ?? nil,
                topics: Bool.random(using: &random) ? nil : ["a", "tó-pic", "to\u{301}-pic"].shuffled(using: &random),
                customProperties: properties)
        }

        private mutating func addSetting(of repository: Repository, _ random: inout SeededGenerator) {
            let prefixes = [
                nil, "repo:Acme/\(repository.id.rawValue)", "repo:Acme@\(organizationID)/x@\(repository.id.rawValue)",
                "odd \u{e9}",
            ]
            let setting = RepositorySetting(
                useDefault: Bool.random(using: &random),
                includeClaimKeys: Bool.random(using: &random) ? nil : Self.keys(&random),
                useImmutableSubject: [nil, true, false].randomElement(using: &random) ?? nil,
                subClaimPrefix: prefixes.randomElement(using: &random) ?? nil)
            settings.append(setting)
            var members: [(name: String, value: LawfulJSON)] = [
                (name: "use_default", value: .bool(setting.useDefault))
            ]
            members += Self.optional(
                "include_claim_keys", setting.includeClaimKeys.map { .strings($0.map(\.rawValue)) }, &random)
            members += Self.optional("use_immutable_subject", setting.useImmutableSubject.map { .bool($0) }, &random)
            members += Self.optional("sub_claim_prefix", setting.subClaimPrefix.map { .string($0) }, &random)
            let path = "/repos/Acme/\(repository.name.pathEncoded)/actions/oidc/customization/sub"
            answers[path] = Self.answer(members, &random)
        }

        private mutating func addProperties(_ random: inout SeededGenerator) {
            included = ["tier", "é", "e\u{301}"].shuffled(using: &random)
            var items: [LawfulJSON] = []
            for name in included {
                items.append(
                    .object([(name: "custom_property_name", value: .string(name))] + LawfulJSON.noiseMembers(&random)))
            }
            answers["/orgs/acme/actions/oidc/customization/properties/repo"] = [
                .ok(LawfulJSON.array(items).text(&random))
            ]
            items = []
            for repository in repositories {
                let known = repository.customProperties ?? [:]
                properties[repository.id] = known
                let values = known.map { name, values in
                    LawfulJSON.object(
                        [
                            (name: "property_name", value: .string(name)),
                            (name: "value", value: Self.property(values)),
                        ] + LawfulJSON.noiseMembers(&random))
                }
                items.append(
                    .object(
                        [
                            (name: "repository_id", value: .number("\(repository.id.rawValue)")),
                            (name: "properties", value: .array(values)),
                        ] + LawfulJSON.noiseMembers(&random)))
            }
            answers[LawfulAnswerTests.values] = [.ok(LawfulJSON.array(items).text(&random))]
        }
    }

    @Test(arguments: 0..<60) func isReadAsItWasMade(seed: Int) async throws {
        let world = World(seed: seed)
        let client = GitHubClient(
            GitHubClient.Settings(endpoint: .gitHub, token: nil, userAgent: "oidc-audit/test"),
            transport: ScriptedTransport(world.answers), clock: ManualClock()
        ) { .sample }

        let account = try await client.organization(.sample)
        #expect(account.id.rawValue == world.organizationID)
        #expect(account.publicRepositoryCount == world.counts.open)
        #expect(account.repositoryCount == world.counts.closed.map { $0 + world.counts.open })
        #expect(
            try await client.organizationTemplate(of: .sample)
                == .set(SubjectTemplate(world.template), useImmutableSubject: world.flag))

        let page = try #require(try await client.repositoryPage(.number(1), of: .sample).value)
        #expect(page.malformedCount == 0)
        #expect(page.repositories == world.repositories)
        #expect(
            try await client.includedProperties(of: .sample).map(ExactText.init) == world.included.map(ExactText.init))
        let values = try await client.propertyValuePage(.number(1), of: .sample).values
        #expect(values.count == world.properties.count)
        for (id, known) in world.properties {
            #expect(values[id]?.mapValues { $0.map(ExactText.init) } == known.mapValues { $0.map(ExactText.init) })
        }
        for (repository, setting) in zip(page.repositories, world.settings) {
            #expect(try await client.setting(of: repository).value == setting)
        }
    }

    /// What the largest answers nest, many times over.
    @Test func nestingOfFiveHundredLevelsIsPassedOver() async throws {
        let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        let path = "/repos/acme/api/actions/oidc/customization/sub"
        let transport = ScriptedTransport([
            path: [.ok(#"{"use_default": true, "x": \#(deep)}"#)],
            Self.page: [.ok(#"[{"id": 1, "name": "api", "owner": {"login": "acme"}, "x": \#(deep)}]"#)],
        ])
        let client = GitHubClient(
            GitHubClient.Settings(endpoint: .gitHub, token: nil, userAgent: "oidc-audit/test"), transport: transport,
            clock: ManualClock()
        ) { .sample }
        #expect(try await client.repositoryPage(.number(1), of: .sample).value?.repositories.count == 1)
        #expect(try await client.setting(of: .sample("api", id: 1)).value == RepositorySetting(useDefault: true))
    }
}
