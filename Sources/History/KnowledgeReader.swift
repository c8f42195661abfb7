import AuditCore
import Foundation
import GRDB

/// Reads what earlier scans of an organization spare the one that begins.
struct KnowledgeReader {
    private let db: Database
    private let scanID: Int64
    private let hostID: Int64
    private let organizationRowID: Int64
    private var json = JSONTextReader()

    init(_ db: Database, scanID: Int64, hostID: Int64, organizationRowID: Int64) {
        self.db = db
        self.scanID = scanID
        self.hostID = hostID
        self.organizationRowID = organizationRowID
    }

    /// - Parameter resuming: row ids of the repositories whose setting the interrupted scan has asked for; `nil` for a
    ///   new scan.
    mutating func knowledge(
        of credential: CredentialID?, resuming: RowIDSet?, withLastReads: Bool,
    ) throws -> PriorKnowledge {
        var knowledge = PriorKnowledge()
        if let credential {
            knowledge.settings = try settings(of: credential)
            knowledge.pages = try pages(of: credential)
        }
        if let resuming { knowledge.resumed = try resumed(resuming) }
        knowledge.endedEarly = try endedEarly()
        if withLastReads || knowledge.endedEarly { knowledge.lastReads = try lastReads() }
        return knowledge
    }

    // MARK: -

    private static let repositories =
        "SELECT DISTINCT repositoryID FROM repositoryObservation WHERE organizationID = ?1"

    private mutating func settings(of credential: CredentialID) throws -> [RepositoryID: PriorKnowledge.Setting] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT v.fullName, v.validator, r.githubID, \(SettingColumns.selection)
                FROM settingValidator v
                JOIN repository r ON r.id = v.repositoryID
                JOIN settingObservation s ON s.id = v.settingObservationID AND s.repositoryID = v.repositoryID
                WHERE v.credentialID = ?2 AND v.repositoryID IN (\(Self.repositories))
                """,
            arguments: [organizationRowID, credential.rawValue])
        var settings: [RepositoryID: PriorKnowledge.Setting] = [:]
        while let row = try rows.next() {
            guard let validator = Validator(try row.decode(atIndex: 1)) else { continue }
            settings[RepositoryID(rawValue: try row.decode(atIndex: 2))] = PriorKnowledge.Setting(
                fullName: try row.decode(atIndex: 0), value: try SettingColumns(row, at: 3).setting(&json),
                validator: validator)
        }
        return settings
    }

    private mutating func pages(of credential: CredentialID) throws -> [Int: PriorKnowledge.Page] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT page, lastPage, hasProperties, observations, validator FROM pageValidator
                WHERE credentialID = ? AND organizationID = ? AND json_valid(observations)
                """,
            arguments: [credential.rawValue, organizationRowID])
        var pages: [Int: PriorKnowledge.Page] = [:]
        for row in rows {
            guard let validator = Validator(try row.decode(atIndex: 4)),
                let repositories = try repositories(row.decode(atIndex: 3), withProperties: row.decode(atIndex: 2))
            else { continue }
            pages[try row.decode(atIndex: 0)] = PriorKnowledge.Page(
                repositories: repositories, last: try row.decode(atIndex: 1), validator: validator)
        }
        return pages
    }

    /// - Parameter rowIDs: JSON list of rows, which are never changed, so that they say what the page said.
    /// - Returns: `nil` where one is not there.
    private mutating func repositories(_ rowIDs: String, withProperties: Bool) throws -> [Repository]? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT r.githubID, \(RepositoryColumns.selection)
                    FROM json_each(?) listed
                    LEFT JOIN repositoryObservation o ON o.id = listed.value
                    LEFT JOIN repository r ON r.id = o.repositoryID
                    ORDER BY listed.key
                    """),
            arguments: [rowIDs])
        var repositories: [Repository] = []
        while let row = try rows.next() {
            guard let id: Int64 = try row.decode(atIndex: 0) else { return nil }
            var repository = try RepositoryColumns(row, at: 1).repository(githubID: id, &json)
            guard repository.isAddressable else { return nil }
            if !withProperties { repository.customProperties = nil }
            repositories.append(repository)
        }
        return repositories
    }

    /// What was read without trouble need not be read again; what failed is tried once more.
    private mutating func resumed(_ read: RowIDSet) throws -> PriorKnowledge.Resumed {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT r.id, r.githubID, o.owner || '/' || o.name FROM repository r
                JOIN repositoryObservation o ON o.id = (
                    SELECT id FROM repositoryObservation WHERE repositoryID = r.id
                    ORDER BY scanID DESC, id DESC LIMIT 1)
                WHERE o.organizationID = ?1
                    AND EXISTS (SELECT 1 FROM settingObservation WHERE repositoryID = r.id)
                    AND (SELECT errorCode FROM coverage WHERE repositoryID = r.id ORDER BY scanID DESC, id DESC LIMIT 1)
                        IS NULL
                """,
            arguments: [organizationRowID])
        var repositories: [RepositoryID: String] = [:]
        while let row = try rows.next() {
            if try read.contains(row.decode(atIndex: 0)) {
                repositories[RepositoryID(rawValue: try row.decode(atIndex: 1))] = try row.decode(atIndex: 2)
            }
        }
        let template = try Row.fetchOne(
            db, sql: "SELECT claimKeys, useImmutableSubject FROM scanTemplate WHERE scanID = ? AND organizationID = ?",
            arguments: [scanID, organizationRowID])
        return PriorKnowledge.Resumed(
            template: try template.map { row in
                guard let keys: String = try row.decode(atIndex: 0) else { return .neverSet }
                return try .set(
                    SubjectTemplate(json.strings(keys).map(ClaimKey.init(rawValue:))),
                    useImmutableSubject: row.decode(atIndex: 1))
            }, read: repositories)
    }

    /// Whether the newest scan before that read anything of the organization was never sealed.
    private func endedEarly() throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT s.state <> 'sealed' FROM scan s
                WHERE s.hostID = ?1 AND s.id < ?2 AND (
                    EXISTS (SELECT 1 FROM scanOrganization WHERE scanID = s.id AND organizationID = ?3)
                    OR EXISTS (SELECT 1 FROM scanTemplate WHERE scanID = s.id AND organizationID = ?3))
                ORDER BY s.id DESC LIMIT 1
                """,
            arguments: [hostID, scanID, organizationRowID]) ?? false
    }

    /// The newest scan that asked for each repository's setting, in vain or not: one that kept its bits asked for those
    /// that they name, and a sealed one of the same scope without them for every one that was known by then.
    private func lastReads() throws -> [RepositoryID: ScanID] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT r.id, r.githubID, min(asked.scanID) FROM repository r
                JOIN (
                    SELECT repositoryID, scanID FROM settingObservation
                    UNION ALL SELECT repositoryID, scanID FROM coverage) asked ON asked.repositoryID = r.id
                WHERE r.id IN (\(Self.repositories)) GROUP BY r.id
                """,
            arguments: [organizationRowID])
        var unknown = try rows.map { row in
            try (
                row: row.decode(Int64.self, atIndex: 0), id: row.decode(Int64.self, atIndex: 1),
                firstScan: row.decode(Int64.self, atIndex: 2)
            )
        }
        var last: [RepositoryID: ScanID] = [:]
        let scans = try Row.fetchCursor(
            db,
            sql: """
                SELECT s.id, p.read FROM scan s LEFT JOIN scanProgress p ON p.scanID = s.id
                WHERE s.hostID = ?1 AND s.id < ?2 AND (p.read IS NOT NULL
                    OR s.scope = (SELECT scope FROM scan WHERE id = ?2) AND EXISTS (
                        SELECT 1 FROM scanOrganization WHERE scanID = s.id AND organizationID = ?3))
                ORDER BY s.id DESC
                """,
            arguments: [hostID, scanID, organizationRowID])
        while !unknown.isEmpty, let row = try scans.next() {
            let scan: Int64 = try row.decode(atIndex: 0)
            let read = try row.decode(Data?.self, atIndex: 1).map { RowIDSet(bytes: Array($0)) }
            unknown.removeAll { repository in
                guard read?.contains(repository.row) ?? (repository.firstScan <= scan) else { return false }
                last[RepositoryID(rawValue: repository.id)] = ScanID(rawValue: scan)
                return true
            }
        }
        return last
    }
}

/// Writes which repositories a page of the listing held, by the rows that say what it said of them.
struct PageWriter {
    private let db: Database
    private let hostID: Int64
    private let organizationRowID: Int64
    private let credential: CredentialID

    init(_ db: Database, hostID: Int64, organizationRowID: Int64, _ credential: CredentialID) {
        self.db = db
        self.hostID = hostID
        self.organizationRowID = organizationRowID
        self.credential = credential
    }

    func write(_ pages: [ListedPage]) throws {
        for page in pages {
            let listed = "[" + page.repositories.map { "\($0.rawValue)" }.joined(separator: ",") + "]"
            let rows = try Int64.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT (
                            SELECT id FROM repositoryObservation WHERE repositoryID = r.id AND organizationID = ?3
                                AND presence = 'listed'
                            ORDER BY scanID DESC, id DESC LIMIT 1)
                        FROM json_each(?1) listed
                        JOIN repository r ON r.hostID = ?2 AND r.githubID = listed.value
                        ORDER BY listed.key
                        """),
                arguments: [listed, hostID, organizationRowID])
            guard rows.count == page.repositories.count else { continue }
            try db.cachedStatement(
                sql: """
                    INSERT INTO pageValidator (credentialID, organizationID, page, lastPage, hasProperties,
                        observations, validator)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET lastPage = excluded.lastPage, hasProperties = excluded.hasProperties,
                        observations = excluded.observations, validator = excluded.validator
                    """
            ).execute(arguments: [
                credential.rawValue, organizationRowID, page.number, page.last, page.hasProperties,
                "[" + rows.map(String.init).joined(separator: ",") + "]", page.validator.rawValue,
            ])
        }
    }
}
