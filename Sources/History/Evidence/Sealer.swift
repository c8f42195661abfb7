import Crypto
import Foundation
import GRDB

/// One link of the chain.
struct Seal: Hashable {
    var scanID: Int64?
    /// SHA-256 of the records.
    var content: String
    /// The content where the scan was first sealed, if that was in another history.
    var origin: String?
    var previous: String
    var digest: String

    /// Before the first link.
    static let genesis = String(repeating: "0", count: 64)

    /// What a link's digest is: the SHA-256 of five lines, which `sha256sum` can repeat.
    init(scanID: Int64?, content: String, origin: String?, previous: String) {
        self.scanID = scanID
        self.content = content
        self.origin = origin
        self.previous = previous
        let lines = [
            "oidc-audit.seal/v1", previous, scanID.map(String.init) ?? "checkpoint", content, origin ?? "here",
        ]
        digest = SHA256.hash(data: Data((lines.joined(separator: "\n") + "\n").utf8)).hexadecimal
    }
}

/// Closes the evidence of scans, each with a link of the chain.
struct Sealer {
    private let db: Database

    init(_ db: Database) {
        self.db = db
    }

    /// Closes a scan, and before it those that ended early and on whose rows it builds: nobody goes on with them now.
    ///
    /// - Returns: the digest of the scan's link.
    func seal(_ scanID: Int64) throws -> String {
        for earlier in try abandonedScans(below: scanID) { try append(earlier) }
        return try append(scanID)
    }

    /// Closes what an earlier version of the program left sealed in its own way.
    func sealWhatIsOver() throws {
        let scans = try Int64.fetchAll(
            db,
            sql: """
                SELECT id FROM scan WHERE state = 'sealed' AND id NOT IN (SELECT scanID FROM seal WHERE scanID NOT NULL)
                ORDER BY id
                """)
        for scan in scans { _ = try seal(scan) }
    }

    /// - Parameter origin: the content under which another history first sealed the scan.
    @discardableResult
    func append(_ scanID: Int64, origin: String? = nil) throws -> String {
        var lines = EvidenceLines(db)
        let (content, checks) = try lines.content(of: scanID)
        let digest = try append(scanID, content: content, origin: origin == content ? nil : origin)
        try db.execute(
            sql: "INSERT INTO sealChecks (sealID, checks) VALUES (?, ?)",
            arguments: [db.lastInsertedRowID, Data(checks)])
        return digest
    }

    /// - Parameter scanID: `nil` for a checkpoint.
    @discardableResult
    func append(_ scanID: Int64?, content: String, origin: String? = nil) throws -> String {
        let previous = try String.fetchOne(db, sql: "SELECT digest FROM seal ORDER BY id DESC LIMIT 1")
        let seal = Seal(scanID: scanID, content: content, origin: origin, previous: previous ?? Seal.genesis)
        try db.execute(
            sql: "INSERT INTO seal (scanID, content, origin, previous, digest) VALUES (?, ?, ?, ?, ?)",
            arguments: [seal.scanID, seal.content, seal.origin, seal.previous, seal.digest])
        return seal.digest
    }

    // MARK: -

    private func abandonedScans(below scanID: Int64) throws -> [Int64] {
        try Int64.fetchAll(
            db,
            sql: """
                SELECT s.id FROM scan s
                WHERE s.id < ?1 AND s.state <> 'sealed' AND NOT EXISTS (SELECT 1 FROM seal WHERE scanID = s.id)
                    AND \(Self.touches("s.id", "(SELECT organizationID FROM scanOrganization WHERE scanID = ?1)"))
                ORDER BY s.id
                """,
            arguments: [scanID])
    }

    /// A condition: the scan has rows of the organizations.
    static func touches(_ scan: String, _ organizations: String) -> String {
        """
        (EXISTS (SELECT 1 FROM repositoryObservation WHERE scanID = \(scan) AND organizationID IN \(organizations))
            OR EXISTS (
                SELECT 1 FROM (
                    SELECT repositoryID FROM settingObservation WHERE scanID = \(scan)
                    UNION SELECT repositoryID FROM coverage WHERE scanID = \(scan)) written
                JOIN repositoryObservation o ON o.repositoryID = written.repositoryID
                WHERE o.organizationID IN \(organizations)))
        """
    }
}
