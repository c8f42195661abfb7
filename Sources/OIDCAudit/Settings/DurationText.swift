extension Duration {
    /// Ascending.
    static let units: [(suffix: String, unit: Duration)] = [
        ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
    ]

    /// For a person, to a tenth of a second: `2.4 s`.
    var secondsText: String {
        let tenths = Int((self / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }

    /// Reads `500ms`, `90s`, `30m` or `2h`; `nil` for anything else.
    init?(text: String) {
        guard let (suffix, unit) = Self.units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
        let digits = text.dropLast(suffix.count)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(digits),
            count <= 1_000_000_000
        else { return nil }
        self = unit * count
    }
}
