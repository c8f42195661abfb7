import AsyncHTTPClient
import AuditCore
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The real wire: HTTP/1.1, or HTTP/2 where TLS offers it. Must be shut down after use.
public final class HTTPTransport: Transport {
    private let client: HTTPClient
    public let executor: (any TaskExecutor)?

    /// - Parameters:
    ///   - connectionsMax: connections kept to one host over HTTP/1.1; requests beyond it wait.
    ///   - trust: certificates trusted beside the system's.
    ///   - proxy: through which every connection goes.
    public init(connectionsMax: Int, trust: TrustedCertificates? = nil, proxy: ProxyServer? = nil) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10)))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsMax
        // Whether and when to try again is the client's decision, which counts its tries.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Nobody traces this program.
        configuration.tracing.tracer = nil
        if let trust {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.additionalTrustRoots = [.certificates(trust.certificates)]
            configuration.tlsConfiguration = tls
        }
        if let proxy {
            configuration.proxy = .server(
                host: proxy.host, port: proxy.port,
                authorization: proxy.credentials.map { .basic(username: $0.user, password: $0.password) })
        }
        // One for all connections: a hundred requests in flight leave it idle for most of the time. On macOS, too, it is
        // one of sockets, whose errors are told below.
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        executor = EventLoopExecutor(eventLoop)
        client = HTTPClient(eventLoopGroupProvider: .shared(eventLoop), configuration: configuration)
    }

    public func shutDown() async {
        // Fails only where it was shut down before, which is what is wanted.
        try? await client.shutdown()
    }

    public func send(_ request: APIRequest) async throws(TransportError) -> APIResponse {
        do {
            let wireRequest = try HTTPClient.Request(
                url: request.url, method: HTTPMethod(rawValue: request.method), headers: HTTPHeaders(request.headers),
                body: request.body.map { .bytes($0) })
            let task = client.execute(
                request: wireRequest,
                delegate: ResponseAccumulator(request: wireRequest, maxBodySize: request.bodyLimitBytes),
                // Unlike its async counterpart, this call's deadline covers the body too.
                deadline: .now() + TimeAmount(request.timeout))
            let response = try await withTaskCancellationHandler {
                try await task.get()
            } onCancel: {
                task.cancel()
            }
            return APIResponse(
                status: Int(response.status.code),
                headers: HeaderFields(response.headers.map { (name: $0.name, value: $0.value) }),
                body: response.body.map { Array($0.readableBytesView) } ?? [])
        } catch {
            throw TransportError(error, bodyLimitBytes: request.bodyLimitBytes)
        }
    }
}

extension TransportError {
    static let untrusted = "the server's certificate is not trusted"
    static let proxyFailure = "the proxy does not let the connection through"
    static let proxyRefusal = "the proxy refuses the user and the password, or wants some"

    fileprivate init(_ error: any Error, bodyLimitBytes: Int) {
        switch error {
        case is CancellationError:
            self = .cancelled
        case is ResponseAccumulator.ResponseTooBigError:
            self = .bodyTooLarge(limitBytes: bodyLimitBytes)
        case let error as HTTPClientError:
            switch error {
            case .cancelled: self = .cancelled
            case .proxyAuthenticationRequired: self = .proxyRefused
            case .invalidProxyResponse: self = .connectionLost(TransportError.proxyFailure)
            case .deadlineExceeded, .readTimeout, .writeTimeout, .connectTimeout, .tlsHandshakeTimeout,
                .getConnectionFromPoolTimeout:
                self = .timeout
            case .remoteConnectionClosed:
                self = .connectionLost("the connection was closed before the answer was whole")
            default: self = .connectionLost(error.shortDescription)
            }
        case ChannelError.connectTimeout:
            self = .timeout
        case is NIOConnectionError:
            self = .connectionLost("the host, or the proxy before it, was not found or does not answer")
        case let error as IOError:
            self = .connectionLost(String(cString: strerror(error.errnoCode)))
        case let error as NIOSSLError:
            self = .connectionLost(
                "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
                    ? TransportError.untrusted : "the TLS handshake failed")
        default:
            self = .connectionLost(String(describing: error))
        }
    }
}
