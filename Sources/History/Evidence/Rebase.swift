import AuditCore
import GRDB

/// Stores a scan of another line: as what it saw otherwise than the scan before it here.
struct Rebase {
    private let db: Database
    private let source: ExportSource
    private let writer: RecordWriter
    private let scan: ExportedScan
    private let scope: Scope
    /// Ids of the repositories that it had a turn for, where it tells that.
    private let turns: Set<Int64>?
    /// Organizations of which the source knows something else than is known here, of which this scan says nothing.
    private(set) var diverged: Set<Int64> = []

    init(_ db: Database, _ source: ExportSource, _ writer: RecordWriter, _ scan: ExportedScan) throws {
        self.db = db
        self.source = source
        self.writer = writer
        self.scan = scan
        scope = try JSONColumn.scope(scan.records.first?.text("scope") ?? "{}")
        let progress = scan.records.filter { $0.kind.name == EvidenceKind.progress.name }
        turns =
            progress.isEmpty
            ? nil
            : Set(progress.filter { $0["read"] == true.databaseValue }.compactMap { $0.integer("repository_id") })
    }

    mutating func write(_ organizations: Set<Int64>) throws {
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

    /// Whether the scan looked at a repository's setting. Of what was out of its scope, or had no turn, the source knows
    /// what an earlier scan saw, which is no evidence of this one.
    private func hasLooked(at id: Int64) throws -> Bool {
        guard let facts = source.facts[id], facts.text("presence") == "listed" else { return false }
        if let turns { return turns.contains(id) }
        var json = JSONTextReader()
        return !scope.decide(try facts.repository(&json)).isSkipped
    }

    /// - Returns: ids of the organization's repositories that the scan judged, or found to be gone, or brings along.
    private mutating func write(_ organization: Int64) throws -> Set<Int64> {
        let own = source.facts.filter { $0.value.integer("organization_id") == organization }
        let rows = try db.makeStatement(sql: Self.concerned)
        let list = "[" + own.keys.map(String.init).joined(separator: ",") + "]"
        let concerned = try Int64.fetchAll(
            rows, arguments: [list, writer.hostID, writer.rowID(.organization, organization)])
        let facts = try last(EvidenceKind.repository, "repositoryObservation", concerned)
        let settings = try last(EvidenceKind.setting, "settingObservation", concerned)
        let coverage = try last(EvidenceKind.coverage, "coverage", concerned)
        var concluded: Set<Int64> = []
        for (id, record) in own.sorted(by: { $0.key < $1.key }) {
            if facts[id] != record.values { try writer.write(record) }
            if record.text("presence") == "removed" { concluded.insert(id) }
            // When it was first seen is no difference.
            let setting = source.settings[id].flatMap { setting in
                settings[id]?.dropFirst(2) == setting.values.dropFirst(2) ? nil : setting
            }
            let error = source.coverage[id]?.values ?? [id.databaseValue, .null, .null]
            let hasOtherError = error != coverage[id] ?? [id.databaseValue, .null, .null]
            let isCarried = source.carried.remove(id) != nil
            guard try isCarried || hasLooked(at: id) else {
                if setting != nil || hasOtherError { diverged.insert(organization) }
                continue
            }
            if let setting { try writer.write(setting) }
            if hasOtherError { try writer.write(EvidenceRecord(kind: EvidenceKind.coverage, values: error)) }
            if isCarried || error[1].isNull { concluded.insert(id) }
        }
        let isComplete = scan.records.contains {
            $0.kind.name == EvidenceKind.organization.name && $0.integer("organization_id") == organization
                && $0.text("listing_status") == "complete"
        }
        for (id, values) in facts.sorted(by: { $0.key < $1.key }) where own[id] == nil {
            guard values[2] == "listed".databaseValue, values[1] == organization.databaseValue else { continue }
            var gone = values
            gone[2] = (isComplete ? "removed" : "missing").databaseValue
            if isComplete { concluded.insert(id) }
            try writer.write(EvidenceRecord(kind: EvidenceKind.repository, values: gone))
        }
        return concluded
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
        while let row = try rows.next() { records[try row.decode(forColumn: "githubID")] = Array(row.databaseValues) }
        return records
    }

    private mutating func writeFindings(_ organizations: Set<Int64>, _ repositories: Set<Int64>) throws {
        guard let policy = scan.records.first?.text("policy_name") else { return }
        let open = try LastFinding.all(hostID: writer.hostID, policyName: policy, before: .max, db)
            .filter(\.value.row.isOpen)
        var told: Set<FindingKey> = []
        // What the scan itself wrote of a finding is its own, such as that one went with its repository.
        let own = Set(
            scan.records.filter { $0.kind.name == EvidenceKind.finding.name }.map { FindingIdentity($0) })
        for (identity, record) in source.findings where identity.policy == policy {
            let key = identity.key
            let isOpen = record["open"] == true.databaseValue
            let here = open[key]
            let differs =
                isOpen
                ? here?.row.isWaived != (record["waived"] == true.databaseValue)
                    || here?.row.problems != record.text("problems")
                : here != nil
            guard own.contains(identity) || concerns(key, organizations, repositories) else {
                if differs { diverged.formUnion(organizations) }
                continue
            }
            told.insert(key)
            if differs { try writer.write(record) }
        }
        for (key, finding) in open where !told.contains(key) && concerns(key, organizations, repositories) {
            var row = finding.row
            (row.id, row.scanID, row.isOpen) = (nil, writer.scanID, false)
            try row.insert(db)
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

extension EvidenceRecord {
    /// What a record of the kind `repository` tells of it.
    fileprivate func repository(_ reader: inout JSONTextReader) throws -> Repository {
        Repository(
            id: RepositoryID(rawValue: integer("repository_id") ?? 0), owner: text("owner") ?? "",
            ownerID: integer("owner_id"), name: text("name") ?? "",
            visibility: text("visibility").flatMap(Repository.Visibility.init) ?? .unknown,
            isArchived: Bool.fromDatabaseValue(self["archived"]), isFork: Bool.fromDatabaseValue(self["fork"]),
            topics: try text("topics").map { try reader.strings($0) },
            customProperties: try text("custom_properties").map { try reader.properties($0) })
    }
}
