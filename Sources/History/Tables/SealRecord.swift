import Crypto
import Foundation
import GRDB

/// One link of the chain.
struct SealRecord: StoredRecord {
    static let databaseTableName = "seal"

    /// Its place in the chain.
    var id: Int64?
    /// `nil` for a checkpoint.
    var scanID: Int64?
    /// Of the records.
    var version = 0
    /// SHA-256 of the records.
    var content = ""
    /// Content and digest where the scan was first sealed, if that was in another history.
    var origin: String?
    var originDigest: String?
    /// The digest of the link before.
    var previous = ""
    var digest = ""

    static let columns: [StoredColumn<Self>] = [
        .key("id", \.id),
        .key("scanID", \.scanID),
        .key("recordsVersion", \.version),
        .key("content", \.content),
        .key("origin", \.origin),
        .key("originDigest", \.originDigest),
        .key("previous", \.previous),
        .key("digest", \.digest),
    ]

    /// Before the first link.
    static let genesis = String(repeating: "0", count: 64)
}

extension SealRecord {
    struct Origin: Hashable {
        var content: String
        var digest: String
    }

    init(scanID: Int64?, version: Int, content: String, origin: Origin?, previous: String) {
        self.scanID = scanID
        self.version = version
        self.content = content
        self.origin = origin?.content
        originDigest = origin?.digest
        self.previous = previous
        digest = expectedDigest
    }

    /// What a link's digest is: the SHA-256 of seven lines, which `sha256sum` can repeat.
    var expectedDigest: String {
        let lines = [
            "oidc-audit.seal/v1", previous, scanID.map(String.init) ?? "checkpoint", "records \(version)", content,
            origin ?? "here", originDigest ?? "here",
        ]
        return SHA256.hash(data: Data((lines.joined(separator: "\n") + "\n").utf8)).hexadecimal
    }

    /// What first sealed the scan.
    var firstSeal: Origin { Origin(content: origin ?? content, digest: originDigest ?? digest) }

    /// The digest of the last link of the chain.
    static func head(_ db: Database) throws -> String {
        try String.fetchOne(db, sql: "SELECT digest FROM seal ORDER BY id DESC LIMIT 1") ?? genesis
    }
}
