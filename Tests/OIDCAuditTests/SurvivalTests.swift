import Foundation
import TestSupport
import Testing

@testable import GitHubEmulator

/// The built program killed and starved; `scripts/torture` does the same at length.
@Suite(.timeLimit(.minutes(5))) struct SurvivalTests {
    private typealias Child = BinaryTests.Child
    private static let count = 240

    private static func world(_ folder: Folder) throws -> String {
        try folder.write(
            """
            {"organizations": [{"login": "acme", "id": 77, "template": ["repo", "context"], "repositories": [
             \((1...count).map { "{\"name\": \"r\($0)\", \"id\": \($0), \"setting\": {\"use_default\": \($0 % 2 == 0)}}" }.joined(separator: ","))
            ]}], "latency_milliseconds": 4}
            """, to: "world.json")
    }

    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let child = try Child(arguments, environment: ["GH_ENTERPRISE_TOKEN": "x"])
        let output = String(decoding: try child.readToEnd(), as: UTF8.self)
        return (child.process.terminationStatus, output)
    }

    /// What of a report does not hang on when and how often was asked.
    private static func facts(_ report: String) throws -> String {
        var json = try #require(try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any])
        json["scan"] = nil
        json["summary"] = (json["summary"] as? [String: Any])?["repositories"]
        json["repositories"] = (json["repositories"] as? [[String: Any]])?.map { $0.filter { $0.key != "since" } }
        json["findings"] = (json["findings"] as? [[String: Any]])?
            .map { $0.filter { !["first_seen", "state", "since_last_scan"].contains($0.key) } }
        return String(decoding: try JSONSerialization.data(withJSONObject: json, options: .sortedKeys), as: UTF8.self)
    }

    @Test func aKilledScanGoesOnToTheResultOfAnUndisturbedOne() async throws {
        let folder = try Folder()
        let emulator = try Child(["emulate", "--world", Self.world(folder)])
        defer { emulator.process.terminate() }
        let address = try emulator.firstLine()
        func scan(_ database: String) -> [String] {
            [
                "scan", "acme", "--api-url", address, "--policy", "preset:strict", "--db", database, "-f", "json",
                "--concurrency", "8",
            ]
        }
        let clock = ContinuousClock()
        let began = clock.now
        let undisturbed = try Self.run(scan(folder.path + "/undisturbed.sqlite"))
        let seconds = (clock.now - began) / .seconds(1)
        #expect(undisturbed.status == 1)
        let expected = try Self.facts(undisturbed.output)
        var generator = SeededGenerator(1)
        for round in 0..<5 {
            let database = folder.path + "/\(round).sqlite"
            // A first night, or a later one.
            if round % 2 == 1 { #expect(try Self.run(scan(database)).status == 1) }
            // At whatever moment that turns out to be: each must do.
            let moment = Double.random(in: 0.2...1, using: &generator) * seconds
            let killer = try Child(
                ["-c", #"delay=$1; shift; "$@" > /dev/null & sleep "$delay"; kill -9 $!; wait"#, "sh", "\(moment)"]
                    + [BinaryTests.program.path] + scan(database), environment: ["GH_ENTERPRISE_TOKEN": "x"],
                program: URL(filePath: "/bin/sh"))
            _ = try killer.readToEnd()
            if try BinaryTests.sqlite(database, "SELECT count(*) FROM scan") > 0 {
                // Of a first night that was killed, nothing is sealed.
                let isSealed = try BinaryTests.sqlite(database, "SELECT count(*) FROM seal") > 0
                let verified = try Self.run(["history", "verify", "--db", database, "--api-url", address])
                #expect(verified.status == (isSealed ? 0 : 3), "\(verified.output)")
            }
            let resumed = try Self.run(scan(database) + ["--resume"])
            #expect(resumed.status == 1)
            #expect(try Self.facts(resumed.output) == expected)
            #expect(try Self.run(["history", "verify", "--db", database, "--api-url", address]).status == 0)
        }
    }

    @Test func aFullDiskEndsWithFiveAndTheNextRunWorks() async throws {
        let folder = try Folder()
        let emulator = try Child(["emulate", "--world", Self.world(folder)])
        defer { emulator.process.terminate() }
        let address = try emulator.firstLine()
        // Files may not grow beyond the limit, in KiB: the kernel refuses the write, as a full disk does.
        for limit in [8, 150, 200, 260] {
            let database = folder.path + "/\(limit).sqlite"
            let shell = Process()
            let errors = Pipe()
            shell.executableURL = URL(filePath: "/bin/bash")
            shell.arguments = [
                "-c",
                #"trap '' XFSZ; ulimit -f \#(limit); exec "$0" scan acme --policy preset:strict --db "$1" --api-url "$2" -f json"#,
                BinaryTests.program.path, database, address,
            ]
            shell.environment = ["GH_ENTERPRISE_TOKEN": "x"]
            shell.standardOutput = FileHandle.nullDevice
            shell.standardError = errors
            try shell.run()
            let said = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            shell.waitUntilExit()
            #expect(shell.terminationStatus == 5, "\(limit): \(said)")
            #expect(said.contains("error: ") && said.contains(database), "\(said)")
            #expect(said.contains(" hint: "), "\(said)")
            // A file that could not be made whole has no name yet.
            if FileManager.default.fileExists(atPath: database) {
                // Nothing was sealed yet.
                #expect(try Self.run(["history", "verify", "--db", database, "--api-url", address]).status == 3)
            }
            let next = try Self.run([
                "scan", "acme", "--policy", "preset:strict", "--db", database, "--api-url", address, "-f", "json",
                "--resume",
            ])
            #expect(next.status == 1)
            #expect(next.output.contains("\"judged\": \(Self.count),"))
        }
    }

    #if os(Linux)
        /// What a disk without locks answers, for SQLite's kind of locks.
        private static let lockless = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <errno.h>
            #include <fcntl.h>
            #include <stdarg.h>
            #define F(n) int n(int d, int c, ...) { va_list a; va_start(a, c); void *p = va_arg(a, void *); va_end(a); \\
             if (c == F_SETLK || c == F_SETLKW || c == F_GETLK) { errno = CODE; return -1; } \\
             return ((int (*)(int, int, ...))dlsym(RTLD_NEXT, #n))(d, c, p); }
            F(fcntl) F(fcntl64)

            """

        private static let compiler = ["cc", "gcc", "clang"].map { "/usr/bin/" + $0 }
            .first { FileManager.default.isExecutableFile(atPath: $0) }

        @Test(.enabled(if: compiler != nil), arguments: ["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
        func aDiskWithoutLocksIsReportedAtOnce(code: String) async throws {
            try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
                let source = try scan.folder.write(Self.lockless, to: "lockless.c")
                let library = scan.folder.path + "/lockless.so"
                let compiler = try Child(
                    ["-shared", "-fPIC", "-DCODE=\(code)", "-o", library, source, "-ldl"],
                    environment: ["PATH": "/usr/bin:/bin"],
                    program: URL(filePath: try #require(Self.compiler)))
                _ = try compiler.readToEnd()
                try #require(compiler.process.terminationStatus == 0)
                let environment = ["GH_ENTERPRISE_TOKEN": "x", "LD_PRELOAD": library]
                func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
                    let child = try Child(
                        ["-c", #""$@" 2>&1"#, "sh", BinaryTests.program.path] + arguments
                            + ["--db", scan.folder.database, "--api-url", scan.address], environment: environment,
                        program: URL(filePath: "/bin/sh"))
                    let output = String(decoding: try child.readToEnd(), as: UTF8.self)
                    return (child.process.terminationStatus, output)
                }
                let words = "error: the disk of \(scan.folder.database) has no file locks (a network disk?)"
                let arguments = ["scan", "acme", "--policy", "preset:strict"]
                let first = try run(arguments)
                #expect(first.status == 5)
                #expect(first.output.contains(words), "\(first.output)")
                #expect(first.output.contains(" hint: choose another place with --db"))
                #expect(!scan.folder.exists("history.sqlite"))
                #expect(await scan("acme").status == 0)
                for arguments in [arguments, ["history", "list"], ["check", "acme", "--policy", "preset:strict"]] {
                    let run = try run(arguments)
                    #expect(run.status == 5, "\(arguments)")
                    #expect(run.output.contains(words), "\(run.output)")
                }
            }
        }
    #endif

    @Test func anOpeningThatAnotherProcessHoldsIsReported() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 0)
            let holder = open(scan.folder.database + "-lock", O_RDWR | O_CLOEXEC)
            defer { close(holder) }
            var range = flock()
            range.l_type = Int16(F_WRLCK)
            range.l_whence = Int16(SEEK_SET)
            range.l_start = 1 << 42
            range.l_len = 1
            #if canImport(Darwin)
                try #require(fcntl(holder, 90, &range) == 0)
            #else
                try #require(fcntl(holder, 37, &range) == 0)
            #endif
            let run = await CommandRun.run(
                ["scan", "acme", "--policy", "preset:strict", "--db", scan.folder.database, "--api-url", scan.address],
                environment: ["GH_ENTERPRISE_TOKEN": "x"], openingWait: .zero)
            #expect(run.status == 5)
            #expect(run.error.contains("another process holds its lock \(scan.folder.database)-lock"), "\(run.error)")
            let list = await CommandRun.run(
                ["history", "list", "--db", scan.folder.database, "--api-url", scan.address], openingWait: .zero)
            #expect(list.status == 0)
        }
    }

    /// Killed while a write is on its way: GitHub made it, or did not, and the journal does not know.
    @Test(arguments: [WorldFile.Fault.Kind.silence, .hang])
    func anApplyThatIsKilledInTheMiddleOfAWriteFindsOutWhatBecameOfIt(fault: WorldFile.Fault.Kind) async throws {
        let repositories = (1...3).map { number in
            WorldFile.Repository(
                name: "r\(number)", id: Int64(number),
                setting: .init(useDefault: true, subClaimPrefix: "repo:acme/r\(number)"))
        }
        try await EmulatedScan.with(repositories) { (scan) async throws -> Void in
            let common = ["--api-url", scan.address, "--db", scan.folder.database]
            let environment = ["GH_ENTERPRISE_TOKEN": "x"]
            let plan = "\(scan.folder.path)/plan.json"
            func run(_ arguments: String...) async -> CommandRun {
                await CommandRun.run(arguments + common, environment: environment)
            }
            #expect(await run("plan", "acme", "--policy", "preset:strict", "-o", "json=\(plan)").status == 1)
            await scan.world.change { $0.faults = [.init(path: "/repos/acme/r2/*", method: "PUT", kind: fault)] }
            let apply = try Child(["apply", plan, "--yes"] + common, environment: environment)
            while await !scan.world.requests.contains(where: { $0.hasPrefix("PUT /repos/acme/r2/") }) {
                try #require(apply.process.isRunning)
                await Task.yield()
            }
            if fault == .silence {
                while await scan.world.file.organizations[0].repositories[1].setting?.useDefault != false {
                    await Task.yield()
                }
            }
            kill(apply.process.processIdentifier, SIGKILL)
            _ = try apply.readToEnd()
            #expect(
                try BinaryTests.sqlite(
                    scan.folder.database,
                    "SELECT count(*) FROM v1_change WHERE intended_at IS NOT NULL AND outcome IS NULL")
                    == 1)
            await scan.world.change { $0.faults = [] }
            let rest = await run("apply", "--continue", "--yes")
            #expect(rest.status == 0, "\(rest.error)")
            #expect(
                try BinaryTests.sqlite(
                    scan.folder.database, "SELECT count(*) FROM v1_change WHERE outcome = 'applied'") == 3)
            // What was written is not written again.
            let writes = await scan.world.requests.filter { $0.hasPrefix("PUT /repos/acme/r2/") }.count
            #expect(writes == (fault == .silence ? 1 : 2))
            #expect(await run("rollback", "1", "--yes").status == 0)
            #expect(await scan.world.file.organizations[0].repositories.allSatisfy { $0.setting?.useDefault == true })
            #expect(await run("history", "verify").status == 0)
        }
    }
}
