import AuditCore
import GRDB
import TestSupport
import Testing

@testable import History

/// Tables whose columns are declared in one list.
@Suite struct TableTests {
    private let folder = Folder()

    private static let tables: [(name: String, columns: [String])] = [
        (ScanRecord.databaseTableName, ScanRecord.columns.map(\.name)),
        (OrganizationRecord.databaseTableName, OrganizationRecord.columns.map(\.name)),
        (RepositoryRecord.databaseTableName, RepositoryRecord.columns.map(\.name)),
        (SettingRecord.databaseTableName, SettingRecord.columns.map(\.name)),
        (CoverageRecord.databaseTableName, CoverageRecord.columns.map(\.name)),
        (FindingRecord.databaseTableName, FindingRecord.columns.map(\.name)),
        (TallyRecord.databaseTableName, TallyRecord.columns.map(\.name)),
        (SealRecord.databaseTableName, SealRecord.columns.map(\.name)),
        (JudgingTextRecord.databaseTableName, JudgingTextRecord.columns.map(\.name)),
    ]

    /// A column that is in the schema alone would be written by nobody, and sealed by nothing.
    @Test func everyColumnIsDeclared() async throws {
        let store = try HistoryStore(path: folder.file)
        for table in Self.tables {
            let columns = try await store.read { db in try db.columns(in: table.name).map(\.name) }
            #expect(Set(columns) == Set(table.columns), "\(table.name)")
            #expect(table.columns.count == columns.count, "\(table.name)")
        }
    }

    /// What a table holds of a scan is evidence, but for keys of rows.
    @Test func everyColumnOfAScanIsEvidence() {
        let keys: Set = ["id", "scanID", "hostID"]
        for kind in EvidenceKind.all where kind.name != EvidenceKind.progress.name {
            let declared = Self.tables.first { $0.name == kind.table }?.columns ?? []
            #expect(Set(kind.fields.map(\.column)).union(keys) == Set(declared).union(keys), "\(kind.name)")
        }
    }

    @Test func aRowIsReadAsItWasWritten() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1, .own(["repo"]))])
        var setting = SettingRecord()
        setting.repositoryRowID = 1
        setting.scanID = 2
        setting.observedAt = "2026-11-21T02:00:00Z"
        setting.includeClaimKeys = #"["repo"]"#
        setting.subClaimPrefix = "é"
        let written = setting
        let read = try await store.write { db in
            try ScanRecord(
                ScanStart(
                    apiURL: "", isEnterpriseServer: false, startedAt: .sample, toolVersion: "test", requested: [],
                    scope: Scope()), hostID: 1
            ).insert(db)
            try written.insert(db)
            return try SettingRecord.filter(Column("scanID") == 2).fetchAll(db)
        }
        #expect(read.count == 1)
        #expect(read.first.map { written.isSame(as: $0) } == true)
        // Another spelling of the same letter is another text; another row or moment is not another setting.
        var other = written
        (other.id, other.scanID, other.observedAt) = (9, 3, "2026-11-22T02:00:00Z")
        #expect(written.isSame(as: other))
        other.subClaimPrefix = "e\u{301}"
        #expect(!written.isSame(as: other))
    }

    /// What was sealed once is told in the same bytes by every version of the program.
    @Test func theSameScanHasTheSameContent() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1, .own(["repo"])), .unreadable("web", id: 2)])
        let contents = try await store.read { db in
            try (1...EvidenceKind.version).map { version in
                var lines = EvidenceLines(db)
                return try lines.content(of: 1, version: version) { _ in }.digest
            }
        }
        #expect(
            contents == [
                "ca5b690a3b5134a5da7ee935f2f5587669e6c7a56e161aa399f303fdb394b6ff",
                "af6a07363cc70f8a266f3ef9c6037b09a7040bdb76f3787ba5083169c3fd902b",
                "6b0d4e0a0ff41fbafe729e1828523c2f34143cdeaa3b665e76464e2d67634c27",
            ])
        let scans = try await store.scans(apiURL: "https://api.github.com")
        #expect(scans.map(\.content) == [contents.last])
    }
}
