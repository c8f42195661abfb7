import AuditCore
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import GitHubAPI

/// Answers that are packed on the wire, over a real socket.
@Suite(.timeLimit(.minutes(5))) struct CompressionTests {
    /// `{"use_default":true}`
    private static let gzip: [UInt8] = [
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 42, 45, 78, 141, 79, 73, 77, 75, 44, 205, 41, 81, 178, 42, 41, 42, 77,
        173, 5, 0, 153, 108, 246, 37, 20, 0, 0, 0,
    ]
    private static let deflate: [UInt8] = [
        120, 156, 171, 86, 42, 45, 78, 141, 79, 73, 77, 75, 44, 205, 41, 81, 178, 42, 41, 42, 77, 173, 5, 0, 80, 122, 7,
        200,
    ]

    private func read(
        _ reply: PackingServer.Reply, unless validator: Validator? = nil, packs: Bool = false,
    ) async throws -> (answer: Result<Conditional<RepositorySetting>, GitHubError>, heads: [HTTPRequestHead]) {
        let server = try await PackingServer.start(reply, packs: packs)
        var settings = GitHubClient.Settings(
            endpoint: try GitHubEndpoint(apiURL: "http://127.0.0.1:\(server.port)"), token: nil,
            userAgent: "oidc-audit/test")
        settings.retry = RetryPolicy(baseDelay: .milliseconds(1))
        let transport = HTTPTransport(connectionsMax: 2)
        let client = GitHubClient(settings, transport: transport, clock: .continuous) { .sample }
        let answer: Result<Conditional<RepositorySetting>, GitHubError>
        do throws(GitHubError) {
            answer = .success(try await client.setting(of: .sample("api", id: 1), unless: validator))
        } catch {
            answer = .failure(error)
        }
        await transport.shutDown()
        try await server.stop()
        return (answer, server.heads)
    }

    private static let good = Conditional.modified(RepositorySetting(useDefault: true), validator: nil)

    @Test func packedAnswersAreAskedForAndUnpacked() async throws {
        for (name, body) in [("gzip", Self.gzip), ("deflate", Self.deflate), ("GZIP", Self.gzip)] {
            let (answer, heads) = try await read(.init(headers: [("Content-Encoding", name)], body: body))
            #expect(answer == .success(Self.good))
            #expect(heads.map { $0.headers["Accept-Encoding"] } == [["gzip, deflate"]])
        }
        let plain = try await read(.init(body: Array(#"{"use_default":true}"#.utf8)))
        #expect(plain.answer == .success(Self.good))
        let identity = try await read(
            .init(headers: [("Content-Encoding", "identity")], body: Array(#"{"use_default":true}"#.utf8)))
        #expect(identity.answer == .success(Self.good))
    }

    @Test func whatCanNotBeUnpackedIsNoAnswer() async throws {
        var broken = Self.gzip
        broken[15] ^= 0xFF
        for body in [
            broken, Array(Self.gzip.dropLast(12)), Self.gzip + [1, 2, 3], Array(#"{"use_default":true}"#.utf8),
        ] {
            let (answer, _) = try await read(.init(headers: [("Content-Encoding", "gzip")], body: body))
            guard case .failure(.connectionLost) = answer else { Issue.record("\(answer)"); continue }
        }
        // Nobody asked for that.
        let (other, _) = try await read(.init(headers: [("Content-Encoding", "br")], body: Self.gzip))
        guard case .failure(.malformed) = other else { Issue.record("\(other)"); return }
    }

    /// Seventeen thousand bytes on the wire.
    @Test func theLimitIsOneOfWhatABodyUnpacksTo() async throws {
        let bomb = [UInt8](repeating: UInt8(ascii: " "), count: (16 << 20) + 1)
        let (answer, _) = try await read(.init(body: bomb), packs: true)
        #expect(answer == .failure(.malformed("the body is larger than 16777216 bytes")))
        // As much as is allowed.
        let most = Array(#"{"use_default":true}"#.utf8) + [UInt8](repeating: 0x20, count: (16 << 20) - 20)
        let (large, _) = try await read(.init(body: most), packs: true)
        #expect(large == .success(Self.good))
    }

    /// An answer without a body may say how the one that it stands for is packed.
    @Test func anAnswerWithoutABodyNeedsNoUnpacking() async throws {
        let validator = try #require(Validator("\"v\""))
        let (answer, _) = try await read(
            .init(status: .notModified, headers: [("Content-Encoding", "gzip"), ("ETag", "\"v\"")], body: []),
            unless: validator)
        #expect(answer == .success(.notModified))
        let (empty, _) = try await read(
            .init(status: .forbidden, headers: [("Content-Encoding", "gzip"), ("Content-Length", "0")], body: []))
        #expect(empty == .failure(.forbidden("no message", acceptedPermissions: nil)))
    }
}

/// A server that gives one answer to everything.
private final class PackingServer: Sendable {
    struct Reply: Sendable {
        var status = HTTPResponseStatus.ok
        var headers: [(String, String)] = []
        var body: [UInt8]
    }

    private let channel: any Channel
    private let log: Log

    final class Log: Sendable {
        private let requests = Mutex<[HTTPRequestHead]>([])
        var all: [HTTPRequestHead] { requests.withLock { $0 } }
        func append(_ head: HTTPRequestHead) { requests.withLock { $0.append(head) } }
    }

    private init(_ channel: any Channel, _ log: Log) {
        self.channel = channel
        self.log = log
    }

    /// - Parameter packs: whether it packs what the client allows to be packed.
    static func start(_ reply: Reply, packs: Bool) async throws -> PackingServer {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    if packs { try pipeline.addHandler(HTTPResponseCompressor()) }
                    try pipeline.addHandler(ReplyHandler(reply, log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return PackingServer(channel, log)
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var heads: [HTTPRequestHead] { log.all }

    func stop() async throws {
        try await channel.close()
    }
}

private final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let reply: PackingServer.Reply
    private let log: PackingServer.Log

    init(_ reply: PackingServer.Reply, _ log: PackingServer.Log) {
        self.reply = reply
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): log.append(head)
        case .body: break
        case .end:
            let head = HTTPResponseHead(version: .http1_1, status: reply.status, headers: HTTPHeaders(reply.headers))
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if !reply.body.isEmpty {
                let body = context.channel.allocator.buffer(bytes: reply.body)
                context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
