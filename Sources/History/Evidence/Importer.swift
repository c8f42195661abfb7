public import AuditCore
import Foundation
import GRDB

/// An export that is to be imported.
public struct ExportFile: Sendable {
    public var name: String
    /// Opens it at its start, as often as it is called; what that gives tells the next bytes, none at the end.
    public var open: @Sendable () throws -> () throws -> [UInt8]

    public init(name: String, open: @escaping @Sendable () throws -> () throws -> [UInt8]) {
        self.name = name
        self.open = open
    }
}

extension HistoryStore {
    /// Takes over the scans of exports, in the order of time, in one transaction; those that are known are left out.
    ///
    /// - Throws: `.badExport`, `.importOutOfOrder`; nothing was stored then.
    public func importing(_ files: [ExportFile]) async throws(HistoryError) -> ImportSummary {
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
                case .rebased:
                    importing.imported += 1
                    importing.rebased += 1
                case .known: importing.known += 1
                case .pruned: importing.pruned += 1
                }
                source.advance()
            }
            return importing
        }
    }
}

/// The organizations that an import holds until it has ended: a scan that ran into it would tell differences from what
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
        case rebased
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
        let origin = scan.seal.origin ?? scan.seal.content
        let before = source.lastScan
        let organizations = source.take(scan)
        for organization in organizations { source.lastScan[organization] = origin }
        let known = try String.fetchOne(
            db, sql: "SELECT content FROM seal WHERE content = ?1 OR origin = ?1 ORDER BY id DESC LIMIT 1",
            arguments: [origin])
        if let known {
            if known != scan.seal.content { source.diverged.formUnion(organizations) }
            return .known
        }
        // Later scans build on what it left, which they bring along.
        if scan.isPruned { return .pruned }

        let hostID = try HistoryStore.hostID(head.text("api_url") ?? "", db)
        for organization in organizations {
            try locks.hold(
                organizationRowID(OrganizationID(rawValue: organization), hostID: hostID, db),
                login: scan.login(of: organization) ?? "organization \(organization)")
        }
        let isSameLine = try organizations.allSatisfy { organization in
            let last = try lastScan(of: organization, hostID)
            return try last?.content == before[organization] && !source.diverged.contains(organization)
                && !isDisturbed(organization, since: last?.id ?? 0, hostID)
        }
        // Which of one line comes first, the line itself says, whatever clocks said.
        if !isSameLine { try checkOrder(of: organizations, hostID, scan) }
        let writer = try RecordWriter(db, head, hostID: hostID)
        let scanID = writer.scanID
        if isSameLine {
            for record in scan.records.dropFirst() { try writer.write(record) }
        } else {
            var rebase = try Rebase(db, source, writer, scan)
            try rebase.write(organizations)
            source.diverged.subtract(organizations)
            source.diverged.formUnion(rebase.diverged)
        }
        try writer.finish()
        let seal = try Sealer(db, path: path).seal(
            scanID, version: isSameLine ? scan.seal.version : EvidenceKind.version,
            origin: try originHere(scan, scanID, isSameLine))
        guard !isSameLine || seal.content == scan.seal.content else {
            throw source.reader.failure("its records can't be stored as they are told", line: scan.line)
        }
        return isSameLine ? .imported : .rebased
    }

    // MARK: -

    /// What first sealed the scan; `nil` where its link here is the very same: then nothing tells the two files apart.
    private func originHere(_ scan: ExportedScan, _ scanID: Int64, _ isSameLine: Bool) throws -> SealRecord.Origin? {
        let head = try SealRecord.head(db)
        if isSameLine, scan.seal.scan == scanID, scan.seal.previous == head {
            return scan.seal.origin == nil ? nil : scan.seal.link.firstSeal
        }
        return scan.seal.link.firstSeal
    }

    private func checkOrder(of organizations: Set<Int64>, _ hostID: Int64, _ scan: ExportedScan) throws {
        for organization in organizations {
            let newest = try Row.fetchOne(
                db,
                sql: """
                    SELECT s.startedAt, so.login FROM scanOrganization so JOIN scan s ON s.id = so.scanID
                    JOIN organization o ON o.id = so.organizationID
                    WHERE o.hostID = ? AND o.githubID = ? ORDER BY s.startedAt DESC LIMIT 1
                    """,
                arguments: [hostID, organization])
            guard let newest, case let startedAt:String = try newest.decode(forColumn: "startedAt"),
                startedAt > scan.startedAt
            else { continue }
            throw HistoryError.importOutOfOrder(
                file: source.reader.file, organization: try newest.decode(forColumn: "login"),
                startedAt: scan.startedAt,
                newest: startedAt)
        }
    }

    /// The scan that last told something of an organization here, by its content where it was first sealed. A repository
    /// counts to the organization that listed it last by then, as in `ExportSource`.
    private func lastScan(of organization: Int64, _ hostID: Int64) throws -> (id: Int64, content: String?)? {
        try Row.fetchOne(
            db,
            sql: """
                WITH own AS (SELECT id FROM organization WHERE hostID = ?1 AND githubID = ?2),
                written AS (
                    SELECT repositoryID, scanID FROM settingObservation
                    UNION ALL SELECT repositoryID, scanID FROM coverage),
                told AS (
                    SELECT scanID FROM scanOrganization WHERE organizationID = (SELECT id FROM own)
                    UNION ALL SELECT scanID FROM repositoryObservation WHERE organizationID = (SELECT id FROM own)
                    UNION ALL SELECT t.scanID FROM written t
                    WHERE t.repositoryID IN (
                            SELECT repositoryID FROM repositoryObservation WHERE organizationID = (SELECT id FROM own))
                        AND \(RepositoryRecord.last("organizationID", of: "t.repositoryID", upTo: "t.scanID"))
                            = (SELECT id FROM own))
                SELECT s.id, coalesce(l.origin, l.content) AS content FROM scan s LEFT JOIN seal l ON l.scanID = s.id
                WHERE s.id = (SELECT max(scanID) FROM told)
                """,
            arguments: [hostID, organization]
        ).map { row in try (row.decode(forColumn: "id"), row.decode(forColumn: "content")) }
    }

    /// Whether a scan of another organization has written something since of a repository that is this one's in the
    /// export, as where it was transferred.
    private func isDisturbed(_ organization: Int64, since scanID: Int64, _ hostID: Int64) throws -> Bool {
        let newest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM scan") ?? 0
        guard newest > scanID else { return false }
        let own = source.facts.filter { $0.value.integer("organization_id") == organization }.keys
        return try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM json_each(?1) own JOIN repository r ON r.hostID = ?2 AND r.githubID = own.value
                    WHERE EXISTS (SELECT 1 FROM repositoryObservation WHERE repositoryID = r.id AND scanID > ?3)
                        OR EXISTS (SELECT 1 FROM settingObservation WHERE repositoryID = r.id AND scanID > ?3)
                        OR EXISTS (SELECT 1 FROM coverage WHERE repositoryID = r.id AND scanID > ?3))
                """,
            arguments: ["[" + own.map(String.init).joined(separator: ",") + "]", hostID, scanID]) == true
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
