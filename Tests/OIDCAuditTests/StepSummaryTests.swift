import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// GitHub takes 1,048,576 bytes from all of a step, and of more it drops everything.
@Suite(.timeLimit(.minutes(5))) struct StepSummaryTests {
    private static let bytesMax = 1_048_576

    /// - Parameter filled: what other commands of the step have written; `nil`: there is no file yet.
    private func summary(
        after filled: Int?, repositories: Int = 1, runs: Int = 1, _ arguments: String...,
    ) async throws -> (text: String, bytes: Int, errors: [String]) {
        let folder = try Folder()
        let path = folder.path + "/summary.md"
        if let filled { _ = try folder.write(String(repeating: "x", count: filled), to: "summary.md") }
        let world = (1...repositories).map {
            WorldFile.Repository.own("repository-with-a-long-name-\($0)", id: Int64($0), ["workflow", "ref", "sha"])
        }
        let emulator = Emulator(
            WorldFile(organizations: [.init(login: "acme", id: 77, repositories: world)]))
        let errors = try await emulator.run { address in
            let scan = await CommandRun.run(
                ["scan", "acme", "--api-url", address, "--db", folder.database, "--policy", "preset:strict"],
                environment: ["GH_ENTERPRISE_TOKEN": "x"])
            #expect(scan.status == 1)
            var errors: [String] = []
            for _ in 0..<runs {
                let run = await CommandRun.run(
                    ["report", "--api-url", address, "--db", folder.database, "--policy", "preset:strict"]
                        + ["--step-summary"] + arguments,
                    environment: ["GITHUB_STEP_SUMMARY": path])
                #expect(run.status == 1, "\(run.error)")
                errors.append(run.error)
            }
            return errors
        }
        let data = try Data(contentsOf: URL(filePath: path))
        return (String(decoding: data.dropFirst(filled ?? 0), as: UTF8.self), data.count, errors)
    }

    @Test func aSummaryWithRoomGetsTheWholeReportAndNothingIsSaid() async throws {
        let empty = try await summary(after: nil)
        #expect(empty.text.hasPrefix("## OIDC subject claims: ❌ violations\n"))
        #expect(empty.errors == [""])
        let behind = try await summary(after: 10_000)
        #expect(behind.text.hasPrefix("\n## OIDC subject claims: ❌ violations\n"))
        #expect(behind.errors == [""])
    }

    @Test(arguments: [1_048_000, 1_047_000, 1_040_000]) func aNearlyFullOneGetsTheCountsAndTheWorst(filled: Int)
        async throws
    {
        let cut = try await summary(after: filled, repositories: 40)
        #expect(cut.bytes <= Self.bytesMax)
        #expect(cut.text.contains("violating"))
        #expect(cut.text.contains("critical: 40"))
        #expect(cut.text.contains("starts with workflow"))
        #expect(cut.errors[0].contains("warning: the report in the step summary is cut"))
        #expect(cut.errors[0].contains("held \(filled) of 1048576 bytes already"))
    }

    @Test func aFullOneSaysWhereTheReportIsOrIsLeftAlone() async throws {
        let line = try await summary(after: Self.bytesMax - 150)
        #expect(line.text.contains("see the log of this step"))
        #expect(line.bytes <= Self.bytesMax)
        #expect(line.errors[0].contains("is cut"))
        for filled in [Self.bytesMax - 20, Self.bytesMax, Self.bytesMax + 5000] {
            let none = try await summary(after: filled)
            #expect(none.bytes == filled)
            #expect(none.errors[0].contains("the report is not in the step summary, which holds \(filled) of 1048576"))
        }
    }

    @Test func twoReportsOneAfterTheOtherShareTheRoom() async throws {
        let both = try await summary(after: nil, repositories: 1500, runs: 2)
        #expect(both.bytes <= Self.bytesMax)
        #expect(both.bytes > 900_000)
        #expect(both.text.components(separatedBy: "## OIDC subject claims").count == 3)
        #expect(both.errors[1].contains("warning: the report in the step summary is cut"))
    }

    /// What is no regular file has no length; what comes after it is the reader's business.
    @Test func aPipeGetsTheReport() async throws {
        let folder = try Folder()
        let path = folder.path + "/pipe"
        try #require(mkfifo(path, 0o600) == 0)
        // Open for reading before the program writes, and never full: the report has less than a pipe holds.
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        try #require(reader >= 0)
        defer { close(reader) }
        try await EmulatedScan.with([.own("api", id: 1, ["workflow"])]) { (scan) async throws -> Void in
            let run = await scan(
                "acme", "--step-summary", "-q",
                environment: ["GH_ENTERPRISE_TOKEN": "x", "GITHUB_STEP_SUMMARY": path])
            #expect(run.status == 1)
            #expect(run.error == "")
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(reader, &bytes, bytes.count)
            let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            #expect(text.hasPrefix("## OIDC subject claims: ❌ violations\n"))
        }
        let folderRun = try await EmulatedScanFailure.status(summary: folder.path)
        #expect(folderRun == 5)
    }
}

/// A summary that can't be written.
private enum EmulatedScanFailure {
    static func status(summary path: String) async throws -> Int32 {
        let emulator = Emulator(
            WorldFile(organizations: [.init(login: "acme", id: 77, repositories: [.good("api", id: 1)])]))
        let folder = try Folder()
        return try await emulator.run { address in
            await CommandRun.run(
                [
                    "scan", "acme", "--api-url", address, "--db", folder.database, "--policy", "preset:baseline",
                    "--step-summary",
                ], environment: ["GH_ENTERPRISE_TOKEN": "x", "GITHUB_STEP_SUMMARY": path]
            ).status
        }
    }
}
