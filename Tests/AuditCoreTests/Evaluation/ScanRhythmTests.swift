import TestSupport
import Testing

@testable import AuditCore

/// Times without a scan, by what is usual. The sample time is 02:00.
@Suite struct ScanRhythmTests {
    private static let day: Int64 = 86_400

    private static func at(_ seconds: Int64) -> Timestamp { .sample.adding(seconds: seconds) }

    private static func hours(_ hours: Int64) -> Timestamp { at(hours * 3600) }

    private static func nights(_ nights: some Sequence<Int64>) -> [Timestamp] {
        // Each some seconds early or late.
        nights.map { at($0 * day + ($0 * 7) % 11 - 5) }
    }

    private static func gaps(_ starts: [Timestamp], until end: Timestamp) -> [String] {
        PeriodGap.missingScans(of: "acme", between: starts.sorted(), andUntil: end).map { gap in
            "\(gap.from.seconds(since: .sample) / 3600) to \(gap.to.map { "\($0.seconds(since: .sample) / 3600)" } ?? "end"): "
                + gap.reason
        }
    }

    @Test func nightsThatAreMissingAreGaps() {
        let starts = [0, 24, 48, 120, 144].map(Self.hours)
        #expect(
            Self.gaps(starts, until: Self.hours(240)) == [
                "48 to 120: no scan on 2 days, where one is usual every day",
                "144 to end: no scan on 3 days, where one is usual every day",
            ])
        // Silence is never known to be whole, however few scans there are.
        #expect(
            Self.gaps([Self.hours(0), Self.hours(24)], until: Self.hours(240)) == [
                "24 to end: no scan on 8 days, where one is usual every day"
            ])
        #expect(Self.gaps([Self.hours(24)], until: Self.hours(240)) == ["24 to end: no scan"])
        #expect(Self.gaps([Self.hours(0)], until: Self.hours(30)).isEmpty)
        // A night is missing when it is over.
        #expect(Self.gaps(Array(starts[..<3]), until: Self.hours(91)).isEmpty)
        #expect(Self.gaps(Array(starts[..<3]), until: Self.hours(93)).count == 1)
    }

    /// What came once or twice is not usual: where most nights are missing, it is not called whole.
    @Test(arguments: [[-11, -10, -9, -1, 13], [-1, 19], [-31, -6, 19], [-1, 13, 19]] as [[Int64]])
    func aFewScansFarApartAreNoRhythm(days: [Int64]) {
        let starts = days.map { Self.at($0 * Self.day) }
        #expect(!Self.gaps(starts, until: Self.at(25 * Self.day)).isEmpty)
    }

    /// An hourly scan whose start waits for its turn.
    @Test func hoursThatComeLateAreNotMissing() {
        var random = SeededGenerator(15)
        let starts = (0..<72 as Range<Int64>).map { hour in
            Self.at(hour * 3600 + Int64.random(in: 0..<49 * 60, using: &random))
        }
        #expect(Self.gaps(starts, until: Self.hours(72)).isEmpty)
        let without = starts.enumerated().filter { !(30..<34 ~= $0.offset) }.map(\.element)
        #expect(Self.gaps(without, until: Self.hours(72)).count == 1)
    }

    /// Whether one night is missing does not depend on how many seconds late its neighbours were.
    @Test func oneNightThatIsMissingIsAGap() {
        for jitter in -5...5 as ClosedRange<Int64> {
            let starts = (0...13 as ClosedRange<Int64>).filter { $0 != 5 && $0 != 9 }
                .map { Self.at($0 * Self.day + ($0 == 6 ? jitter : 0)) }
            let reason = "no scan on 1 day, where one is usual every day"
            #expect(Self.gaps(starts, until: Self.hours(13 * 24 + 21)).count == 2, "\(jitter)")
            #expect(Self.gaps(starts, until: Self.hours(13 * 24 + 21)).allSatisfy { $0.hasSuffix(reason) })
        }
    }

    @Test func severalScansANightAreOneNight() {
        let policies = Self.nights(0...9).flatMap { [$0, $0.adding(seconds: 300), $0.adding(seconds: 600)] }
        #expect(Self.gaps(policies, until: Self.hours(9 * 24 + 20)).isEmpty)
        let without = policies.filter { !(Self.hours(70)...Self.hours(75) ~= $0) }
        #expect(Self.gaps(without, until: Self.hours(9 * 24 + 20)).count == 1)
        // A day on which somebody tried much.
        let reruns = Self.nights(0...9) + (1...10 as ClosedRange<Int64>).map { Self.hours(4 * 24 + $0) }
        #expect(Self.gaps(reruns, until: Self.hours(9 * 24 + 20)).isEmpty)
        // One that hides the night after it from no one.
        let afternoon = Self.nights([0, 1, 2, 3, 5, 6]) + [Self.hours(3 * 24 + 13)]
        #expect(
            Self.gaps(afternoon, until: Self.hours(6 * 24 + 20)).map { $0.drop { $0 != ":" } }
                == [": no scan on 1 day, where one is usual every day"])
        for second in [0, 1, 600] as [Int64] {
            #expect(Self.gaps([Self.at(0), Self.at(second)], until: Self.hours(30)).isEmpty)
            #expect(
                Self.gaps([Self.at(0), Self.at(second)], until: Self.hours(48)).map { $0.suffix(9) } == [": no scan"])
        }
    }

    /// Nights around midnight, nights that begin hours late, and a day of 25 hours.
    @Test(arguments: [0, -2, -10, 11] as [Int64])
    func aScanThatIsLateIsNotMissing(hour: Int64) {
        let late = [0, 2, 0, 3, 1, 0, 2, 1, 0, 0] as [Int64]
        let starts = late.enumerated().map { Self.hours(Int64($0.offset) * 24 + hour + $0.element) }
        #expect(Self.gaps(starts, until: Self.hours(9 * 24 + hour + 20)).isEmpty)
        let drift = (0...60 as ClosedRange<Int64>).map { Self.hours($0 * 25 + hour) }
        #expect(Self.gaps(drift, until: Self.hours(60 * 25 + hour)).isEmpty)
    }

    @Test func otherRhythmsAreFound() {
        let weeks = (0...12 as ClosedRange<Int64>).filter { $0 != 4 }.map { Self.at($0 * 7 * Self.day + $0 % 3 * 3600) }
        let week = "no scan for 14 days, where one is usual every 7 days"
        #expect(Self.gaps(weeks, until: Self.hours(12 * 168 + 100)).map { $0.hasSuffix(week) } == [true])
        // A few scans in between do not make a week's rhythm a day's.
        let more = weeks + [1, 2, 3].map { Self.at($0 * Self.day) }
        #expect(Self.gaps(more, until: Self.hours(12 * 168 + 100)).map { $0.hasSuffix(week) } == [true])

        let every = (0...99 as ClosedRange<Int64>).filter { !(40...44 ~= $0) }.map { Self.at($0 * 3600 + $0 % 7 * 60) }
        #expect(
            Self.gaps(every, until: Self.hours(100)).map { $0.drop { $0 != ":" } }
                == [": no scan for 6 h, where one is usual every hour"])
        let six = (0...40 as ClosedRange<Int64>).filter { $0 != 9 }.map { Self.hours($0 * 6) }
        #expect(
            Self.gaps(six, until: Self.hours(241)) == ["48 to 60: no scan for 12 h, where one is usual every 6 h"])
    }

    /// What was usual for a week stays so, however seldom scans come later.
    @Test(arguments: [2, 3, 5] as [Int64])
    func aScheduleThatDecaysHasGaps(distance: Int64) {
        let starts = Self.nights(
            Array(0...9 as ClosedRange<Int64>)
                + Array(stride(from: 9 + distance, through: 89, by: Int64.Stride(distance))))
        let gaps = Self.gaps(starts, until: starts[starts.count - 1].adding(seconds: 3600))
        #expect(gaps.count == starts.count - 10)
        let days = distance == 2 ? "1 day" : "\(distance - 1) days"
        #expect(gaps.allSatisfy { $0.hasSuffix("no scan on \(days), where one is usual every day") }, "\(gaps)")
        // Where nothing else was ever seen, it is usual.
        let seldom = Self.nights(stride(from: 0, through: 89, by: Int64.Stride(distance)))
        #expect(Self.gaps(seldom, until: seldom[seldom.count - 1].adding(seconds: 3600)).isEmpty)
        #expect(ScanRhythm(seldom).words == "every \(distance) days")
    }

    @Test(arguments: [0, 3, 6] as [Int64])
    func aWeekendIsNoGapWhereItNeverHadScans(first: Int64) {
        let days = (0..<42 as Range<Int64>).filter { ($0 + first) % 7 < 5 }
        let starts = Self.nights(days)
        let end = Self.hours(42 * 24 - 4)
        #expect(Self.gaps(starts, until: end).isEmpty)
        #expect(ScanRhythm(starts).words == "5 days a week")
        // A day of the week is one, beside a weekend too.
        for day in [14, 18] as [Int64] {
            let missing = (day..<day + 7).first { ($0 + first) % 7 == (day == 14 ? 2 : 4) } ?? 0
            let without = Self.nights(days.filter { $0 != missing })
            #expect(
                Self.gaps(without, until: end).map { $0.drop { $0 != ":" } }
                    == [": no scan on 1 day, where one is usual 5 days a week"], "\(missing)")
        }
        // Weekends that had scans once are gaps later.
        let once = Self.nights(Array(0..<14 as Range<Int64>) + days.filter { $0 >= 14 })
        #expect(!Self.gaps(once, until: end).isEmpty)
        // One weekend shows nothing.
        #expect(Self.gaps(Self.nights([0, 1, 2, 3, 4, 7, 8]), until: Self.hours(8 * 24 + 20)).count == 1)
    }

    /// Scans of some repositories stand for no others.
    @Test func narrowScansDoNotFillAGap() {
        func side(_ night: Int64) -> ScanDifference.Side {
            ScanDifference.Side(id: ScanID(rawValue: night), startedAt: Self.hours(night * 24), digest: "")
        }
        let gaps = PeriodGap.missingScans(
            of: "acme", between: Self.nights([0, 1, 2, 8, 9]), narrow: [3, 4, 7].map(side),
            andUntil: Self.hours(9 * 24 + 20))
        let words = gaps.map { gap in
            "\(gap.kind.rawValue) \(gap.first?.id.rawValue ?? 0)-\(gap.last?.id.rawValue ?? 0): \(gap.reason)"
        }
        #expect(
            words == [
                "listing_incomplete 3-7: scans of some repositories only: nothing is known of the others",
                "missing_scans 0-0: no scan on 2 days, where one is usual every day",
            ])
    }

    /// However long nothing was scanned, that is not usual.
    @Test func aLongSilenceIsAGap() {
        let starts = Self.nights([0, 1, 2, 3, 63, 64])
        #expect(
            Self.gaps(starts, until: Self.hours(64 * 24 + 20)).map { $0.drop { $0 != ":" } }
                == [": no scan on 59 days, where one is usual every day"])
    }
}
