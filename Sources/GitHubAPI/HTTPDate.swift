import AuditCore

extension Timestamp {
    /// Reads a date of a header, in any of the three forms that a recipient must know (RFC 9110 §5.6.7):
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
    init?(httpDate text: String) {
        let parts = text.split(separator: " ").map(String.init)
        let date: (day: String, month: String, year: String, time: String)
        switch parts.count {
        case 6 where parts[5] == "GMT": date = (parts[1], parts[2], parts[3], parts[4])
        case 5 where !parts[0].hasSuffix(","): date = (parts[2], parts[1], parts[4], parts[3])
        case 4 where parts[3] == "GMT":
            let numbers = parts[1].split(separator: "-").map(String.init)
            guard numbers.count == 3, numbers[2].utf8.count == 2, let year = Int(numbers[2]) else { return nil }
            // Two digits that would be more than fifty years ahead are of the century before; nobody sends old dates.
            date = (numbers[0], numbers[1], "\(year < 77 ? 20 : 19)\(numbers[2])", parts[2])
        default: return nil
        }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard date.year.utf8.count == 4, (1...2).contains(date.day.utf8.count),
            let month = months.firstIndex(of: date.month)
        else { return nil }
        let day = date.day.utf8.count == 1 ? "0\(date.day)" : date.day
        self.init("\(date.year)-\(month < 9 ? "0" : "")\(month + 1)-\(day)T\(date.time)Z")
    }
}
