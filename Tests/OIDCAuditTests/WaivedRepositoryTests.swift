import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// A waiver is of a repository, whatever it is called.
@Suite(.timeLimit(.minutes(5))) struct WaivedRepositoryTests {
    /// Problems by the name of the repository that has them, of what counts.
    private func open(_ scan: EmulatedScan, _ waivers: String) async -> [String] {
        let run = await CommandRun.run(
            [
                "scan", "acme", "--policy", "preset:strict", "--waivers", waivers, "-f", "json", "--api-url",
                scan.address, "--db", scan.folder.database,
            ], environment: ["GH_ENTERPRISE_TOKEN": "t"])
        return (run.json["findings"] as? [[String: Any]] ?? []).filter {
            $0["rule"] as? String == "required-claims" && $0["waiver"] is NSNull
        }.compactMap { $0["repository"] as? String }
    }

    private func add(_ repository: String, to file: String, _ scan: EmulatedScan) async -> CommandRun {
        let day = Day(of: Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))).adding(days: 90)
        return await CommandRun.run([
            "waiver", "add", file, "--rule", "required-claims", "--repository", repository, "--owner", "o",
            "--reason", "r", "--expires", "\(day)", "--db", scan.folder.database,
        ])
    }

    @Test(arguments: ["pay", "acme/pay"], ["w.yaml", "w.json"])
    func staysWithItsRepositoryAndCoversNoOtherOfItsName(_ name: String, _ file: String) async throws {
        try await EmulatedScan.with([.own("pay", id: 1001, ["repo", "context"])]) { (scan) async throws -> Void in
            let none = try scan.folder.write("version: 1\nwaivers: []\n", to: "none.yaml")
            #expect(await open(scan, none) == ["acme/pay"])
            let path = scan.folder.path + "/" + file
            let added = await add(name, to: path, scan)
            #expect(added.status == 0, "\(added.error)")
            #expect(try scan.folder.read(file).contains("1001"))
            #expect(await open(scan, path) == [])
            // Renamed, and another one takes the name with the same problem.
            await scan.world.change { world in
                world.organizations[0].repositories = [
                    .own("billing", id: 1001, ["repo", "context"]), .own("pay", id: 1002, ["repo", "context"]),
                ]
            }
            #expect(await open(scan, path) == ["acme/pay"])
            // That one is not accepted yet, and then it is.
            let other = await add(name, to: path, scan)
            #expect(other.status == 0, "\(other.error)")
            #expect(try scan.folder.read(file).contains("1002"))
            #expect(await open(scan, path) == [])
            let twice = await add(name, to: path, scan)
            #expect(twice.status == 2 && twice.error.contains("there already is a waiver of"), "\(twice.error)")
        }
    }

    /// A pattern means whatever matches it, also if only one repository does today.
    @Test func aPatternGetsNoID() async throws {
        try await EmulatedScan.with([.own("pay", id: 1001, ["repo", "context"])]) { (scan) async throws -> Void in
            let none = try scan.folder.write("version: 1\nwaivers: []\n", to: "none.yaml")
            _ = await open(scan, none)
            let path = scan.folder.path + "/w.yaml"
            #expect(await add("pa*", to: path, scan).status == 0)
            #expect(try !scan.folder.read("w.yaml").contains("repository_id"))
        }
    }
}
