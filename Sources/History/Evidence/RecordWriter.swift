import AuditCore
import Foundation
import GRDB

/// Writes records as rows of a scan.
final class RecordWriter {
    private let db: Database
    private let scanID: Int64
    let hostID: Int64
    private var rows: [String: [Int64: Int64]] = [:]
    private var listed = RowIDSet()
    private var read = RowIDSet()
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
            if record["listed"] == true.databaseValue { listed.insert(try RowIDSet.checked(id)) }
            if record["read"] == true.databaseValue { read.insert(try RowIDSet.checked(id)) }
        case EvidenceKind.finding.name:
            try insert(
                """
                finding (scanID, hostID, repositoryID, organizationID, waiver, policyName, ruleID, isOpen, isWaived,
                    severity, message, problems, firstSeenAt)
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
        try FindingLog(db, scanID: scanID, hostID: hostID).insert(finding)
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
