import AuditCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import History

/// The texts of policies and waivers, and files of the version that kept none.
@Suite struct JudgingTextTests {
    private let folder = Folder()
    private let api = "https://api.github.com"

    private static func text(_ kind: JudgingText.Kind, _ text: String, name: String) -> JudgingText {
        JudgingText(kind, name: name, bytes: Array(text.utf8))
    }

    private func scan(
        _ store: HistoryStore, at second: Int64, _ texts: [JudgingText], apiURL: String? = nil,
    ) async throws {
        let time = Timestamp.sample.adding(seconds: second)
        let recorder = try await store.beginScan(
            ScanStart(
                apiURL: apiURL ?? api, isEnterpriseServer: false, startedAt: time, toolVersion: "test",
                requested: ["acme"],
                scope: Scope()))
        let id = OrganizationID(rawValue: 77)
        _ = try await recorder.begin(id, login: "acme")
        try await recorder.record([.read("api", id: 1)], of: id)
        try await recorder.record(
            OrganizationObservation(
                login: "acme", id: id, template: .neverSet, includedProperties: nil,
                listing: Listing(status: .complete, listed: 1, expected: 1), isListingWhole: true))
        try await recorder.finish(at: time, stop: nil, requests: RequestCounts())
        let snapshot = try await store.snapshot(of: recorder.scanID)
        var report = Evaluator(policy: try .sample(), gate: Gate()).evaluate(snapshot, known: [:])
        if let policy = texts.first(where: { $0.kind == .policy }) { report.policy.sha256 = policy.sha256 }
        try await recorder.seal(report, judgedBy: texts)
    }

    @Test func aTextIsKeptOnceAndFoundByItsDigest() async throws {
        let store = try HistoryStore(path: folder.file)
        let policy = Self.text(.policy, "one", name: "p.json")
        let waivers = Self.text(.waivers, "two", name: "w.yaml")
        try await scan(store, at: 0, [policy])
        try await scan(store, at: 60, [policy, waivers])
        try await scan(store, at: 120, [Self.text(.policy, "one", name: "renamed.json"), waivers])
        #expect(try await store.judgingText(.policy, sha256: policy.sha256) == policy)
        #expect(try await store.judgingText(.waivers, sha256: waivers.sha256) == waivers)
        #expect(try await store.judgingText(.waivers, sha256: policy.sha256) == nil)
        #expect(
            try await store.scans(apiURL: api).map(\.waiversSHA256) == [waivers.sha256, waivers.sha256, nil])
        #expect(try await store.read { db in try JudgingTextRecord.fetchCount(db) } == 2)
        #expect(try await store.verify().problem == nil)
    }

    @Test(arguments: [
        "UPDATE judgingText SET text = 'x'", "DELETE FROM judgingText",
        "INSERT OR REPLACE INTO judgingText SELECT * FROM judgingText",
    ])
    func aTextIsNeverChanged(statement: String) async throws {
        let store = try HistoryStore(path: folder.file)
        let policy = Self.text(.policy, "one", name: "p.json")
        try await scan(store, at: 0, [policy])
        await #expect(throws: HistoryError.self) { try await store.write { db in try db.execute(sql: statement) } }
        // On purpose somebody can, and it shows.
        try await store.write { db in try db.tamper("UPDATE judgingText SET text = CAST('x' AS BLOB)") }
        let error = await #expect(throws: HistoryError.self) {
            try await store.judgingText(.policy, sha256: policy.sha256)
        }
        #expect(error?.description.contains("the text of p.json is not what its digest says") == true)
    }

    /// The digest in a scan's record says nothing if nobody holds the text against it.
    @Test(arguments: [JudgingText.Kind.policy, .waivers])
    func anAlteredTextShows(kind: JudgingText.Kind) async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, at: 0, [Self.text(.policy, "one", name: "p.json")])
        try await scan(
            store, at: 60, [Self.text(.policy, "two", name: "q.json"), Self.text(.waivers, "three", name: "w.yaml")])
        #expect(try await store.verify().problem == nil)
        try await store.write { db in
            try db.tamper(
                "UPDATE judgingText SET text = CAST('x' AS BLOB) WHERE kind = '\(kind.rawValue)' AND name <> 'p.json'")
        }
        let name = kind == .policy ? "q.json" : "w.yaml"
        #expect(
            try await store.verify().problem?.description
                == "scan 2, \(kind.rawValue)_sha256: the text of \(name) is not what its digest says")
    }

    @Test(arguments: [JudgingText.Kind.policy, .waivers])
    func aTextThatWasRemovedShows(kind: JudgingText.Kind) async throws {
        let store = try HistoryStore(path: folder.file)
        // As an imported scan, whose texts were never stored.
        try await scan(store, at: 0, [])
        try await scan(
            store, at: 60, [Self.text(.policy, "two", name: "q.json"), Self.text(.waivers, "three", name: "w.yaml")])
        let kept = try await store.verify()
        #expect(kept.problem == nil)
        try await store.write { db in try db.tamper("DELETE FROM judgingText WHERE kind = '\(kind.rawValue)'") }
        #expect(
            try await store.verify().problem?.description
                == "scan 2, \(kind.rawValue)_sha256: the text of \(kind == .policy ? "q.json" : "w.yaml") was stored and is missing"
        )
        // Nor is it passed over where every trace of it is gone: scans name it still.
        try await store.write { db in try db.tamper("DELETE FROM storedText WHERE kind = '\(kind.rawValue)'") }
        let verification = try await store.verify()
        #expect(verification.problem == nil)
        #expect(verification.textsNotKept == kept.textsNotKept + 1)
    }

    /// A file of the version before says nothing of which texts it stored: those that it has were.
    @Test func aMigrationKnowsTheTextsThatAreThere() async throws {
        do {
            let store = try HistoryStore(path: folder.file)
            try await scan(store, at: 0, [Self.text(.policy, "one", name: "p.json")])
            try await store.write { db in
                try db.execute(
                    sql:
                        "DROP TABLE storedText; DROP TRIGGER judgingText_insert; DELETE FROM grdb_migrations WHERE identifier LIKE 'r5:%'"
                )
            }
        }
        let store = try HistoryStore(path: folder.file)
        #expect(try await store.verify().problem == nil)
        try await store.write { db in try db.tamper("DELETE FROM judgingText") }
        #expect(try await store.verify().problem?.scanID == ScanID(rawValue: 1))
    }

    /// Which waivers were given is sealed with the scan.
    @Test func anotherWaiverFileShows() async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, at: 0, [Self.text(.waivers, "two", name: "w.yaml")])
        try await store.write { db in try db.tamper("UPDATE scan SET waiversSHA256 = NULL") }
        #expect(try await store.verify().problem?.field == "waivers_sha256")
    }

    /// A file of the first release is migrated, verifies as it was sealed, is scanned on, and exported as before.
    @Test func aFileOfTheFirstReleaseIsRead() async throws {
        let sql = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/r1.sql"),
            encoding: .utf8)
        do {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/deep", withIntermediateDirectories: true)
            let database = try DatabaseQueue(path: folder.file)
            try await database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA application_id = \(Schema.applicationID)")
                try db.execute(sql: sql)
            }
            try database.close()
        }
        let store = try HistoryStore(path: folder.file)
        let old = "http://127.0.0.1:8261"
        let head = "585a747fc602b99c1fb2cc157a10731562eee0ced01484d92585cbc656f39f34"
        let before = try await store.verify()
        #expect(before.problem == nil && before.scans == 3 && before.head == head)
        #expect(try await store.scans(apiURL: old).map(\.waiversSHA256) == [nil, nil, nil])
        try await scan(store, at: 10 * 86_400, [Self.text(.policy, "one", name: "p.json")], apiURL: old)
        #expect(try await store.verify().problem == nil)
        // Its records are told as they were sealed, and read by whoever imports them.
        var bytes: [UInt8] = []
        try store.export { bytes += $0 }
        let exported = bytes
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(
            lines.filter { $0.contains(#""record":"scan""#) }.map { $0.contains("waivers_sha256") } == [
                false, false, false, true,
            ])
        let other = try HistoryStore(path: folder.file + "2")
        let importing = try await other.importing([
            ExportFile(name: "export") {
                var rest = exported[...]
                return {
                    defer { rest = [] }
                    return Array(rest)
                }
            }
        ])
        #expect(importing.imported == 4)
        #expect(try await other.verify().head == store.verify().head)
    }
}
