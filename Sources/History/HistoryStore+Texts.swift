import Crypto
import Foundation

/// A policy or a waiver file as it was read.
package struct JudgingText: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case policy
        case waivers
    }

    package let kind: Kind
    /// In hexadecimal, of the bytes.
    package let sha256: String
    /// As the person named it: a path, or `preset:NAME`.
    package let name: String
    package let bytes: [UInt8]

    package init(_ kind: Kind, name: String, bytes: [UInt8]) {
        self.kind = kind
        sha256 = SHA256.hash(data: bytes).hexadecimal
        self.name = name
        self.bytes = bytes
    }
}

extension HistoryStore {
    /// A text that some scan was judged by; `nil` if it is not kept, as of scans by older versions and of imported ones.
    ///
    /// - Throws: `.altered` where it does not have its digest.
    package func judgingText(
        _ kind: JudgingText.Kind, sha256: String,
    ) async throws(HistoryError) -> JudgingText? {
        let record = try await read { db in try JudgingTextRecord.fetch(kind, sha256, db) }
        guard let record else { return nil }
        let text = JudgingText(kind, name: record.name, bytes: Array(record.text))
        guard text.sha256 == sha256 else {
            throw .altered(path: path, "the text of \(record.name) is not what its digest says")
        }
        return text
    }
}
