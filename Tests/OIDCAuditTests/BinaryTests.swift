import Foundation
import GRDB
import Testing

@testable import GitHubEmulator

/// The built program against the emulator in a process of its own, over real HTTP with a real database; what it should
/// say is computed here a second time, from the world alone and without any of the program's types.
@Suite(.timeLimit(.minutes(5))) struct BinaryTests {
    /// Beside the tests' own product; on macOS that is a bundle which a helper of the toolchain loads.
    static let program: URL = {
        let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
        let product = bundle ?? URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return product.deletingLastPathComponent().appending(path: "oidc-audit")
    }()

    /// A verdict by hand: the contract's table, and the strict policy in words.
    private struct Expected {
        var status: String
        var keys: [String]?
        var source: String?
        var rules: Set<String> = []

        init(_ repository: WorldFile.Repository, of organization: WorldFile.Organization) {
            guard !repository.archived else { status = "skipped"; return }
            guard repository.refusal == nil, let setting = repository.setting else { status = "unreadable"; return }
            let own = setting.includeClaimKeys ?? []
            let isHidden = organization.templateRefusal != nil
            if setting.useDefault {
                (keys, source) = (["repo", "context"], "github_default")
            } else if own.isEmpty {
                if isHidden {
                    source = "unknown"
                } else {
                    keys = organization.template ?? ["repo", "context"]
                    source = organization.template == nil ? "github_default" : "organization"
                }
            } else {
                keys = own
                source = isHidden ? "unknown" : own == organization.template ? "organization_or_copy" : "repository"
            }
            guard let keys, let source else { status = "unreadable"; return }
            if !["repo", "repository_owner_id"].contains(keys[0]) { rules.insert("no-spoofable-start") }
            if !["repo", "context", "job_workflow_ref"].allSatisfy(keys.contains) { rules.insert("required-claims") }
            if ["github_default", "repository"].contains(source) { rules.insert("follows-organization") }
            if keys.contains(where: ["environment", "head_ref", "base_ref"].contains) {
                rules.insert("no-failing-jobs")
            }
            if keys.contains("team_name") { rules.insert("claims-exist") }
            status = !rules.isEmpty ? "violating" : source == "unknown" ? "unreadable" : "compliant"
        }
    }

    @Test func everyVerdictAgreesWithASecondComputation() async throws {
        let folder = try Folder()
        let emulator = try Child(["emulate"])
        defer { emulator.process.terminate() }
        let address = try emulator.firstLine()
        let world = WorldFile.demo
        let scan = try Child(
            ["scan"] + world.organizations.map(\.login) + [
                "--api-url", address, "--policy", "preset:strict", "--db", folder.database, "-f", "json",
            ], environment: ["GH_ENTERPRISE_TOKEN": WorldFile.demoToken])
        let output = try scan.readToEnd()
        #expect(scan.process.terminationStatus == 1)
        let report = try #require(try JSONSerialization.jsonObject(with: output) as? [String: Any])
        let repositories = try #require(report["repositories"] as? [[String: Any]])
        let findings = try #require(report["findings"] as? [[String: Any]])
        var checked = 0
        for organization in world.organizations {
            for repository in organization.repositories {
                let name = "\(organization.login)/\(repository.name)"
                let expected = Expected(repository, of: organization)
                let entry = try #require(repositories.first { $0["full_name"] as? String == name })
                #expect(entry["status"] as? String == expected.status, "\(name)")
                #expect(entry["id"] as? Int64 == repository.id, "\(name)")
                let effective = entry["effective"] as? [String: Any]
                #expect(effective?["source"] as? String == expected.source, "\(name)")
                #expect(effective?["include_claim_keys"] as? [String] == expected.keys, "\(name)")
                let rules = findings.filter { $0["repository"] as? String == name }.compactMap { $0["rule"] as? String }
                #expect(Set(rules) == expected.rules, "\(name)")
                checked += 1
            }
        }
        #expect(checked == repositories.count)
        let names = repositories.compactMap { $0["full_name"] as? String }
        #expect(
            names == names.sorted { Array($0.lowercased().utf8).lexicographicallyPrecedes(Array($1.lowercased().utf8)) }
        )
    }

    @Test func aKilledScanLeavesADatabaseThatOpensAndItsObservations() async throws {
        let folder = try Folder()
        let world = try folder.write(
            """
            {"organizations": [{"login": "acme", "id": 77,
              "repositories": [\((1...300).map { "{\"name\": \"r\($0)\", \"id\": \($0), \"visibility\": \"public\"}" }.joined(separator: ","))]}],
             "faults": [{"path": "/repos/*", "after": 100, "kind": "hang"}]}
            """, to: "world.json")
        let emulator = try Child(["emulate", "--world", world])
        defer { emulator.process.terminate() }
        let address = try emulator.firstLine()
        let arguments = [
            "scan", "acme", "--api-url", address, "--policy", "preset:baseline", "--db", folder.database, "-f", "json",
        ]
        let environment = ["GH_ENTERPRISE_TOKEN": "x"]
        let killed = try Child(arguments, environment: environment)
        // GitHub answers a hundred times and then no more; all of them are stored within a second.
        while try Self.sqlite(folder.database, "SELECT count(*) FROM settingObservation") < 100 {
            try #require(killed.process.isRunning)
            await Task.yield()
        }
        kill(killed.process.processIdentifier, SIGKILL)
        _ = try killed.readToEnd()
        #expect(try Self.sqlite(folder.database, "SELECT count(*) FROM scan WHERE state = 'running'") == 1)

        let healthy = try Child([
            "emulate", "--world",
            folder.write(
                try folder.read("world.json").replacing(/\"faults\".*\]/, with: "\"faults\": []"), to: "healthy.json"),
        ])
        defer { healthy.process.terminate() }
        // Another scan of its own, of another scope: what the killed one read is there, and none of it is taken for read.
        let address2 = try healthy.firstLine()
        func scan(_ more: String...) throws -> (status: Int32, report: [String: Any]) {
            var again = arguments + more
            again[3] = address2
            let child = try Child(again, environment: environment)
            let output = try child.readToEnd()
            child.process.waitUntilExit()
            return (
                child.process.terminationStatus,
                try JSONSerialization.jsonObject(with: output) as? [String: Any] ?? [:]
            )
        }
        let next = try scan("--include-archived")
        #expect(next.status == 0)
        #expect((next.report["repositories"] as? [Any])?.count == 300)
    }

    @Test func anInterruptEndsTheProgramWith130() async throws {
        let folder = try Folder()
        let world = try folder.write(
            """
            {"organizations": [{"login": "acme", "id": 77, "repositories": [{"name": "a", "id": 1}, {"name": "b", "id": 2}]}],
             "faults": [{"path": "/repos/acme/b/*", "kind": "hang"}]}
            """, to: "world.json")
        let emulator = try Child(["emulate", "--world", world])
        defer { emulator.process.terminate() }
        let address = try emulator.firstLine()
        for (signal, status) in [(SIGINT, Int32(130)), (SIGTERM, 143)] {
            let database = "\(folder.path)/\(status).sqlite"
            let scan = try Child(
                ["scan", "acme", "--api-url", address, "--policy", "preset:baseline", "--db", database, "-f", "json"],
                environment: ["GH_ENTERPRISE_TOKEN": "x"])
            // The scan has found its organization, and its last request hangs.
            while try Self.sqlite(database, "SELECT count(*) FROM organization") < 1 {
                try #require(scan.process.isRunning)
                await Task.yield()
            }
            kill(scan.process.processIdentifier, signal)
            let output = try scan.readToEnd()
            #expect(scan.process.terminationReason == .exit)
            #expect(scan.process.terminationStatus == status)
            let report = try #require(try JSONSerialization.jsonObject(with: output) as? [String: Any])
            #expect(report["verdict"] as? String == "incomplete")
            #expect(try Self.sqlite(database, "SELECT count(*) FROM scan WHERE state = 'interrupted'") == 1)
        }
    }

    @Test func anInterruptEndsACommandThatWaitsForItsInput() async throws {
        let scan = try Child(
            ["scan", "acme", "--policy", "preset:strict", "--token-file", "-"], standardInput: Pipe())
        // It reads its input once signals are trapped; that it does shows in nothing but the outcome.
        var status: Int32 = 0
        repeat {
            kill(scan.process.processIdentifier, SIGINT)
            status = scan.process.isRunning ? 0 : scan.process.terminationStatus
            await Task.yield()
        } while status == 0
        #expect([130, SIGINT].contains(status))
    }

    @Test func standardOutputAsAFileIsAppendedToAndNotReplaced() async throws {
        let folder = try Folder()
        let log = try folder.write("old line\n", to: "audit.log")
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = [
            "-c", #""$0" scan acme --policy preset:strict --db "$1.sqlite" -o json=/dev/stdout >> "$1" 2> /dev/null"#,
            Self.program.path, log,
        ]
        shell.environment = [:]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 4)
        let text = try folder.read("audit.log")
        #expect(text.hasPrefix("old line\n{"))
        #expect(text.contains("\n}\nINCOMPLETE"))
    }

    /// Runs a line of the shell in which `$0` is the program and `$1` a folder.
    private static func shell(
        _ line: String, in folder: Folder, _ environment: [String: String] = [:],
    ) throws -> (status: Int32, error: String) {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", line + #" 2> "$1/error""#, program.path, folder.path]
        shell.environment = environment
        try shell.run()
        shell.waitUntilExit()
        return (shell.terminationStatus, try folder.read("error"))
    }

    /// Whatever is opened first would take its descriptor, and the report would go there.
    @Test func aClosedStandardOutputIsNoOtherFile() async throws {
        let emulator = try Child(["emulate"])
        defer { emulator.process.terminate() }
        let folder = try Folder()
        let environment = ["GH_ENTERPRISE_TOKEN": WorldFile.demoToken, "U": try emulator.firstLine()]
        let login = WorldFile.demo.organizations[0].login
        for line in [
            #""$0" claims repo >&-"#, #""$0" template get \#(login) --api-url "$U" >&-"#,
            #""$0" scan \#(login) --policy preset:strict --api-url "$U" --db "$1/h.sqlite" >&- <&-"#,
        ] {
            let run = try Self.shell(line, in: folder, environment)
            #expect(run.status == 5, "\(run.error)")
            #expect(run.error.contains("cannot write to standard output: Bad file descriptor"), "\(run.error)")
            #expect(run.error.contains(" hint: it is closed; redirect it to a file, or to /dev/null"), "\(run.error)")
        }
        #expect(try Self.shell(#""$0" history verify --db "$1/h.sqlite" > "$1/out""#, in: folder).status == 0)
    }

    @Test func aCopyThatDoesNotFitLeavesNothing() async throws {
        let emulator = try Child(["emulate"])
        defer { emulator.process.terminate() }
        let folder = try Folder()
        let environment = ["GH_ENTERPRISE_TOKEN": WorldFile.demoToken, "U": try emulator.firstLine()]
        let login = WorldFile.demo.organizations[0].login
        let scan =
            #""$0" scan \#(login) --policy preset:strict -f none --api-url "$U" --db "$1/h.sqlite" --exit-zero"#
        #expect(try Self.shell(scan, in: folder, environment).status == 0)
        // A write beyond the limit fails, as on a full disk.
        let line = #"trap '' XFSZ; ulimit -f 8; "$0" history copy "$1/copy.sqlite" --db "$1/h.sqlite""#
        let run = try Self.shell(line, in: folder)
        #expect(run.status == 5, "\(run.error)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.contains { $0.hasPrefix("copy.sqlite") }, "\(names)")
    }

    /// node_exporter's textfile collector runs as a user of its own.
    @Test func aNewFileOfMetricsThatOthersCannotReadIsSaid() async throws {
        let folder = try Folder()
        let emulator = try Child(["emulate"])
        defer { emulator.process.terminate() }
        let environment = ["GH_ENTERPRISE_TOKEN": WorldFile.demoToken, "U": try emulator.firstLine()]
        let scan =
            #""$0" scan \#(WorldFile.demo.organizations[0].login) --policy preset:strict --db "$1/h.sqlite" "#
            + #"--api-url "$U" --exit-zero > /dev/null"#
        for (umask, name, format, isSaid) in [
            ("077", "a.prom", "prometheus", true), ("027", "b.prom", "prometheus", true),
            // It is there already, as its owner made it.
            ("077", "a.prom", "prometheus", false), ("022", "c.prom", "prometheus", false),
            ("077", "r.json", "json", false),
        ] {
            let line = "umask \(umask); \(scan) -o \(format)=\"$1/\(name)\""
            let run = try Self.shell(line, in: folder, environment)
            #expect(run.status == 0, "\(run.error)")
            #expect(run.error.contains("warning: \(folder.path)/\(name) has the mode 6") == isSaid, "\(run.error)")
            #expect(run.error.contains("chmod 644") == isSaid)
        }
    }

    // MARK: -

    /// A number from a database that another process writes; 0 while there is none yet.
    static func sqlite(_ path: String, _ query: String) throws -> Int {
        guard FileManager.default.fileExists(atPath: path) else { return 0 }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return (try? DatabaseQueue(path: path, configuration: configuration).read { try Int.fetchOne($0, sql: query) })
            .flatMap { $0 } ?? 0
    }

    /// A process of the built program.
    struct Child {
        let process = Process()
        let output = Pipe()

        init(
            _ arguments: [String], environment: [String: String] = [:], standardInput: Any? = nil,
            program: URL = BinaryTests.program,
        ) throws {
            if let standardInput { process.standardInput = standardInput }
            process.executableURL = program
            process.arguments = arguments
            process.environment = environment
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        func firstLine() throws -> String {
            var line = Data()
            while let byte = try output.fileHandleForReading.read(upToCount: 1), byte != Data("\n".utf8) {
                line += byte
            }
            return String(decoding: line, as: UTF8.self)
        }

        func readToEnd() throws -> Data {
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return data
        }
    }
}
