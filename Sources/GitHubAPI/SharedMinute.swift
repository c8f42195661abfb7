import Foundation
import Synchronization

/// The points of a minute that several processes share which use one token, by a file: each takes its points from it under
/// a lock, so that together they spend no more than the host allows.
///
/// A process takes as many points at once as it spends in a sixtieth of the minute, and puts back those that it did not
/// spend: the file is written some times a second, whatever the pace. Where the file can't be used, each process keeps to
/// the limit for itself alone.
///
/// Whoever must wait stands in the file too, and those who came later leave it what it waits for: a write of five points
/// beside a scan that takes each one as soon as it is free has its turn within a minute.
package final class SharedMinute: Sendable {
    /// Points that were taken together.
    private struct Entry {
        /// Milliseconds since 1970.
        var takenAt: Int64
        var points: Int
        /// Which process took them.
        var owner: UInt64
    }

    /// A process that waits for points.
    private struct Waiter {
        /// Milliseconds since 1970.
        var since: Int64
        var points: Int
        var owner: UInt64
        /// When it should come back. One that does not has ended.
        var returnsAt: Int64

        func comesBefore(_ other: Waiter) -> Bool { (since, owner) < (other.since, other.owner) }
    }

    /// What the file holds.
    private struct Ledger {
        var entries: [Entry] = []
        var waiters: [Waiter] = []
    }

    private struct State {
        /// What is left of the points that were taken last.
        var left = 0
        var takenAt: Int64 = 0
        /// How many are taken at once.
        var size = 1
        var trouble: String?
    }

    private let path: String
    private let milliseconds: @Sendable () -> Int64
    private let owner = UInt64.random(in: 1 ... .max)
    private let state = Mutex(State())

    /// - Parameters:
    ///   - path: the file, which is made if it is missing, readable by its owner alone.
    ///   - milliseconds: the time since 1970.
    package init(
        path: String,
        milliseconds: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1_000) },
    ) {
        self.path = path
        self.milliseconds = milliseconds
    }

    /// Why the file can't be used; `nil` if it can, or was not needed.
    package var trouble: String? { state.withLock { $0.trouble } }

    /// Whether some process has shared the minute by the file, and it can be used.
    package var isKept: Bool {
        guard access(path, F_OK) == 0 else { return false }
        do throws(SystemFault) {
            try change { _ in }
            return true
        } catch {
            return false
        }
    }

    /// Takes the points of one request.
    ///
    /// - Parameters:
    ///   - cost: points; more than there are in a minute count as all of them.
    ///   - points: how many there are in a minute.
    ///   - minute: how long it is.
    /// - Returns: `nil` if they are free, or how long until they are.
    func take(_ cost: Int, of points: Int, in minute: Duration) -> Duration? {
        let cost = min(cost, points)
        let now = milliseconds()
        // Points count from when they are taken, so they must be spent soon after.
        let lifetime = max(1, minute.milliseconds / 60)
        return state.withLock { state in
            guard state.trouble == nil else { return nil }
            let isFresh = now - state.takenAt < lifetime && now >= state.takenAt
            if isFresh, state.left >= cost {
                state.left -= cost
                return nil
            }
            state.size = isFresh ? min(state.size * 2, Self.sizeMax) : max(1, state.size / 2)
            var wait: Duration?
            do throws(SystemFault) {
                try change { ledger in
                    putBack(state, into: &ledger.entries)
                    (state.left, state.takenAt) = (0, now)
                    let end = now - minute.milliseconds - lifetime
                    // A clock that was put back must not hold anything up for long.
                    ledger.entries.removeAll { $0.takenAt <= end || $0.takenAt > now + lifetime || $0.points <= 0 }
                    ledger.waiters.removeAll { waiter in
                        waiter.returnsAt + Self.lateness * lifetime < now || waiter.since > now + lifetime
                            || waiter.returnsAt > now + minute.milliseconds + 2 * lifetime
                    }
                    var waiter =
                        ledger.waiters.first { $0.owner == owner }
                        ?? Waiter(since: now, points: cost, owner: owner, returnsAt: now)
                    let reserved = ledger.waiters.filter { $0.owner != owner && $0.comesBefore(waiter) }
                        .map(\.points).reduce(0, +)
                    let free = points - reserved - ledger.entries.map(\.points).reduce(0, +)
                    guard free < cost else {
                        let taken = min(max(cost, state.size), free)
                        ledger.entries.append(Entry(takenAt: now, points: taken, owner: owner))
                        state.left = taken - cost
                        if cost >= waiter.points { ledger.waiters.removeAll { $0.owner == owner } }
                        return
                    }
                    var missing = cost - free
                    var returnsAt = now + minute.milliseconds + lifetime
                    for entry in ledger.entries.sorted(by: { $0.takenAt < $1.takenAt }) {
                        missing -= entry.points
                        guard missing <= 0 else { continue }
                        returnsAt = max(now + 1, entry.takenAt + now - end)
                        break
                    }
                    wait = .milliseconds(returnsAt - now)
                    waiter.points = max(waiter.points, cost)
                    waiter.returnsAt = returnsAt
                    ledger.waiters.removeAll { $0.owner == owner }
                    ledger.waiters.append(waiter)
                }
            } catch {
                state.trouble = "\(path): \(error.description)"
            }
            return wait
        }
    }

    /// Puts back the points of a request that may not depart after all.
    func giveBack(_ cost: Int) {
        state.withLock { $0.left += cost }
    }

    /// Notes points that were spent before anybody knew that the host counts them.
    func note(_ spent: Int) {
        let now = milliseconds()
        state.withLock { state in
            guard state.trouble == nil, spent > 0 else { return }
            do throws(SystemFault) {
                try change { $0.entries.append(Entry(takenAt: now, points: spent, owner: owner)) }
            } catch {
                state.trouble = "\(path): \(error.description)"
            }
        }
    }

    // MARK: -

    private static let sizeMax = 64
    private static let bytesMax = 1 << 22
    /// Others hold the file for a moment; nobody may hold a run up.
    private static let triesMax = 500
    private static let pause: UInt32 = 1_000
    /// How many sixtieths of the minute a waiter may come back too late before its turn is another's.
    private static let lateness: Int64 = 5

    private struct SystemFault: Error {
        let description = String(cString: strerror(errno))
    }

    private func putBack(_ state: State, into entries: inout [Entry]) {
        guard state.left > 0,
            let place = entries.lastIndex(where: { $0.owner == owner && $0.takenAt == state.takenAt })
        else { return }
        entries[place].points -= state.left
    }

    /// Reads, changes and writes the file while nobody else does.
    private func change(_ body: (inout Ledger) -> Void) throws(SystemFault) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw SystemFault() }
        defer { close(descriptor) }
        var tries = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            tries += 1
            guard errno == EWOULDBLOCK || errno == EINTR, tries < Self.triesMax else { throw SystemFault() }
            usleep(Self.pause)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemFault() }
        var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), Self.bytesMax))
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw SystemFault() }
        var ledger = Self.ledger(String(decoding: bytes.prefix(count), as: UTF8.self))
        body(&ledger)
        let lines =
            ledger.entries.map { "\($0.takenAt) \($0.points) \($0.owner)\n" }
            + ledger.waiters.map { "\($0.since) \($0.points) \($0.owner) \($0.returnsAt)\n" }
        let text = Array(lines.joined().utf8)
        guard ftruncate(descriptor, off_t(text.count)) == 0, pwrite(descriptor, text, text.count, 0) == text.count
        else { throw SystemFault() }
    }

    /// Milliseconds since 1970 of a line. A time that no clock shows is none: it could not be reckoned with.
    private static func moment(_ word: Substring) -> Int64? {
        Int64(word).flatMap { (0...1 << 50).contains($0) ? $0 : nil }
    }

    /// Lines of three numbers are entries, of four waiters. Others are left out: a process may have ended while it wrote.
    private static func ledger(_ text: String) -> Ledger {
        var ledger = Ledger()
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard (3...4).contains(words.count), let time = moment(words[0]), let points = Int(words[1]),
                let owner = UInt64(words[2]), (1...100_000).contains(points)
            else { continue }
            if words.count == 3 {
                ledger.entries.append(Entry(takenAt: time, points: points, owner: owner))
            } else if let returnsAt = moment(words[3]) {
                ledger.waiters.append(Waiter(since: time, points: points, owner: owner, returnsAt: returnsAt))
            }
        }
        return ledger
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
