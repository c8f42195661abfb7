import Foundation
import Testing

@testable import GitHubEmulator

/// What the script needs to be on `PATH`.
private enum Python {
    static let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    static let isThere = path.split(separator: ":")
        .contains { FileManager.default.isExecutableFile(atPath: "\($0)/python3") }
}

/// `scripts/live-check` with an emulator in GitHub's place: nothing differs, unless its world is changed.
@Suite(.timeLimit(.minutes(5)), .enabled(if: Python.isThere, "no python3"))
struct LiveCheckTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../scripts/live-check").standardizedFileURL
    /// Beside the tests' own product; on macOS that is a bundle which a helper of the toolchain loads.
    private static let program: URL = {
        let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
        let product = bundle ?? URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return product.deletingLastPathComponent().appending(path: "oidc-audit")
    }()

    private static let template = "/repos/acme/api/actions/oidc/customization/sub"

    /// What a stranger may see of it is one organization with two repositories.
    private static func world(_ faults: [WorldFile.Fault] = []) -> WorldFile {
        WorldFile(
            tokens: ["secret"],
            organizations: [
                WorldFile.Organization(
                    login: "acme", id: 77, template: ["repo", "context"], showsPrivateCount: false,
                    repositories: [
                        WorldFile.Repository(
                            name: "api", id: 1001, visibility: "public", topics: ["service"],
                            customProperties: ["tier": "one", "team": nil],
                            setting: .init(
                                useDefault: false, includeClaimKeys: ["repo", "context"], useImmutableSubject: false,
                                subClaimPrefix: "repo:acme/api")),
                        WorldFile.Repository(name: "docs", id: 1002, visibility: "public"),
                        WorldFile.Repository(name: "secrets", id: 1003),
                    ]),
                WorldFile.Organization(
                    login: "octocat", id: 583_231, type: "User",
                    repositories: [.init(name: "Hello-World", id: 1_296_269, visibility: "public")]),
            ],
            rateLimit: .init(limit: 60, windowSeconds: 3600), faults: faults)
    }

    @Test func nothingDiffersBetweenTwoEmulators() async throws {
        let run = try await Self.run(against: Self.world())
        #expect(run.status == 0, "\(run.output)\(run.error)")
        #expect(run.error.isEmpty)
        #expect(!run.output.contains("differs"))
        #expect(run.output.contains("\nGET \(Self.template)\n  same\n"))
        #expect(run.output.contains("\nGET /repos/octocat/Hello-World\n  same\n"))
        #expect(run.output.contains("\nnone of 17 answers differ in what the client reads\n"))
    }

    @Test func whatDiffersIsNamed() async throws {
        let run = try await Self.run(
            against: Self.world([
                .init(path: Self.template, kind: .body, body: #"{"use_default":"yes","sub_claim_prefix":7}"#),
                .init(path: "/orgs/acme", kind: .body, body: #"{"login":"acme","id":77,"new\u001b[31m":1}"#),
                .init(path: "/orgs/acme/properties/values", kind: .status, status: 410),
            ]))
        #expect(run.status == 1, "\(run.error)")
        for line in [
            "differs  use_default: GitHub string, the emulator boolean",
            "differs  sub_claim_prefix: GitHub integer, the emulator string",
            "differs  public_repos: only the emulator sends it",
            "differs  status: GitHub 410",
            "note     other fields of GitHub alone (1): new?[31m",
            "4 of 17 answers differ in what the client reads",
        ] { #expect(run.output.contains(line), "\(line) in \(run.output)") }
        #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    /// The script's mistakes and GitHub's refusals must not pass for a comparison.
    @Test(arguments: [
        ("acme/none", [], "there is no public repository acme/none"),
        ("acme/secrets", [], "there is no public repository acme/secrets"),
        ("nobody/api", [], "there is no organization nobody"),
        ("acme", [], "acme is not a repository"),
        ("acme/api", [WorldFile.Fault(path: template, kind: .primaryLimit)], "API rate limit exceeded"),
        ("acme/api", [WorldFile.Fault(path: template, kind: .reset)], template),
        ("acme/api", [WorldFile.Fault(path: template, kind: .huge)], "more than 16 MiB"),
    ])
    func whatCannotBeComparedIsNoDifference(name: String, faults: [WorldFile.Fault], message: String) async throws {
        let run = try await Self.run(against: Self.world(faults), repository: name)
        #expect(run.status == 2)
        #expect(run.error.hasPrefix("error: "))
        #expect(run.error.contains(message), "\(run.error)")
        #expect(run.error.contains("\n hint: "))
    }

    @Test func noOutputHoldsASecret() async throws {
        let emulator = Emulator(Self.world())
        try await emulator.run { address in
            _ = try await Self.run(at: address, repository: "acme/api")
        }
        #expect(await emulator.world.lastHeaders["authorization"] == nil)
        let requests = await emulator.world.requests
        #expect(requests.count == 17)
        #expect(requests.allSatisfy { $0.hasPrefix("GET /") })
    }

    /// What an owner would paste, with the emulator's token and names.
    @Test func whatItPrintsForOwnersMeasures() async throws {
        let emulator = Emulator(Self.world())
        let run = try await emulator.run { address in
            let printed = try await Self.run(at: address, repository: "acme/api").output
            let start = try #require(printed.range(of: "\nORG=test-org REPO=old-repository bash"))
            let command = "ORG=acme REPO=api bash" + printed[start.upperBound...]
            let folder = try Folder()
            return try await Self.run(
                URL(filePath: "/bin/bash"), [try folder.write(command, to: "command")],
                ["GH_TOKEN": "secret", "API_URL": address, "PATH": Python.path])
        }
        #expect(run.status == 0, "\(run.error)")
        let path = Self.template.dropFirst()
        for answer in [
            "GET /\(path) \n  {\"use_default\":true,\"use_immutable_subject\":true,"
                + "\"sub_claim_prefix\":\"repo:acme@77/api@1001\"}"
                + " (200)\n# 3",
            "GET /orgs/acme/actions/oidc/customization/sub \n  {\"include_claim_keys\":[\"repo\",\"ref\"],"
                + "\"use_immutable_subject\":false} (200)\n# 7",
            "subject.yml {\"message\":\"Print the subject\",\"content\":\"b246IHB1c2gK",
            "PUT /repos/acme/api/actions/permissions {\"enabled\":true}\n",
        ] { #expect(run.output.contains(answer), "\(answer) in \(run.output)") }
    }

    // MARK: -

    private static func run(against world: WorldFile, repository: String = "acme/api") async throws -> CommandRun {
        try await Emulator(world).run { try await run(at: $0, repository: repository) }
    }

    private static func run(at address: String, repository: String) async throws -> CommandRun {
        try await run(
            script, [repository], ["PATH": Python.path, "API_URL": address, "PROGRAM": program.path])
    }

    /// Waits without holding a thread, which the emulator of this process needs; output goes to files for that reason.
    private static func run(
        _ executable: URL, _ arguments: [String], _ environment: [String: String],
    ) async throws -> CommandRun {
        let folder = try Folder()
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder.write("", to: "output")))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: folder.write("", to: "error")))
        let status = try await withCheckedThrowingContinuation { (done: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { done.resume(throwing: error) }
        }
        return CommandRun(status: status, output: try folder.read("output"), error: try folder.read("error"))
    }
}
