import Foundation
import Synchronization
import TestSupport
import Testing

@testable import GitHubAPI

@Suite struct SharedMinuteTests {
    private final class ManualClock: Sendable {
        private let time = Atomic<Int64>(1_700_000_000_000)

        var now: Int64 { time.load(ordering: .relaxed) }

        func advance(_ milliseconds: Int64) { time.add(milliseconds, ordering: .relaxed) }
    }

    private final class Folder: Sendable {
        let path = NSTemporaryDirectory() + "oidc-audit-minute-\(UUID().uuidString)"

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ text: String, to name: String) throws {
            try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
        }

        func read(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
    }

    private func minute(_ folder: Folder, _ clock: ManualClock) -> SharedMinute {
        SharedMinute(path: folder.path + "/minute", milliseconds: { clock.now })
    }

    /// However their requests fall, no minute has more of them than the host allows, and none is held back for long.
    @Test(arguments: 1...6)
    func severalProcessesSpendTheMinuteOnce(seed: Int) throws {
        var random = SeededGenerator(seed)
        let folder = try Folder()
        let clock = ManualClock()
        let processes = (0..<3).map { _ in minute(folder, clock) }
        var departures: [Int64] = []
        for _ in 0..<6_000 {
            if processes[Int.random(in: 0..<3, using: &random)].take(1, of: 100, in: .seconds(6)) == nil {
                departures.append(clock.now)
            }
            if Int.random(in: 0..<3, using: &random) == 0 { clock.advance(.random(in: 1...40, using: &random)) }
        }
        let most = departures.indices.map { index in
            departures[index...].prefix { $0 < departures[index] + 6_000 }.count
        }.max()
        #expect(most ?? 0 <= 100)
        // 6,000 turns of 7 ms are seven minutes.
        #expect(departures.count >= 550, "\(departures.count)")
        #expect(processes.allSatisfy { $0.trouble == nil })
    }

    /// Whoever can write the file, or a fault of the disk, stops no run.
    @Test func timesThatNoClockShowsAreLeftOut() throws {
        for line in [
            "1795880175000 5 7 9223372036854775807", "9223372036854775807 5 7 1", "-9223372036854775808 5 7 1",
            "9223372036854775807 5 7", "-9223372036854775808 5 7",
        ] {
            let folder = try Folder()
            try folder.write(line + "\n", to: "minute")
            #expect(minute(folder, ManualClock()).take(1, of: 100, in: .seconds(60)) == nil, "\(line)")
            #expect(try !folder.read("minute").contains("223372036854775"), "\(line)")
        }
    }

    @Test func whoMustWaitHearsHowLong() throws {
        let folder = try Folder()
        let clock = ManualClock()
        let (one, other) = (minute(folder, clock), minute(folder, clock))
        one.note(90)
        clock.advance(1_000)
        for _ in 0..<10 { #expect(one.take(1, of: 100, in: .seconds(60)) == nil) }
        // A second more than a minute: what was taken may be spent within a second.
        #expect(other.take(1, of: 100, in: .seconds(60)) == .seconds(60))
        clock.advance(60_000)
        #expect(other.take(1, of: 100, in: .seconds(60)) == nil)
    }

    /// A scan takes each point as soon as it is free; a write that needs five of them has its turn all the same.
    @Test(arguments: [1, 2, 3]) func whoWaitsForSeveralPointsGetsThem(scans: Int) throws {
        let folder = try Folder()
        let clock = ManualClock()
        let scans = (0..<scans).map { _ in minute(folder, clock) }
        let apply = minute(folder, clock)
        var turns = scans.map { _ in clock.now }
        var (asked, turn) = (0, clock.now + 20_000)
        let start = turn
        var departures: [Int64] = []
        while clock.now < start + 60_000, departures.count < 3 {
            for (place, scan) in scans.enumerated() where turns[place] <= clock.now {
                let wait = scan.take(1, of: 100, in: .seconds(6))
                turns[place] = clock.now + (wait.map { Int64($0 / .milliseconds(1)) } ?? 50)
            }
            if turn <= clock.now {
                asked += 1
                let wait = apply.take(5, of: 100, in: .seconds(6))
                if wait == nil { departures.append(clock.now) }
                turn = clock.now + (wait.map { Int64($0 / .milliseconds(1)) } ?? 1_000)
            }
            clock.advance(5)
        }
        // Each within a minute, and by what it was told.
        #expect(departures.count == 3, "\(asked) times in vain")
        var before = start
        for departure in departures {
            #expect(departure - before <= 7_200)
            before = departure
        }
    }

    /// Who was to come back and did not has ended: what it waited for is there for others.
    @Test func whoEndsWhileItWaitsHoldsNothingUp() throws {
        let folder = try Folder()
        let clock = ManualClock()
        let (scan, apply) = (minute(folder, clock), minute(folder, clock))
        scan.note(100)
        #expect(apply.take(5, of: 100, in: .seconds(60)) == .seconds(61))
        clock.advance(61_000)
        var spent = 0
        while spent < 100, scan.take(1, of: 100, in: .seconds(60)) == nil { spent += 1 }
        #expect(spent == 95)
        clock.advance(6_000)
        for _ in 0..<5 { #expect(scan.take(1, of: 100, in: .seconds(60)) == nil) }
    }

    /// What was taken together and not spent is there for the others.
    @Test func whatIsNotSpentIsPutBack() throws {
        let folder = try Folder()
        let clock = ManualClock()
        let (one, other) = (minute(folder, clock), minute(folder, clock))
        for _ in 0..<50 { #expect(one.take(1, of: 100, in: .seconds(60)) == nil) }
        clock.advance(2_000)
        #expect(one.take(1, of: 100, in: .seconds(60)) == nil)
        clock.advance(2_000)
        var spent = 0
        while spent < 100, other.take(1, of: 100, in: .seconds(60)) == nil { spent += 1 }
        // The last take of the first may have been of a few.
        #expect((30...49).contains(spent), "\(spent)")
    }

    /// A request whose turn comes later gives its points to the next one.
    @Test func whatMayNotDepartIsGivenBack() throws {
        let folder = try Folder()
        let clock = ManualClock()
        let (one, other) = (minute(folder, clock), minute(folder, clock))
        for _ in 0..<200 {
            #expect(one.take(1, of: 100, in: .seconds(60)) == nil)
            one.giveBack(1)
        }
        clock.advance(2_000)
        #expect(one.take(1, of: 100, in: .seconds(60)) == nil)
        var spent = 0
        while spent < 100, other.take(1, of: 100, in: .seconds(60)) == nil { spent += 1 }
        #expect(spent >= 98, "\(spent)")
    }

    @Test(arguments: ["", "no entry\n1 2\n", "9999999999999 90 1\n", "1700000000000 -5 1\n-1 900 1\n\u{0}\u{FFFD}"])
    func aFileOfOthersHoldsNothingUp(text: String) throws {
        let folder = try Folder()
        try folder.write(text, to: "minute")
        let clock = ManualClock()
        #expect(minute(folder, clock).take(1, of: 100, in: .seconds(60)) == nil)
    }

    @Test func whatIsNoFileIsSaidAndLeftAlone() throws {
        let folder = try Folder()
        try folder.write("kept", to: "other")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/minute", withDestinationPath: folder.path + "/other")
        let shared = minute(folder, ManualClock())
        #expect(shared.take(1, of: 1, in: .seconds(60)) == nil)
        #expect(shared.trouble?.hasPrefix(folder.path + "/minute: ") == true)
        #expect(shared.take(1, of: 1, in: .seconds(60)) == nil)
        #expect(try folder.read("other") == "kept")
    }

    @Test func onlyItsOwnerReadsTheFile() throws {
        let folder = try Folder()
        _ = minute(folder, ManualClock()).take(1, of: 1, in: .seconds(60))
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/minute")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }
}
