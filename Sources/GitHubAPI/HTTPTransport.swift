import AsyncHTTPClient
import AuditCore
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import NIOSSL

/// The real wire: HTTP/1.1, or HTTP/2 where TLS offers it. Must be shut down after use.
package final class HTTPTransport: Transport {
    private let client: HTTPClient
    package let executor: (any TaskExecutor)?

    /// - Parameters:
    ///   - connectionsMax: connections kept to one host over HTTP/1.1; requests beyond it wait.
    ///   - roots: certificates trusted in place of the system's.
    ///   - trust: certificates trusted beside those.
    ///   - proxy: through which every connection goes.
    package init(
        connectionsMax: Int, roots: TrustedCertificates? = nil, trust: TrustedCertificates? = nil,
        proxy: ProxyServer? = nil,
    ) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10)))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsMax
        // Whether and when to try again is the client's decision, which counts its tries.
        configuration.connectionPool.retryConnectionEstablishment = false
        // The limit is one of what a body unpacks to, as that of a body that was sent as it is.
        configuration.decompression = .enabled(limit: .size(APIRequest.bodyLimitMaxBytes))
        // Nobody traces this program.
        configuration.tracing.tracer = nil
        if roots != nil || trust != nil {
            var tls = TLSConfiguration.makeClientConfiguration()
            if let roots { tls.trustRoots = .certificates(roots.certificates) }
            if let trust { tls.additionalTrustRoots = [.certificates(trust.certificates)] }
            configuration.tlsConfiguration = tls
        }
        if let proxy {
            configuration.proxy = .server(
                host: proxy.host, port: proxy.port,
                authorization: proxy.credentials.map { .basic(username: $0.user, password: $0.password) })
        }
        // One for all connections: a hundred requests in flight leave it idle for most of the time. On macOS, too, it is
        // one of sockets, whose errors are handled below.
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        executor = EventLoopExecutor(eventLoop)
        client = HTTPClient(eventLoopGroupProvider: .shared(eventLoop), configuration: configuration)
    }

    package func shutDown() async {
        // Fails only where it was shut down before, which is what is wanted.
        try? await client.shutdown()
    }

    package func send(_ request: APIRequest) async throws(TransportError) -> APIResponse {
        do {
            // What this transport unpacks by itself.
            let headers = request.headers + [(name: "Accept-Encoding", value: "gzip, deflate")]
            let wireRequest = try HTTPClient.Request(
                url: request.url, method: HTTPMethod(rawValue: request.method), headers: HTTPHeaders(headers),
                body: request.body.map { .bytes($0) })
            let collector = AnswerCollector(wireRequest, bodyLimitBytes: request.bodyLimitBytes)
            let task = client.execute(
                request: wireRequest, delegate: collector,
                // Unlike its async counterpart, this call's deadline covers the body too.
                deadline: .now() + TimeAmount(request.timeout))
            let response: HTTPClient.Response
            do {
                response = try await withTaskCancellationHandler {
                    try await task.get()
                } onCancel: {
                    task.cancel()
                }
            } catch {
                guard let empty = collector.emptyAnswer(after: error) else { throw error }
                return APIResponse(status: empty.status, headers: HeaderFields(empty.headers))
            }
            return APIResponse(
                status: Int(response.status.code),
                headers: HeaderFields(response.headers),
                body: response.body.map { Array($0.readableBytesView) } ?? [])
        } catch {
            throw TransportError(error, bodyLimitBytes: request.bodyLimitBytes)
        }
    }
}

extension HeaderFields {
    fileprivate init(_ headers: HTTPHeaders) {
        self.init(headers.map { (name: $0.name, value: $0.value) })
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
        case is ResponseAccumulator.ResponseTooBigError, NIOHTTPDecompression.DecompressionError.limit:
            self = .bodyTooLarge(limitBytes: bodyLimitBytes)
        case is NIOHTTPDecompression.DecompressionError, is NIOHTTPDecompression.ExtraDecompressionError:
            self = .connectionLost("the answer could not be unpacked")
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
