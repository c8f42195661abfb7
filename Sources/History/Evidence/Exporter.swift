import Foundation
import GRDB

extension HistoryStore {
    /// Tells the whole history as lines of JSON: each link of the chain after the records that it seals.
    ///
    /// - Parameters:
    ///   - kinds: the records that are written, each before the seal of its scan; `nil`: all.
    ///   - write: takes some bytes at a time; what it throws ends the export.
    /// - Throws: `.altered` where a scan's records are not what was sealed; and what `write` throws, as it is.
    package func export(only kinds: Set<String>? = nil, _ write: ([UInt8]) throws -> Void) throws {
        let path = path
        var failure: (any Error)?
        do {
            try readNow { db in
                try Exporter(db, path: path, only: kinds).export { bytes in
                    do {
                        try write(bytes)
                    } catch {
                        failure = error
                        throw error
                    }
                }
            }
        } catch {
            throw failure ?? HistoryError(error, path: path)
        }
    }
}

extension HistoryStore {
    /// The kinds of records that an export can be confined to.
    package static let recordKinds = EvidenceKind.all.map(\.name) + ["seal"]
}

/// Writes the interchange format, version 1.
private struct Exporter {
    private let db: Database
    private let path: String
    private let only: Set<String>?

    init(_ db: Database, path: String, only: Set<String>?) {
        self.db = db
        self.path = path
        self.only = only
    }

    private func exports(_ kind: String) -> Bool { only?.contains(kind) ?? true }

    func export(_ write: ([UInt8]) throws -> Void) throws {
        let pruned = try Pruner.prunedScans(db)
        if only == nil { try write(Array((ExportHeader(pruned: pruned).line + "\n").utf8)) }
        let wanted = EvidenceKind.all.map(\.name).filter(exports).map { Array("{\"record\":\"\($0)\"".utf8) }
        let links = try SealRecord.order(Column("id")).fetchCursor(db)
        var lines = EvidenceLines(db)
        while let link = try links.next() {
            if let scan = link.scanID {
                var piece: [UInt8] = []
                let found = try lines.content(of: scan, version: link.version) { line in
                    guard only == nil || wanted.contains(where: { line.starts(with: $0) }) else { return }
                    piece += line
                    if piece.count > 1 << 16 {
                        try write(piece)
                        piece.removeAll(keepingCapacity: true)
                    }
                }
                try write(piece)
                guard found.digest == link.content || pruned.contains(scan) else {
                    throw HistoryError.altered(path: path, "scan \(scan): its records differ")
                }
            }
            if exports("seal") { try write(Array((ExportedSeal(link).line + "\n").utf8)) }
        }
    }
}

/// The first line of an export.
struct ExportHeader: Codable {
    static let schema = "oidc-audit.history/v1"

    var record = "history"
    var schema = Self.schema
    /// Scans of which only what later ones build on is exported.
    var pruned: [Int64]

    init(pruned: [Int64]) {
        self.pruned = pruned
    }

    var line: String { ExportLine.of(self) }
}

/// The line after a scan's records, or one that stands for a checkpoint.
struct ExportedSeal: Codable {
    var record = "seal"
    var scan: Int64?
    /// Of the records.
    var version: Int
    var content: String
    var origin: String?
    var originDigest: String?
    var previous: String
    var digest: String

    private enum CodingKeys: String, CodingKey {
        case record, scan, content, origin
        case version = "records_version"
        case originDigest = "origin_digest"
        case previous, digest
    }

    init(_ link: SealRecord) {
        scan = link.scanID
        version = link.version
        content = link.content
        origin = link.origin
        originDigest = link.originDigest
        previous = link.previous
        digest = link.digest
    }

    var link: SealRecord {
        var link = SealRecord()
        link.scanID = scan
        link.version = version
        link.content = content
        link.origin = origin
        link.originDigest = originDigest
        link.previous = previous
        link.digest = digest
        return link
    }

    var line: String { ExportLine.of(self) }
}

private enum ExportLine {
    static func of(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers, strings and lists of them always encode.
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}
