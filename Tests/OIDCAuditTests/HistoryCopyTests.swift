import Foundation
import GRDB
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What leaves a history for other programs: copies, and parts of an export.
@Suite(.timeLimit(.minutes(5))) struct HistoryCopyTests {
    private static func copy(_ database: String, _ file: String, _ more: String...) async -> CommandRun {
        await CommandRun.run(["history", "copy", file, "--db", database] + more)
    }

    @Test func aCopyIsWholeWithoutALogAndReplacesItsOwnKindAlone() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            let (database, folder) = (scan.folder.database, scan.folder.path)
            #expect(await scan("acme").status == 0)
            // The newest records are in the log as long as somebody reads.
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let reader = try DatabaseQueue(path: database, configuration: configuration)
            try await reader.writeWithoutTransaction { db in
                try db.execute(sql: "BEGIN")
                _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM scan")
            }
            #expect(await scan("acme").status == 0)
            let file = folder + "/copy.sqlite"
            let first = await Self.copy(database, file, "--mode", "644")
            #expect(first.status == 0 && first.output == "", "\(first.error)")
            try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            try reader.close()
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect((attributes[.posixPermissions] as? NSNumber)?.uint16Value == 0o644)
            for suffix in ["-wal", "-shm", "-journal"] { #expect(!scan.folder.exists("copy.sqlite" + suffix)) }
            var readonly = Configuration()
            readonly.readonly = true
            let queue = try DatabaseQueue(path: file, configuration: readonly)
            #expect(try await queue.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "delete")
            #expect(try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM v1_scan") } == 2)
            try queue.close()

            // The next night's replaces it; mode 600 unless another is asked for.
            #expect(await scan("acme").status == 0)
            #expect(await Self.copy(database, file).status == 0)
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
            #expect(mode?.uint16Value == 0o600)
            let before = try Data(contentsOf: URL(filePath: file))

            let other = folder + "/other.sqlite"
            #expect(await scan("acme", "--db", other).status == 0)
            let otherCopy = folder + "/other-copy.sqlite"
            #expect(await Self.copy(other, otherCopy).status == 0)
            let notes = try scan.folder.write("notes", to: "notes.txt")
            try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: database)
            for (target, why) in [
                (database, "it is the history itself"), (folder + "/link", "it is the history itself"),
                (other, "it is another history"), (otherCopy, "it is a copy of another history"),
                (notes, "it is not a history of oidc-audit"), ("/dev/null", "it is not a regular file"),
            ] {
                let refused = await Self.copy(database, target)
                #expect(refused.status == 2, "\(target)")
                #expect(refused.error.contains(why), "\(refused.error)")
            }
            #expect(try scan.folder.read("notes.txt") == "notes")
            #expect(try Data(contentsOf: URL(filePath: file)) == before)
            #expect(await Self.copy(database, folder + "/no/copy").status == 2)
            #expect(await Self.copy(folder + "/none", file).status == 2)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(!names.contains { $0.hasSuffix(".tmp") }, "\(names)")
        }
    }

    @Test func anExportCanBeConfinedToSomeKinds() async throws {
        try await EmulatedScan.with([.own("api", id: 1, ["repo"])]) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 1)
            func kinds(_ more: String...) async throws -> [String] {
                let run = await CommandRun.run(["history", "export", "--db", scan.folder.database] + more)
                #expect(run.status == 0)
                return try run.output.split(separator: "\n").map { line in
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    return object?["record"] as? String ?? ""
                }
            }
            #expect(Set(try await kinds("--only", "finding")) == ["finding"])
            #expect(try await kinds("--only", "seal", "--only", "setting") == ["setting", "seal"])
            #expect(try await kinds().first == "history")
            let unknown = await CommandRun.run(["history", "export", "--only", "findings"])
            #expect(unknown.status == 2 && unknown.error.contains("did you mean \"finding\"?"), "\(unknown.error)")
        }
    }

    @Test func aDifferenceFitsAnIssue() async throws {
        let long = String(repeating: "long-name-", count: 9)
        let world = (1...600).map { WorldFile.Repository.own("\(long)\($0)", id: Int64($0), ["repo", "context"]) }
        try await EmulatedScan.with(world) { (scan) async throws -> Void in
            #expect([0, 1].contains(await scan("acme").status))
            await scan.world.change { file in
                for index in file.organizations[0].repositories.indices {
                    file.organizations[0].repositories[index].setting = .init(
                        useDefault: false, includeClaimKeys: ["actor", "repo"],
                        subClaimPrefix: "repo:acme/\(long)\(index + 1)")
                }
            }
            #expect(await scan("acme").status == 1)
            let run = await CommandRun.run(
                ["diff", "-f", "markdown", "--db", scan.folder.database, "--api-url", scan.address])
            #expect(run.status == 0, "\(run.error)")
            #expect(run.output.utf8.count <= 60_000 && run.output.utf8.count > 50_000)
            #expect(run.output.hasPrefix("## OIDC subject claims: changed\n\nFrom scan 1 of "))
            #expect(run.output.contains("lines more: oidc-audit diff -f json has all."))
        }
    }
}
