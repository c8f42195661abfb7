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
    private let observationInsertion: Statement
    private let settingInsertion: Statement
    private let validatorInsertion: Statement

    /// - Parameter credential: whose validators are kept; `nil`: none are.
    init(
        _ db: Database, path: String, scanID: Int64, hostID: Int64, organization: OrganizationID,
        credential: CredentialID?,
    ) throws {
        self.path = path
        self.credential = credential
        repositoryInsertion = try db.cachedStatement(sql: "INSERT INTO repository (hostID, githubID) VALUES (?, ?)")
        observationInsertion = try db.cachedStatement(sql: RepositoryColumns.insertion)
        settingInsertion = try db.cachedStatement(sql: SettingColumns.insertion)
        validatorInsertion = try db.cachedStatement(sql: Self.validatorInsertion)
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
        let facts = RepositoryColumns(observation.repository, organizationRowID: organizationRowID, &json)
        if facts != known.repository {
            try observationInsertion.execute(arguments: StatementArguments([known.rowID, scanID] + facts.values))
        }
        switch observation.reading {
        case nil: break
        case .unreadable(let reason):
            if known.errorCode != reason.code.rawValue || known.errorMessage != reason.message {
                try writeCoverage(known.rowID, reason)
            }
        case .read(let setting):
            if known.errorCode != nil { try writeCoverage(known.rowID, nil) }
            let columns = SettingColumns(setting, &json)
            var settingRowID = known.settingRowID
            if columns != known.setting {
                try settingInsertion.execute(
                    arguments: StatementArguments(
                        [known.rowID, scanID, observation.observedAt.description] + columns.values))
                settingRowID = db.lastInsertedRowID
            }
            if let credential, let validator = observation.validator {
                try validatorInsertion.execute(arguments: [
                    credential.rawValue, known.rowID, observation.repository.fullName, settingRowID,
                    validator.rawValue,
                ])
            }
        }
    }

    /// Touches no row where nothing differs.
    private static let validatorInsertion = """
        INSERT INTO settingValidator (credentialID, repositoryID, fullName, settingObservationID, validator)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET fullName = excluded.fullName, validator = excluded.validator,
            settingObservationID = excluded.settingObservationID
        WHERE (fullName, validator, settingObservationID)
            <> (excluded.fullName, excluded.validator, excluded.settingObservationID)
        """

    private func writeCoverage(_ rowID: Int64, _ reason: UnreadableReason?) throws {
        try db.cachedStatement(
            sql: "INSERT INTO coverage (repositoryID, scanID, errorCode, errorMessage) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [rowID, scanID, reason?.code.rawValue, reason?.message])
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
                    SELECT r.githubID, r.id,
                        \(RepositoryColumns.selection),
                        \(SettingColumns.selection),
                        c.errorCode, c.errorMessage, s.id,
                        max(coalesce(o.scanID, 0), coalesce(s.scanID, 0), coalesce(c.scanID, 0))
                    FROM json_each(?1) listed
                    CROSS JOIN repository r ON r.hostID = ?2 AND r.githubID = listed.value
                    LEFT JOIN repositoryObservation o ON o.id = (
                        SELECT id FROM repositoryObservation WHERE repositoryID = r.id
                        ORDER BY scanID DESC, id DESC LIMIT 1)
                    LEFT JOIN settingObservation s ON s.id = (
                        SELECT id FROM settingObservation WHERE repositoryID = r.id
                        ORDER BY scanID DESC, id DESC LIMIT 1)
                    LEFT JOIN coverage c ON c.id = (
                        SELECT id FROM coverage WHERE repositoryID = r.id
                        ORDER BY scanID DESC, id DESC LIMIT 1)
                    """),
            arguments: [list, hostID])
        var states: [Int64: KnownState] = [:]
        while let row = try rows.next() {
            var state = KnownState(rowID: try RowIDSet.checked(row.decode(atIndex: 1)))
            if !row.hasNull(atIndex: 2) { state.repository = try RepositoryColumns(row, at: 2) }
            if !row.hasNull(atIndex: 12) { state.setting = try SettingColumns(row, at: 12) }
            state.errorCode = try row.decode(atIndex: 16)
            state.errorMessage = try row.decode(atIndex: 17)
            state.settingRowID = try row.decode(atIndex: 18)
            state.lastScanID = try row.decode(atIndex: 19)
            states[try row.decode(atIndex: 0)] = state
        }
        return states
    }
}

/// What the history last knew of a repository.
private struct KnownState {
    let rowID: Int64
    var repository: RepositoryColumns?
    var setting: SettingColumns?
    var settingRowID: Int64?
    var errorCode: String?
    var errorMessage: String?
    /// The newest scan that wrote something of it.
    var lastScanID: Int64 = 0

    init(rowID: Int64) {
        self.rowID = rowID
    }
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
