import AuditCore
import Foundation
import Testing

@testable import OIDCAudit

/// Files that hold a token or a key, as shells, CI and Kubernetes hand them over.
@Suite(.timeLimit(.minutes(5))) struct SecretFileTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// What was read, and what was said of it.
    private struct Outcome: Equatable {
        var text: String?
        var said: String

        init(_ text: String?, _ said: String) { (self.text, self.said) = (text, said) }
    }

    private func read(_ path: String, wait: Duration = .seconds(20), isQuiet: Bool = false) -> Outcome {
        let (context, said) = CommandContext.recording(isQuiet: isQuiet, secretWait: wait)
        do throws(CommandFailure) {
            return Outcome(try SecretFile(path: path, what: "token file").text(context), said())
        } catch {
            #expect(error.status == .usage)
            #expect(!error.message.contains("\n"))
            return Outcome(nil, error.message)
        }
    }

    private func pipe(_ name: String) -> String {
        let path = "\(folder.path)/\(name)"
        #expect(mkfifo(path, 0o600) == 0)
        return path
    }

    private func write(_ text: String, mode: Int) throws -> String {
        let path = try folder.write(text, to: "token")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    @Test func aFileIsReadWithoutAWord() throws {
        let path = try write("ghp_file\n", mode: 0o600)
        #expect(read(path) == Outcome("ghp_file\n", ""))
    }

    @Test(arguments: [0o640, 0o604, 0o644, 0o666]) func aFileThatOthersMayReadIsWarnedOf(mode: Int) throws {
        let path = try write("ghp_file", mode: mode)
        let outcome = read(path)
        #expect(outcome.text == "ghp_file")
        #expect(
            outcome.said
                == "warning: the token file \(path) may be read by others (mode 0\(String(mode, radix: 8))): chmod 600 \(path)\n"
        )
        #expect(read(path, isQuiet: true) == Outcome("ghp_file", ""))
    }

    /// `<(gh auth token)` is a pipe by the name of a descriptor.
    @Test func aPipeIsReadToItsEnd() throws {
        var ends: [Int32] = [0, 0]
        try #require(Foundation.pipe(&ends) == 0)
        try writeAll(Array("ghp_pipe\n".utf8), to: ends[1])
        close(ends[1])
        #expect(read("/dev/fd/\(ends[0])") == Outcome("ghp_pipe\n", ""))
        close(ends[0])
    }

    @Test func aNamedPipeIsReadWhenItsWriterComes() throws {
        let path = pipe("fifo")
        let writer = Thread {
            let descriptor = open(path, O_WRONLY)
            try? writeAll(Array("ghp_".utf8), to: descriptor)
            try? writeAll(Array("fifo".utf8), to: descriptor)
            close(descriptor)
        }
        writer.start()
        #expect(read(path) == Outcome("ghp_fifo", ""))
    }

    @Test func aPipeThatNeverWritesEndsByTheTimeLimit() {
        let path = pipe("silent")
        #expect(
            read(path, wait: .milliseconds(50)).said
                == "the token file \(path) can't be read: nothing more came in time")
    }

    @Test func aPipeThatStallsEndsByTheTimeLimit() throws {
        let path = pipe("stalled")
        let descriptor = open(path, O_RDWR)
        defer { close(descriptor) }
        try writeAll(Array("ghp_".utf8), to: descriptor)
        #expect(read(path, wait: .milliseconds(50)).text == nil)
    }

    @Test func aSecretOfAKubernetesVolumeIsReadThroughItsLinks() throws {
        let files = FileManager.default
        try files.createDirectory(atPath: folder.path + "/..2026_11_27", withIntermediateDirectories: true)
        let path = try folder.write("ghp_secret", to: "..2026_11_27/token")
        try files.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
        try files.createSymbolicLink(atPath: folder.path + "/..data", withDestinationPath: "..2026_11_27")
        try files.createSymbolicLink(atPath: folder.path + "/token", withDestinationPath: "..data/token")
        #expect(read(folder.path + "/token") == Outcome("ghp_secret", ""))
    }

    @Test(arguments: [
        ("/dev/zero", "it is larger than 64 KiB"), ("/nowhere/token", "no such file"), ("/tmp", "it is a folder"),
    ])
    func whatIsNoSmallFileIsRefused(path: String, why: String) {
        #expect(read(path) == Outcome(nil, "the token file \(path) can't be read: \(why)"))
    }

    @Test func aFileIsRefusedPastSixtyFourKibibytes() throws {
        #expect(read(try write(String(repeating: "a", count: 64 << 10), mode: 0o600)).text?.utf8.count == 64 << 10)
        #expect(read(try write(String(repeating: "a", count: (64 << 10) + 1), mode: 0o600)).text == nil)
    }
}
