import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// A GitHub on loopback, for demonstrations, tests and measurements. It is a reading of GitHub's documentation of its
/// own and shares no type with the client, so that a misreading shows.
package struct Emulator: Sendable {
    package let world: World
    private let port: Int
    private let identity: ServerIdentity?
    /// Carries every connection, and the tasks that answer; `nil`: as the system pleases.
    private let eventLoop: (any EventLoop)?

    /// - Parameters:
    ///   - port: 0 lets the system pick one.
    ///   - identity: serves over TLS, HTTP/2 where the client can.
    ///   - isAlone: whether the process does nothing else. Then all of it runs on one event loop, which takes less. NOTE:
    ///     a connection that waits there for its turn while the server is cancelled is a fatal error in NIO.
    package init(_ file: WorldFile, port: Int = 0, identity: ServerIdentity? = nil, isAlone: Bool = false) {
        eventLoop = isAlone ? MultiThreadedEventLoopGroup.singleton.next() : nil
        world = World(file, scheme: identity == nil ? "http" : "https")
        self.port = port
        self.identity = identity
    }

    /// Serves until the body returns or the task is cancelled.
    ///
    /// - Parameter body: gets the base address, such as `http://127.0.0.1:49152`.
    /// - Throws: `EmulatorError.portInUse`, or what the body throws.
    package func run<Value: Sendable>(_ body: @Sendable @escaping (String) async throws -> Value) async throws -> Value
    {
        let (listeners, announce) = AsyncStream.makeStream(of: (any Channel).self)
        let scheme = world.scheme
        let connections = ConnectionCount()
        let server = HTTPServerBuilder { responder in
            guard let identity else { return connections.counting(HTTP1Channel(responder: responder)) }
            return connections.counting(
                try HTTP2UpgradeChannel(tlsConfiguration: identity.configuration, responder: responder))
        }
        let application = application(server, connections) { announce.yield($0) }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask(executorPreference: eventLoop.map(EventLoopExecutor.init)) {
                defer { announce.finish() }
                do {
                    try await application.run()
                } catch let error as IOError {
                    throw error.errnoCode == EADDRINUSE
                        ? EmulatorError.portInUse(port)
                        : EmulatorError.cannotListen(port, String(cString: strerror(error.errnoCode)))
                }
                return nil
            }
            group.addTask {
                for await listener in listeners {
                    let address = "\(scheme)://127.0.0.1:\(listener.localAddress?.port ?? 0)"
                    do {
                        let value = try await body(address)
                        await connections.stop(listener)
                        return value
                    } catch {
                        await connections.stop(listener)
                        throw error
                    }
                }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let value = ended { return value }
                try Task.checkCancellation()
            }
            throw CancellationError()
        }
    }

    // MARK: -

    private func application(
        _ server: HTTPServerBuilder, _ connections: ConnectionCount,
        onRunning: @escaping @Sendable (any Channel) async -> Void,
    ) -> some ApplicationProtocol {
        let router = Router(context: EmulatorContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: FaultMiddleware(world: world))
        router.add(middleware: VersionMiddleware())
        router.add(middleware: RateLimitMiddleware(world: world))
        router.add(middleware: AppMiddleware(world: world))
        router.add(middleware: TokenMiddleware(world: world))
        router.add(middleware: ETagMiddleware())
        router.add(middleware: PathMiddleware())
        RootRoutes(world: world).add(to: router)
        OrganizationRoutes(world: world).add(to: router)
        RepositoryRoutes(world: world).add(to: router)
        OIDCRoutes(world: world).add(to: router)
        OIDCWriteRoutes(world: world).add(to: router)
        UserRoutes(world: world).add(to: router)
        RateLimitRoutes(world: world).add(to: router)
        PropertyRoutes(world: world).add(to: router)
        AppRoutes(world: world).add(to: router)
        var logger = Logger(label: "emulator")
        logger.logLevel = .critical
        return Application(
            router: ServedPaths(routes: router, scheme: world.scheme), server: server,
            configuration: ApplicationConfiguration(
                address: .hostname("127.0.0.1", port: port), serverName: "github-emulator",
                availableConnectionsDelegate: connections),
            onServerRunning: onRunning, eventLoopGroupProvider: eventLoop.map { .shared($0) } ?? .singleton,
            logger: logger)
    }
}

package enum EmulatorError: Error, Hashable, CustomStringConvertible {
    case portInUse(Int)
    case cannotListen(Int, String)
    case badWorld(String)

    package var description: String {
        switch self {
        case .portInUse(let port): "port \(port) is in use"
        case .cannotListen(let port, let why): "port \(port) can't be used: \(why)"
        case .badWorld(let why): why
        }
    }
}

/// A request's context that can reach its connection, to break it.
struct EmulatorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Where the request came in.
    var origin = Origin()
    var version = APIVersion.first
    /// What the world says of the request.
    var arrival = World.Arrival()
    /// Which app asks, by what it signed.
    var app: WorldFile.App?
    /// Whose token it is, where it is an installation's.
    var installation: WorldFile.Installation?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Resets the connection, so that the client sees no orderly end.
    func reset() async throws {
        if let socket = channel as? any SocketOptionProvider {
            try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try await channel.close()
    }
}
