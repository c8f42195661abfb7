import Foundation
import TestSupport
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Whatever GitHub's own schema and HTTP allow is read: sixty worlds of fifty repositories, made by chance and sent in
/// every way, are reported as another reader reads the same bytes.
@Suite(.timeLimit(.minutes(10))) struct LawfulWireTests {
    private static let organization = "/orgs/acme"
    private static let template = "/orgs/acme/actions/oidc/customization/sub"
    private static let count = 50

    private static func setting(_ index: Int) -> String {
        "/repos/Acme/\(name(index))/actions/oidc/customization/sub"
    }
    private static func name(_ index: Int) -> String { "r\(index).\(index % 3 == 0 ? "x_" : "-Y")" }

    /// The bytes of one world by what they are, before they are split into pages.
    private struct World {
        var organization: [UInt8]
        /// `nil`: never set.
        var template: [UInt8]?
        var repositories: [[UInt8]]
        var settings: [[UInt8]]

        init(seed: Int) {
            var random = SeededGenerator(seed)
            let owner = seed % 3 == 0 ? Int64.max - Int64(seed) : Int64(seed) + 77
            organization = Self.bytes(
                [
                    ("login", .string("Acme")), ("id", .number("\(owner)")), ("public_repos", .number("0")),
                    ("total_private_repos", .number("\(count)")),
                ], &random)
            template =
                seed % 4 == 0 ? nil : Self.bytes([("include_claim_keys", .strings(Self.keys(&random)))], &random)
            (repositories, settings) = ([], [])
            for index in 0..<count {
                let id = index % 5 == 0 ? Int64.max - Int64(index) - 1000 : Int64(index) + 1
                repositories.append(Self.repository(index, id, owner, &random))
                settings.append(Self.setting(&random))
            }
        }

        // MARK: -

        private static func bytes(
            _ members: [(name: String, value: LawfulJSON)], _ random: inout SeededGenerator,
        ) -> [UInt8] {
            Array(LawfulJSON.object(members + LawfulJSON.noiseMembers(&random)).text(&random).utf8)
        }

        private static func keys(_ random: inout SeededGenerator) -> [String] {
            let all = ["repo", "context", "job_workflow_ref", "ref", "e\u{301}", "é", "a \"b\"", "漢😀"]
            return Array(all.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random)))
        }

        private static func repository(
            _ index: Int, _ id: Int64, _ owner: Int64, _ random: inout SeededGenerator,
        ) -> [UInt8] {
            var members: [(name: String, value: LawfulJSON)] = [
                ("id", .number("\(id)")), ("name", .string(name(index))),
                ("owner", .object([("login", .string("Acme")), ("id", .number("\(owner)"))])),
                ("visibility", .string(["private", "internal"].randomElement(using: &random) ?? "private")),
                ("private", .bool(true)),
            ]
            // Absent is one thing, and so is null.
            switch Int.random(in: 0..<3, using: &random) {
            case 0: members.append(("archived", .bool(false)))
            case 1: members += [("archived", .bool(false)), ("topics", .null), ("custom_properties", .null)]
            default: members += [("archived", .bool(index % 7 == 0)), ("topics", .strings(["a", "b"]))]
            }
            return bytes(members, &random)
        }

        private static func setting(_ random: inout SeededGenerator) -> [UInt8] {
            var members: [(name: String, value: LawfulJSON)] = [("use_default", .bool(Bool.random(using: &random)))]
            switch Int.random(in: 0..<4, using: &random) {
            case 0: break
            case 1: members.append(("include_claim_keys", .null))
            case 2: members.append(("include_claim_keys", .strings([])))
            default: members.append(("include_claim_keys", .strings(keys(&random))))
            }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: break
            case 1: members.append(("use_immutable_subject", .null))
            default: members.append(("use_immutable_subject", .bool(Bool.random(using: &random))))
            }
            if Bool.random(using: &random) { members.append(("sub_claim_prefix", .string("repo:Acme/é"))) }
            return bytes(members, &random)
        }
    }

    // MARK: - The other reader

    private static func read(_ bytes: [UInt8]) throws -> [String: Any] {
        // This one reads no number that a Double can't hold. They stand where nobody looks, and no text has them.
        let text = String(decoding: bytes, as: UTF8.self).replacing("1e400", with: "1e40")
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private struct Expected: Equatable {
        var id: Int64
        var isArchived: Bool
        var visibility: String
        /// Bytes of each, as claims are compared by them.
        var keys: [[UInt8]]?
        var source: String?
        var prefix: [UInt8]?
        var flag: Bool?
    }

    private static func bytes(_ texts: Any?) -> [[UInt8]]? { (texts as? [String])?.map { Array($0.utf8) } }

    /// By GitHub's documentation alone.
    private static func expected(_ world: World) throws -> [String: Expected] {
        let template = try world.template.map { bytes(try read($0)["include_claim_keys"]) ?? [] }
        let standard = [Array("repo".utf8), Array("context".utf8)]
        var all: [String: Expected] = [:]
        for (repository, setting) in zip(world.repositories, world.settings) {
            let (repository, setting) = (try read(repository), try read(setting))
            let name = try #require(repository["name"] as? String)
            let own = bytes(setting["include_claim_keys"]) ?? []
            let effective: ([[UInt8]], String) =
                if setting["use_default"] as? Bool == true {
                    (standard, "github_default")
                } else if own.isEmpty {
                    template.map { ($0, "organization") } ?? (standard, "github_default")
                } else {
                    (own, own == template ? "organization_or_copy" : "repository")
                }
            let isArchived = repository["archived"] as? Bool == true
            all["Acme/\(name)"] = Expected(
                id: try #require((repository["id"] as? NSNumber)?.int64Value), isArchived: isArchived,
                visibility: try #require(repository["visibility"] as? String),
                keys: isArchived ? nil : effective.0, source: isArchived ? nil : effective.1,
                prefix: isArchived ? nil : (setting["sub_claim_prefix"] as? String).map { Array($0.utf8) },
                flag: isArchived ? nil : setting["use_immutable_subject"] as? Bool)
        }
        return all
    }

    private static func reported(_ run: CommandRun) -> [String: Expected] {
        run.repositories().mapValues { repository in
            let effective = repository["effective"] as? [String: Any]
            let setting = repository["setting"] as? [String: Any]
            return Expected(
                id: (repository["id"] as? NSNumber)?.int64Value ?? 0,
                isArchived: repository["archived"] as? Bool == true,
                visibility: repository["visibility"] as? String ?? "", keys: bytes(effective?["include_claim_keys"]),
                source: effective?["source"] as? String,
                prefix: (setting?["sub_claim_prefix"] as? String).map { Array($0.utf8) },
                flag: setting?["use_immutable_subject"] as? Bool)
        }
    }

    private static func expectAgreement(_ run: CommandRun, _ world: World, seed: Int) throws {
        #expect(run.status == 0, "seed \(seed): \(run.error)")
        let (reported, expected) = (reported(run), try expected(world))
        #expect(expected.count == count)
        #expect(reported.count == count)
        for (name, repository) in expected { #expect(reported[name] == repository, "seed \(seed): \(name)") }
        let organization = (run.json["organizations"] as? [[String: Any]])?.first
        #expect((organization?["listing"] as? [String: Any])?["status"] as? String == "complete", "seed \(seed)")
        #expect(
            (organization?["id"] as? NSNumber)?.int64Value
                == (try read(world.organization)["id"] as? NSNumber)?.int64Value)
    }

    private static let arguments = ["acme", "--exit-zero", "--policy", "preset:baseline", "-f", "json"]

    // MARK: - HTTP/1

    /// Pages of a listing of any size, each with links to the next and to others.
    private static func pages(_ repositories: [[UInt8]], seed: Int) -> [String: LawfulWire.Answer] {
        var random = SeededGenerator(seed &+ 1_000_000)
        let first = "/orgs/Acme/repos?type=all&sort=created&direction=asc&per_page=100&page=1"
        var (answers, path, rest, number) = ([String: LawfulWire.Answer](), first, repositories[...], 1)
        repeat {
            let part = rest.prefix(Int.random(in: 5...40, using: &random))
            rest = rest.dropFirst(part.count)
            var body = Array("[".utf8)
            for (index, repository) in part.enumerated() { body += (index > 0 ? Array(" ,\n".utf8) : []) + repository }
            body += Array("]\n".utf8)
            number += 1
            let next = "/organizations/7/repos?per_page=100&page=\(number)"
            let links = rest.isEmpty ? [] : links(to: next, number, &random)
            answers[path] = .init(links: links, body: body)
            path = next
        } while !rest.isEmpty
        return answers
    }

    /// RFC 8288 §3.
    private static func links(to next: String, _ number: Int, _ random: inout SeededGenerator) -> [String] {
        let query = "per_page=100&page=\(number)"
        let absolute = "http://127.0.0.1:PORT\(next)"
        let prev = "<http://127.0.0.1:PORT/organizations/7/repos?page=1>; rel=\"prev\""
        let forms: [[String]] = [
            ["<\(absolute)>; rel=\"next\""], [prev + ", <\(absolute)>; rel=\"next\""],
            ["<\(absolute)>;rel=next"], ["<\(next)>; rel=\"next\""], ["<HTTP://127.0.0.1:PORT\(next)>; REL=\"NEXT\""],
            ["<\(absolute)>; title=\"a, b; rel=\\\"prev\\\"\"; rel=\"next\""],
            ["<\(absolute)>\t;\t rel = \"alternate next\" ; type=x"], [prev, "<\(absolute)>; rel=\"next\""],
            [", ,\(prev),,<\(absolute)>; rel=\"next\"; rel=\"prev\","],
            ["<\(absolute)>; nofollow; rel=next; hreflang=de"],
            number == 2 ? ["<\(absolute)>; rel=next"] : ["<?\(query)>; rel=\"next\""],
        ]
        return forms.randomElement(using: &random) ?? []
    }

    @Test(arguments: 0..<50) func isReadHoweverItIsSent(seed: Int) async throws {
        let world = World(seed: seed)
        var answers = Self.pages(world.repositories, seed: seed)
        answers[Self.organization] = .init(body: world.organization)
        answers[Self.template] =
            world.template.map { .init(body: $0) }
            ?? .init(
                status: 404,
                body: Array(
                    #"{"message":"No Actions OIDC custom sub claim template found for the organization Acme"}"#.utf8))
        answers[Self.template.replacing("acme", with: "Acme")] = answers[Self.template]
        for (index, setting) in world.settings.enumerated() { answers[Self.setting(index)] = .init(body: setting) }
        let wire = try await LawfulWire.start(answers, seed: seed)
        let folder = try Folder()
        let run = await CommandRun.run(
            ["scan", "--api-url", "http://127.0.0.1:\(wire.port)", "--db", folder.database] + Self.arguments,
            environment: ["GH_ENTERPRISE_TOKEN": "test-token"])
        try await wire.stop()
        try Self.expectAgreement(run, world, seed: seed)
    }

    // MARK: - HTTP/2

    @Test(arguments: 50..<60) func isReadOverHTTP2(seed: Int) async throws {
        let world = World(seed: seed)
        var listing = Array("[".utf8)
        for (index, repository) in world.repositories.enumerated() {
            listing += (index > 0 ? Array(",".utf8) : []) + repository
        }
        func fault(_ path: String, _ body: [UInt8]) -> WorldFile.Fault {
            .init(path: path, kind: .body, body: String(decoding: body, as: UTF8.self))
        }
        var file = WorldFile(organizations: [.init(login: "Acme", id: 7, repositories: [])])
        file.faults =
            [
                fault(Self.organization, world.organization),
                fault("/orgs/Acme/repos", listing + Array("]".utf8)),
            ] + world.settings.enumerated().map { fault(Self.setting($0.offset), $0.element) }
        if let template = world.template {
            file.faults.append(fault("/orgs/*/actions/oidc/customization/sub", template))
        }
        let identity = try ServerIdentity(
            certificatePEM: Array(LoopbackIdentity.certificatePEM.utf8), keyPEM: Array(LoopbackIdentity.keyPEM.utf8))
        try await EmulatedScan.with(file, identity: identity) { (scan) async throws -> Void in
            let authority = try scan.folder.write(LoopbackIdentity.certificatePEM, to: "ca.pem")
            let run = await scan.run(
                Self.arguments + ["--ca-file", authority], environment: ["GH_ENTERPRISE_TOKEN": "test-token"],
                isTerminal: false)
            // There are no such fields in HTTP/2.
            #expect(await scan.world.lastHeaders["host"] == nil)
            try Self.expectAgreement(run, world, seed: seed)
        }
    }
}
