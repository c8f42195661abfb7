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
                SELECT v.fullName, v.validator, r.githubID, \(SettingRecord.selection("s"))
                FROM settingValidator v
                JOIN repository r ON r.id = v.repositoryID
                JOIN settingObservation s ON s.id = v.settingObservationID AND s.repositoryID = v.repositoryID
                WHERE v.credentialID = ?2 AND v.repositoryID IN (\(Self.repositories))
                """,
            arguments: [organizationRowID, credential.rawValue])
        var settings: [RepositoryID: PriorKnowledge.Setting] = [:]
        while let row = try rows.next() {
            var columns = RowReader(row)
            let fullName: String = try columns.next()
            guard let validator = Validator(try columns.next()) else { continue }
            let id = RepositoryID(rawValue: try columns.next())
            settings[id] = PriorKnowledge.Setting(
                fullName: fullName, value: try columns.next(SettingRecord.self).setting(&json), validator: validator)
        }
        return settings
    }

    private mutating func pages(of credential: CredentialID) throws -> [Int: PriorKnowledge.Page] {
        var pages: [Int: PriorKnowledge.Page] = [:]
        for page
            in try PageValidatorRecord
            .filter(Column("credentialID") == credential.rawValue && Column("organizationID") == organizationRowID)
            .filter(sql: "json_valid(observations)").fetchAll(db)
        {
            guard let validator = Validator(page.validator),
                let repositories = try repositories(page.observations, withProperties: page.hasProperties)
            else { continue }
            pages[page.page] = PriorKnowledge.Page(
                repositories: repositories, last: page.lastPage, validator: validator)
        }
        return pages
    }

    /// - Parameter rowIDs: JSON list of rows, which are never changed, so that they say what the page said.
    /// - Returns: `nil` if one is not there.
    private mutating func repositories(_ rowIDs: String, withProperties: Bool) throws -> [Repository]? {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT r.githubID, \(RepositoryRecord.selection("o"))
                    FROM json_each(?) listed
                    LEFT JOIN repositoryObservation o ON o.id = listed.value
                    LEFT JOIN repository r ON r.id = o.repositoryID
                    ORDER BY listed.key
                    """),
            arguments: [rowIDs])
        var repositories: [Repository] = []
        while let row = try rows.next() {
            var columns = RowReader(row)
            guard let id: Int64 = try columns.next() else { return nil }
            var repository = try columns.next(RepositoryRecord.self).repository(githubID: id, &json)
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
                SELECT r.githubID, \(RepositoryRecord.selection("o")) FROM repository r
                JOIN repositoryObservation o ON o.id = \(RepositoryRecord.last(of: "r.id"))
                WHERE o.organizationID = ?1
                    AND EXISTS (SELECT 1 FROM settingObservation WHERE repositoryID = r.id)
                    AND \(CoverageRecord.last("errorCode", of: "r.id")) IS NULL
                """,
            arguments: [organizationRowID])
        var repositories: [RepositoryID: String] = [:]
        while let row = try rows.next() {
            var columns = RowReader(row)
            let id = RepositoryID(rawValue: try columns.next())
            let last: RepositoryRecord = try columns.next()
            if read.contains(last.repositoryRowID) { repositories[id] = last.fullName }
        }
        let template = try ScanTemplateRecord.fetchOne(
            db, key: ["scanID": scanID, "organizationID": organizationRowID])
        return PriorKnowledge.Resumed(
            template: try template.map { template in
                guard let keys = template.claimKeys else { return .neverSet }
                return try .set(
                    SubjectTemplate(json.strings(keys).map(ClaimKey.init(rawValue:))),
                    useImmutableSubject: template.useImmutableSubject)
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
                SELECT r.id, r.githubID, min(asked.scanID) AS firstScan FROM repository r
                JOIN (
                    SELECT repositoryID, scanID FROM settingObservation
                    UNION ALL SELECT repositoryID, scanID FROM coverage) asked ON asked.repositoryID = r.id
                WHERE r.id IN (\(Self.repositories)) GROUP BY r.id
                """,
            arguments: [organizationRowID])
        var unknown = try rows.map { row in
            try (
                row: row.decode(Int64.self, forColumn: "id"), id: row.decode(Int64.self, forColumn: "githubID"),
                firstScan: row.decode(Int64.self, forColumn: "firstScan")
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
            let scan: Int64 = try row.decode(forColumn: "id")
            let read = try row.decode(Data?.self, forColumn: "read").map { RowIDSet(bytes: Array($0)) }
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
                        SELECT \(RepositoryRecord.last(of: "r.id", where: "organizationID = ?3 AND presence = 'listed'"))
                        FROM json_each(?1) listed
                        JOIN repository r ON r.hostID = ?2 AND r.githubID = listed.value
                        ORDER BY listed.key
                        """),
                arguments: [listed, hostID, organizationRowID])
            guard rows.count == page.repositories.count else { continue }
            try PageValidatorRecord(
                credentialID: credential.rawValue, organizationID: organizationRowID, page: page.number,
                lastPage: page.last, hasProperties: page.hasProperties,
                observations: "[" + rows.map(String.init).joined(separator: ",") + "]",
                validator: page.validator.rawValue
            ).insert(db)
        }
    }
}
