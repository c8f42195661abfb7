import AuditCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import History

/// What is written stands in the log (`-wal`) first; once a history is closed, its file alone holds everything.
@Suite struct LogTests {
    private let folder = Folder()
    private let api = "https://api.github.com"

    private func copy() throws -> String {
        let copy = folder.path + "/copy-\(UUID().uuidString).sqlite"
        try FileManager.default.copyItem(atPath: folder.file, toPath: copy)
        return copy
    }

    /// How many sealed scans a copy of the file alone holds, all of it verified.
    private func scansOfACopy() async throws -> Int {
        let store = try HistoryStore(path: copy(), for: .reading)
        let problem = try await store.verify().problem
        #expect(problem == nil, "\(problem?.description ?? "")")
        return try await store.scans(apiURL: api).count
    }

    /// A transaction of another program that has read, and so keeps what it saw.
    private func reader() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: folder.file, configuration: configuration)
        try reader.inDatabase { db in
            try db.execute(sql: "BEGIN")
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM scan")
        }
        return reader
    }

    @Test func aClosedHistoryIsItsFileAlone() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1)])
        #expect(await store.shutDown(waitingAtMost: .zero) == nil)
        #expect(!FileManager.default.fileExists(atPath: folder.file + "-wal"))
        #expect(!FileManager.default.fileExists(atPath: folder.file + "-shm"))
        #expect(try await scansOfACopy() == 1)
    }

    @Test func whatAReaderKeepsInTheLogIsReportedAndNotLost() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1)])
        let reader = try reader()
        try await store.scan([.read("api", id: 1, .own(["repo"]))], at: 60)
        #expect(await store.shutDown(waitingAtMost: .milliseconds(10)) == .otherProgram)
        // The file alone is not even whole up to some scan: SQLite moves pages, not transactions.
        let scans = try await DatabaseQueue(path: copy()).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM seal")
        }
        #expect((scans ?? 0) < 2)
        #expect(try await HistoryStore(path: folder.file, for: .reading).scans(apiURL: api).count == 2)
        try reader.inDatabase { try $0.execute(sql: "COMMIT") }
        // Whoever closes it next brings all of it into the file.
        #expect(await (try HistoryStore(path: folder.file, for: .changing)).shutDown(waitingAtMost: .zero) == nil)
        #expect(try await scansOfACopy() == 2)
    }

    /// It keeps the log from being emptied, but nothing from the file.
    @Test func aReaderOfTheNewestRecordsKeepsNothingFromTheFile() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1)])
        let reader = try reader()
        #expect(await store.shutDown(waitingAtMost: .zero) == nil)
        #expect(try await scansOfACopy() == 1)
        try reader.inDatabase { try $0.execute(sql: "COMMIT") }
    }

    @Test func aReaderClosesWithoutWriting() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1)])
        let other = try HistoryStore(path: folder.file, for: .reading)
        #expect(try await other.scans(apiURL: api).count == 1)
        #expect(await other.shutDown(waitingAtMost: .zero) == nil)
        await #expect(throws: HistoryError.self) { try await other.scans(apiURL: api) }
        #expect(try await store.scans(apiURL: api).count == 1)
    }

    @Test func whatCannotBeWrittenToTheFileIsReported() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1)])
        // In the middle of a write of its own, no connection can move the log.
        try await store.write { db in
            guard case .failed = HistoryStore.moveLog(of: db, waitingAtMost: .zero) else {
                Issue.record("it was moved")
                return
            }
        }
        #expect(await store.shutDown(waitingAtMost: .zero) == nil)
    }
}
