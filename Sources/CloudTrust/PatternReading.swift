import AuditCore

/// One way in which a pattern matches a text with holes: what it demands of each hole, and what is left of it behind the text.
struct PatternReading: Hashable {
    var holes: [String: [TextPattern.Element]] = [:]
    private var place = 0

    /// Most ways that are followed: behind a hole there are as many as the pattern has characters, until a text comes.
    private static let readingsMax = (atText: 64, atHole: 20_000)

    /// All ways in which a pattern matches a text's beginning.
    ///
    /// - Parameter isWhole: whether it must match the text to its end.
    /// - Returns: `nil` if they are too many.
    static func readings(_ pattern: TextPattern, of parts: [TokenPart], isWhole: Bool = false) -> [PatternReading]? {
        let elements = pattern.elements
        var readings: Set<PatternReading> = [PatternReading()]
        for part in parts {
            switch part {
            case .text(let text):
                for scalar in text.unicodeScalars {
                    readings = Set(readings.flatMap { $0.reading(scalar.value, elements, pattern.kind) })
                }
                guard readings.count <= readingsMax.atText else { return nil }
            case .hole(let hole, _):
                readings = Set(readings.flatMap { $0.reading(hole, elements) })
                guard readings.count <= readingsMax.atHole else { return nil }
            }
        }
        if isWhole { readings = readings.filter { $0.place >= elements.count - (elements.last == .run ? 1 : 0) } }
        guard readings.count <= readingsMax.atText else { return nil }
        return readings.sorted { $0.place < $1.place }
    }

    /// What is left of the pattern.
    func rest(_ pattern: TextPattern) -> [TextPattern.Element] { Array(pattern.elements[place...]) }

    // MARK: -

    private func reading(
        _ scalar: UInt32, _ elements: [TextPattern.Element], _ kind: TextPattern.Kind,
    ) -> [PatternReading] {
        func step(_ place: Int) -> PatternReading? {
            guard place < elements.count else { return nil }
            switch elements[place] {
            case .one: return at(place + 1)
            case .scalar(let wanted): return kind.takes(scalar, wanted) ? at(place + 1) : nil
            case .run: return nil
            }
        }
        guard place < elements.count, elements[place] == .run else { return [step(place)].compactMap { $0 } }
        return [self] + [step(place + 1)].compactMap { $0 }
    }

    /// A run that ends with the hole may go on behind it, which takes in the way in which it does not.
    private func reading(_ hole: TokenHole, _ elements: [TextPattern.Element]) -> [PatternReading] {
        (place...elements.count).compactMap { end in
            guard end == place || elements[end - 1] != .run else { return nil }
            var reading = at(end)
            let isOpen = end < elements.count && elements[end] == .run
            // The texts of a hole that comes again are those of the first place, which can only be more.
            if holes[hole.name] == nil { reading.holes[hole.name] = elements[place..<end] + (isOpen ? [.run] : []) }
            return reading
        }
    }

    private func at(_ place: Int) -> PatternReading {
        var reading = self
        reading.place = place
        return reading
    }
}

extension TextPattern.Kind {
    fileprivate func takes(_ given: UInt32, _ wanted: UInt32) -> Bool {
        guard given != wanted, self == .equalsIgnoringCase, given < 0x80, wanted < 0x80 else { return given == wanted }
        return UInt8(given).lowercasedASCII == UInt8(wanted).lowercasedASCII
    }
}

extension [TextPattern.Element] {
    /// As a value under `StringLike`.
    ///
    /// - Returns: `nil` if a character is a wildcard there and can't be written otherwise.
    func written(hasVariables: Bool) -> String? {
        var text = String.UnicodeScalarView()
        for (index, element) in enumerated() {
            switch element {
            case .run: text.append("*")
            case .one: text.append("?")
            case .scalar(let value):
                guard let scalar = Unicode.Scalar(value) else { return nil }
                let isVariable = scalar == "$" && index + 1 < count && self[index + 1] == .scalar(0x7B)
                guard scalar == "*" || scalar == "?" || isVariable && hasVariables else {
                    text.append(scalar)
                    continue
                }
                guard hasVariables else { return nil }
                text.append(contentsOf: "${\(scalar)}".unicodeScalars)
            }
        }
        return String(text)
    }
}
