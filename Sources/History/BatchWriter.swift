import AuditCore
import GRDB

/// Writes one batch of observations: rows only for what differs from what was last known.
struct BatchWriter {
    private let db: Database
    private let path: String
    private let scanID: Int64
    private let hostID: Int64
    private let organizationRowID: Int64
    private let credential: CredentialID?
    private var json = JSONTextWriter()
    // Prepared once: looking a statement up costs about as much as running it.
    private let repositoryInsertion: Statement
    private let validatorUpsertion: Statement

    /// - Parameter credential: whose validators are kept; `nil`: none are.
    init(
        _ db: Database, path: String, scanID: Int64, hostID: Int64, organization: OrganizationID,
        credential: CredentialID?,
    ) throws {
        self.path = path
        self.credential = credential
        repositoryInsertion = try db.cachedStatement(sql: "INSERT INTO repository (hostID, githubID) VALUES (?, ?)")
        validatorUpsertion = try db.cachedStatement(sql: SettingValidatorRecord.upsertion)
        self.db = db
        self.scanID = scanID
        self.hostID = hostID
        self.organizationRowID = try History.organizationRowID(organization, hostID: hostID, db)
    }

    /// - Returns: each observation with the row id of its repository.
    mutating func write(_ observations: [Observation]) throws -> [(Observation, Int64)] {
        let known = try knownStates(observations.map(\.repository.id.rawValue))
        var written: [(Observation, Int64)] = []
        written.reserveCapacity(observations.count)
        for observation in observations {
            let githubID = observation.repository.id.rawValue
            let state = try known[githubID] ?? KnownState(rowID: insertRepository(githubID))
            // A row below what a later scan has seen would change what that one saw.
            guard state.lastScanID <= scanID else {
                throw HistoryError.overtaken(path: path, organization: observation.repository.fullName)
            }
            try write(observation, known: state)
            written.append((observation, state.rowID))
        }
        return written
    }

    // MARK: -

    private mutating func write(_ observation: Observation, known: KnownState) throws {
        let facts = RepositoryRecord(
            observation.repository, rowID: known.rowID, scanID: scanID, organizationRowID: organizationRowID, &json)
        if !facts.isSame(as: known.repository) { try facts.insert(db) }
        switch observation.reading {
        case nil: break
        case .unreadable(let reason):
            let coverage = coverage(known.rowID, reason)
            if !coverage.isSame(as: known.coverage) { try coverage.insert(db) }
        case .read(let read):
            if known.coverage?.errorCode != nil { try coverage(known.rowID, nil).insert(db) }
            let setting = SettingRecord(
                read, rowID: known.rowID, scanID: scanID, observedAt: observation.observedAt, &json)
            var settingRowID = known.setting?.id
            if !setting.isSame(as: known.setting) {
                try setting.insert(db)
                settingRowID = db.lastInsertedRowID
            }
            if let credential, let validator = observation.validator {
                try validatorUpsertion.execute(arguments: [
                    "credentialID": credential.rawValue, "repositoryID": known.rowID,
                    "fullName": observation.repository.fullName, "settingObservationID": settingRowID,
                    "validator": validator.rawValue,
                ])
            }
        }
    }

    private func coverage(_ rowID: Int64, _ reason: UnreadableReason?) -> CoverageRecord {
        var coverage = CoverageRecord()
        (coverage.repositoryRowID, coverage.scanID) = (rowID, scanID)
        (coverage.errorCode, coverage.errorMessage) = (reason?.code.rawValue, reason?.message)
        return coverage
    }

    private func insertRepository(_ githubID: Int64) throws -> Int64 {
        try repositoryInsertion.execute(arguments: [hostID, githubID])
        return try RowIDSet.checked(db.lastInsertedRowID)
    }

    /// The last known state of each repository, by GitHub's id; one statement for the whole batch.
    private func knownStates(_ githubIDs: [Int64]) throws -> [Int64: KnownState] {
        let list = "[" + githubIDs.map(String.init).joined(separator: ",") + "]"
        let rows = try Row.fetchCursor(
            try db.cachedStatement(
                sql: """
                    SELECT r.githubID, r.id, \(RepositoryRecord.selection("o")), \(SettingRecord.selection("s")),
                        \(CoverageRecord.selection("c"))
                    FROM json_each(?1) listed
                    CROSS JOIN repository r ON r.hostID = ?2 AND r.githubID = listed.value
                    LEFT JOIN repositoryObservation o ON o.id = \(RepositoryRecord.last(of: "r.id"))
                    LEFT JOIN settingObservation s ON s.id = \(SettingRecord.last(of: "r.id"))
                    LEFT JOIN coverage c ON c.id = \(CoverageRecord.last(of: "r.id"))
                    """),
            arguments: [list, hostID])
        var states: [Int64: KnownState] = [:]
        while let row = try rows.next() {
            var columns = RowReader(row)
            let githubID: Int64 = try columns.next()
            states[githubID] = try KnownState(
                rowID: RowIDSet.checked(columns.next()), repository: columns.nextIfPresent(),
                setting: columns.nextIfPresent(), coverage: columns.nextIfPresent())
        }
        return states
    }
}

/// What the history last knew of a repository.
private struct KnownState {
    let rowID: Int64
    var repository: RepositoryRecord?
    var setting: SettingRecord?
    var coverage: CoverageRecord?

    /// The newest scan that wrote something of it.
    var lastScanID: Int64 { max(repository?.scanID ?? 0, setting?.scanID ?? 0, coverage?.scanID ?? 0) }
}

extension RowIDSet {
    /// Refuses a row id that this program can't have written, and that would make the set huge.
    static func checked(_ id: Int64) throws -> Int64 {
        guard (1..<(1 << 31)).contains(id) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the row id \(id) is out of range")
        }
        return id
    }
}
