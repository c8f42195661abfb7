import HTTPTypes
import Hummingbird
import NIOCore

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
        if request.headers[.ifNoneMatch] == tag {
            return Response(status: .notModified, headers: [.eTag: tag])
        }
        response.body = ResponseBody(byteBuffer: body)
        return response
    }

    /// FNV-1a, 64 bits: a validator needs no secrecy.
    private static func digest(_ body: ByteBuffer, salt: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in salt.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        body.withUnsafeReadableBytes { bytes in
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        return String(hash, radix: 16)
    }
}

extension ResponseBody {
    /// The whole body; the emulator's routes build theirs from one buffer.
    fileprivate func collected() async throws -> ByteBuffer {
        let sink = Sink()
        try await write(BufferWriter(sink: sink))
        return await sink.buffer
    }

    private actor Sink {
        var buffer = ByteBuffer()

        func append(_ piece: ByteBuffer) {
            if buffer.readableBytes == 0 {
                buffer = piece
            } else {
                buffer.writeImmutableBuffer(piece)
            }
        }
    }

    private struct BufferWriter: ResponseBodyWriter {
        let sink: Sink

        mutating func write(_ buffer: ByteBuffer) async throws {
            await sink.append(buffer)
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
