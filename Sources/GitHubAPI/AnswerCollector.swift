import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import Synchronization

/// Collects an answer, unpacked, up to a length.
final class AnswerCollector: HTTPClientResponseDelegate {
    typealias Response = HTTPClient.Response

    private let whole: ResponseAccumulator
    private let head = Mutex<HTTPResponseHead?>(nil)

    init(_ request: HTTPClient.Request, bodyLimitBytes: Int) {
        whole = ResponseAccumulator(request: request, maxBodySize: bodyLimitBytes)
    }

    /// An answer that says of an empty body that it is packed, as one without a body (304) may: to an unpacker that is one
    /// cut short.
    ///
    /// - Parameter error: what became of the request.
    func emptyAnswer(after error: any Error) -> (status: Int, headers: HTTPHeaders)? {
        guard let error = error as? NIOHTTPDecompression.ExtraDecompressionError, error == .truncatedData else {
            return nil
        }
        return head.withLock { head in
            guard let head,
                head.status == .notModified || head.status == .noContent
                    || head.headers.first(name: "Content-Length") == "0"
            else { return nil }
            return (Int(head.status.code), head.headers)
        }
    }

    // MARK: - HTTPClientResponseDelegate

    func didReceiveHead(task: HTTPClient.Task<Response>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        self.head.withLock { $0 = head }
        return whole.didReceiveHead(task: task, head)
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Response>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        whole.didReceiveBodyPart(task: task, buffer)
    }

    func didReceiveError(task: HTTPClient.Task<Response>, _ error: any Error) {
        whole.didReceiveError(task: task, error)
    }

    func didFinishRequest(task: HTTPClient.Task<Response>) throws -> Response {
        try whole.didFinishRequest(task: task)
    }
}
