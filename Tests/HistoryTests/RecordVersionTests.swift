import AuditCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import History

/// A later version of the records says more, or says it by another name; what an earlier one sealed stays true.
@Suite struct RecordVersionTests {
    private let folder = Folder()
    private let other = Folder()

    private func lines(_ store: HistoryStore) throws -> [String] {
        var bytes: [UInt8] = []
        try store.export { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func file(_ lines: [String]) -> ExportFile {
        ExportFile(name: "export.ndjson") {
            var rest = Array((lines.joined(separator: "\n") + "\n").utf8)
            return {
                defer { rest = [] }
                return rest
            }
        }
    }

    @Test func aNameHasOneTypeInAllRecords() {
        var forms: [String: Set<EvidenceField.Form>] = [:]
        for field in EvidenceKind.all.flatMap(\.fields) { forms[field.name, default: []].insert(field.form) }
        #expect(forms.filter { $0.value.count > 1 }.isEmpty)
        #expect(forms.count > 60)
    }

    @Test func whatVersion1SealedIsVerifiedExportedAndImported() async throws {
        let store = try HistoryStore(path: folder.file)
        // The second night lost a page of the listing, so that it tells what it met.
        try await store.scan([.read("api", id: 1, .own(["repo"])), .unreadable("web", id: 2)])
        try await store.scan(
            [.read("api", id: 1, .own(["actor"]))], at: 100,
            listing: Listing(status: .partial, listed: 1, expected: 2), isWhole: false)
        try await store.write { db in
            try db.tamper("DELETE FROM sealChecks; DELETE FROM seal")
            for scan in [1, 2] as [Int64] { try Sealer(db, path: folder.file).seal(scan, version: 1) }
        }
        try await store.scan([.read("api", id: 1, .own(["repo"])), .read("web", id: 2)], at: 200)

        let verification = try await store.verify()
        #expect(verification.problem == nil, "\(verification.problem?.description ?? "")")
        #expect(verification.scans == 3)
        let exported = try lines(store)
        let kinds = ["finding", "progress", "tally"].map { kind in
            exported.filter { $0.hasPrefix(#"{"record":"\#(kind)""#) }
        }
        let (findings, progress, tallies) = (kinds[0], kinds[1], kinds[2])
        #expect(findings.first?.contains(#","waived":false,"#) == true)
        #expect(findings.last?.contains(#","is_waived":false,"#) == true)
        #expect(progress.last?.contains(#","listed":true,"read":true}"#) == true, "\(progress)")
        #expect(tallies.map { $0.hasSuffix(#","accepted_unread":0}"#) } == [false, false, true], "\(tallies)")

        let there = try HistoryStore(path: other.file)
        #expect(try await there.importing([file(exported)]).imported == 3)
        #expect(try await there.verify().problem == nil)
        #expect(try lines(there) == exported)
    }

    /// A line of version 1 within a scan that version 2 sealed, and the other way about, is no record of that scan.
    @Test(arguments: [1, 2])
    func aRecordIsOfItsSealsVersion(version: Int) async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1, .own(["actor"]))])
        try await store.write { db in
            try db.tamper("DELETE FROM sealChecks; DELETE FROM seal")
            try Sealer(db, path: folder.file).seal(1, version: version)
        }
        let renamed = try lines(store).map { line in
            version == 1
                ? line.replacing(#""waived":false"#, with: #""is_waived":false"#)
                    .replacing(/(?<finding>"record":"finding".*)\}/) { "\($0.output.finding),\"departure\":null}" }
                : line.replacing(#""is_waived":false"#, with: #""waived":false"#)
                    .replacing(#","departure":null"#, with: "")
        }
        let there = try HistoryStore(path: other.file)
        let error = await #expect(throws: HistoryError.self) { try await there.importing([file(renamed)]) }
        #expect(error?.description.contains("the version of its records differs from the seal's") == true)
    }
}
