import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Refusals of the whole credential: they end everything once, by their own name.
@Suite(.timeLimit(.minutes(5))) struct CredentialRefusalTests {
    private static let texts = [
        ("installation_suspended", 403, "This installation has been suspended"),
        ("account_suspended", 403, "Sorry. Your account was suspended."),
        (
            "address_refused", 403,
            "the `acme` organization has an IP allow list enabled, and 192.0.2.1 is not permitted"
        ),
        ("address_blocked", 403, "Your IP address has been blocked."),
        ("token_not_allowed", 403, "`acme` forbids access via a personal access token (classic)."),
    ]

    private static func fault(_ status: Int, _ text: String, after: Int = 0, path: String? = nil) -> WorldFile.Fault {
        WorldFile.Fault(path: path, after: after, kind: .body, status: status, body: #"{"message": "\#(text)"}"#)
    }

    private static let repositories = (0..<40).map { WorldFile.Repository.good("r\($0)", id: Int64(1001 + $0)) }

    private static func run(_ scan: EmulatedScan, _ arguments: String...) async -> CommandRun {
        await CommandRun.run(
            arguments + ["--api-url", scan.address, "--db", scan.folder.database],
            environment: ["GH_ENTERPRISE_TOKEN": "test-token"])
    }

    @Test(arguments: texts)
    func aScanStopsOnceAndGoesOnLater(name: String, status: Int, text: String) async throws {
        try await EmulatedScan.with(Self.repositories) { (scan) async throws -> Void in
            await scan.world.change { $0.faults = [Self.fault(status, text, after: 8, path: "/repos/acme/*")] }
            let run = await scan("acme", "-f", "json", "--concurrency", "4")
            #expect(run.status == 3, "\(run.error)")
            let stop = (run.json["scan"] as? [String: Any])?["stop"] as? String
            #expect(stop == name)
            // At most what was in flight beside the first.
            let asked = await scan.world.requests.count { $0.hasPrefix("GET /repos/acme/") }
            #expect((9...13).contains(asked), "\(asked)")
            let explanation = try #require(CredentialRefusal(rawValue: name)).explanation
            let reasons = Set(run.repositories().values.compactMap { $0["reason"] as? String })
            #expect(reasons == ["not read: \(explanation)"])
            #expect(run.error.contains("the scan is incomplete: \(explanation)"))
            #expect(run.error.contains("then --resume reads the rest"))
            #expect(!run.error.contains("needs read access"))
            #expect(!run.error.contains("note: an owner") && !run.error.contains("note: ask"))

            await scan.world.change { $0.faults = [] }
            let rest = await scan("acme", "-f", "json", "--resume")
            #expect(rest.status == 0, "\(rest.error)")
            #expect(rest.error.contains("resuming scan #1"))
        }
    }

    /// One page may be of a single address. Where one follows the other, something answers in GitHub's place.
    @Test func pagesOfAProxyEndAScanOnce() async throws {
        try await EmulatedScan.with(Self.repositories) { (scan) async throws -> Void in
            let page = WorldFile.Fault(
                path: "/repos/acme/*", after: 8, kind: .body, status: 403, body: "<html>blocked by policy</html>")
            await scan.world.change { $0.faults = [page] }
            let run = await scan("acme", "-f", "json", "--concurrency", "1")
            #expect(run.status == 3, "\(run.error)")
            #expect((run.json["scan"] as? [String: Any])?["stop"] as? String == "foreign_pages")
            let asked = await scan.world.requests.count { $0.hasPrefix("GET /repos/acme/") }
            #expect(asked == 11)
            #expect(run.error.contains("then --resume reads the rest"), "\(run.error)")
            await scan.world.change { $0.faults = [] }
            let rest = await scan("acme", "-f", "json", "--resume")
            #expect(rest.status == 0, "\(rest.error)")
        }
    }

    @Test(arguments: texts)
    func fromTheFirstRequestItIsFour(name: String, status: Int, text: String) async throws {
        try await EmulatedScan.with(Self.repositories) { (scan) async throws -> Void in
            await scan.world.change { $0.faults = [Self.fault(status, text)] }
            let run = await scan("acme", "-f", "json")
            #expect(run.status == 4, "\(run.error)")
            let refusal = try #require(CredentialRefusal(rawValue: name))
            #expect(run.error.contains("\(refusal.explanation) (\(status): \(text))"))
            #expect(run.error.contains("hint: \(refusal.hint)\n"))
            #expect(await scan.world.requests.count == 1)
        }
    }

    /// One organization's policy says nothing of others: those are read, and what it refused can be read later.
    @Test(arguments: ["address_refused", "token_not_allowed"])
    func whatOneOrganizationRefusesOthersMayAllow(name: String) async throws {
        let (_, status, text) = try #require(Self.texts.first { $0.0 == name })
        let others = (0..<3).map { WorldFile.Repository.good("g\($0)", id: Int64(2001 + $0), of: "globex") }
        let world = WorldFile(organizations: [
            .init(
                login: "acme", id: 77, template: ["repo", "context", "job_workflow_ref"],
                repositories: Self.repositories),
            .init(
                login: "globex", id: 88, template: ["repo", "context", "job_workflow_ref"], repositories: others),
        ])
        try await EmulatedScan.with(world) { (scan) async throws -> Void in
            for after in [0, 8] {
                await scan.world.change {
                    $0.faults = [
                        Self.fault(status, text, after: after, path: "/repos/acme/*"),
                        Self.fault(status, text, after: after, path: "/orgs/acme*"),
                    ]
                }
                let run = await scan("acme", "globex", "-f", "json", "--concurrency", "2")
                #expect(run.status == 3, "\(run.error)")
                let read = run.repositories().values.filter { $0["status"] as? String == "compliant" }
                #expect(read.count { ($0["full_name"] as? String)?.hasPrefix("globex/") == true } == 3, "\(run.error)")
                #expect(!run.error.contains("needs read access"), "\(run.error)")
                // It is incomplete, and in the history: what the others have is known from it the next night.
                #expect((run.json["scan"] as? [String: Any])?["digest"] is String, "\(run.output)")
            }
            await scan.world.change { $0.faults = [] }
            let rest = await scan("acme", "globex", "-f", "json", "--resume")
            #expect(rest.status == 0, "\(rest.error)")
        }
    }

    @Test func anUnknownVersionIsFive() async throws {
        try await EmulatedScan.with(Self.repositories) { (scan) async throws -> Void in
            await scan.world.change { $0.faults = [Self.fault(400, "2030-01-01 is not a supported version.")] }
            let run = await scan("acme", "-f", "json", "--api-version", "2030-01-01")
            #expect(run.status == 5, "\(run.error)")
            #expect(run.error.contains("GET /versions"))
            #expect(await scan.world.requests.count == 1)
        }
    }

    @Test func aProxysPageIsNotBlamedOnTheToken() async throws {
        try await EmulatedScan.with(Self.repositories) { (scan) async throws -> Void in
            await scan.world.change {
                $0.faults = [
                    .init(path: "/repos/*", kind: .html, status: 403),
                    .init(path: "/orgs/acme/repos", kind: .html, status: 403),
                ]
            }
            let run = await scan("acme", "-f", "json")
            #expect(run.status == 5, "\(run.error)")
            #expect(run.error.contains("403 with a page, not GitHub's JSON: a proxy between"))
            #expect(!run.error.contains("needs read access"))
        }
    }

    // MARK: - Writing

    private static func withPlan(_ body: @Sendable @escaping (EmulatedScan, String) async throws -> Void) async throws {
        let repositories = (1...4).map { number in
            WorldFile.Repository(
                name: "r\(number)", id: Int64(number),
                setting: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:acme/r\(number)"))
        }
        try await EmulatedScan.with(repositories) { (scan) async throws -> Void in
            let plan = "\(scan.folder.path)/plan.json"
            #expect(
                await run(scan, "plan", "acme", "--policy", "preset:strict", "-o", "json=\(plan)").status == 1)
            try await body(scan, plan)
        }
    }

    /// Whether it is met by a read or by a write: nothing more is written, and the rest goes on later.
    @Test(arguments: ["GET", "PUT"])
    func anApplyStopsOnce(method: String) async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change {
                var fault = Self.fault(403, "This installation has been suspended", path: "/repos/acme/r2/*")
                fault.method = method
                $0.faults = [fault]
            }
            let apply = await Self.run(scan, "apply", plan, "--yes")
            #expect(apply.status == 6, "\(apply.error)")
            #expect(apply.error.contains("the installation is suspended (403: This installation has been suspended)"))
            #expect(apply.error.contains("and no more was written"))
            #expect(apply.error.contains("an owner of the organization can unsuspend the installation"))
            let writes = await scan.world.requests.filter { $0.hasPrefix("PUT") }
            #expect(writes.count == (method == "PUT" ? 2 : 1))
            await scan.world.change { $0.faults = [] }
            #expect(await Self.run(scan, "apply", "--continue", "--yes").status == 0)
        }
    }

    @Test func anApplyThatIsRefusedFromTheFirstIsFour() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change { $0.faults = [Self.fault(403, "This installation has been suspended")] }
            let apply = await Self.run(scan, "apply", plan, "--yes")
            #expect(apply.status == 4, "\(apply.error)")
            #expect(apply.error.contains("the installation is suspended"))
            #expect(await scan.world.requests.allSatisfy { $0.hasPrefix("GET") })
        }
    }
}
