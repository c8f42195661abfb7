/// Where a reporter writes: text goes out in large pieces, so that a report need not fit into memory twice.
package struct ReportOutput {
    private var buffer: [UInt8] = []
    private let flush: ([UInt8]) throws -> Void
    private var failure: (any Error)?

    private static let pieceBytes = 1 << 16

    /// - Parameter flush: takes the next bytes; after it threw, it is not called again.
    package init(flush: @escaping ([UInt8]) throws -> Void) {
        self.flush = flush
        buffer.reserveCapacity(Self.pieceBytes * 2)
    }

    package mutating func write(_ text: some StringProtocol) {
        // At once, where the text lies in one piece: bytes one by one take ten times as long.
        if text.utf8.withContiguousStorageIfAvailable({ buffer.append(contentsOf: $0) }) == nil {
            buffer.append(contentsOf: text.utf8)
        }
        if buffer.count >= Self.pieceBytes { flushBuffer() }
    }

    package mutating func write(_ bytes: [UInt8]) {
        buffer += bytes
        if buffer.count >= Self.pieceBytes { flushBuffer() }
    }

    /// Hands on what is left.
    ///
    /// - Throws: what `flush` threw first.
    package mutating func finish() throws {
        flushBuffer()
        if let failure { throw failure }
    }

    private mutating func flushBuffer() {
        guard !buffer.isEmpty else { return }
        if failure == nil {
            do { try flush(buffer) } catch { failure = error }
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
