import AuditCore

/// The patterns of one demand as one automaton: each position is a bit, and a set of bits is every position that may be live
/// after a text. The set that follows is always one, so that a demand and its negation cost the same.
struct PatternSet {
    /// How many words of 64 bits a set has.
    let words: Int
    let start: [UInt64]
    /// Every character that a pattern distinguishes from others.
    let scalars: [UInt32]
    private let finals: [UInt64]
    /// Positions that stay live whatever comes: a run begins there.
    private let loops: [UInt64]
    /// By class of characters, one after the other; the first class is of those that no pattern distinguishes.
    private let masks: [UInt64]
    private let classes: [UInt32: Int]
    /// Classes of ASCII.
    private let asciiClasses: [Int]
    private let patterns: [TextPattern]

    init(_ patterns: [TextPattern]) {
        self.patterns = patterns
        var positions: [(element: TextPattern.Element, ignoresCase: Bool)?] = []
        var starts: [Int] = []
        var ends: [Int] = []
        var looping: [Int] = []
        for pattern in patterns {
            starts.append(positions.count)
            for element in pattern.elements {
                if element == .run {
                    looping.append(positions.count)
                } else {
                    positions.append((element, pattern.kind == .equalsIgnoringCase))
                }
            }
            ends.append(positions.count)
            positions.append(nil)
        }
        words = max(1, (positions.count + 63) >> 6)
        start = Self.set(of: starts, words)
        finals = Self.set(of: ends, words)
        loops = Self.set(of: looping, words)
        var classes: [UInt32: Int] = [:]
        var classCount = 1
        var anywhere: [Int] = []
        func each(_ element: TextPattern.Element, _ ignoresCase: Bool) -> [UInt32] {
            guard case .scalar(let scalar) = element else { return [] }
            guard ignoresCase, scalar < 0x80 else { return [scalar] }
            let lower = UInt32(UInt8(scalar).lowercasedASCII)
            return (0x61...0x7A).contains(lower) ? [lower, lower - 0x20] : [scalar]
        }
        for (index, position) in positions.enumerated() {
            guard let position else { continue }
            if position.element == .one { anywhere.append(index) }
            for scalar in each(position.element, position.ignoresCase) where classes[scalar] == nil {
                classes[scalar] = classCount
                classCount += 1
            }
        }
        var masks = Array(repeating: UInt64(0), count: words * classCount)
        for index in anywhere {
            for one in 0..<classCount { masks[one * words + index >> 6] |= 1 << UInt64(index & 63) }
        }
        for (index, position) in positions.enumerated() {
            guard let position else { continue }
            for scalar in each(position.element, position.ignoresCase) {
                masks[(classes[scalar] ?? 0) * words + index >> 6] |= 1 << UInt64(index & 63)
            }
        }
        scalars = classes.keys.sorted()
        asciiClasses = (0..<128).map { classes[UInt32($0)] ?? 0 }
        self.masks = masks
        self.classes = classes
    }

    /// Moves a set on by one character.
    ///
    /// - Parameter live: `words` words, in and out.
    @inline(__always)
    func step(_ live: UnsafeMutablePointer<UInt64>, _ scalar: UInt32) {
        let kind = scalar < 128 ? asciiClasses[Int(scalar)] : classes[scalar] ?? 0
        let base = kind * words
        var carry: UInt64 = 0
        for word in 0..<words {
            let before = live[word]
            let moved = before & masks[base + word]
            live[word] = moved << 1 | carry | before & loops[word]
            carry = moved >> 63
        }
    }

    /// Whether one of the patterns matches the text that led there.
    func isMatch(_ live: UnsafePointer<UInt64>) -> Bool {
        for word in 0..<words where live[word] & finals[word] != 0 { return true }
        return false
    }

    /// Most characters of what is left of all patterns.
    private static let restsMax = 2_000

    /// What is left of each pattern at each of its live positions, each text once.
    ///
    /// - Returns: `nil` if it can't be written, or is long.
    func rests(_ live: ArraySlice<UInt64>) -> [TextPattern]? {
        var rests: Set<TextPattern> = []
        var (position, length) = (0, 0)
        for pattern in patterns {
            let elements = pattern.elements
            for index in 0...elements.count where index == elements.count || elements[index] != .run {
                defer { position += 1 }
                guard live[live.startIndex + position >> 6] >> UInt64(position & 63) & 1 == 1 else { continue }
                let rest = Array(elements[(index > 0 && elements[index - 1] == .run ? index - 1 : index)...])
                length += rest.count
                guard length <= Self.restsMax, let text = rest.written(hasVariables: pattern.hasVariables) else {
                    return nil
                }
                let written = TextPattern(pattern.kind, text, hasVariables: pattern.hasVariables)
                guard written.elements == rest else { return nil }
                rests.insert(written)
            }
        }
        return rests.sorted { ($0.text, $0.kind.rawValue) < ($1.text, $1.kind.rawValue) }
    }

    func isDead(_ live: UnsafePointer<UInt64>) -> Bool {
        for word in 0..<words where live[word] != 0 { return false }
        return true
    }

    private static func set(of positions: [Int], _ words: Int) -> [UInt64] {
        var set = Array(repeating: UInt64(0), count: words)
        for position in positions { set[position >> 6] |= 1 << UInt64(position & 63) }
        return set
    }
}
