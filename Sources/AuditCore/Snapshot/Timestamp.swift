/// A moment, to the second, in UTC.
///
/// Whole seconds as `2026-11-21T02:00:00Z` are what reports and the history show, so that is all it keeps.
package struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let secondsSince1970: Int64

    package init(secondsSince1970: Int64) {
        self.secondsSince1970 = secondsSince1970
    }

    /// Reads `YYYY-MM-DDTHH:MM:SSZ`, the form that `description` writes; `nil` for any other.
    package init?(_ text: String) {
        let seconds =
            text.utf8.withContiguousStorageIfAvailable(Self.seconds)
            ?? Array(text.utf8).withUnsafeBufferPointer(Self.seconds)
        guard let seconds else { return nil }
        secondsSince1970 = seconds
    }

    private static func seconds(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard bytes.count == 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            bytes[19] == UInt8(ascii: "Z")
        else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = daysSince1970(year: year, month: month, day: day)
        guard civilDate(daysSince1970: days) == (year, month, day) else { return nil }
        return ((days * 24 + hour) * 60 + minute) * 60 + second
    }

    package var description: String {
        let (days, second) = secondsSince1970.quotientAndRemainder(flooringBy: 86_400)
        let (year, month, day) = Self.civilDate(daysSince1970: days)
        // Very many are written: byte by byte, all but a year of more than four digits.
        guard (0...9999).contains(year) else {
            let like = Self.daysSince1970(year: 2000, month: month, day: day) * 86_400 + second
            return "\(year)" + Timestamp(secondsSince1970: like).description.dropFirst(4)
        }
        return String(unsafeUninitializedCapacity: 20) { bytes in
            var place = 0
            func write(_ value: Int64, _ width: Int, _ end: Unicode.Scalar) {
                var value = value
                for digit in stride(from: place + width - 1, through: place, by: -1) {
                    bytes[digit] = UInt8(ascii: "0") + UInt8(value % 10)
                    value /= 10
                }
                bytes[place + width] = UInt8(ascii: end)
                place += width + 1
            }
            write(year, 4, "-")
            write(month, 2, "-")
            write(day, 2, "T")
            write(second / 3600, 2, ":")
            write(second / 60 % 60, 2, ":")
            write(second % 60, 2, "Z")
            return place
        }
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.secondsSince1970 < right.secondsSince1970
    }

    /// Whole seconds from the other moment to this one.
    package func seconds(since other: Timestamp) -> Int64 {
        secondsSince1970 - other.secondsSince1970
    }

    package func adding(seconds: Int64) -> Timestamp {
        Timestamp(secondsSince1970: secondsSince1970 + seconds)
    }

    // MARK: - Proleptic Gregorian calendar, counted from 1 March so that leap days come last in a year

    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = shiftedYear.quotientAndRemainder(flooringBy: 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(flooringBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Int64 {
    fileprivate func quotientAndRemainder(flooringBy divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
