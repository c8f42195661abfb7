import AuditCore
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import GitHubAPI
@testable import GitHubEmulator
@testable import OIDCAudit

@Suite(.timeLimit(.minutes(5))) struct ProxyTests {
    // MARK: - Which hosts go through it

    private func choice(_ host: String, _ environment: [String: String]) throws -> String? {
        try ProxyChoice(environment).proxy(for: GitHubEndpoint(apiURL: host))?.description
    }

    @Test func theEnvironmentNamesTheProxy() throws {
        let gitHub = "https://api.github.com"
        #expect(try choice(gitHub, [:]) == nil)
        #expect(try choice(gitHub, ["HTTPS_PROXY": "http://proxy.example:3128"]) == "proxy.example:3128")
        #expect(
            try choice(gitHub, ["https_proxy": "proxy.example:3128/", "HTTPS_PROXY": "x:1"]) == "proxy.example:3128")
        #expect(try choice(gitHub, ["HTTPS_PROXY": "http://[::1]:3128"]) == "[::1]:3128")
        #expect(try #require(ProxyServer("http://[::1]:3128")).host == "::1")
        #expect(try choice(gitHub, ["HTTPS_PROXY": ""]) == nil)
        // Plain http is for loopback alone, and the proxy's password is nobody's to see.
        #expect(try choice("http://127.0.0.1:80", ["HTTPS_PROXY": "http://proxy.example:3128"]) == nil)
        #expect(try choice(gitHub, ["HTTPS_PROXY": "http://user:secret@proxy.example"]) == "proxy.example:80")
    }

    @Test(arguments: ["socks5://proxy:1080", "https://proxy:443", "http://", "http://proxy:99999", "http://proxy/path"])
    func whatIsNoProxyIsTwo(address: String) throws {
        let failure = #expect(throws: CommandFailure.self) {
            try choice("https://api.github.com", ["HTTPS_PROXY": address])
        }
        #expect(failure?.status == .usage)
        #expect(failure?.message == "HTTPS_PROXY is not the address of an HTTP proxy")
    }

    @Test(arguments: [
        ("github.com", true), (".github.com", true), ("*.github.com", true), ("api.github.com", true),
        ("api.github.com:443", true), ("x,  API.GITHUB.COM ,y", true), ("*", true), ("api.github.com:8443", false),
        ("hub.com", false), ("", false), (".", false), ("github.com.evil", false), ("::1", false),
        ("api.*.com", true), ("api.git*", true), ("*hub.com", true), ("api.gitlab*", false),
        ("api.github.com:x", false),
    ])
    func exceptionsAreNamesAndTheirSubdomains(exceptions: String, isExcepted: Bool) throws {
        let environment = ["HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": exceptions]
        #expect(try (choice("https://api.github.com", environment) == nil) == isExcepted)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.1.2.3", false), ("10.1.2.3/32", "10.1.2.3", true),
        ("10.1.2.2/31", "10.1.2.3", true), ("10.1.2.4/31", "10.1.2.3", false), ("0.0.0.0/0", "10.1.2.3", true),
        ("10.0.0.0/33", "10.1.2.3", false), ("10.0.0.0/x", "10.1.2.3", false), ("10/8", "10.1.2.3", false),
        ("fd00::/8", "[fd12::1]", true), ("fd00::/8", "[fe80::1]", false), ("::/0", "10.1.2.3", false),
        ("10.0.0.0/8", "git.example.com", false), ("x,10.0.0.0/8", "10.1.2.3", true), ("10.1.2.*", "10.1.2.3", true),
        ("10.1.3.*", "10.1.2.3", false), ("[fd12::1]", "[fd12::1]", true), ("fd12::1", "[fd12::1]", true),
        ("[fd12::1]:443", "[fd12::1]", true), ("[fd12::1]:8443", "[fd12::1]", false), ("fd12::*", "[fd12::1]", true),
    ])
    func anExceptionCanBeANetwork(exceptions: String, host: String, isExcepted: Bool) throws {
        let environment = ["HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": exceptions]
        #expect(try (choice("https://\(host)/api/v3", environment) == nil) == isExcepted)
    }

    /// What nobody understands is not passed over in silence.
    @Test func anExceptionThatIsNoneIsNoted() async throws {
        #expect(
            ProxyChoice(["no_proxy": "10/8, a.example,10.0.0.0/33 ,[::1],x:y,*"]).unknownExceptions
                == ["10/8", "10.0.0.0/33", "x:y"])
        let folder = try Folder()
        func run(_ arguments: String...) async -> CommandRun {
            await CommandRun.run(
                [
                    "scan", "acme", "--policy", "preset:baseline", "--db", folder.database, "--api-url",
                    "https://127.0.0.1:9",
                ]
                    + arguments,
                environment: [
                    "GH_ENTERPRISE_TOKEN": "t", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "10/8,a.example",
                ])
        }
        #expect(await run().error.contains("note: NO_PROXY: 10/8 is neither a host nor a network\n"))
        #expect(await !run("--quiet").error.contains("NO_PROXY: 10/8"))
    }

    @Test func aProxyForAllIsTheOneForHTTPS() throws {
        #expect(
            try choice("https://api.github.com", ["ALL_PROXY": "http://all.example:1"])?.description == "all.example:1")
        let both = ["all_proxy": "http://all.example:1", "HTTPS_PROXY": "http://https.example:2"]
        #expect(try choice("https://api.github.com", both)?.description == "https.example:2")
        let failure = #expect(throws: CommandFailure.self) {
            try choice("https://api.github.com", ["ALL_PROXY": "socks5://localhost:9"])
        }
        #expect(failure?.message == "ALL_PROXY is not the address of an HTTP proxy")
    }

    // MARK: - Through it

    @Test func aScanGoesThroughTheProxy() async throws {
        try await FaultTests.overTLS { (scan) async throws -> Void in
            let proxy = try await TunnellingProxy.start()
            let authority = try scan.folder.write(LoopbackIdentity.certificatePEM, to: "ca.pem")
            let target = scan.address.dropFirst("https://".count)
            var environment = [
                "GH_ENTERPRISE_TOKEN": "test-token", "HTTPS_PROXY": "http://user:pass@127.0.0.1:\(proxy.port)",
                "OIDC_AUDIT_CA_FILE": authority,
            ]
            let run = await scan("acme", environment: environment)
            #expect(run.status == 0, "\(run.error)")
            // One tunnel for all, since TLS offers HTTP/2; base64 of user:pass.
            let heads = proxy.heads
            #expect(heads.count >= 1)
            #expect(heads.allSatisfy { $0.hasPrefix("CONNECT \(target) HTTP/1.1\r\n") })
            #expect(heads.allSatisfy { $0.lowercased().contains("proxy-authorization: basic dxnlcjpwyxnz") })
            #expect(!heads.contains { $0.contains("test-token") })
            environment["NO_PROXY"] = "127.0.0.1"
            #expect(await scan("acme", environment: environment).status == 0)
            #expect(proxy.heads.count == heads.count)
            try await proxy.stop()
            environment["NO_PROXY"] = nil
            let gone = await scan("acme", environment: environment)
            #expect(gone.status == 5)
            #expect(!gone.error.contains("pass"))
        }
    }

    @Test func aProxyThatRefusesIsNamed() async throws {
        try await FaultTests.overTLS { (scan) async throws -> Void in
            let proxy = try await TunnellingProxy.start(refusing: true)
            let run = await scan(
                "acme",
                environment: [
                    "GH_ENTERPRISE_TOKEN": "test-token", "HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)",
                    "OIDC_AUDIT_CA_FILE": try scan.folder.write(LoopbackIdentity.certificatePEM, to: "ca.pem"),
                ])
            #expect(run.status == 5)
            #expect(run.error.contains("the proxy does not let the connection through"), "\(run.error)")
            #expect(run.error.contains("hint: check HTTPS_PROXY and NO_PROXY"))
            try await proxy.stop()
        }
    }
}

/// An HTTP proxy that knows `CONNECT` alone.
private final class TunnellingProxy: Sendable {
    private let channel: any Channel
    private let log: Log

    /// What was asked of it, head by head.
    final class Log: Sendable {
        private let heads = Mutex<[String]>([])

        var all: [String] { heads.withLock { $0 } }

        func append(_ head: String) {
            heads.withLock { $0.append(head) }
        }
    }

    private init(_ channel: any Channel, _ log: Log) {
        self.channel = channel
        self.log = log
    }

    /// - Parameter refusing: whether it lets nothing through.
    static func start(refusing: Bool = false) async throws -> TunnellingProxy {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ConnectHandler(log, refusing: refusing))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TunnellingProxy(channel, log)
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var heads: [String] { log.all }

    func stop() async throws {
        try await channel.close()
    }
}

/// Reads one head, connects to where it leads, and passes everything on from then.
private final class ConnectHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: TunnellingProxy.Log
    private let isRefusing: Bool
    private var head = ""
    private var peer: (any Channel)?

    init(_ log: TunnellingProxy.Log, refusing: Bool) {
        self.log = log
        isRefusing = refusing
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if let peer {
            peer.writeAndFlush(buffer, promise: nil)
            return
        }
        head += String(buffer: buffer)
        guard head.hasSuffix("\r\n\r\n") else { return }
        log.append(head)
        guard !isRefusing else {
            let refusal = ByteBuffer(string: "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return context.writeAndFlush(wrapOutboundOut(refusal), promise: nil)
        }
        let target = head.split(separator: " ").dropFirst().first?.split(separator: ":") ?? []
        guard target.count == 2, let port = Int(target[1]) else { return context.close(promise: nil) }
        let client = context.channel
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PassingHandler(to: client))
                }
            }
            .connect(host: String(target[0]), port: port)
            .assumeIsolated().whenComplete { result in
                guard case .success(let channel) = result else { return client.close(promise: nil) }
                self.peer = channel
                client.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n"), promise: nil)
            }
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer?.close(promise: nil)
        context.fireChannelInactive()
    }
}

private final class PassingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(to other: any Channel) {
        self.other = other
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
        context.fireChannelInactive()
    }
}
