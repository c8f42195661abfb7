import AuditCore
import GRDB

/// Stores a scan of another line: as what it saw otherwise than the scan before it here.
struct Rebase {
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
