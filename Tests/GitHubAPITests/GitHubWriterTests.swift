import AuditCore
import Foundation
import TestSupport
import Testing

@testable import GitHubAPI
@testable import GitHubEmulator

/// Writing against the emulator, whose reading of GitHub's documentation is not the client's.
@Suite struct GitHubWriterTests {
    private static let path = "/repos/acme/api/actions/oidc/customization/sub"

    private static let api = WorldFile.Repository(
        name: "api", id: 1001,
        setting: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:acme/api"))
    private let repository = Repository.sample("api", id: 1001)

    private func world(
        _ repository: WorldFile.Repository = api, faults: [WorldFile.Fault] = [],
    ) -> WorldFile {
        WorldFile(
            organizations: [.init(login: "acme", id: 77, repositories: [repository])], faults: faults)
    }

    private func withWriter(
        _ file: WorldFile, timeout: Duration = .seconds(240),
        _ body: @Sendable @escaping (GitHubWriter, GitHubClient, World) async throws -> Void,
    ) async throws {
        let emulator = Emulator(file)
        try await emulator.run { address in
            var settings = GitHubClient.Settings(
                endpoint: try GitHubEndpoint(apiURL: address), token: AccessToken("test-token"),
                userAgent: "oidc-audit/test")
            settings.timeout = timeout
            settings.retry = RetryPolicy(baseDelay: .milliseconds(1))
            let transport = HTTPTransport(connectionsMax: 8)
            let client = GitHubClient(settings, transport: transport, clock: .continuous) { .sample }
            var limits = WriteLimits()
            limits.interval = .zero
            let writer = GitHubWriter(client, limits: limits)
            let result: Result<Void, any Error>
            do { result = .success(try await body(writer, client, emulator.world)) } catch { result = .failure(error) }
            await transport.shutDown()
            try result.get()
        }
    }

    @Test func whatWasWrittenIsRead() async throws {
        try await withWriter(world()) { (writer, client, world) async throws -> Void in
            #expect(
                await #expect(throws: GitHubError.self) { try await client.organizationTemplate(of: .sample) }
                    == .organizationTemplateNeverSet)
            _ = try await writer.setTemplate(of: .sample, to: ["repo", "context"], useImmutableSubject: true)
            #expect(
                try await client.organizationTemplate(of: .sample)
                    == .set(["repo", "context"], useImmutableSubject: true))

            _ = try await writer.setSetting(of: "acme", "api", to: .own(["repo", "ref"]))
            var read = try #require(try await client.setting(of: repository).value)
            #expect(read.includeClaimKeys == ["repo", "ref"])
            #expect(read.useDefault == false)
            #expect(read.useImmutableSubject == false)

            var immutable = RepositorySetting.gitHubDefault
            immutable.useImmutableSubject = true
            // Computed by GitHub, and never sent.
            immutable.subClaimPrefix = "repo:evil/evil"
            _ = try await writer.setSetting(of: "acme", "api", to: immutable)
            read = try #require(try await client.setting(of: repository).value)
            #expect(read.useDefault)
            #expect(read.subClaimPrefix == "repo:acme@77/api@1001")
            let writes = await world.requests.filter { $0.hasPrefix("PUT") }
            #expect(writes.count == 3)
        }
    }

    /// - Parameter isDone: whether the change was made all the same.
    @Test(arguments: [
        (WorldFile.Fault(method: "PUT", kind: .status, status: 500), "GitHub failed (500)", false),
        (WorldFile.Fault(method: "PUT", kind: .status, status: 400), "unexpected answer (400", false),
        (WorldFile.Fault(method: "PUT", kind: .status, status: 404), "not found, or not allowed", false),
        (WorldFile.Fault(method: "PUT", kind: .status, status: 409), "rejected (409", false),
        (WorldFile.Fault(method: "PUT", kind: .reset), "connection lost", false),
        (WorldFile.Fault(method: "PUT", kind: .lostAnswer), "connection lost", true),
        (
            WorldFile.Fault(method: "PUT", kind: .redirect, location: "/repositories/1001/x"), "redirect not followed",
            false
        ),
        (WorldFile.Fault(method: "PUT", kind: .hang), "no whole answer in time", false),
    ])
    func aFaultIsReportedAndNothingIsSentTwice(fault: WorldFile.Fault, message: String, isDone: Bool) async throws {
        // Long enough for a loaded machine to bring the request to the server.
        let timeout: Duration = fault.kind == .hang ? .seconds(5) : .seconds(240)
        try await withWriter(world(faults: [fault]), timeout: timeout) { (writer, client, world) async throws -> Void in
            let error = await #expect(throws: GitHubError.self) {
                _ = try await writer.setSetting(of: "acme", "api", to: .own(["repo"]))
            }
            #expect("\(try #require(error))".contains(message))
            #expect(await world.requests.count { $0.hasPrefix("PUT") } <= 1)
            let read = try #require(try await client.setting(of: repository).value)
            #expect(read.useDefault == !isDone)
        }
    }

    @Test func anEchoedTokenIsNotInTheRawAnswer() async throws {
        let fault = WorldFile.Fault(method: "GET", kind: .body, body: #"{"authorization":"test-token"}"#)
        try await withWriter(world(faults: [fault])) { (_, client, _) async throws -> Void in
            let raw = try await client.rawTemplate(of: "acme", "api")
            #expect(String(decoding: raw, as: UTF8.self) == #"{"authorization":"[token]"}"#)
        }
    }

    @Test func bytesAreRedactedAndOtherwiseLeftAlone() throws {
        let token = try #require(AccessToken("test-token"))
        let odd: [UInt8] = [0xFF, 0x0D, 0x0A, 0x09, 0x00]
        #expect(token.redacted(odd) == odd)
        let secret = Array("test-token".utf8)
        #expect(token.redacted(odd + secret + secret + odd) == odd + Array("[token][token]".utf8) + odd)
        #expect(token.redacted(Array("test-toke".utf8)) == Array("test-toke".utf8))
        #expect(token.redacted([]).isEmpty)
    }

    @Test func refusalsSayWhy() async throws {
        var archived = Self.api
        archived.archived = true
        var locked = Self.api
        locked.writeRefusal = .forbidden
        var renamed = Self.api
        renamed.renamedTo = "web"
        for (repository, message) in [
            (archived, "Repository was archived so is read-only."), (locked, "Resource not accessible"),
            (renamed, "redirect not followed"),
        ] {
            try await withWriter(world(repository)) { (writer, _, _) async throws -> Void in
                let error = await #expect(throws: GitHubError.self) {
                    _ = try await writer.setSetting(of: "acme", "api", to: .own(["repo"]))
                }
                #expect("\(try #require(error))".contains(message))
            }
        }
        try await withWriter(world()) { (writer, _, _) async throws -> Void in
            let error = await #expect(throws: GitHubError.self) {
                _ = try await writer.setSetting(of: "acme", "api", to: .own(["repo", "repo"]))
            }
            #expect("\(try #require(error))" == "rejected (422: Validation Failed: include_claim_keys must be unique)")
        }
    }

    @Test func aRateLimitThatRefusesAWriteIsReported() async throws {
        let fault = WorldFile.Fault(
            method: "PUT", times: 1, kind: .secondaryLimit, retryAfterSeconds: 1)
        try await withWriter(world(faults: [fault])) { (writer, client, world) async throws -> Void in
            #expect(try await !writer.setSetting(of: "acme", "api", to: .own(["repo"])))
            #expect(try await client.setting(of: repository).value?.useDefault == true)
            #expect(try await writer.setSetting(of: "acme", "api", to: .own(["repo"])))
            #expect(await world.requests.count { $0.hasPrefix("PUT") } == 2)
            #expect(try await client.setting(of: repository).value?.includeClaimKeys == ["repo"])
        }
    }

    @Test func writesArePacedAsGitHubAsks() {
        var pace = WritePace(WriteLimits(), after: [])
        var now = Duration.zero
        var sent: [Duration] = []
        while sent.count < 600 {
            if let turn = pace.turn(at: now) { now = turn.moment } else { sent.append(now) }
        }
        for (first, second) in zip(sent, sent.dropFirst()) { #expect(second - first >= .seconds(1)) }
        for (place, moment) in sent.enumerated() {
            if place >= 80 { #expect(moment - sent[place - 80] > .seconds(60)) }
            if place >= 500 { #expect(moment - sent[place - 500] > .seconds(3600)) }
        }
        // As fast as that allows.
        #expect(sent[79] == .seconds(79))
        #expect(sent[499] < .seconds(510))
    }

    @Test func earlierWritesCount() throws {
        var pace = WritePace(WriteLimits(), after: (0..<500).map { .seconds(-500 + $0) })
        let next = pace.turn(at: .zero)
        let turn = try #require(next)
        #expect(turn.moment == .seconds(-500 + 3601))
        #expect(turn.message == "the 500 writes of this hour are used")
    }

    @Test func howLongWritesTakeIsKnownBefore() {
        let limits = WriteLimits()
        #expect(limits.leastDuration(of: 0) == .zero)
        #expect(limits.leastDuration(of: 1) == .zero)
        #expect(limits.leastDuration(of: 293) == .seconds(292))
        #expect(limits.leastDuration(of: 501) >= .seconds(3600))
        #expect(limits.leastDuration(of: 3000) >= .seconds(5 * 3600))
        // What was written before counts too.
        #expect(limits.leastDuration(of: 1, after: Array(repeating: .seconds(1), count: 500)) == .seconds(3600))
        #expect(limits.leastDuration(of: 2, after: Array(repeating: .seconds(4000), count: 500)) == .seconds(1))
    }

    private func writer(waitMax: Duration) throws -> (GitHubWriter, ManualClock) {
        let clock = ManualClock()
        let client = GitHubClient(
            .init(endpoint: .gitHub, token: AccessToken("t"), userAgent: "test"), transport: ScriptedTransport([:]),
            clock: clock
        ) { .sample }
        let before = Array(repeating: Duration.seconds(600), count: 500)
        return (GitHubWriter(client, after: before, waitMax: waitMax), clock)
    }

    @Test func aLongWaitIsSaidOnceAndHoldsToWhatIsAllowed() async throws {
        let (patient, clock) = try writer(waitMax: .seconds(3002))
        var waits: [RateLimitWait] = []
        #expect(try await patient.takeTurn(waiting: { waits.append($0) }))
        #expect(
            waits == [
                RateLimitWait(message: "the 500 writes of this hour are used", remaining: .seconds(3001), isPace: false)
            ])
        #expect(clock.sleeps.reduce(.zero, +) == .seconds(3001))
        // The next second's write is no wait to speak of.
        #expect(try await patient.takeTurn(waiting: { waits.append($0) }))
        #expect(waits.count == 1)

        let (hasty, idle) = try writer(waitMax: .seconds(3000))
        let error = await #expect(throws: GitHubError.self) { _ = try await hasty.takeTurn() }
        #expect(
            "\(try #require(error))"
                == "rate limit: the 500 writes of this hour are used; the wait would be longer than allowed"
        )
        #expect(idle.sleeps.isEmpty)
    }
}
