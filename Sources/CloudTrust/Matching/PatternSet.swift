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
    /// Where the pattern of each position begins. What a pattern takes from any position before a run, it takes from the run
    /// as well, so that these positions need not be kept apart.
    private let beginnings: [Int]
    /// Positions behind a run at a pattern's end: whatever follows is a match.
    private let settled: [UInt64]
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
        var beginnings: [Int] = []
        for (number, pattern) in patterns.enumerated() {
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
            beginnings += repeatElement(starts[number], count: positions.count - starts[number])
        }
        words = max(1, (positions.count + 63) >> 6)
        start = Self.set(of: starts, words)
        finals = Self.set(of: ends, words)
        loops = Self.set(of: looping, words)
        settled = Self.set(of: ends.filter(Set(looping).contains), words)
        self.beginnings = beginnings
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
        let base = kind(of: scalar) * words
        var carry: UInt64 = 0
        var entersRun = false
        for word in 0..<words {
            let before = live[word]
            let moved = before & masks[base + word]
            let after = moved << 1 | carry
            entersRun = entersRun || after & loops[word] & ~before != 0
            live[word] = after | before & loops[word]
            carry = moved >> 63
        }
        if entersRun { forget(live) }
    }

    /// Clears positions that add nothing to others.
    private func forget(_ live: UnsafeMutablePointer<UInt64>) {
        for word in 0..<words where live[word] & settled[word] != 0 {
            // The first of them will do.
            for other in 0..<words { live[other] = 0 }
            let first = settled.firstIndex { $0 != 0 } ?? word
            live[first] = 1 << UInt64(settled[first].trailingZeroBitCount)
            return
        }
        for word in 0..<words {
            var runs = live[word] & loops[word]
            while runs != 0 {
                let position = word << 6 + runs.trailingZeroBitCount
                runs &= runs - 1
                clear(beginnings[position]..<position, live)
            }
        }
    }

    private func clear(_ positions: Range<Int>, _ live: UnsafeMutablePointer<UInt64>) {
        guard !positions.isEmpty else { return }
        let (first, last) = (positions.lowerBound >> 6, (positions.upperBound - 1) >> 6)
        for word in first...last {
            var mask = UInt64.max
            if word == first { mask &= .max << UInt64(positions.lowerBound & 63) }
            if word == last { mask &= .max >> UInt64(63 - (positions.upperBound - 1) & 63) }
            live[word] &= ~mask
        }
    }

    // MARK: - Backwards

    /// Positions at which a text may end.
    var ends: [UInt64] { finals }

    /// Moves a set back by one character.
    ///
    /// - Parameter wanted: in: positions behind the character; out: those from which it leads there.
    func stepBack(_ wanted: inout ArraySlice<UInt64>, _ scalar: UInt32) {
        let base = kind(of: scalar) * words
        let first = wanted.startIndex
        for word in 0..<words {
            let following = word + 1 < words ? wanted[first + word + 1] : 0
            let before = wanted[first + word]
            wanted[first + word] = masks[base + word] & (before >> 1 | following << 63) | loops[word] & before
        }
    }

    /// Moves a set back by any text of some characters.
    ///
    /// - Parameter mayHold: whether a character may be in the text; one that no pattern distinguishes always may.
    func closeBack(_ wanted: inout ArraySlice<UInt64>, _ mayHold: (UInt32) -> Bool) {
        var moving = Array(masks[0..<words])
        for scalar in scalars where mayHold(scalar) {
            let base = kind(of: scalar) * words
            for word in 0..<words { moving[word] |= masks[base + word] }
        }
        let first = wanted.startIndex
        var isFollowingWanted = false
        for word in (0..<words).reversed() {
            var set = wanted[first + word]
            for bit in (0..<64).reversed() {
                let one: UInt64 = 1 << UInt64(bit)
                if isFollowingWanted, moving[word] & one != 0 { set |= one }
                isFollowingWanted = set & one != 0
            }
            wanted[first + word] = set
        }
    }

    /// Whether a character moves some position of a set otherwise than one does that no pattern distinguishes.
    func distinguishes(_ scalar: UInt32, within set: ArraySlice<UInt64>) -> Bool {
        let base = kind(of: scalar) * words
        return (0..<words).contains { (masks[base + $0] ^ masks[$0]) & set[set.startIndex + $0] != 0 }
    }

    private func kind(of scalar: UInt32) -> Int {
        scalar < 128 ? asciiClasses[Int(scalar)] : classes[scalar] ?? 0
    }

    // MARK: -

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
