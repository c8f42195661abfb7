import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Gives each answer a validator and answers 304 where the client still has it. As on GitHub, it depends on the token.
struct ETagMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: EmulatorContext,
        next: (Request, EmulatorContext) async throws -> Response,
    ) async throws -> Response {
        var response = try await next(request, context)
        guard response.status == .ok else { return response }
        let body = try await response.body.collected()
        let tag = "W/\"\(Self.digest(body, salt: request.headers[.authorization] ?? ""))\""
        response.headers[.eTag] = tag
        if request.headers[.ifNoneMatch].map({ Self.matches($0, tag) }) == true {
            return Response(status: .notModified, headers: [.eTag: tag])
        }
        response.body = ResponseBody(byteBuffer: body)
        return response
    }

    /// Compares weakly, as `If-None-Match` does (RFC 9110 §13.1.2).
    private static func matches(_ field: String, _ tag: String) -> Bool {
        if field == tag || field == "*" { return true }
        let opaque = tag.drop { $0 != "\"" }
        // No validator of this server holds a comma.
        return field.split(separator: ",").contains { candidate in
            let text = candidate.trimmingPrefix { $0 == " " || $0 == "\t" }
            let end = text.lastIndex { $0 != " " && $0 != "\t" }
            return end.map { text[...$0].trimmingPrefix("W/") == opaque } ?? false
        }
    }

    /// FNV-1a, 64 bits, by eight bytes of the body at once: a validator needs no secrecy.
    private static func digest(_ body: ByteBuffer, salt: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func take(_ value: UInt64) { hash = (hash ^ value) &* 0x100_0000_01b3 ^ (hash >> 32) }
        for byte in salt.utf8 { take(UInt64(byte)) }
        body.withUnsafeReadableBytes { bytes in
            let whole = bytes.count & ~7
            for place in stride(from: 0, to: whole, by: 8) {
                take(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            }
            for byte in bytes[whole...] { take(UInt64(byte)) }
        }
        return String(hash, radix: 16)
    }
}

extension ResponseBody {
    /// The whole body; the emulator's routes build theirs from one buffer.
    fileprivate func collected() async throws -> ByteBuffer {
        let sink = Sink()
        try await write(BufferWriter(sink: sink))
        return sink.whole.withLock { $0 }
    }

    private final class Sink: Sendable {
        let whole = Mutex(ByteBuffer())

        func append(_ piece: ByteBuffer) {
            whole.withLock { whole in
                if whole.readableBytes == 0 { whole = piece } else { whole.writeImmutableBuffer(piece) }
            }
        }
    }

    private struct BufferWriter: ResponseBodyWriter {
        let sink: Sink

        mutating func write(_ buffer: ByteBuffer) async throws {
            sink.append(buffer)
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
