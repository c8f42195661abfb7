import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What alerts and dashboards read in the textfile of a night.
@Suite(.timeLimit(.minutes(5))) struct MetricsTests {
    /// The samples of a file, by the text before the value.
    private static func samples(_ folder: Folder, _ name: String) throws -> [String: Int64] {
        let lines = try folder.read(name).split(separator: "\n").filter { !$0.hasPrefix("#") }
        return Dictionary(
            try lines.map { line in
                let blank = try #require(line.lastIndex(of: " "))
                return (String(line[..<blank]), try #require(Int64(line[line.index(after: blank)...])))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The values of the series of a metric, whatever its labels.
    private static func values(_ metric: String, _ folder: Folder, _ name: String) throws -> [Int64] {
        try samples(folder, name).filter { $0.key.prefix { $0 != "{" } == "oidc_audit_\(metric)" }.map(\.value)
    }

    private static func success(_ folder: Folder, _ name: String) throws -> [Int64] {
        try values("last_success_timestamp_seconds", folder, name)
    }

    @Test func theLastSuccessIsTheHistorysWhereThisNightIsNone() async throws {
        let secret = WorldFile.Fault(path: "/repos/acme/web/*", kind: .status, status: 403)
        try await EmulatedScan.with([.good("api", id: 1), .good("web", id: 2)], tokens: ["good"]) { scan in
            let folder = scan.folder
            func night(_ name: String, hours: Int64, token: String? = "good", _ more: String...) async -> CommandRun {
                await CommandRun.run(
                    ["scan", "acme", "--api-url", scan.address, "--db", folder.database, "--policy", "preset:strict"]
                        + ["-f", "json", "-o", "prometheus=\(folder.path)/\(name).prom"] + more,
                    environment: token.map { ["GH_ENTERPRISE_TOKEN": $0] } ?? [:], clockSkewSeconds: hours * 3600)
            }
            await scan.world.change { $0.faults = [secret] }
            #expect(await night("first", hours: 0).status == 3)
            #expect(try Self.success(folder, "first.prom") == [0])
            await scan.world.change { $0.faults = [] }
            #expect(await night("good", hours: 1).status == 0)
            let success = try Self.success(folder, "good.prom")
            #expect(success == (try Self.values("scan_timestamp_seconds", folder, "good.prom")))
            #expect(success.allSatisfy { $0 > 0 } && success.count == 1)

            await scan.world.change { $0.faults = [secret] }
            #expect(await night("incomplete", hours: 2).status == 3)
            await scan.world.change { $0.faults = [] }
            #expect(await night("refused", hours: 3, token: "bad").status == 4)
            #expect(await night("tokenless", hours: 4, token: nil).status == 4)
            for name in ["incomplete", "refused", "tokenless"] {
                #expect(try Self.success(folder, name + ".prom") == success, "\(name)")
                #expect(try Self.values("scan_complete", folder, name + ".prom") == [0])
            }
            // Another scope, and a policy of another name, never had one.
            #expect(await night("narrow", hours: 5, token: nil, "--include", "api").status == 4)
            #expect(await night("policy", hours: 5, token: nil, "--policy", "preset:baseline").status == 4)
            for name in ["narrow", "policy"] { #expect(try Self.success(folder, name + ".prom") == [0], "\(name)") }

            // A scan rendered again knows the nights before it alone.
            for (id, wanted) in [("1", 0), ("3", success[0])] {
                let report = await CommandRun.run(
                    ["report", id, "--api-url", scan.address, "--db", folder.database, "--policy", "preset:strict"]
                        + ["-f", "prometheus", "-o", "prometheus=\(folder.path)/again.prom"])
                #expect(report.status == 3, "\(report.error)")
                #expect(try Self.success(folder, "again.prom") == [wanted])
            }
        }
    }

    @Test func aModeThatIsAskedForIsTheFiles() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { scan in
            let path = scan.folder.path + "/a.prom"
            for mode in ["640", "0664"] {
                let run = await scan("acme", "-f", "none", "-o", "prometheus=\(path)", "--output-mode", mode)
                #expect(run.status == 0 && run.output == "" && run.error.split(separator: "\n").count <= 2, "\(run)")
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect((attributes[.posixPermissions] as? NSNumber)?.uint16Value == UInt16(mode, radix: 8))
            }
        }
    }

    @Test func aHistoryThatCannotBeReadLeavesNoSuccess() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { scan in
            let broken = try scan.folder.write("this is not a database", to: "broken.sqlite")
            let run = await scan("acme", "--db", broken, "-o", "prometheus=\(scan.folder.path)/a.prom")
            #expect(run.status == 5)
            #expect(try Self.success(scan.folder, "a.prom") == [0])
        }
    }
}
