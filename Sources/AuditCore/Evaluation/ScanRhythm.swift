/// How often an organization is scanned, as its scans show.
package struct ScanRhythm: Hashable, Sendable {
    private enum Usual: Hashable {
        /// Too few scans to show one.
        case unknown
        /// Several times a day, so many seconds apart.
        case seconds(Int64)
        /// On one day of so many, whatever the number of scans on it, but for days of the week that are off. Days begin so
        /// many seconds after midnight.
        case days(Int64, start: Int64, off: Set<Int64>)
    }

    private let usual: Usual

    private static let day: Int64 = 86_400
    /// A scan may begin so much before its usual time, and belongs to its own day nevertheless.
    private static let early: Int64 = 4 * 3600
    /// Scans less far apart are several a day.
    private static let dailyMin: Int64 = 16 * 3600
    /// So many times scans must have been more than a day apart before that is usual.
    private static let distancesMin = 3
    /// So many distances in a row show what is usual, though one of them is longer: a schedule that decays later does
    /// not become usual.
    private static let whileMin = 7
    /// A weekend has at most so many days, and was without a scan at least so many times.
    private static let weekendMax: Int64 = 3
    private static let weekendsMin = 2
    /// Without a rhythm scans are taken for new for a day and a half.
    private static let newMax: Int64 = 36 * 3600

    /// - Parameter starts: of scans, oldest first.
    package init(_ starts: [Timestamp]) {
        let intervals = zip(starts, starts.dropFirst()).map { $1.seconds(since: $0) }
        // A few scans of one day, such as of several policies, show nothing.
        guard intervals.reduce(0, +) >= Self.day - Self.early else {
            usual = .unknown
            return
        }
        let apart = Self.interval(at: intervals)
        guard apart >= Self.dailyMin else {
            // Each may come some minutes late, and several runs may stand together.
            let usualOnes = intervals.filter { apart / 3 <= $0 && $0 <= 3 * apart }
            usual = .seconds(usualOnes.reduce(0, +) / Int64(max(1, usualOnes.count)))
            return
        }
        let start = Self.start(of: starts)
        var dates: [Int64] = []
        for date in starts.map({ Self.day($0, start) }) where date != dates.last { dates.append(date) }
        let distances = zip(dates, dates.dropFirst()).map { $1 - $0 }
        let days = Self.usualDistance(distances)
        // What happened once or twice is not usual: most nights of a period may be missing.
        usual =
            days == 1 || distances.count >= Self.distancesMin
            ? .days(days, start: start, off: days == 1 ? Self.daysOff(dates) : []) : .unknown
    }

    /// What is usual, such as `every day`; `nil` if scans do not show it.
    package var words: String? {
        switch usual {
        case .unknown: nil
        case .seconds(let usual): "every " + (55...65 ~= (usual + 30) / 60 ? "hour" : Self.words(usual))
        case .days(1, _, let off): off.isEmpty ? "every day" : "\(7 - off.count) days a week"
        case .days(let usual, _, _): "every \(usual) days"
        }
    }

    /// Why a time without a scan is a gap, for people; `nil` if it is none.
    ///
    /// - Parameter next: when the next scan began, or until when there was none.
    package func gap(from start: Timestamp, to next: Timestamp) -> String? {
        let usually = words.map { "where one is usual \($0)" } ?? ""
        let seconds = next.seconds(since: start)
        switch usual {
        case .unknown: return seconds > Self.newMax ? "no scan" : nil
        case .seconds(let usual):
            guard 10 * seconds > 19 * usual else { return nil }
            return "no scan for \(Self.words(seconds)), \(usually)"
        case .days(let usual, let begin, let off):
            let (first, last) = (Self.day(start, begin), Self.day(next, begin))
            let days = last - first
            // Where each scan comes a little later than the day before, no scan comes much later.
            guard 2 * days > 3 * usual, seconds > usual * Self.day + Self.early else { return nil }
            guard usual == 1 else { return "no scan for \(days) days, \(usually)" }
            let missing = off.isEmpty ? Int(days - 1) : ((first + 1)..<last).count { !off.contains(Self.weekday($0)) }
            return missing == 0 ? nil : "no scan on \(missing == 1 ? "1 day" : "\(missing) days"), \(usually)"
        }
    }

    // MARK: -

    /// How far apart the scans around most moments are. A day counts once, so that a long time without scans is not usual.
    private static func interval(at intervals: [Int64]) -> Int64 {
        let total = intervals.reduce(0) { $0 + min($1, day) }
        var seen: Int64 = 0
        return intervals.sorted().first { interval in
            seen += min(interval, day)
            return 2 * seen >= total
        } ?? day
    }

    /// The days between most scans, or between those of the time in which scans were most frequent.
    private static func usualDistance(_ distances: [Int64]) -> Int64 {
        guard !distances.isEmpty else { return 1 }
        let median = distances.sorted()[(distances.count - 1) / 2]
        let densest = distances.indices.dropLast(whileMin - 1).map { start in
            distances[start..<start + whileMin].sorted()[whileMin - 2]
        }.min()
        return min(median, densest ?? median)
    }

    /// Days of the week without a scan, again and again, such as weekends.
    private static func daysOff(_ dates: [Int64]) -> Set<Int64> {
        var free: [Int64: Int] = [:]
        for (date, next) in zip(dates, dates.dropFirst()) where next - date <= weekendMax + 1 {
            for day in (date + 1)..<next { free[weekday(day), default: 0] += 1 }
        }
        let scanned = Set(dates.map(weekday))
        return Set(free.filter { $0.value >= weekendsMin && !scanned.contains($0.key) }.keys)
    }

    private static func weekday(_ day: Int64) -> Int64 { (day % 7 + 7) % 7 }

    /// When days are to begin, so that the usual time of scans is not near the end of one: before the six hours of the
    /// day with most scans.
    private static func start(of starts: [Timestamp]) -> Int64 {
        var scans = Array(repeating: 0, count: 24)
        for start in starts { scans[Int((start.secondsSince1970 % day + day) % day) / 3600] += 1 }
        let sums = scans.indices.map { hour in (0..<6).reduce(0) { $0 + scans[(hour + $1) % 24] } }
        let most = sums.max() ?? 0
        // Of several that hold the same scans, the last begins with them.
        let hour = sums.indices.first { sums[$0] == most && sums[($0 + 1) % 24] < most } ?? 0
        return (Int64(hour) * 3600 - early + day) % day
    }

    private static func day(_ time: Timestamp, _ start: Int64) -> Int64 { (time.secondsSince1970 - start) / day }

    /// Rounded to hours, or to minutes where it is less than two hours.
    private static func words(_ seconds: Int64) -> String {
        let minutes = (seconds + 30) / 60
        return minutes < 120 ? "\(minutes) min" : "\((minutes + 30) / 60) h"
    }
}
