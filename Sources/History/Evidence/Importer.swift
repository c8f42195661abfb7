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
    public func importing(_ files: [ExportFile]) async throws(HistoryError) -> Importing {
        let path = path
        return try await write { db in
            var importing = Importing()
            let sources = try files.map { file in
                try ExportSource(ExportReader(file: file.name, read: file.open()))
            }
            let locks = ImportLocks(path: path)
            // The oldest of the scans that are next.
            while let source = sources.filter({ $0.next != nil }).min(by: { $0.startedAt < $1.startedAt }) {
                switch try Importer(db, path: path, source, locks).importNext() {
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
    private var locks: [Int64: ScanLock] = [:]

    init(path: String) {
        self.path = path
    }

    func hold(_ organizationRowID: Int64, login: String) throws {
        guard locks[organizationRowID] == nil else { return }
        locks[organizationRowID] = try ScanLock(database: path, organization: organizationRowID, login: login)
    }
}

/// An export as far as it has been read, and what it knew by then.
private final class ExportSource {
    let reader: ExportReader
    private var scans: ArraySlice<ExportedScan>
    /// The last record of each repository.
    var facts: [Int64: EvidenceRecord] = [:]
    var settings: [Int64: EvidenceRecord] = [:]
    var coverage: [Int64: EvidenceRecord] = [:]
    var findings: [FindingIdentity: EvidenceRecord] = [:]
    /// The scan that last touched an organization, by its content where it was first sealed.
    var lastScan: [Int64: String] = [:]

    init(_ reader: ExportReader) throws {
        self.reader = reader
        scans = try reader.all()[...]
    }

    var next: ExportedScan? { scans.first }

    var startedAt: String { next?.startedAt ?? "" }

    func advance() {
        scans.removeFirst()
    }

    /// - Returns: ids of the organizations of which the scan tells something.
    func take(_ scan: ExportedScan) -> Set<Int64> {
        var organizations: Set<Int64> = []
        func touch(_ id: Int64?) { if let id { organizations.insert(id) } }
        for record in scan.records {
            let repository = record.integer("repository_id")
            switch record.kind.name {
            case EvidenceKind.organization.name: touch(record.integer("organization_id"))
            case EvidenceKind.repository.name:
                touch(record.integer("organization_id"))
                if let repository { facts[repository] = record }
            case EvidenceKind.setting.name: if let repository { settings[repository] = record }
            case EvidenceKind.coverage.name: if let repository { coverage[repository] = record }
            case EvidenceKind.finding.name: findings[FindingIdentity(record)] = record
            default: break
            }
        }
        for record in scan.records
        where record.kind.name == EvidenceKind.setting.name || record.kind.name == EvidenceKind.coverage.name {
            touch(record.integer("repository_id").flatMap { facts[$0]?.integer("organization_id") })
        }
        return organizations
    }
}

/// What makes it the same finding.
private struct FindingIdentity: Hashable {
    let policy: String
    let rule: String
    let repository: Int64?
    let organization: Int64?
    let waiver: String?

    init(_ record: EvidenceRecord) {
        policy = record.text("policy_name") ?? ""
        rule = record.text("rule") ?? ""
        repository = record.integer("repository_id")
        organization = record.integer("organization_id")
        waiver = record.text("waiver")
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
        let isKnown = try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM seal WHERE content = ?1 OR origin = ?1)", arguments: [origin])
        if isKnown == true { return .known }
        // Later scans build on what it left, which they bring along.
        if scan.isPruned { return .pruned }

        let hostID = try HistoryStore.hostID(head.text("api_url") ?? "", db)
        for organization in organizations {
            try locks.hold(
                organizationRowID(OrganizationID(rawValue: organization), hostID: hostID, db),
                login: scan.login(of: organization) ?? "organization \(organization)")
        }
        try checkOrder(of: organizations, hostID, scan)
        let isSameLine = try organizations.allSatisfy { organization in
            let last = try lastScan(of: organization, hostID)
            return try last?.content == before[organization] && !isDisturbed(organization, since: last?.id ?? 0, hostID)
        }
        let scanID = try insertScan(head, hostID)
        let writer = RecordWriter(db, scanID: scanID, hostID: hostID)
        if isSameLine {
            for record in scan.records.dropFirst() { try writer.write(record) }
        } else {
            try Rebase(db, source, writer, scan).write(organizations)
        }
        try writer.finish()
        let digest = try Sealer(db, path: path).seal(scanID, origin: try originHere(scan, scanID, isSameLine))
        let content = try String.fetchOne(db, sql: "SELECT content FROM seal WHERE digest = ?", arguments: [digest])
        guard !isSameLine || content == scan.seal.content else {
            throw source.reader.failure("its records can't be stored as they are told", line: scan.line)
        }
        return isSameLine ? .imported : .rebased
    }

    // MARK: -

    /// What first sealed the scan; `nil` where its link here is the very same: then nothing tells the two files apart.
    private func originHere(_ scan: ExportedScan, _ scanID: Int64, _ isSameLine: Bool) throws -> Seal.Origin? {
        let head = try String.fetchOne(db, sql: "SELECT digest FROM seal ORDER BY id DESC LIMIT 1") ?? Seal.genesis
        if isSameLine, scan.seal.scan == scanID, scan.seal.previous == head {
            return Seal.Origin(content: scan.seal.origin, digest: scan.seal.originDigest)
        }
        return Seal.Origin(
            content: scan.seal.origin ?? scan.seal.content, digest: scan.seal.originDigest ?? scan.seal.digest)
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
            guard let newest, case let startedAt:String = try newest.decode(atIndex: 0), startedAt > scan.startedAt
            else { continue }
            throw HistoryError.importOutOfOrder(
                file: source.reader.file, organization: try newest.decode(atIndex: 1), startedAt: scan.startedAt,
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
                        AND (
                            SELECT organizationID FROM repositoryObservation
                            WHERE repositoryID = t.repositoryID AND scanID <= t.scanID ORDER BY scanID DESC, id DESC LIMIT 1)
                            = (SELECT id FROM own))
                SELECT s.id, coalesce(l.origin, l.content) FROM scan s LEFT JOIN seal l ON l.scanID = s.id
                WHERE s.id = (SELECT max(scanID) FROM told)
                """,
            arguments: [hostID, organization]
        ).map { row in try (row.decode(atIndex: 0), row.decode(atIndex: 1)) }
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

    private func insertScan(_ record: EvidenceRecord, _ hostID: Int64) throws -> Int64 {
        // After `api_url`, the fields are the columns in their order.
        try db.execute(
            sql: """
                INSERT INTO scan (hostID, state, stop, startedAt, finishedAt, isEnterpriseServer, toolVersion, requested,
                    scope, policyName, policySHA256, verdict, isComplete, listed, compliant, violating, waived, unreadable,
                    skipped, requestsSent, requestsNotModified, requestsRetried, waitedMilliseconds)
                VALUES (\(RecordWriter.places(23)))
                """,
            arguments: StatementArguments([hostID.databaseValue] + record.values.dropFirst()))
        return db.lastInsertedRowID
    }
}

/// Writes records as rows of a scan.
private final class RecordWriter {
    private let db: Database
    private let scanID: Int64
    let hostID: Int64
    private var rows: [String: [Int64: Int64]] = [:]
    private var listed = RowSet()
    private var read = RowSet()
    private var hasProgress = false

    init(_ db: Database, scanID: Int64, hostID: Int64) {
        self.db = db
        self.scanID = scanID
        self.hostID = hostID
    }

    func write(_ record: EvidenceRecord) throws {
        let rest = Array(record.values.dropFirst())
        switch record.kind.name {
        case EvidenceKind.organization.name:
            try insert(
                """
                scanOrganization (scanID, organizationID, login, templateStatus, templateClaimKeys,
                    templateUseImmutableSubject, templateErrorCode, templateErrorMessage, listingStatus, listed, expected,
                    removed, missing, listingError, listingFailureCode, includedProperties,
                    includedPropertiesErrorCode, includedPropertiesErrorMessage)
                """, [try row("organization", record.integer("organization_id"))] + rest)
        case EvidenceKind.repository.name:
            try insert(
                """
                repositoryObservation (scanID, repositoryID, organizationID, presence, owner, ownerGithubID, name,
                    visibility, isArchived, isFork, topics, customProperties)
                """,
                [
                    try row("repository", record.integer("repository_id")),
                    try row("organization", record.integer("organization_id")),
                ] + rest.dropFirst())
        case EvidenceKind.setting.name:
            try insert(
                """
                settingObservation (scanID, repositoryID, observedAt, useDefault, includeClaimKeys, useImmutableSubject,
                    subClaimPrefix)
                """, [try row("repository", record.integer("repository_id"))] + rest)
        case EvidenceKind.coverage.name:
            try insert(
                "coverage (scanID, repositoryID, errorCode, errorMessage)",
                [try row("repository", record.integer("repository_id"))] + rest)
        case EvidenceKind.progress.name:
            hasProgress = true
            guard let id = try Int64.fromDatabaseValue(row("repository", record.integer("repository_id"))) else {
                return
            }
            if record["listed"] == true.databaseValue { listed.insert(try RowSet.checked(id)) }
            if record["read"] == true.databaseValue { read.insert(try RowSet.checked(id)) }
        case EvidenceKind.finding.name:
            try insert(
                """
                finding (scanID, hostID, repositoryID, organizationID, waiver, policyName, ruleID, isOpen, isWaived,
                    severity, message, firstSeenAt)
                """,
                [
                    hostID.databaseValue, try row("repository", record.integer("repository_id")),
                    try row("organization", record.integer("organization_id")),
                ] + rest.dropFirst())
        case EvidenceKind.tally.name:
            try insert(
                "organizationTally (scanID, organizationID, \(TallyWriter.columns))",
                [try row("organization", record.integer("organization_id"))] + rest)
        default: break
        }
    }

    func write(_ finding: FindingRow) throws {
        try FindingWriter(db, scanID: scanID, hostID: hostID).insert(finding)
    }

    /// Stores which repositories the scan met, where it told that.
    func finish() throws {
        guard hasProgress else { return }
        try db.execute(
            sql: "INSERT INTO scanProgress (scanID, listed, read) VALUES (?, ?, ?)",
            arguments: [scanID, Data(listed.bytes), Data(read.bytes)])
    }

    static func places(_ count: Int) -> String {
        Array(repeating: "?", count: count).joined(separator: ", ")
    }

    // MARK: -

    private func insert(_ target: String, _ values: [DatabaseValue]) throws {
        try db.cachedStatement(sql: "INSERT INTO \(target) VALUES (\(Self.places(values.count + 1)))")
            .execute(arguments: StatementArguments([scanID.databaseValue] + values))
    }

    /// The row of an organization or repository, made where there is none.
    func row(_ table: String, _ githubID: Int64?) throws -> DatabaseValue {
        guard let githubID else { return .null }
        if let known = rows[table]?[githubID] { return known.databaseValue }
        let arguments: StatementArguments = [hostID, githubID]
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO \(table) (hostID, githubID) VALUES (?, ?)")
            .execute(arguments: arguments)
        let row = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM \(table) WHERE hostID = ? AND githubID = ?"), arguments: arguments)
        rows[table, default: [:]][githubID] = row
        return row?.databaseValue ?? .null
    }
}

/// Stores a scan of another line: as what it saw otherwise than the scan before it here.
private struct Rebase {
    private let db: Database
    private let source: ExportSource
    private let writer: RecordWriter
    private let scan: ExportedScan

    init(_ db: Database, _ source: ExportSource, _ writer: RecordWriter, _ scan: ExportedScan) {
        self.db = db
        self.source = source
        self.writer = writer
        self.scan = scan
    }

    func write(_ organizations: Set<Int64>) throws {
        for record in scan.records.dropFirst() {
            switch record.kind.name {
            case EvidenceKind.organization.name, EvidenceKind.tally.name: try writer.write(record)
            default: break
            }
        }
        var repositories: Set<Int64> = []
        for organization in organizations.sorted() { repositories.formUnion(try write(organization)) }
        for record in scan.records where record.kind.name == EvidenceKind.progress.name { try writer.write(record) }
        try writeFindings(organizations, repositories)
    }

    // MARK: -

    /// - Returns: ids of repositories that either side knows to be the organization's.
    private func write(_ organization: Int64) throws -> Set<Int64> {
        let own = source.facts.filter { $0.value.integer("organization_id") == organization }
        let rows = try db.makeStatement(sql: Self.concerned)
        let list = "[" + own.keys.map(String.init).joined(separator: ",") + "]"
        let concerned = try Int64.fetchAll(
            rows, arguments: [list, writer.hostID, writer.row("organization", organization)])
        let facts = try last(EvidenceKind.repository, "repositoryObservation", concerned)
        let settings = try last(EvidenceKind.setting, "settingObservation", concerned)
        let coverage = try last(EvidenceKind.coverage, "coverage", concerned)
        for (id, record) in own.sorted(by: { $0.key < $1.key }) {
            if facts[id] != record.values { try writer.write(record) }
            // When it was first seen is no difference.
            if let setting = source.settings[id], settings[id]?.dropFirst(2) != setting.values.dropFirst(2) {
                try writer.write(setting)
            }
            let error = source.coverage[id]?.values ?? [id.databaseValue, .null, .null]
            if error != coverage[id] ?? [id.databaseValue, .null, .null] {
                try writer.write(EvidenceRecord(kind: EvidenceKind.coverage, values: error))
            }
        }
        let isComplete = scan.records.contains {
            $0.kind.name == EvidenceKind.organization.name && $0.integer("organization_id") == organization
                && $0.text("listing_status") == "complete"
        }
        for (id, values) in facts.sorted(by: { $0.key < $1.key }) where own[id] == nil {
            guard values[2] == "listed".databaseValue, values[1] == organization.databaseValue else { continue }
            var gone = values
            gone[2] = (isComplete ? "removed" : "missing").databaseValue
            try writer.write(EvidenceRecord(kind: EvidenceKind.repository, values: gone))
        }
        return Set(own.keys).union(facts.filter { $0.value[1] == organization.databaseValue }.keys)
    }

    /// Rows of repositories that the source knows to be the organization's, wherever they were here, and of those that
    /// ever were the organization's here.
    private static let concerned = """
        SELECT id FROM repository WHERE hostID = ?2 AND githubID IN (SELECT value FROM json_each(?1))
        UNION SELECT repositoryID FROM repositoryObservation WHERE organizationID = ?3
        """

    /// The last record here of each of some repositories.
    private func last(_ kind: EvidenceKind, _ table: String, _ rowIDs: [Int64]) throws -> [Int64: [DatabaseValue]] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                \(kind.source) WHERE e.id IN (
                    SELECT (
                        SELECT id FROM \(table) WHERE repositoryID = known.value
                        ORDER BY scanID DESC, id DESC LIMIT 1)
                    FROM json_each(?) known)
                """,
            arguments: ["[" + rowIDs.map(String.init).joined(separator: ",") + "]"])
        var records: [Int64: [DatabaseValue]] = [:]
        while let row = try rows.next() { records[try row.decode(atIndex: 0)] = Array(row.databaseValues) }
        return records
    }

    private func writeFindings(_ organizations: Set<Int64>, _ repositories: Set<Int64>) throws {
        guard let policy = scan.records.first?.text("policy_name") else { return }
        let open = try OpenFinding.all(hostID: writer.hostID, policyName: policy, before: .max, db)
        var told: Set<FindingKey> = []
        for (identity, record) in source.findings where identity.policy == policy {
            let key = identity.key
            guard concerns(key, organizations, repositories) else { continue }
            told.insert(key)
            let isOpen = record["open"] == true.databaseValue
            let here = open[key]
            if isOpen ? here?.row.isWaived != (record["waived"] == true.databaseValue) : here != nil {
                try writer.write(record)
            }
        }
        for (key, finding) in open where !told.contains(key) && concerns(key, organizations, repositories) {
            var row = finding.row
            row.isOpen = false
            try writer.write(row)
        }
    }

    private func concerns(_ key: FindingKey, _ organizations: Set<Int64>, _ repositories: Set<Int64>) -> Bool {
        switch key.subject {
        case .repository(let id): repositories.contains(id.rawValue)
        case .organization(let id): organizations.contains(id.rawValue)
        case .waiver(let name):
            scan.records.contains { record in
                record.kind.name == EvidenceKind.organization.name
                    && name.hasPrefix("\(record.text("login") ?? ""): ")
            }
        }
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

extension FindingIdentity {
    fileprivate var key: FindingKey {
        let subject: FindingKey.Subject =
            if let repository {
                .repository(RepositoryID(rawValue: repository))
            } else if let organization {
                .organization(OrganizationID(rawValue: organization))
            } else {
                .waiver(waiver ?? "")
            }
        return FindingKey(rule: rule, subject: subject)
    }
}
