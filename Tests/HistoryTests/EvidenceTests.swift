import AuditCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import History

/// The chain of digests: what it covers, what it notices, and what it survives.
@Suite struct EvidenceTests {
    private let folder = Folder()

    /// Four nights of three repositories: one changes its template, one is renamed, one goes, one can't be read at first.
    private func year(_ store: HistoryStore) async throws {
        try await store.scan([.read("api", id: 1), .unreadable("web", id: 2), .read("old", id: 3, .own(["actor"]))])
        try await store.scan(
            [.read("api", id: 1, .own(["repo", "actor"])), .read("web", id: 2), .read("old", id: 3, .own(["actor"]))],
            at: 86_400)
        try await store.scan(
            [.read("api-server", id: 1, .own(["repo", "actor"])), .read("web", id: 2)], at: 2 * 86_400)
        try await store.scan(
            [.read("api-server", id: 1, .own(["repo"])), .read("web", id: 2)], at: 3 * 86_400,
            template: .set(["repo", "context"], useImmutableSubject: false))
    }

    @Test func aHistoryVerifies() async throws {
        let store = try HistoryStore(path: folder.file)
        #expect(try await store.verify() == VerificationResult())
        try await year(store)
        let verification = try await store.verify()
        #expect(verification.problem == nil)
        #expect(verification.scans == 4)
        let scans = try await store.scans(apiURL: "https://api.github.com")
        #expect(verification.head == scans.first?.digest)
        #expect(try await store.verify(expected: scans[2].digest).problem == nil)
        #expect(try await store.verify(expected: String(repeating: "ab", count: 32)).problem != nil)
    }

    @Test func aLinkIsWhatTheDocumentationSays() {
        // printf 'oidc-audit.seal/v1\n%064d\n7\nrecords 1\nabc\nhere\nhere\n' 0 | sha256sum
        let seal = SealRecord(scanID: 7, version: 1, content: "abc", origin: nil, previous: SealRecord.genesis)
        #expect(seal.digest == "df68f40c0776e1ff1e07a578cc6a292c57a8135b58d00a9ca8edcf4c6c054057")
    }

    @Test func theDocumentationNamesEveryField() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/History/History.docc/History.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        for kind in EvidenceKind.all {
            let row = "| `\(kind.name)` | " + kind.fields.map { "`\($0.name)`" }.joined(separator: ", ") + " |"
            #expect(text.contains(row), "\(row)")
        }
    }

    /// Each change of somebody who knows SQLite, and the place at which it must be found.
    @Test(arguments: [
        (
            "UPDATE settingObservation SET includeClaimKeys = '[\"repo\"]' WHERE id = 3", 2, "acme/api-server",
            "include_claim_keys"
        ),
        (
            "UPDATE settingObservation SET observedAt = '2026-11-20T02:00:00Z' WHERE id = 1", 1, "acme/api-server",
            "observed_at"
        ),
        ("UPDATE repositoryObservation SET visibility = 'public' WHERE id = 2", 1, "acme/web", "visibility"),
        ("UPDATE scanOrganization SET listingStatus = 'unverified' WHERE scanID = 3", 3, "acme", "listing_status"),
        ("UPDATE scan SET verdict = 'compliant' WHERE id = 2", 2, nil, "verdict"),
        ("UPDATE organizationTally SET violating = 0 WHERE scanID = 2", 2, "acme", "violating"),
        ("UPDATE finding SET severity = 'low' WHERE scanID = 2", 2, "acme/api-server", "severity"),
        ("DELETE FROM coverage WHERE scanID = 1", 1, "acme/web", nil),
        ("DELETE FROM finding WHERE scanID = 1", 1, "acme/old", nil),
        ("INSERT INTO coverage (repositoryID, scanID) VALUES (1, 2)", 2, "acme/api-server", nil),
        ("UPDATE settingObservation SET scanID = 3 WHERE id = 3", 2, "acme/api-server", nil),
        ("UPDATE repository SET githubID = 9 WHERE githubID = 1", 1, "repository 1", nil),
        ("DELETE FROM seal WHERE id = 4", 4, nil, nil),
        ("UPDATE seal SET content = 'x' WHERE id = 2", 2, nil, nil),
        ("UPDATE seal SET origin = content WHERE id = 2", 2, nil, nil),
        ("DELETE FROM sealChecks; UPDATE scan SET verdict = 'compliant' WHERE id = 2", 2, nil, nil),
        ("INSERT INTO prunedScan VALUES (1, 2)", nil, nil, nil),
        // What tells the same line as before, or the same bytes as several.
        ("UPDATE finding SET isOpen = 2 WHERE scanID = 2 AND isOpen", 2, "acme/api-server", "open"),
        (
            "UPDATE settingObservation SET includeClaimKeys = 'null' WHERE id = 1", 1, "acme/api-server",
            "include_claim_keys"
        ),
        (
            """
            UPDATE settingObservation SET includeClaimKeys = '["repo"],"use_immutable_subject":null' WHERE id = 1
            """, 1, "acme/api-server", "include_claim_keys"
        ),
        (
            """
            UPDATE repositoryObservation SET topics = '[]}' || char(10) || '{"record":"repository","topics":[]' WHERE id = 2
            """, 1, "acme/web", "topics"
        ),
        (
            "INSERT INTO finding SELECT NULL, 9, hostID, repositoryID, organizationID, waiver, policyName, ruleID, isOpen, isWaived, severity, message, problems, firstSeenAt, departure FROM finding WHERE scanID = 1; INSERT INTO scan (id, hostID, state, startedAt, isEnterpriseServer, toolVersion, requested, scope) SELECT 9, hostID, 'interrupted', startedAt, 0, 't', requested, scope FROM scan WHERE id = 1",
            9, nil, nil
        ),
        (
            "INSERT INTO scan (id, hostID, state, startedAt, isEnterpriseServer, toolVersion, requested, scope) SELECT -5, hostID, 'interrupted', startedAt, 0, 't', requested, scope FROM scan WHERE id = 1",
            -5, nil, nil
        ),
        ("UPDATE scan SET id = 9 WHERE id = 4", 4, nil, nil),
    ])
    func whatWasChangedIsNamed(change: String, scan: Int64?, subject: String?, field: String?) async throws {
        let store = try HistoryStore(path: folder.file)
        try await year(store)
        // Another program, whose foreign keys are off as SQLite's default is.
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        try await DatabaseQueue(path: folder.file, configuration: configuration).write { db in
            try db.tamper(change)
        }
        let problem = try #require(try await store.verify().problem)
        if !change.contains("scan SET id") && !change.contains("DELETE FROM seal") {
            #expect(problem.scanID?.rawValue == scan, "\(problem)")
        }
        #expect(problem.subject == subject, "\(problem)")
        #expect(problem.field == field, "\(problem)")
    }

    @Test(arguments: [
        "UPDATE settingObservation SET useDefault = 1", "DELETE FROM settingObservation WHERE id = 1",
        "UPDATE scan SET verdict = 'compliant'", "DELETE FROM finding", "UPDATE seal SET digest = 'x'",
        "DELETE FROM seal",
        "INSERT INTO coverage (repositoryID, scanID) VALUES (1, 1)", "DELETE FROM scanOrganization",
        "UPDATE repository SET githubID = 9", "UPDATE host SET apiURL = 'x'", "INSERT INTO prunedScan VALUES (1, 1)",
        "UPDATE organizationTally SET violating = 0", "DELETE FROM scan", "DELETE FROM repository",
        "REPLACE INTO scan SELECT * FROM scan WHERE id = 2", "REPLACE INTO seal SELECT * FROM seal WHERE id = 2",
        "REPLACE INTO settingObservation SELECT id, repositoryID, 999, observedAt, 1, NULL, NULL, NULL FROM settingObservation",
        "UPDATE sealChecks SET checks = x''", "DELETE FROM sealChecks",
    ])
    func evidenceIsAppendOnly(change: String) async throws {
        let store = try HistoryStore(path: folder.file)
        try await year(store)
        await #expect(throws: (any Error).self) {
            var configuration = Configuration()
            configuration.foreignKeysEnabled = false
            try await DatabaseQueue(path: folder.file, configuration: configuration).write { db in
                try db.execute(sql: change)
            }
        }
        #expect(try await store.verify().problem == nil)
    }

    @Test func anInterruptedScanOnWhichALaterOneBuildsIsSealedWithIt() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1)])
        try await store.scan([.read("api", id: 1, .own(["actor"]))], at: 60, stop: .interrupted)
        #expect(try await store.verify().openScans == 1)
        try await store.scan([.read("api", id: 1, .own(["actor"]))], at: 120)
        let verification = try await store.verify()
        #expect(verification.problem == nil)
        #expect(verification.openScans == 0)
        #expect(verification.scans == 3)
    }

    @Test func rowsSlippedInBelowASealedScanAreFound() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1)])
        try await store.scan([.read("api", id: 1)], at: 60, stop: .interrupted)
        try await store.scan([.read("api", id: 1)], at: 120)
        // The interrupted scan wrote nothing, so nothing of it was sealed; now it gets a row, within every trigger.
        try await DatabaseQueue(path: folder.file).write { db in
            try db.execute(
                sql: """
                    INSERT INTO settingObservation (repositoryID, scanID, observedAt, useDefault)
                    VALUES (1, 2, '2026-11-21T02:00:00Z', 0)
                    """)
        }
        #expect(try await store.verify().problem?.scanID == ScanID(rawValue: 2))
    }

    @Test(arguments: [
        "DROP TRIGGER scan_update", "DROP VIEW v1_scan; CREATE VIEW v1_scan AS SELECT 'compliant' AS verdict",
        "UPDATE finding SET hostID = 2", "UPDATE settingObservation SET repositoryID = 99",
        "DROP TRIGGER scan_update; CREATE TRIGGER grdb_scan AFTER INSERT ON scan BEGIN SELECT 1; END",
        """
        INSERT INTO credential (id, hostID, fingerprint, usedAt) VALUES (1, 1, '00', '2026-11-21T02:00:00Z');
        INSERT INTO settingValidator VALUES (1, 2, 'acme/web', 1, 'v')
        """,
    ])
    func whatIsNoRecordIsVerifiedToo(change: String) async throws {
        let store = try HistoryStore(path: folder.file)
        try await year(store)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        try await DatabaseQueue(path: folder.file, configuration: configuration).write { db in
            // The same id on another host.
            try db.execute(
                sql:
                    "INSERT INTO host VALUES (2, 'x', NULL); INSERT INTO repository (id, hostID, githubID) VALUES (99, 2, 1)"
            )
            if change.hasPrefix("DROP") { try db.execute(sql: change) } else { try db.tamper(change) }
        }
        #expect(try await store.verify().problem != nil)
    }

    /// A scan of one organization that runs while another one, of an organization that a repository left, is sealed.
    @Test func aScanThatStillRunsIsNotSealedByAnother() async throws {
        let store = try HistoryStore(path: folder.file)
        let beta = OrganizationID(rawValue: 88)
        try await store.scan([.read("api", id: 1), .read("moved", id: 2)])
        let start = ScanStart(
            apiURL: "https://api.github.com", isEnterpriseServer: false, startedAt: .sample, toolVersion: "test",
            requested: ["beta"], scope: Scope())
        let slow = try await store.beginScan(start)
        _ = try await slow.begin(beta, login: "beta")
        let moved = Observation(
            repository: .sample("moved", id: 2, owner: "beta"), reading: .read(.own(["actor"])), observedAt: .sample)
        try await slow.record([moved], of: beta)
        try await store.scan([.read("api", id: 1)], at: 60)
        let verification = try await store.verify()
        #expect(verification.problem == nil, "\(verification)")
        #expect(verification.openScans == 1)

        // It goes on to its end.
        try await slow.record(
            OrganizationObservation(
                login: "beta", id: beta, template: .neverSet,
                listing: Listing(status: .complete, listed: 1, expected: 1),
                isListingWhole: true))
        try await slow.finish(at: .sample, stop: nil, requests: RequestCounts())
        let snapshot = try await store.snapshot(of: slow.scanID)
        try await slow.seal(try Evaluator(policy: .sample(), gate: Gate()).evaluate(snapshot))
        #expect(try await store.verify().problem == nil)
        #expect(try await store.verify().openScans == 0)
    }

    /// One file has one lock.
    @Test func aLinkToTheFileIsTheFile() async throws {
        let store = try HistoryStore(path: folder.file)
        let link = folder.path + "/link.sqlite"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.file)
        let start = ScanStart(
            apiURL: "https://api.github.com", isEnterpriseServer: false, startedAt: .sample, toolVersion: "test",
            requested: ["acme"], scope: Scope())
        let running = try await store.beginScan(start)
        _ = try await running.begin(OrganizationID(rawValue: 77), login: "acme")
        let other = try await HistoryStore(path: link).beginScan(start)
        await #expect(throws: HistoryError.scanRunning(path: link, organization: "acme")) {
            try await other.begin(OrganizationID(rawValue: 77), login: "acme")
        }
        #expect(!FileManager.default.fileExists(atPath: link + "-lock"))
    }

    /// A name goes from one that is deleted to another.
    @Test func aNameIsWhoseItIsNow() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("x", id: 1), .read("y", id: 2)])
        try await store.scan([.read("x", id: 2)], at: 60)
        let api = "https://api.github.com"
        #expect(try await store.timeline(of: "acme/x", apiURL: api)?.repository.id == RepositoryID(rawValue: 2))
        #expect(try await store.timeline(of: "acme/y", apiURL: api)?.repository.id == RepositoryID(rawValue: 2))
        try await store.scan([.read("z", id: 3)], at: 120)
        #expect(try await store.timeline(of: "acme/x", apiURL: api) != nil)
    }

    @Test func nothingIsWrittenBelowWhatALaterScanHasSeen() async throws {
        let store = try HistoryStore(path: folder.file)
        let beta = OrganizationID(rawValue: 88)
        let start = ScanStart(
            apiURL: "https://api.github.com", isEnterpriseServer: false, startedAt: .sample, toolVersion: "test",
            requested: ["beta"], scope: Scope())
        let slow = try await store.beginScan(start)
        _ = try await slow.begin(beta, login: "beta")
        try await store.scan([.read("api", id: 1), .read("moved", id: 2)], at: 60)
        let before = try await store.snapshot(of: ScanID(rawValue: 2))
        let moved = Observation(
            repository: .sample("moved", id: 2, owner: "beta"), reading: .read(.own(["actor"])), observedAt: .sample)
        await #expect(throws: HistoryError.self) { try await slow.record([moved], of: beta) }
        let after = try await store.snapshot(of: ScanID(rawValue: 2))
        #expect(
            after.organizations[0].repositories.map(\.repository)
                == before.organizations[0].repositories.map(\.repository))
        #expect(try await store.verify().problem == nil)
    }

    @Test func manyCanOpenAFileForTheFirstTime() async throws {
        let path = folder.file
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 { group.addTask { _ = try HistoryStore(path: path) } }
            try await group.waitForAll()
        }
        #expect(try await HistoryStore(path: path).verify().problem == nil)
    }

    /// A process that is stopped while it makes the file, say.
    @Test func whoeverHoldsTheOpeningLockIsNotWaitedForWithoutEnd() async throws {
        let path = folder.file
        _ = try HistoryStore(path: path)
        var lock: HistoryLock? = try HistoryLock.opening(path, waitingAtMost: .zero)
        for access in [HistoryStore.Access.making, .changing] {
            let error = #expect(throws: HistoryError.self) {
                try HistoryStore(path: path, for: access, waitingAtMost: .milliseconds(5))
            }
            #expect(error == .opening(path: path, lock: path + "-lock"))
            #expect(
                error?.description == "cannot open the history \(path): another process holds its lock \(path)-lock")
        }
        // To read what is whole nobody waits.
        _ = try HistoryStore(path: path, for: .reading, waitingAtMost: .zero)
        // And whoever waits goes on as soon as it is free.
        async let waiting = HistoryStore(path: path)
        withExtendedLifetime(lock) {}
        lock = nil
        _ = try await waiting
    }

    /// A later version of the records has fields that older seals know nothing of.
    @Test func aFieldOfALaterVersionIsNoPartOfOlderRecords() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1, .own(["repo"]))])
        let kind = EvidenceKind.finding
        let later = EvidenceKind(
            kind.name, table: kind.table,
            kind.fields + [EvidenceField.integer("row", since: EvidenceKind.version + 1).of("id")], order: kind.order)
        let (now, same, next) = try await store.read { db in
            var lines = EvidenceLines(db)
            func reported(_ kind: EvidenceKind, _ version: Int) throws -> String {
                var text: [UInt8] = []
                _ = try lines.content(of: 1, version: version, kinds: [kind]) { text += $0 }
                return String(decoding: text, as: UTF8.self)
            }
            return try (
                reported(kind, EvidenceKind.version), reported(later, EvidenceKind.version),
                reported(later, EvidenceKind.version + 1)
            )
        }
        #expect(now == same)
        #expect(next == now.replacing("}\n", with: #","row":1}"# + "\n"))
        // Such a line is read by its own version alone.
        let parser = EvidenceParser()
        let record = try parser.record(Array(now.dropLast().utf8)[...])
        #expect(record.version == EvidenceKind.version)
        #expect(record.values.count == kind.fieldCount(in: EvidenceKind.version))
        #expect(throws: EvidenceParser.Failure.self) { try parser.record(Array(next.dropLast().utf8)[...]) }
    }

    /// Foundation's reader takes each of these; a record is one line of bytes alone.
    @Test(arguments: [
        (#""login":"acme""#, #""login":"acme","login":"acme""#), (#""login":"acme""#, #""login": "acme""#),
        (#""login":"acme""#, #""login":"\u0061cme""#), (#""listed":1"#, #""listed":1.0"#),
        (#""listed":1"#, #""listed":1e0"#),
        (#""removed":[]"#, #""removed":[ ]"#), (#""removed":[]"#, #""removed":[],"more":0"#),
        (#""removed":[]"#, #""removed":["\/"]"#), (#"{"record""#, #" {"record""#), (#"null}"#, #"null,}"#),
    ])
    func aRecordIsReadAsItIsWrittenAlone(was: String, reported: String) async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1)])
        let line = try await store.read { db in
            var lines = EvidenceLines(db)
            var text: [UInt8] = []
            _ = try lines.content(of: 1, kinds: [EvidenceKind.organization]) { text += $0.dropLast() }
            return String(decoding: text, as: UTF8.self)
        }
        #expect(line.contains(was))
        let parser = EvidenceParser()
        #expect(EvidenceLines.line(of: try parser.record(Array(line.utf8)[...])) == Array((line + "\n").utf8))
        #expect(throws: EvidenceParser.Failure.self) {
            try parser.record(Array(line.replacing(was, with: reported).utf8)[...])
        }
    }

    @Test func aSealOfRecordsThatAreNotKnownIsReported() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1)])
        try await store.write { db in
            try db.execute(sql: "DROP TRIGGER seal_update; UPDATE seal SET recordsVersion = 9")
        }
        let problem = try #require(try await store.verify().problem)
        #expect(problem.message.contains("version 9"))
    }

    /// What is documented for other programs is what is there, and the other way round.
    @Test func viewsHaveTheColumnsThatAreDocumented() async throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/History/History.docc/History.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let store = try HistoryStore(path: folder.file)
        let views = try await store.read { db in
            try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
        }
        #expect(views.count == 7)
        for view in views {
            let columns = try await store.read { db in
                try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info(?) ORDER BY cid", arguments: [view])
            }
            let row = "| `\(view)` | " + columns.map { "`\($0)`" }.joined(separator: ", ") + " |"
            #expect(text.contains(row), "\(row)")
        }
    }
}
