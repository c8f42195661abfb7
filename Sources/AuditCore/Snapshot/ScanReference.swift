/// How a person names a stored scan: by number, by place, or by time.
package enum ScanReference: Hashable, Sendable, CustomStringConvertible {
    case id(ScanID)
    /// The newest one.
    case latest
    /// The newest one before the latest of the same organizations.
    case previous
    /// The newest one of those that had begun by then, as their clocks said.
    case at(Timestamp)

    /// What can be said, for messages.
    package static let forms = "a number, latest, previous, or a date such as 2026-09-30"

    /// Reads `42` or `#42`, `latest`, `previous`, `2026-09-30` (to the end of that day) or `2026-09-30T02:00:00Z`.
    package init?(_ text: String) {
        switch text {
        case "latest": self = .latest
        case "previous": self = .previous
        default:
            let digits = text.hasPrefix("#") ? text.dropFirst() : text[...]
            if !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
                guard let id = Int64(digits), id > 0 else { return nil }
                self = .id(ScanID(rawValue: id))
            } else if let moment = Timestamp(text) ?? Timestamp(dayOf: text)?.adding(seconds: 86_399) {
                self = .at(moment)
            } else {
                return nil
            }
        }
    }

    package var description: String {
        switch self {
        case .id(let id): "\(id.rawValue)"
        case .latest: "latest"
        case .previous: "previous"
        case .at(let moment): "at \(moment)"
        }
    }
}

extension Timestamp {
    /// Reads `YYYY-MM-DD` as the first second of that day, in UTC; `nil` for any other form.
    package init?(dayOf text: String) {
        guard text.utf8.count == 10 else { return nil }
        self.init(text + "T00:00:00Z")
    }

    /// `YYYY-MM-DD`, in UTC.
    package var day: String { String(description.prefix(10)) }
}
