import AuditCore
import Foundation
import Testing

@Suite struct TimestampTests {
    @Test func agreesWithFoundationOverCenturies() throws {
        let style = Date.ISO8601FormatStyle()
        for seconds in stride(from: Int64(-62_135_596_800), through: 253_402_300_799, by: 86_400 * 97 + 12_345) {
            let text = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(style)
            // Foundation writes years before 1583 in the Julian calendar.
            guard seconds > -12_000_000_000 else { continue }
            let timestamp = Timestamp(secondsSince1970: seconds)
            #expect(timestamp.description == text)
            #expect(Timestamp(text) == timestamp)
        }
    }

    @Test func writesYearsOfAnyLength() {
        #expect(Timestamp(secondsSince1970: 253_402_300_800).description == "10000-01-01T00:00:00Z")
        #expect(Timestamp(secondsSince1970: 253_402_300_800 + 366 * 86_400 - 1).description == "10000-12-31T23:59:59Z")
    }

    @Test(arguments: [
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00", "", "2026-01-01T00:00:00+00:00", "2O26-01-01T00:00:00Z", "2026-04-31T00:00:00Z",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
