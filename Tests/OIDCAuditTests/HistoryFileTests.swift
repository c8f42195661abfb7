import AuditCore
import Foundation
import GRDB
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// The history's file after each command that writes it: whoever copies the one file has everything.
@Suite(.timeLimit(.minutes(5))) struct HistoryFileTests {
    private typealias Child = BinaryTests.Child
    private static let environment = ["GH_ENTERPRISE_TOKEN": "x"]

    private static func run(_ scan: EmulatedScan, _ arguments: String...) async -> CommandRun {
        await CommandRun.run(
            arguments + ["--api-url", scan.address, "--db", scan.folder.database], environment: environment)
    }

    /// Rows of each table, as the file together with its log holds them.
    private static func rows(_ path: String) throws -> [String: Int] {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration).read { db in
            let tables = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            return try Dictionary(
                uniqueKeysWithValues: tables.map { table in
                    (table, try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0)
                })
        }
    }

    /// Whether the log holds anything. One that only reads leaves an empty log behind.
    private static func hasLog(_ folder: Folder) throws -> Bool {
        guard folder.exists("history.sqlite-wal") else { return false }
        return try !Data(contentsOf: URL(filePath: folder.database + "-wal")).isEmpty
    }

    private static func copy(_ scan: EmulatedScan) throws -> String {
        let copy = "\(scan.folder.path)/copy-\(UUID().uuidString).sqlite"
        try FileManager.default.copyItem(atPath: scan.folder.database, toPath: copy)
        return copy
    }

    /// The copy is made first: to look at the history itself may bring its log into the file.
    private static func expectThatACopyHoldsEverything(
        _ scan: EmulatedScan, after what: String, location: SourceLocation = #_sourceLocation,
    ) async throws {
        let copy = try copy(scan)
        #expect(try !hasLog(scan.folder), "\(what)", sourceLocation: location)
        let held = try rows(copy)
        #expect(try held == rows(scan.folder.database), "\(what)", sourceLocation: location)
        let verified = await CommandRun.run(["history", "verify", "--db", copy])
        let status: Int32 = held["seal"] == 0 ? 3 : 0
        #expect(verified.status == status, "\(what): \(verified.error)", sourceLocation: location)
    }

    private static func onDefault(_ name: String, id: Int64) -> WorldFile.Repository {
        WorldFile.Repository(
            name: name, id: id,
            setting: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:acme/\(name)"))
    }

    @Test func aCopyOfTheFileHoldsWhatEachCommandWrote() async throws {
        try await EmulatedScan.with([Self.onDefault("r1", id: 1), Self.onDefault("r2", id: 2)]) {
            (scan) async throws -> Void in
            let plan = "\(scan.folder.path)/plan.json"
            let export = "\(scan.folder.path)/export.ndjson"
            let commands: [(arguments: [String], status: Int32)] = [
                (["scan", "acme", "--policy", "preset:strict"], 1),
                (["scan", "acme", "--policy", "preset:strict", "-f", "html"], 1),
                (["plan", "acme", "--policy", "preset:strict", "-o", "json=\(plan)"], 1),
                (["apply", plan, "--yes"], 0), (["rollback", "1", "--yes"], 0),
                (["template", "set", "acme/r1", "--claims", "repo,context,ref", "--yes"], 0),
                (["scan", "nobody", "--policy", "preset:strict"], 4),
                (["history", "prune", "--keep-days", "0", "--yes"], 0),
            ]
            for (arguments, status) in commands {
                let run = await CommandRun.run(
                    arguments + ["--api-url", scan.address, "--db", scan.folder.database],
                    environment: Self.environment)
                #expect(run.status == status, "\(arguments): \(run.error)")
                #expect(!run.error.contains("-wal"))
                try await Self.expectThatACopyHoldsEverything(scan, after: "\(arguments)")
            }
            #expect(
                await CommandRun.run(["history", "export", "--db", scan.folder.database, "-o", export]).status == 0)
            try FileManager.default.removeItem(atPath: scan.folder.database)
            #expect(await Self.run(scan, "history", "import", export).status == 0)
            try await Self.expectThatACopyHoldsEverything(scan, after: "history import")
        }
    }

    @Test func aCopyOfTheFileHoldsWhatAStoppedScanRead() async throws {
        try await EmulatedScan.with([.good("a", id: 1), .good("b", id: 2)]) { (scan) async throws -> Void in
            await scan.world.change { $0.faults = [.init(path: "/repos/acme/b/*", kind: .hang)] }
            for stop in [ScanStop.interrupted, .terminated] {
                let (stopRequests, send) = AsyncStream.makeStream(of: ScanStop.self)
                async let run = scan("acme", stopRequests: { stopRequests })
                while await !scan.world.requests.contains(where: { $0.contains("/repos/acme/b/") }) {
                    await Task.yield()
                }
                send.yield(stop)
                #expect(await [130, 143].contains(run.status))
                try await Self.expectThatACopyHoldsEverything(scan, after: "\(stop)")
                #expect(try Self.rows(Self.copy(scan))["scanOrganization"] ?? 0 > 0)
            }
            // None of them was sealed.
            let verified = await Self.run(scan, "history", "verify")
            #expect(verified.status == 3)
            #expect(verified.output.hasPrefix("NOTHING  no scan was sealed: there is nothing to verify\n"))
            #expect(verified.error.contains("holds no sealed scan"))
            #expect(await Self.run(scan, "history", "verify", "-f", "json").json["verified"] as? Bool == false)
            let expecting = await Self.run(scan, "history", "verify", "--expect", String(repeating: "0", count: 64))
            #expect(expecting.status == 5)
        }
    }

    /// Its own failure is told, and what was stored before it is in the file.
    @Test func aCopyOfTheFileHoldsWhatWasStoredBeforeTheHistoryFailed() async throws {
        try await EmulatedScan.with([.good("a", id: 1)]) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 0)
            try await DatabaseQueue(path: scan.folder.database).write { db in
                try db.execute(
                    sql: """
                        CREATE TRIGGER broken BEFORE INSERT ON scanOrganization BEGIN SELECT RAISE(ABORT, 'broken'); END
                        """)
            }
            let run = await scan("acme")
            #expect(run.status == 5)
            #expect(run.error.contains("broken"), "\(run.error)")
            let copy = try Self.copy(scan)
            #expect(try !Self.hasLog(scan.folder))
            #expect(try Self.rows(copy)["scan"] == 2)
        }
    }

    /// What a killed scan left in the log is read from there, and the next scan brings it into the file.
    @Test(arguments: [[], ["--resume"]])
    func aKilledScanIsReadAndTheNextOneBringsItIntoTheFile(options: [String]) async throws {
        try await EmulatedScan.with((1...40).map { .good("r\($0)", id: $0) }) { (scan) async throws -> Void in
            await scan.world.change { $0.faults = [.init(path: "/repos/*", after: 20, kind: .hang)] }
            let arguments = [
                "scan", "acme", "--policy", "preset:strict", "--db", scan.folder.database, "--api-url", scan.address,
            ]
            let killed = try Child(arguments, environment: Self.environment)
            // Of the twenty that are answered, one that is stored will do: a loaded machine may lose an answer.
            while try BinaryTests.sqlite(scan.folder.database, "SELECT count(*) FROM settingObservation") == 0 {
                try #require(killed.process.isRunning)
                await Task.yield()
            }
            kill(killed.process.processIdentifier, SIGKILL)
            _ = try killed.readToEnd()
            await scan.world.change { $0.faults = [] }
            let list = await Self.run(scan, "history", "list")
            #expect(list.status == 0, "\(list.error)")
            #expect(list.output.contains("1 unfinished scan: running, or interrupted"), "\(list.output)")

            let next = await CommandRun.run(arguments + options, environment: Self.environment)
            #expect(next.status == 0, "\(next.error)")
            #expect(next.error.contains("resuming scan #1") == !options.isEmpty)
            try await Self.expectThatACopyHoldsEverything(scan, after: "\(options)")
            let copy = try Self.copy(scan)
            #expect(try Self.rows(copy)["settingObservation"] == 40)
            let held = await CommandRun.run(["history", "list", "--db", copy, "--api-url", scan.address, "-f", "json"])
            #expect(held.json["total"] as? Int == 1)
            #expect(held.json["open"] as? Int == 0)
        }
    }

    @Test func besideAReaderTheNewestRecordsStayInTheLogAndThatIsSaid() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 0)
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let reader = try DatabaseQueue(path: scan.folder.database, configuration: configuration)
            try await reader.writeWithoutTransaction { db in
                try db.execute(sql: "BEGIN")
                _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM scan")
            }
            let database = scan.folder.database
            for quiet in [[], ["-q"]] {
                let run = await CommandRun.run(
                    ["scan", "acme", "--policy", "preset:strict", "--db", database, "--api-url", scan.address] + quiet,
                    environment: Self.environment)
                #expect(run.status == 0)
                #expect(
                    run.error.contains(
                        """
                        warning: another program is using the history: its newest records are still in \(database)-wal
                         hint: oidc-audit history copy FILE --db \(database) copies it whole

                        """), "\(run.error)")
                // Once for a command, however often it opens the history.
                #expect(run.error.components(separatedBy: "newest records").count == 2)
            }
            let set = await Self.run(scan, "template", "set", "acme/api", "--claims", "repo,context,ref", "--yes")
            #expect(set.status == 0, "\(set.error)")
            #expect(set.error.components(separatedBy: "newest records").count == 2, "\(set.error)")
            // No record is lost: what is read beside the log has all of them, and so has an export.
            #expect(await Self.run(scan, "history", "list", "-f", "json").json["total"] as? Int == 3)
            let export = await CommandRun.run(["history", "export", "--db", database])
            #expect(export.output.components(separatedBy: #""record":"seal""#).count == 4)
            try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            try reader.close()
            #expect(await scan("acme").status == 1)
            try await Self.expectThatACopyHoldsEverything(scan, after: "the reader")
            #expect(try Self.rows(database)["seal"] == 4)
        }
    }

    /// Each command goes through the one door that closes it again.
    @Test func noCommandOpensAHistoryByItself() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/OIDCAudit")
            .standardizedFileURL
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var opening: [String] = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            if text.contains("HistoryStore(") { opening.append(file.lastPathComponent) }
        }
        #expect(opening == ["CommandContext+History.swift"])
    }

    @Test func theWordsOfAHintCanBePasted() {
        #expect("/var/lib/a-b_c.sqlite".shellQuoted == "/var/lib/a-b_c.sqlite")
        #expect("it's here".shellQuoted == #"'it'\''s here'"#)
        #expect("".shellQuoted == "''")
        #expect("$(x)".shellQuoted == "'$(x)'")
    }
}
