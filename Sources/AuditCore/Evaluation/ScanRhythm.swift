/// How often an organization is scanned, as its scans show.
struct ScanRhythm: Hashable, Sendable {
    private enum Usual: Hashable {
        /// Too few scans to show one.
        case unknown
        /// Several times a day, so many seconds apart.
        case seconds(Int64)
        /// On one day of so many, whatever the number of scans on it. Days begin so many seconds after midnight.
        case days(Int64, start: Int64)
    }

    private let usual: Usual

    private static let day: Int64 = 86_400
    /// A scan may begin so much before its usual time, and belongs to its own day nevertheless.
    private static let early: Int64 = 4 * 3600
    /// Scans less far apart are several a day.
    private static let dailyMin: Int64 = 16 * 3600
    /// So many times scans must have been more than a day apart before that is usual.
    private static let distancesMin = 3
    /// Without a rhythm scans are taken for new for a day and a half.
    private static let newMax: Int64 = 36 * 3600

    /// - Parameter starts: of scans, oldest first.
    init(_ starts: [Timestamp]) {
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
        let dates = starts.map { Self.day($0, start) }
        let distances = zip(dates, dates.dropFirst()).map { $1 - $0 }.filter { $0 > 0 }.sorted()
        let days = distances.isEmpty ? 1 : distances[(distances.count - 1) / 2]
        // What happened once or twice is not usual: most nights of a period may be missing.
        usual = days == 1 || distances.count >= Self.distancesMin ? .days(days, start: start) : .unknown
    }

    /// Why a time without a scan is a gap, for people; `nil` if it is none.
    ///
    /// - Parameter next: when the next scan began, or until when there was none.
    func gap(from start: Timestamp, to next: Timestamp) -> String? {
        let seconds = next.seconds(since: start)
        switch usual {
        case .unknown: return seconds > Self.newMax ? "no scan" : nil
        case .seconds(let usual):
            guard 10 * seconds > 19 * usual else { return nil }
            return "no scan for \(Self.words(seconds)), where one is usual every "
                + (55...65 ~= (usual + 30) / 60 ? "hour" : Self.words(usual))
        case .days(let usual, let begin):
            let days = Self.day(next, begin) - Self.day(start, begin)
            // Where each scan comes a little later than the day before, no scan comes much later.
            guard 2 * days > 3 * usual, seconds > usual * Self.day + Self.early else { return nil }
            return usual == 1
                ? "no scan on \(days == 2 ? "1 day" : "\(days - 1) days"), where one is usual every day"
                : "no scan for \(days) days, where one is usual every \(usual) days"
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
