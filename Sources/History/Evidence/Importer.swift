package import AuditCore
import Foundation
import GRDB

/// An export that is to be imported.
package struct ExportFile: Sendable {
    package var name: String
    /// Opens it at its start, as often as it is called; what that returns gives the next bytes, none at the end.
    package var open: @Sendable () throws -> () throws -> [UInt8]

    package init(name: String, open: @escaping @Sendable () throws -> () throws -> [UInt8]) {
        self.name = name
        self.open = open
    }
}

extension HistoryStore {
    /// Takes over the scans of exports, in the order of time, in one transaction; those that are known are left out.
    ///
    /// - Throws: `.badExport`, `.overlap`; nothing was stored then.
    package func importing(_ files: [ExportFile]) async throws(HistoryError) -> ImportSummary {
        let path = path
        return try await write { db in
            var importing = ImportSummary()
            let sources = try files.map { file in
                try ExportSource(ExportReader(file: file.name, read: file.open()))
            }
            let locks = ImportLocks(path: path)
            // The oldest of the scans that are next.
            while let source = sources.filter({ $0.next != nil }).min(by: { $0.startedAt < $1.startedAt }) {
                let outcome: Importer.Outcome
                do {
                    outcome = try Importer(db, path: path, source, locks).importNext()
                } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
                    throw source.reader.failure(
                        "a scan holds what no history does: \(error.message ?? "a constraint failed")",
                        line: source.next?.line ?? 1)
                }
                switch outcome {
                case .imported: importing.imported += 1
                case .known: importing.known += 1
                case .pruned: importing.pruned += 1
                }
                source.advance()
            }
            return importing
        }
    }
}

/// The organizations that an import holds until it has ended: a scan that ran into it would report differences from what
/// is no longer the last state.
private final class ImportLocks {
    private let path: String
    private var locks: [Int64: HistoryLock] = [:]

    init(path: String) {
        self.path = path
    }

    func hold(_ organizationRowID: Int64, login: String) throws {
        guard locks[organizationRowID] == nil else { return }
        locks[organizationRowID] = try HistoryLock(database: path, organization: organizationRowID, login: login)
    }
}

/// Stores the next scan of an export, within a transaction.
private struct Importer {
    enum Outcome {
        case imported
        case known
        case pruned
    }

    private let db: Database
    private let path: String
    private let source: ExportSource
    private let locks: ImportLocks

    init(_ db: Database, path: String, _ source: ExportSource, _ locks: ImportLocks) {
        self.db = db
        self.path = path
        self.source = source
        self.locks = locks
    }

    func importNext() throws -> Outcome {
        guard let scan = source.next, let head = scan.records.first else { return .known }
        let origin = scan.seal.link.firstSeal
        let apiURL = head.text("api_url") ?? ""
        let exported = source.host(apiURL)
        let organizations = exported.take(scan)
        // The second of two alike is the second of those that are here.
        let known = try Int64.fetchOne(
            db, sql: "SELECT scanID FROM seal WHERE content = ?1 OR origin = ?1 ORDER BY id LIMIT 1 OFFSET ?2",
            arguments: [origin.content, source.twinsBefore])
        if let known {
            exported.follow(organizations, to: origin.content)
            source.note(known)
            return .known
        }
        if scan.isPruned {
            exported.leave(scan)
            return .pruned
        }

        let hostID = try HistoryStore.hostID(apiURL, db)
        var disturbed: Set<Int64> = []
        for organization in organizations.sorted() {
            let login = scan.login(of: organization) ?? "organization \(organization)"
            try locks.hold(
                organizationRowID(OrganizationID(rawValue: organization), hostID: hostID, db), login: login)
            let last = try lastScan(of: organization, hostID)
            guard last?.content == exported.lastScan[organization], last == nil || last?.content != nil else {
                throw HistoryError.overlap(
                    file: source.reader.file, organization: login, scan: scan.seal.scan ?? 0,
                    startedAt: scan.startedAt, last: last?.id ?? 0)
            }
            disturbed.formUnion(
                try disturbedRepositories(
                    exported.repositories(of: organization), since: last?.id ?? 0, hostID))
        }
        let writer = try RecordWriter(db, head, hostID: hostID)
        for record in scan.records.dropFirst() { try writer.write(record) }
        let isWhole = try carry(scan, of: exported, organizations, disturbed, writer) == 0
        try writer.finish()
        // A scan that brings along what others reported has another content than where it came from.
        let seal = try Sealer(db, path: path).seal(
            writer.scanID, version: isWhole ? scan.seal.version : EvidenceKind.version,
            origin: try originHere(scan, writer.scanID, isWhole))
        guard !isWhole || seal.content == scan.seal.content else {
            throw source.reader.failure("its records can't be stored as they are", line: scan.line)
        }
        exported.follow(organizations, to: origin.content)
        source.note(writer.scanID)
        return .imported
    }

    // MARK: -

    /// What first sealed the scan; `nil` if its link here is the very same: then nothing distinguishes the two files.
    private func originHere(_ scan: ExportedScan, _ scanID: Int64, _ isWhole: Bool) throws -> SealRecord.Origin? {
        let head = try SealRecord.head(db)
        if isWhole, scan.seal.scan == scanID, scan.seal.previous == head {
            return scan.seal.origin == nil ? nil : scan.seal.link.firstSeal
        }
        return scan.seal.link.firstSeal
    }

    /// Stores with a scan what others reported that is not here, or is otherwise here.
    ///
    /// - Parameter disturbed: repositories of which all that the export knows is stored, whatever is known here.
    /// - Returns: how many records were stored.
    private func carry(
        _ scan: ExportedScan, of exported: ExportedHost, _ organizations: Set<Int64>, _ disturbed: Set<Int64>,
        _ writer: RecordWriter,
    ) throws -> Int {
        var records = exported.carried(with: scan, of: organizations, disturbed)
        for id in disturbed where exported.state[.coverage(id)] == nil {
            let readable: [DatabaseValue] = [id.databaseValue, .null, .null]
            records.append(EvidenceRecord(kind: EvidenceKind.coverage, values: readable))
        }
        let policy = scan.records.first?.text("policy_name") ?? ""
        let policies = Set(records.map { $0.text("policy_name") ?? policy })
        let open = try Dictionary(
            uniqueKeysWithValues: policies.map { policy in
                let last = try LastFinding.all(hostID: writer.hostID, policyName: policy, before: .max, db)
                return (policy, last.filter(\.value.row.isOpen))
            })
        for record in records {
            // A finding that is closed, and does not stand open here, is no news.
            if case .finding(let finding) = RecordSubject(record), record["open"] == false.databaseValue,
                open[finding.policy]?[finding.key] == nil
            {
                continue
            }
            try writer.write(record)
        }
        // What stands open here of a repository that the export knows otherwise.
        let exportedFindings = disturbed.isEmpty ? [] : exported.findings(of: policy)
        for (key, finding) in (open[policy] ?? [:]).sorted(by: { "\($0.key)" < "\($1.key)" }) {
            guard case .repository(let id) = key.subject, disturbed.contains(id.rawValue),
                !exportedFindings.contains(key)
            else {
                continue
            }
            var row = finding.row
            (row.id, row.scanID, row.isOpen) = (nil, writer.scanID, false)
            try row.insert(db)
        }
        return records.count
    }

    /// The scan that last recorded something of an organization here, by its content where it was first sealed. A repository
    /// counts to the organization that listed it last by then, as in `ExportedHost`.
    private func lastScan(of organization: Int64, _ hostID: Int64) throws -> (id: Int64, content: String?)? {
        try Row.fetchOne(
            db,
            sql: """
                WITH own AS (SELECT id FROM organization WHERE hostID = ?1 AND githubID = ?2),
                written AS (
                    SELECT repositoryID, scanID FROM settingObservation
                    UNION ALL SELECT repositoryID, scanID FROM coverage),
                exported AS (
                    SELECT scanID FROM scanOrganization WHERE organizationID = (SELECT id FROM own)
                    UNION ALL SELECT scanID FROM repositoryObservation WHERE organizationID = (SELECT id FROM own)
                    UNION ALL SELECT t.scanID FROM written t
                    WHERE t.repositoryID IN (
                            SELECT repositoryID FROM repositoryObservation WHERE organizationID = (SELECT id FROM own))
                        AND \(RepositoryRecord.last("organizationID", of: "t.repositoryID", upTo: "t.scanID"))
                            = (SELECT id FROM own))
                SELECT s.id, coalesce(l.origin, l.content) AS content FROM scan s LEFT JOIN seal l ON l.scanID = s.id
                WHERE s.id = (SELECT max(scanID) FROM exported)
                """,
            arguments: [hostID, organization]
        ).map { row in try (row.decode(forColumn: "id"), row.decode(forColumn: "content")) }
    }

    /// Of repositories that are an organization's in the export, those of which a scan that the export does not hold
    /// has written something here since its last one, as where they were transferred.
    private func disturbedRepositories(
        _ repositories: Set<Int64>, since scanID: Int64, _ hostID: Int64,
    ) throws -> [Int64] {
        let newest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM scan") ?? 0
        guard newest > scanID else { return [] }
        func json(_ ids: Set<Int64>) -> String { "[" + ids.map(String.init).joined(separator: ",") + "]" }
        let written = Sealer.observations.map { table in
            """
            EXISTS (
                SELECT 1 FROM \(table) WHERE repositoryID = r.id AND scanID > ?3
                    AND scanID NOT IN (SELECT value FROM json_each(?4)))
            """
        }
        return try Int64.fetchAll(
            db,
            sql: """
                SELECT own.value FROM json_each(?1) own JOIN repository r ON r.hostID = ?2 AND r.githubID = own.value
                WHERE \(written.joined(separator: " OR ")) ORDER BY own.value
                """,
            arguments: [json(repositories), hostID, scanID, json(source.scansHere)])
    }
}

extension ExportedScan {
    fileprivate func login(of organization: Int64) -> String? {
        records.first {
            $0.kind.name == EvidenceKind.organization.name && $0.integer("organization_id") == organization
        }?
        .text("login")
    }
}
