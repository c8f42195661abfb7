import AuditCore
import Crypto
import Foundation

/// One link of an export's chain, with the records that it seals.
struct ExportedScan {
    var seal: ExportedSeal
    var records: [EvidenceRecord]
    var startedAt: String
    /// Whether only what later scans build on is exported.
    var isPruned: Bool
    /// The line of its seal.
    var line: Int
}

/// Reads an export link by link, and checks each against its digests before it is returned.
final class ExportReader {
    let file: String
    private let read: () throws -> [UInt8]
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    private var lineNumber = 0
    private let parser = EvidenceParser()
    private var previous = SealRecord.genesis
    private var header: ExportHeader?
    private var pruned: Set<Int64> = []
    private var remains = SHA256()
    private var lastCheckpoint: (content: String, line: Int)?

    /// Longer than any line that this program writes: the names of a million repositories.
    private static let lineBytesMax = 128 << 20

    /// - Parameter read: gives the next bytes, none at the end.
    init(file: String, read: @escaping () throws -> [UInt8]) {
        self.file = file
        self.read = read
    }

    /// Every scan, in the order of numbers, which is that of time: the chain has them as they ended.
    func all() throws -> [ExportedScan] {
        var scans: [ExportedScan] = []
        while let scan = try next() { scans.append(scan) }
        return scans.sorted { ($0.seal.scan ?? 0) < ($1.seal.scan ?? 0) }
    }

    /// The next scan, in the order of the chain; `nil` at the end.
    private func next() throws -> ExportedScan? {
        try readHeader()
        var hash = SHA256()
        var records: [EvidenceRecord] = []
        // Of a pruned scan, as which it shows at its end alone.
        var lines: [UInt8] = []
        while let line = try nextLine() {
            guard line.starts(with: #"{"content":"#.utf8) else {
                hash.update(data: line)
                hash.update(data: [UInt8(ascii: "\n")])
                records.append(try parsed(line))
                if !pruned.isEmpty { lines += line + [UInt8(ascii: "\n")] }
                continue
            }
            let seal = try decode(ExportedSeal.self, line)
            guard (1...EvidenceKind.version).contains(seal.version) else {
                throw failure(
                    "its records are of version \(seal.version), and this program reads up to \(EvidenceKind.version)")
            }
            guard records.allSatisfy({ $0.isOf(version: seal.version) }) else {
                throw failure("the version of its records differs from the seal's")
            }
            guard seal.previous == previous, seal.digest == seal.link.expectedDigest else {
                throw failure("this link of the chain does not follow from the one before")
            }
            previous = seal.digest
            guard let scan = seal.scan else {
                guard records.isEmpty else { throw failure("this checkpoint has records") }
                lastCheckpoint = (seal.content, lineNumber)
                continue
            }
            if pruned.contains(scan) {
                remains.update(data: lines)
            } else if hash.finalize().hexadecimal != seal.content {
                throw failure("the records of scan \(scan) were changed after sealing")
            }
            guard records.first?.kind.name == EvidenceKind.scan.name,
                records.dropFirst().allSatisfy({ $0.kind.name != EvidenceKind.scan.name }),
                let startedAt = records.first?.text("started_at")
            else { throw failure("the records of scan \(scan) do not begin with the scan itself") }
            return ExportedScan(
                seal: seal, records: records, startedAt: startedAt, isPruned: pruned.contains(scan), line: lineNumber)
        }
        guard records.isEmpty else { throw failure("the export ends within a scan") }
        if !pruned.isEmpty, remains.finalize().hexadecimal != lastCheckpoint?.content {
            throw failure("the remaining records of pruned scans do not match the checkpoint")
        }
        return nil
    }

    /// - Parameter line: the one that was read last, unless another is given.
    func failure(_ why: String, line: Int? = nil) -> HistoryError {
        .badExport(file: file, line: line ?? lineNumber, why)
    }

    // MARK: -

    private func readHeader() throws {
        guard header == nil else { return }
        guard let line = try nextLine() else { throw failure("it is empty") }
        let header = try decode(ExportHeader.self, line)
        guard header.record == "history", header.schema == ExportHeader.schema else {
            throw failure("it is not an export of version 1")
        }
        self.header = header
        pruned = Set(header.pruned)
        let list = header.pruned.map(String.init).joined(separator: ",")
        remains.update(data: Data(Pruner.checkpointLine(list).utf8))
    }

    private func parsed(_ line: ArraySlice<UInt8>) throws -> EvidenceRecord {
        do {
            return try parser.record(line)
        } catch let error as EvidenceParser.Failure {
            throw failure(error.why)
        }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ line: ArraySlice<UInt8>) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(line))
        } catch {
            throw failure("it is not a line of an oidc-audit export")
        }
    }

    /// Without its line feed.
    private func nextLine() throws -> ArraySlice<UInt8>? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                lineNumber += 1
                return buffer[start..<end]
            }
            guard !isAtEnd else {
                if start < buffer.count {
                    lineNumber += 1
                    throw failure("the line does not end")
                }
                return nil
            }
            guard buffer.count - start < Self.lineBytesMax else {
                lineNumber += 1
                throw failure("the line is too long")
            }
            if start > 0 {
                buffer.removeSubrange(..<start)
                start = 0
            }
            searched = buffer.count
            let bytes = try read()
            isAtEnd = bytes.isEmpty
            buffer += bytes
        }
    }
}
