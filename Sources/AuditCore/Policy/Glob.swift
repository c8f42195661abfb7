/// A pattern for names: `*` stands for any run of characters, `?` for one; case does not matter.
package struct Glob: Hashable, Sendable, CustomStringConvertible {
    package let pattern: String
    private let letters: [UInt8]

    package init(_ pattern: String) {
        self.pattern = pattern
        self.letters = Array(pattern.lowercased().utf8)
    }

    package var description: String { pattern }

    /// Matches the whole name, in time linear in the name for each `*`.
    package func matches(_ name: String) -> Bool {
        let name = Array(name.lowercased().utf8)
        var nameIndex = 0
        var letterIndex = 0
        var retry: (letterIndex: Int, nameIndex: Int)?
        while nameIndex < name.count {
            if letterIndex < letters.count, letters[letterIndex] == UInt8(ascii: "*") {
                retry = (letterIndex + 1, nameIndex)
                letterIndex += 1
            } else if letterIndex < letters.count,
                letters[letterIndex] == UInt8(ascii: "?") || letters[letterIndex] == name[nameIndex]
            {
                letterIndex += 1
                nameIndex += 1
            } else if let (afterStar, start) = retry {
                retry = (afterStar, start + 1)
                letterIndex = afterStar
                nameIndex = start + 1
            } else {
                return false
            }
        }
        return letters[letterIndex...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
