package import AuditCore
import Foundation
import GRDB

extension HistoryStore {
    /// Recomputes every link of the chain.
    ///
    /// - Parameter expected: a digest that an archived report names, which must be in the chain.
    /// - Throws: `.corrupt` where the file itself is damaged.
    package func verify(expected: String? = nil) async throws(HistoryError) -> VerificationResult {
        let path = path
        return try await read { db in
            if let damage = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)"), damage != "ok" {
                throw HistoryError.corrupt(path: path, damage)
            }
            return try Verifier(db, path: path).verification(expected: expected)
        }
    }
}

/// Recomputes the chain from the evidence.
struct Verifier {
    let db: Database
    private let path: String

    init(_ db: Database, path: String) {
        self.db = db
        self.path = path
    }

    func verification(expected: String?) throws -> VerificationResult {
        var verification = VerificationResult()
        verification.problem = try problem(&verification)
        if verification.problem == nil, let expected { verification.problem = try absence(of: expected) }
        return verification
    }

    // MARK: -

    /// What an imported link says of its origin is not recomputed from anything here, and pins nothing.
    private func absence(of digest: String) throws -> VerificationResult.Problem? {
        let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM seal WHERE digest = ?", arguments: [digest])
        guard count == 0 else { return nil }
        let claim = try SealRecord.filter(Column("originDigest") == digest).fetchOne(db)
        guard let claim else {
            return .init(message: "the digest \(digest) is not in this chain", isAbsence: true)
        }
        return .init(
            scanID: claim.scanID.map(ScanID.init),
            message:
                "the digest \(digest) is that of another history, which link \(claim.id ?? 0) "
                + "names as its origin and which can't be recomputed here: verify that history", isAbsence: true)
    }

    private func problem(_ verification: inout VerificationResult) throws -> VerificationResult.Problem? {
        if let row = try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") {
            let table: String = try row.decode(forColumn: "table")
            return .init(message: "a row of \(table) refers to one that is not there")
        }
        let pruned = Set(try Int64.fetchAll(db, sql: "SELECT scanID FROM prunedScan"))
        let links = try SealRecord.order(Column("id")).fetchCursor(db)
        var last = (place: Int64(0), digest: SealRecord.genesis)
        var checkpoint: (place: Int64, content: String)?
        while let seal = try links.next() {
            let place = seal.id ?? 0
            let scanID = seal.scanID.map(ScanID.init)
            guard place == last.place + 1 else {
                return .init(scanID: scanID, message: "link \(last.place + 1) of the chain is missing")
            }
            guard (1...EvidenceKind.version).contains(seal.version) else {
                return .init(
                    scanID: scanID,
                    message: "link \(place) is of records of version \(seal.version), which is not known")
            }
            guard (seal.origin == nil) == (seal.originDigest == nil), seal.previous == last.digest,
                seal.digest == seal.expectedDigest
            else {
                return .init(scanID: scanID, message: "link \(place) of the chain does not follow from the one before")
            }
            last = (place, seal.digest)
            verification.head = seal.digest
            guard let scan = seal.scanID else {
                checkpoint = (place, seal.content)
                verification.checkpoints += 1
                continue
            }
            if pruned.contains(scan) {
                verification.prunedScans += 1
            } else {
                if let problem = try difference(in: scan, seal) { return problem }
                verification.scans += 1
            }
        }
        if let problem = try checkpointProblem(checkpoint, pruned: pruned) { return problem }
        // As long as it stands there, triggers let evidence be removed.
        if try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM pruning)") == true {
            return .init(message: "it is marked as being pruned, and is not: evidence could be removed")
        }
        if let problem = try hostProblem() ?? schemaProblem() ?? textProblem() { return problem }
        verification.textsNotKept = try textsNotKept()
        return try openScanProblem(&verification)
    }

    /// Triggers and views are part of what other programs rely on.
    private func schemaProblem() throws -> VerificationResult.Problem? {
        func parts(_ db: Database) throws -> Set<[String]> {
            try Set(
                Row.fetchAll(
                    db,
                    sql: """
                        SELECT type, name, sql FROM sqlite_schema
                        WHERE sql NOT NULL AND substr(name, 1, 7) <> 'sqlite_' AND name <> 'grdb_migrations'
                        """
                ).map { row in
                    try [row.decode(forColumn: "type"), row.decode(forColumn: "name"), row.decode(forColumn: "sql")]
                })
        }
        let fresh = try DatabaseQueue()
        try Schema.migrator.migrate(fresh)
        let expected = try fresh.read(parts)
        guard let part = try expected.symmetricDifference(parts(db)).min(by: { $0.lexicographicallyPrecedes($1) })
        else {
            return nil
        }
        return .init(message: "the \(part[0]) \(part[1]) is not as this program makes it")
    }

    /// Ids agree on two hosts by chance alone.
    private func hostProblem() throws -> VerificationResult.Problem? {
        for (table, other) in [
            ("repositoryObservation", "repository"), ("repositoryObservation", "organization"),
            ("settingObservation", "repository"), ("coverage", "repository"), ("finding", "repository"),
            ("finding", "organization"), ("scanOrganization", "organization"), ("organizationTally", "organization"),
        ] {
            let scan = try Int64.fetchOne(
                db,
                sql: """
                    SELECT x.scanID FROM \(table) x JOIN scan s ON s.id = x.scanID JOIN \(other) o ON o.id = x.\(other)ID
                    WHERE o.hostID <> s.hostID LIMIT 1
                    """)
            if let scan {
                return .init(
                    scanID: ScanID(rawValue: scan), message: "a row of \(table) is of another host than the scan")
            }
        }
        let validators = try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM settingValidator v JOIN settingObservation s ON s.id = v.settingObservationID
                WHERE s.repositoryID <> v.repositoryID
                """)
        guard validators == 0 else { return .init(message: "a row of settingValidator is of another repository") }
        let scan = try Int64.fetchOne(
            db, sql: "SELECT f.scanID FROM finding f JOIN scan s ON s.id = f.scanID WHERE f.hostID <> s.hostID LIMIT 1")
        return scan.map {
            .init(scanID: ScanID(rawValue: $0), message: "a row of finding is of another host than the scan")
        }
    }

    private func checkpointProblem(
        _ checkpoint: (place: Int64, content: String)?, pruned: Set<Int64>,
    ) throws -> VerificationResult.Problem? {
        guard let checkpoint else {
            return pruned.isEmpty ? nil : .init(message: "scans are marked as pruned, and the chain has no checkpoint")
        }
        guard try Pruner.checkpointContent(db) == checkpoint.content else {
            return .init(
                message:
                    "what remains of the pruned scans does not agree with the checkpoint at link \(checkpoint.place)")
        }
        return nil
    }

    /// Rows of an open scan below a sealed one would change what that one saw; and it has no judgement.
    private func openScanProblem(_ verification: inout VerificationResult) throws -> VerificationResult.Problem? {
        let open = try Row.fetchAll(
            db,
            sql:
                "SELECT id, state FROM scan WHERE id NOT IN (SELECT scanID FROM seal WHERE scanID NOT NULL) ORDER BY id"
        )
        for row in open {
            let id: Int64 = try row.decode(forColumn: "id")
            let scanID = ScanID(rawValue: id)
            if try row.decode(String.self, forColumn: "state") == "sealed" {
                return .init(scanID: scanID, message: "it is marked as sealed, and the chain has no link of it")
            }
            verification.openScans += 1
            guard id > 0 else { return .init(scanID: scanID, message: "no scan has such a number") }
            for table in ["finding", "organizationTally"] where try hasRows(id, in: table) {
                return .init(scanID: scanID, message: "it is not sealed, and has rows of \(table)")
            }
            let tables = try Sealer.observations.filter { try hasRows(id, in: $0) }
            guard !tables.isEmpty else { continue }
            let later = try Int64.fetchAll(
                db,
                sql:
                    "SELECT scanID FROM seal WHERE scanID > ? AND scanID NOT IN (SELECT scanID FROM prunedScan) ORDER BY 1",
                arguments: [id])
            for scan in later {
                for table in tables
                where try Bool.fetchOne(
                    db.cachedStatement(sql: "SELECT EXISTS (\(Sealer.lastRows(of: table)))"), arguments: [id, scan])
                    == true
                {
                    return .init(
                        scanID: scanID, message: "it is not sealed, and the sealed scan \(scan) builds on its rows")
                }
            }
        }
        return nil
    }

    private func hasRows(_ scanID: Int64, in table: String) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE scanID = ?)"), arguments: [scanID])
            == true
    }

    /// Where a scan's records are not those that were sealed.
    private func difference(
        in scan: Int64, _ seal: SealRecord,
    ) throws -> VerificationResult.Problem? {
        var lines = EvidenceLines(db)
        let (digest, checks) = try lines.content(of: scan, version: seal.version)
        let scanID = ScanID(rawValue: scan)
        if let (id, field) = lines.malformed {
            return .init(scanID: scanID, subject: try name(id), field: field, message: "it is not what was sealed")
        }
        guard digest != seal.content else { return nil }
        let stored = try Data.fetchOne(db, sql: "SELECT checks FROM sealChecks WHERE sealID = ?", arguments: [seal.id])
        guard let stored else { return .init(scanID: scanID, message: "its content is not what was sealed") }
        var now = CheckedRecords(checks, seal.version)
        var then = CheckedRecords(Array(stored), seal.version)
        while true {
            switch (then.next(), now.next()) {
            case (nil, nil):
                return .init(scanID: scanID, message: "its content is not what was sealed")
            case (nil, let added?):
                return .init(
                    scanID: scanID, subject: try name(added),
                    message: "a record of the kind \(added.kind.name) was added")
            case (let sealed?, let found?) where sealed.kind.name == found.kind.name && sealed.id == found.id:
                for (index, field) in zip(found.checks.indices, found.kind.fields)
                where sealed.checks[index] != found.checks[index] {
                    return .init(
                        scanID: scanID, subject: try name(found), field: field.name,
                        message: "it is not what was sealed")
                }
            case (let sealed?, let found):
                // What is found here stands further on among what was sealed: what is missing stood before it.
                let isAdded = found.map { !then.contains($0) } ?? false
                let record = isAdded ? found ?? sealed : sealed
                return .init(
                    scanID: scanID, subject: try name(record),
                    message: "a record of the kind \(record.kind.name) \(isAdded ? "was added" : "is missing")")
            }
        }
    }

    private func name(_ record: CheckedRecords.Record) throws -> String? { try name(record.id) }

    /// - Parameter id: a repository's, or an organization's as a negative number.
    private func name(_ id: Int64) throws -> String? {
        switch id {
        case 1...:
            try String.fetchOne(
                db,
                sql: """
                    SELECT \(RepositoryRecord.last("owner || '/' || name", of: "r.id")) FROM repository r
                    WHERE r.githubID = ?
                    """,
                arguments: [id]) ?? "repository \(id)"
        case ..<0:
            try String.fetchOne(
                db,
                sql: """
                    SELECT \(OrganizationRecord.last("login", of: "o.id", by: "organizationID")) FROM organization o
                    WHERE o.githubID = ?
                    """,
                arguments: [-id]) ?? "organization \(-id)"
        default: nil
        }
    }
}

/// Reads the checksums of records, as `EvidenceLines` leaves them.
private struct CheckedRecords {
    struct Record {
        let kind: EvidenceKind
        let id: Int64
        /// One for each field.
        let checks: [ArraySlice<UInt8>]
    }

    private var rest: ArraySlice<UInt8>
    private let version: Int

    /// - Parameter version: of the records.
    init(_ bytes: [UInt8], _ version: Int) {
        rest = bytes[...]
        self.version = version
    }

    /// - Returns: `nil` at the end, and where the bytes are not ours.
    mutating func next() -> Record? {
        guard let number = rest.first, EvidenceKind.all.indices.contains(Int(number)) else { return nil }
        let kind = EvidenceKind.all[Int(number)]
        let fieldCount = kind.fieldCount(in: version)
        let length = 9 + fieldCount * 4
        guard rest.count >= length else { return nil }
        let record = rest.prefix(length)
        rest = rest.dropFirst(length)
        let start = record.startIndex + 9
        return Record(
            kind: kind,
            id: record.dropFirst().prefix(8).reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) },
            checks: (0..<fieldCount).map { record[start + $0 * 4..<start + $0 * 4 + 4] })
    }

    /// Whether a record of that kind and id comes later.
    func contains(_ wanted: Record) -> Bool {
        var copy = self
        while let record = copy.next() {
            if record.kind.name == wanted.kind.name, record.id == wanted.id { return true }
        }
        return false
    }
}
