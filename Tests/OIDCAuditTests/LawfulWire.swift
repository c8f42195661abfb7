import NIOCore
import NIOPosix
import TestSupport

/// A server that gives each path one answer, in any of the ways in which HTTP lets it be sent.
final class LawfulWire: Sendable {
    struct Answer: Sendable {
        var status = 200
        /// Values of `Link`, each in a field of its own.
        var links: [String] = []
        var body: [UInt8]
    }

    private let channel: any Channel
    var port: Int { channel.localAddress?.port ?? 0 }

    private init(_ channel: any Channel) { self.channel = channel }

    /// - Parameter answers: by path and query, with the port in place of `PORT`.
    static func start(_ answers: [String: Answer], seed: Int) async throws -> LawfulWire {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(WireHandler(answers, seed: seed))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return LawfulWire(channel)
    }

    func stop() async throws { try await channel.close() }
}

private final class WireHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answers: [String: LawfulWire.Answer]
    private let seed: Int
    private var received: [UInt8] = []

    init(_ answers: [String: LawfulWire.Answer], seed: Int) {
        self.answers = answers
        self.seed = seed
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += Array(unwrapInboundIn(data).readableBytesView)
        // Requests without a body, one after the other.
        let text = String(decoding: received, as: UTF8.self)
        guard text.hasSuffix("\r\n\r\n") else { return }
        received = []
        let path = text.split(separator: " ", maxSplits: 2).dropFirst().first.map(String.init) ?? ""
        let answer = answers[path] ?? .init(status: 404, body: Array(#"{"message":"Not Found"}"#.utf8))
        let (bytes, closes) = Self.wire(answer, path, seed, port: context.channel.localAddress?.port ?? 0)
        var random = SeededGenerator(seed &+ bytes.count)
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...4000, using: &random))
            rest = rest.dropFirst(piece.count)
            var written: EventLoopPromise<Void>?
            if closes, rest.isEmpty {
                // What is not written yet would be lost with the connection.
                let (channel, promise) = (context.channel, context.eventLoop.makePromise(of: Void.self))
                promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
                written = promise
            }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: piece)), promise: written)
        }
    }

    /// - Returns: the answer as it is sent, and whether the connection ends with it.
    private static func wire(
        _ answer: LawfulWire.Answer, _ path: String, _ seed: Int, port: Int,
    ) -> (bytes: [UInt8], closes: Bool) {
        // The hash of a text is another one in each process.
        var random = SeededGenerator(path.utf8.reduce(seed) { $0 &* 31 &+ Int($1) })
        let packs = Int.random(in: 0..<4, using: &random) == 0
        let body = packs ? gzip(answer.body) : answer.body
        let space = { (random: inout SeededGenerator) in
            ["", " ", "  ", "\t", " \t "].randomElement(using: &random) ?? ""
        }
        func field(_ name: String, _ value: String, isOfMessage: Bool = false) -> String {
            let spelled = [name, name.lowercased(), name.uppercased()].randomElement(using: &random) ?? name
            // NOTE: NIO's parser refuses white space behind a length: a connection that is lost, which is told.
            return "\(spelled):\(space(&random))\(value)\(isOfMessage ? "" : space(&random))\r\n"
        }
        var fields = [field("Content-Type", "application/json; charset=utf-8"), field("X-Unknown", "a, b;c=\"d\"")]
        if packs { fields.append(field("Content-Encoding", "gzip")) }
        for link in answer.links { fields.append(field("Link", link.replacing("PORT", with: "\(port)"))) }
        let form = Int.random(in: 0..<5, using: &random)
        let isOld = form == 0 || form == 1
        // Old servers end the connection, and what has no length ends with it.
        let closes = form <= 2
        let length = form == 1 || form == 3 ? field("Content-Length", "\(body.count)", isOfMessage: true) : ""
        if form == 2 { fields.append(field("Connection", "close", isOfMessage: true)) }
        if form == 4 { fields.append(field("Transfer-Encoding", "chunked", isOfMessage: true)) }
        let head =
            "HTTP/1.\(isOld ? 0 : 1) \(answer.status) Whatever\r\n" + length
            + fields.shuffled(using: &random).joined() + "\r\n"
        return (Array(head.utf8) + (form == 4 ? chunked(body, &random) : body), closes)
    }

    /// RFC 9112 §7.1, with extensions and trailers.
    private static func chunked(_ body: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var (result, rest) = ([UInt8](), body[...])
        while !rest.isEmpty {
            let chunk = rest.prefix(Int.random(in: 1...700, using: &random))
            rest = rest.dropFirst(chunk.count)
            let size = String(chunk.count, radix: 16, uppercase: Bool.random(using: &random))
            let zeros = String(repeating: "0", count: Int.random(in: 0..<3, using: &random))
            let more = Int.random(in: 0..<4, using: &random) == 0 ? ";name=\"value\"" : ""
            result += Array("\(zeros)\(size)\(more)\r\n".utf8) + chunk + Array("\r\n".utf8)
        }
        let trailer = Bool.random(using: &random) ? "X-Trailer: y\r\n" : ""
        return result + Array("0\r\n\(trailer)\r\n".utf8)
    }

    /// RFC 1952 around blocks of RFC 1951 that are stored as they are.
    private static func gzip(_ body: [UInt8]) -> [UInt8] {
        func little(_ value: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
        }
        var result: [UInt8] = [31, 139, 8, 0, 0, 0, 0, 0, 0, 255]
        var rest = body[...]
        repeat {
            let block = rest.prefix(0xFFFF)
            rest = rest.dropFirst(block.count)
            let count = UInt32(block.count)
            result += [rest.isEmpty ? 1 : 0] + little(count, 2) + little(~count, 2) + block
        } while !rest.isEmpty
        var sum = ~UInt32(0)
        for byte in body {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : (sum >> 1) ^ 0xEDB8_8320 }
        }
        return result + little(~sum, 4) + little(UInt32(truncatingIfNeeded: body.count), 4)
    }
}
