import Crypto
import Foundation
import GRDB

/// One link of the chain.
struct Seal: Hashable {
    var scanID: Int64?
    /// Of the records.
    var version: Int
    /// SHA-256 of the records.
    var content: String
    /// Content and digest where the scan was first sealed, if that was in another history.
    var origin: Origin?
    var previous: String
    var digest: String

    struct Origin: Hashable {
        var content: String
        var digest: String

        init?(content: String?, digest: String?) {
            guard let content, let digest else { return nil }
            self.content = content
            self.digest = digest
        }
    }

    /// Before the first link.
    static let genesis = String(repeating: "0", count: 64)

    /// What a link's digest is: the SHA-256 of seven lines, which `sha256sum` can repeat.
    init(scanID: Int64?, version: Int, content: String, origin: Origin?, previous: String) {
        self.scanID = scanID
        self.version = version
        self.content = content
        self.origin = origin
        self.previous = previous
        let lines = [
            "oidc-audit.seal/v1", previous, scanID.map(String.init) ?? "checkpoint", "records \(version)", content,
            origin?.content ?? "here", origin?.digest ?? "here",
        ]
        digest = SHA256.hash(data: Data((lines.joined(separator: "\n") + "\n").utf8)).hexadecimal
    }
}

/// Closes the evidence of scans, each with a link of the chain.
struct Sealer {
    private let db: Database
    /// Of the file, beside which the locks are.
    private let path: String

    init(_ db: Database, path: String) {
        self.db = db
        self.path = path
    }

    /// Closes a scan, and before it those that ended early and on whose rows it builds: nobody goes on with them now.
    ///
    /// - Parameters:
    ///   - version: of the records.
    ///   - origin: what another history first sealed the scan by.
    /// - Returns: the digest of the scan's link.
    @discardableResult
    func seal(
        _ scanID: Int64, version: Int = EvidenceKind.version, origin: Seal.Origin? = nil,
    ) throws -> String {
        for foundation in try foundations(of: scanID) {
            if isRunning(foundation) {
                try copyRows(of: foundation, to: scanID)
            } else {
                _ = try append(foundation, version: EvidenceKind.version, origin: nil)
            }
        }
        return try append(scanID, version: version, origin: origin)
    }

    /// - Parameter scanID: `nil` for a checkpoint.
    @discardableResult
    func append(
        _ scanID: Int64?, version: Int = EvidenceKind.version, content: String, origin: Seal.Origin? = nil,
    ) throws -> String {
        let previous = try String.fetchOne(db, sql: "SELECT digest FROM seal ORDER BY id DESC LIMIT 1")
        let seal = Seal(
            scanID: scanID, version: version, content: content, origin: origin, previous: previous ?? Seal.genesis)
        try db.execute(
            sql: """
                INSERT INTO seal (scanID, recordsVersion, content, origin, originDigest, previous, digest)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                seal.scanID, seal.version, seal.content, seal.origin?.content, seal.origin?.digest, seal.previous,
                seal.digest,
            ])
        return seal.digest
    }

    // MARK: -

    private func append(_ scanID: Int64, version: Int, origin: Seal.Origin?) throws -> String {
        var lines = EvidenceLines(db)
        let (content, checks) = try lines.content(of: scanID, version: version)
        let digest = try append(scanID, version: version, content: content, origin: origin)
        try db.execute(
            sql: "INSERT INTO sealChecks (sealID, checks) VALUES (?, ?)",
            arguments: [db.lastInsertedRowID, Data(checks)])
        return digest
    }

    /// Scans without a link on whose rows the state of a scan rests.
    private func foundations(of scanID: Int64) throws -> [Int64] {
        let open = try Int64.fetchAll(
            db,
            sql: """
                SELECT id FROM scan WHERE id < ? AND id NOT IN (SELECT scanID FROM seal WHERE scanID NOT NULL)
                    AND (EXISTS (SELECT 1 FROM repositoryObservation WHERE scanID = scan.id)
                        OR EXISTS (SELECT 1 FROM settingObservation WHERE scanID = scan.id)
                        OR EXISTS (SELECT 1 FROM coverage WHERE scanID = scan.id))
                ORDER BY id
                """,
            arguments: [scanID])
        return try open.filter { scan in
            try Self.observations.contains { table in
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (\(Self.lastRows(of: table)))", arguments: [scan, scanID]) == true
            }
        }
    }

    static let observations = ["repositoryObservation", "settingObservation", "coverage"]

    /// Rows of scan `?1` that tell the state at the later scan `?2` of repositories of its organizations.
    static func lastRows(of table: String) -> String {
        """
        SELECT x.id FROM \(table) x WHERE x.scanID = ?1
            AND NOT EXISTS (
                SELECT 1 FROM \(table) WHERE repositoryID = x.repositoryID AND scanID <= ?2
                    AND (scanID, id) > (x.scanID, x.id))
            AND (
                SELECT organizationID FROM repositoryObservation WHERE repositoryID = x.repositoryID AND scanID <= ?2
                ORDER BY scanID DESC, id DESC LIMIT 1)
                IN (SELECT organizationID FROM scanOrganization WHERE scanID = ?2)
        """
    }

    private func isRunning(_ scanID: Int64) -> Bool {
        (try? HistoryLock(database: path, scan: scanID, logins: [])) == nil
    }

    /// So that the scan rests on rows of its own where those of a scan that runs yet would not be sealed.
    private func copyRows(of foundation: Int64, to scanID: Int64) throws {
        for table in Self.observations {
            let columns = try db.columns(in: table).map(\.name).filter { $0 != "id" && $0 != "scanID" }
                .joined(separator: ", ")
            try db.execute(
                sql: """
                    INSERT INTO \(table) (scanID, \(columns))
                    SELECT ?2, \(columns) FROM \(table) WHERE id IN (\(Self.lastRows(of: table))) ORDER BY id
                    """,
                arguments: [foundation, scanID])
        }
    }
}
