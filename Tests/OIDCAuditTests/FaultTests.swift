import AuditCore
import Foundation
import TestSupport
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Everything that can go wrong between here and GitHub, with the report that comes of it: nothing is lost, nothing is
/// called compliant that was not read, and the night after is whole again.
@Suite(.timeLimit(.minutes(5))) struct FaultTests {
    /// One fault, and what a scan makes of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var faults: [WorldFile.Fault]
        /// What GitHub says of the harmed repository's template instead of telling it.
        var refusal: WorldFile.Refusal?
        /// Exit status.
        var status: Int32
        /// What the harmed repository is called.
        var harmed = "unreadable"
        /// Part of the harmed repository's reason, or of the listing's error.
        var says = ""
        var isListingPartial = false
        var arguments: [String] = []
        /// Short where the fault is a wait; else as long as a machine may need that runs all tests at once.
        var timeout = Duration.seconds(240)
        var clockSkewSeconds: Int64 = 0

        var testDescription: String { name }
    }

    private static let harmed = "/repos/acme/harmed/*"
    private static let listing = "/orgs/acme/repos"

    private static func fault(
        _ kind: WorldFile.Fault.Kind, path: String = harmed, after: Int = 0, times: Int? = nil, status: Int? = nil,
        retryAfter: Int? = nil, resetIn: Int? = nil, location: String? = nil, body: String? = nil,
    ) -> [WorldFile.Fault] {
        [
            .init(
                path: path, after: after, times: times, kind: kind, status: status, retryAfterSeconds: retryAfter,
                resetInSeconds: resetIn, location: location, body: body)
        ]
    }

    /// What passes is not in the report.
    static let passing: [Case] = [
        Case(name: "500 once", faults: fault(.status, times: 1, status: 500), status: 0),
        Case(name: "502 with HTML, three times", faults: fault(.html, times: 3, status: 502), status: 0),
        Case(name: "reset before the body, once", faults: fault(.reset, times: 1), status: 0),
        Case(name: "reset within the body, once", faults: fault(.truncate, times: 1), status: 0),
        Case(name: "no answer, once", faults: fault(.hang, times: 1), status: 0, timeout: .seconds(8)),
        Case(name: "403, secondary, retry-after", faults: fault(.secondaryLimit, times: 4, retryAfter: 1), status: 0),
        Case(
            name: "429, secondary, retry-after", faults: fault(.secondaryLimit, times: 1, status: 429, retryAfter: 0),
            status: 0),
        Case(name: "403, primary, reset", faults: fault(.primaryLimit, times: 1, resetIn: 0), status: 0),
        Case(name: "429, primary, reset", faults: fault(.primaryLimit, times: 1, status: 429, resetIn: 0), status: 0),
        Case(name: "reset time in the past", faults: fault(.primaryLimit, times: 1, resetIn: -3600), status: 0),
        Case(
            name: "a clock here that is ten years slow", faults: fault(.primaryLimit, times: 1, resetIn: 0), status: 0,
            arguments: ["--max-wait", "1m"], clockSkewSeconds: -315_360_000),
        Case(
            name: "a clock here that is ten years fast", faults: fault(.primaryLimit, times: 1, resetIn: 0), status: 0,
            arguments: ["--max-wait", "1m"], clockSkewSeconds: 315_360_000),
        Case(
            name: "renamed",
            faults: fault(.redirect, location: "/repositories/2/actions/oidc/customization/sub"), status: 0),
        Case(
            name: "the listing's page fails once", faults: fault(.status, path: listing, times: 1, status: 503),
            status: 0),
        Case(
            name: "the organization fails once", faults: fault(.reset, path: "/orgs/acme", times: 1), status: 0),
    ].map { passing in
        var passing = passing
        passing.harmed = "compliant"
        return passing
    }

    static let lasting: [Case] = [
        Case(name: "500 always", faults: fault(.status, status: 500), status: 3, says: "GitHub failed (500)"),
        Case(name: "502 with HTML", faults: fault(.html, status: 502), status: 3, says: "GitHub failed (502)"),
        Case(name: "reset before the body", faults: fault(.reset), status: 3, says: "connection lost"),
        Case(name: "reset within the body", faults: fault(.truncate), status: 3, says: "connection lost"),
        Case(name: "truncated JSON", faults: fault(.malformed), status: 3, says: "malformed answer: no JSON"),
        Case(
            name: "no answer", faults: fault(.hang), status: 3, says: "no whole answer in time", timeout: .seconds(6)),
        Case(
            name: "one byte a second", faults: fault(.drip), status: 3, says: "no whole answer in time",
            timeout: .seconds(6)),
        Case(name: "wrong content type", faults: fault(.html, status: 200), status: 3, says: "200 with a page"),
        Case(name: "200 with an error", faults: fault(.errorDocument), status: 3, says: "no field use_default"),
        Case(name: "empty body", faults: fault(.body, body: ""), status: 3, says: "malformed answer"),
        Case(name: "huge body", faults: fault(.huge), status: 3, says: "larger than"),
        Case(name: "deleted meanwhile", faults: fault(.status, status: 404), status: 3, says: "not found"),
        Case(name: "made private meanwhile", faults: [], refusal: .notFound, status: 3, says: "not found"),
        Case(name: "403, no permission", faults: [], refusal: .forbidden, status: 3, says: "not accessible"),
        Case(name: "403, SSO", faults: [], refusal: .ssoRequired, status: 3, says: "single sign-on"),
        Case(
            name: "transferred to where another repository is",
            faults: fault(.redirect, location: "/repositories/99/actions/oidc/customization/sub"), status: 3,
            says: "it leads to another repository (id 99)"),
        Case(
            name: "transferred, as its prefix tells",
            faults: fault(.body, body: #"{"use_default": false, "sub_claim_prefix": "repo:evilcorp/harmed"}"#),
            status: 3,
            says: "it now belongs to evilcorp"),
        Case(
            name: "transferred, as a redirect tells",
            faults: fault(.redirect, location: "/repositories/2/actions/oidc/customization/sub")
                + fault(
                    .body, path: "/repositories/2",
                    body: #"{"id": 2, "name": "harmed", "owner": {"login": "evilcorp", "id": 78}}"#), status: 3,
            says: "it now belongs to evilcorp"),
        Case(
            name: "redirect to another host", faults: fault(.redirect, location: "https://evil.example/"), status: 3,
            says: "it leads away"),
        Case(
            name: "redirects without end",
            faults: fault(.redirect, location: "/repos/acme/harmed/actions/oidc/customization/sub"), status: 3,
            says: "more than 3 in a row"),
        Case(name: "an unknown status", faults: fault(.status, status: 418), status: 3, says: "unexpected answer (418"),
        Case(name: "403", faults: fault(.status, status: 403), status: 3, says: "forbidden"),
        Case(
            name: "403, secondary, a short time again and again", faults: fault(.secondaryLimit, retryAfter: 0),
            status: 3,
            says: "the scan ended before", arguments: ["--max-wait", "10s"]),
        Case(name: "451", faults: fault(.status, status: 451), status: 3, says: "blocked"),
        Case(
            name: "304 that nobody asked for", faults: fault(.status, status: 304), status: 3,
            says: "not modified, without having been asked"),
        // Limits that hold longer than is allowed end the scan, which goes on later.
        Case(
            name: "401 in the middle", faults: fault(.status, status: 401), status: 4, says: "the scan ended before"),
        Case(
            name: "403, secondary, no time", faults: fault(.secondaryLimit), status: 3, says: "the scan ended before",
            arguments: ["--max-wait", "30s"]),
        Case(
            name: "429, secondary, no time", faults: fault(.secondaryLimit, status: 429), status: 3,
            says: "the scan ended before", arguments: ["--max-wait", "30s"]),
        Case(
            name: "403, primary, no time", faults: fault(.primaryLimit), status: 3, says: "the scan ended before",
            arguments: ["--max-wait", "30s"]),
        Case(
            name: "429, primary, no time", faults: fault(.primaryLimit, status: 429), status: 3,
            says: "the scan ended before", arguments: ["--max-wait", "30s"]),
        Case(
            name: "429, primary, an hour", faults: fault(.primaryLimit, status: 429, resetIn: 3600), status: 3,
            says: "the scan ended before", arguments: ["--max-wait", "30s"]),
        Case(
            name: "reset time in the far future", faults: fault(.primaryLimit, resetIn: 1_000_000_000), status: 3,
            says: "the scan ended before"),
        Case(
            name: "gone for good before any template", faults: fault(.reset, path: "/repos/*"), status: 5,
            says: "connection lost"),
        Case(
            name: "gone for good after one template", faults: fault(.reset, path: "*", after: 6), status: 3,
            says: "connection lost", arguments: ["--concurrency", "1"]),
    ]

    /// The harmed repository is on the second page.
    static let listings: [Case] = [
        Case(
            name: "a lost page", faults: fault(.status, path: listing, after: 1, status: 500), status: 3,
            says: "page 2 could not be read"),
        Case(
            name: "a page of nonsense", faults: fault(.body, path: listing, after: 1, body: "[{}, 7]"), status: 3,
            says: "2 entries of page 2 are malformed"),
        Case(
            name: "a page that repeats",
            faults: fault(
                .body, path: listing, after: 1, body: #"[{"id": 1001, "name": "r1", "owner": {"login": "acme"}}]"#),
            status: 3, says: "page 2 repeats another"),
        Case(
            name: "a Link to another host",
            faults: fault(.link, path: listing, location: "<https://evil.example/repos?page=2>; rel=\"next\""),
            status: 3, says: "on another origin"),
        Case(
            name: "a Link that loops",
            faults: fault(.link, path: listing, location: "</orgs/acme/repos?per_page=100>; rel=\"next\""), status: 3,
            harmed: "compliant", says: "leads back"),
        Case(
            name: "a Link that can't be understood", faults: fault(.link, path: listing, location: "page two"),
            status: 3, says: "can't be understood"),
        Case(
            name: "partial results", faults: fault(.partialResults, path: listing), status: 3, harmed: "compliant",
            says: "until the token is approved for SSO"),
    ].map { lost in
        var lost = lost
        lost.isListingPartial = true
        return lost
    }

    @Test(arguments: passing + lasting)
    func ofARepository(fault: Case) async throws {
        var repositories = [
            WorldFile.Repository.good("first", id: 1), .good("harmed", id: 2), .good("other", id: 3),
            .own("third", id: 99, ["repo", "context", "job_workflow_ref"]),
        ]
        repositories[1].refusal = fault.refusal
        try await expect(fault, in: repositories)
    }

    @Test(arguments: listings)
    func ofAListing(fault: Case) async throws {
        let repositories = (1...120).map { WorldFile.Repository.good($0 == 110 ? "harmed" : "r\($0)", id: 1000 + $0) }
        try await expect(fault, in: repositories)
    }

    /// What an organization itself, or its template, is not read for: nothing that depends on it is called compliant.
    @Test(
        arguments: ["/orgs/acme", "/orgs/acme/actions/oidc/customization/sub"],
        [
            fault(.status, status: 500), fault(.html, status: 502), fault(.html, status: 200), fault(.malformed),
            fault(.errorDocument), fault(.body, body: ""), fault(.reset), fault(.truncate), fault(.status, status: 403),
            fault(.status, status: 404), fault(.status, status: 418),
        ])
    func ofAnOrganization(path: String, faults: [WorldFile.Fault]) async throws {
        let faults = faults.map { fault in
            var fault = fault
            fault.path = path
            return fault
        }
        try await EmulatedScan.with([.good("a", id: 1), .good("b", id: 2)], faults: faults) {
            (scan) async throws -> Void in
            let run = await scan("acme", "-f", "json")
            #expect([3, 4, 5].contains(run.status), "\(run.error)")
            #expect(run.json["verdict"] as? String == "incomplete")
            #expect(run.repositories().values.allSatisfy { $0["status"] as? String == "unreadable" })
            for repository in run.repositories().values {
                #expect(((repository["effective"] as? [String: Any])?["include_claim_keys"] ?? NSNull()) is NSNull)
            }
            await scan.world.change { $0.faults = [] }
            let next = await scan("acme", "-f", "json")
            #expect(next.status == 0, "\(next.error)")
            #expect(next.repositories().values.allSatisfy { $0["status"] as? String == "compliant" })
        }
    }

    private func expect(_ fault: Case, in repositories: [WorldFile.Repository]) async throws {
        try await EmulatedScan.with(
            repositories, template: ["repo", "context", "job_workflow_ref"], faults: fault.faults
        ) { (scan) async throws -> Void in
            var arguments = ["scan", "acme", "--api-url", scan.address, "--db", scan.folder.database, "-f", "json"]
            arguments += ["--policy", "preset:strict"] + fault.arguments
            let run = await CommandRun.run(
                arguments, environment: ["GH_ENTERPRISE_TOKEN": "test-token"], requestTimeout: fault.timeout,
                clockSkewSeconds: fault.clockSkewSeconds)
            #expect(run.status == fault.status, "\(run.error)")
            let organization = try #require((run.json["organizations"] as? [[String: Any]])?.first)
            let list = try #require(organization["listing"] as? [String: Any])
            #expect((list["status"] as? String == "partial") == fault.isListingPartial)
            let found = run.repositories()["acme/harmed"]
            let reason = fault.isListingPartial ? list["error"] as? String : found?["reason"] as? String
            #expect(fault.says.isEmpty || (reason ?? "").contains(fault.says), "\(reason ?? "no reason")")
            if fault.isListingPartial, fault.harmed == "unreadable" {
                #expect(found == nil)
            } else {
                #expect(found?["status"] as? String == fault.harmed)
            }
            // Of what was not read, nothing is made up.
            if let found, fault.harmed == "unreadable" {
                #expect(found["setting"] is NSNull)
                #expect(found["effective"] is NSNull)
            }
            if fault.status == 0 { #expect(run.repositories().count == repositories.count) }

            await scan.world.change { world in
                world.faults = []
                for place in repositories.indices { world.organizations[0].repositories[place].refusal = nil }
            }
            let next = await scan("acme", "-f", "json", "--resume")
            #expect(next.status == 0, "\(next.error)")
            #expect(next.repositories().count == repositories.count)
            #expect(next.repositories().values.allSatisfy { $0["status"] as? String == "compliant" })
        }
    }

    // MARK: - Where there is no GitHub

    private func unreachable(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> CommandRun {
        let folder = try Folder()
        let run = await CommandRun.run(
            ["scan", "acme", "--policy", "preset:baseline", "-f", "json", "--db", folder.database] + arguments,
            environment: ["GH_ENTERPRISE_TOKEN": "x"].merging(environment) { $1 })
        #expect(run.status == 5, "\(run.error)")
        #expect(run.json["verdict"] as? String == "incomplete")
        return run
    }

    @Test func aNameThatNobodyHasIsFive() async throws {
        let run = try await unreachable(["--api-url", "https://github.invalid/api/v3"])
        #expect(run.error.contains("the host, or the proxy before it, was not found"))
    }

    @Test func aCertificateThatNobodyTrustsIsFive() async throws {
        try await Self.overTLS { (scan) async throws -> Void in
            let run = try await unreachable(["--api-url", scan.address])
            #expect(run.error.contains("the server's certificate is not trusted"))
            #expect(run.error.contains("--ca-file"))
            #expect(await scan.world.requests.isEmpty)
        }
    }

    @Test func aCertificateOfAnotherNameIsFive() async throws {
        try await Self.overTLS { (scan) async throws -> Void in
            let authority = try scan.folder.write(LoopbackIdentity.certificatePEM, to: "ca.pem")
            let port = try #require(scan.address.split(separator: ":").last)
            let run = try await unreachable(["--api-url", "https://127.0.0.2:\(port)", "--ca-file", authority])
            #expect(run.error.contains("connection lost"))
            #expect(await scan.world.requests.isEmpty)
        }
    }

    @Test func aServerWithoutTLSIsFive() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            let port = try #require(scan.address.split(separator: ":").last)
            let run = try await unreachable(["--api-url", "https://127.0.0.1:\(port)"])
            #expect(run.error.contains("the TLS handshake failed"))
        }
    }

    static func overTLS(
        _ repositories: [WorldFile.Repository] = [.good("api", id: 1)],
        _ body: @Sendable @escaping (EmulatedScan) async throws -> Void,
    ) async throws {
        let organization = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo", "context", "job_workflow_ref"], repositories: repositories)
        let identity = try ServerIdentity(
            certificatePEM: Array(LoopbackIdentity.certificatePEM.utf8), keyPEM: Array(LoopbackIdentity.keyPEM.utf8))
        try await EmulatedScan.with(WorldFile(organizations: [organization]), identity: identity, body)
    }
}
