import AuditCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import History

/// Disks that fill up, files that rot, and many at once.
@Suite struct SurvivalTests {
    private let folder = Folder()
    private let api = "https://api.github.com"
    private static let acme = OrganizationID(rawValue: 77)

    private func begin(_ store: HistoryStore) async throws -> ScanRecorder {
        let recorder = try await store.beginScan(
            ScanStart(
                apiURL: api, isEnterpriseServer: false, startedAt: .sample.adding(seconds: 60), toolVersion: "test",
                requested: ["acme"], scope: Scope()))
        _ = try await recorder.begin(Self.acme, login: "acme")
        return recorder
    }

    @Test(arguments: ["max_page_count = 1", "query_only = TRUE"])
    func aDiskThatRefusesInTheMiddleLosesNothing(pragma: String) async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1)])
        var recorder: ScanRecorder? = try await begin(store)
        try await recorder?.record((1...50).map { .read("r\($0)", id: $0, .own(["actor"])) }, of: Self.acme)
        try await store.write { db in try db.execute(sql: "PRAGMA \(pragma)") }
        // More than the pages have room for.
        let error = await #expect(throws: HistoryError.self) {
            try await recorder?.record((51...5000).map { .read("r\($0)", id: $0) }, of: Self.acme)
        }
        // The process ends, and its locks with it.
        recorder = nil
        #expect(error?.description.contains(folder.file) == true)
        switch error {
        case .full, .cannotOpen: break
        default: Issue.record("\(String(describing: error))")
        }
        // What was committed before is there, in good order, and the next run works.
        let next = try HistoryStore(path: folder.file)
        #expect(try await next.verify().problem == nil)
        let kept = try await next.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM settingObservation") }
        #expect(kept == 51)
        try await next.scan([.read("api", id: 1)], at: 120)
        #expect(try await next.verify().problem == nil)
    }

    @Test func eightReadersAndAWriterNeverMeetALock() async throws {
        let store = try HistoryStore(path: folder.file)
        let path = folder.file
        let api = api
        try await store.scan((1...200).map { .read("r\($0)", id: $0) })
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var reads = 0
                    repeat {
                        // As a process of its own does: open, ask, close.
                        let reader = try HistoryStore(path: path, for: .reading)
                        let scans = try await reader.scans(apiURL: api)
                        let snapshot = try await reader.snapshot(of: scans[0].id)
                        #expect(snapshot.organizations[0].repositories.count == 200)
                        #expect(try await reader.verify().problem == nil)
                        reads += 1
                        if scans.count >= 6 { return reads }
                    } while true
                }
            }
            for night in Int64(1)..<6 {
                try await store.scan(
                    (1...200).map { .read("r\($0)", id: $0, .own($0 % 6 == night ? ["actor"] : ["repo"])) },
                    at: night * 86_400)
            }
            var total = 0
            for try await reads in group { total += reads }
            #expect(total >= 8)
        }
    }

    /// Bits that flip and ends that are cut off: told as damage, or without consequence; never taken for evidence.
    @Test func aRottenFileIsReportedAsDamaged() async throws {
        let store = try HistoryStore(path: folder.file)
        for night in Int64(0)..<6 {
            try await store.scan(
                (1...60).map { .read("r\($0)", id: $0, .own($0 % 6 == night ? ["actor"] : ["repo"])) },
                at: night * 86_400)
        }
        let scans = try await store.scans(apiURL: api)
        func reported(_ store: HistoryStore) async throws -> String {
            var text = ""
            for scan in scans {
                let snapshot = try await store.snapshot(of: scan.id)
                text +=
                    "\(snapshot.organizations.map { "\($0.login) \($0.template)\($0.repositories.map { "\($0.repository)\($0.reading)" })" })"
            }
            return text
        }
        let truth = try await reported(store)
        // Into the file itself, as after a command.
        #expect(await store.shutDown(waitingAtMost: .zero) == nil)
        let good = try Data(contentsOf: URL(filePath: folder.file))
        var generator = SeededGenerator(3)
        var noticed = 0
        for round in 0..<36 {
            var bytes = good
            if round % 4 == 0 {
                bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
            } else {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
            }
            let path = folder.path + "/rotten-\(round).sqlite"
            try bytes.write(to: URL(filePath: path))
            do throws(HistoryError) {
                let store = try HistoryStore(path: path, for: .reading)
                guard try await store.verify().problem == nil else {
                    noticed += 1
                    continue
                }
                // What verifies tells the truth.
                do { #expect(try await reported(store) == truth) } catch { Issue.record("\(error)") }
            } catch {
                noticed += 1
                switch error {
                case .corrupt, .notAHistory, .newerVersion, .failed, .cannotOpen: break
                default: Issue.record("\(error)")
                }
                // Nothing is repaired by deletion.
                #expect(try Data(contentsOf: URL(filePath: path)).count >= bytes.count)
            }
        }
        #expect(noticed > 9)
    }
}
