/// Reads the members of one object, each known by name; any other is an error.
///
/// Errors name the place, what was expected and the nearest word that would have been valid.
package struct ObjectReader {
    private let members: [String: Document.Member]
    private let position: SourcePosition
    /// What the object is, for messages: `a rule entry`.
    private let subject: String

    /// - Parameter allowed: every key that the object may hold; `nil`: any.
    package init(_ document: Document, as subject: String, allowing allowed: [String]? = nil) throws(DocumentError) {
        guard case .object(let members) = document.value else {
            throw DocumentError(at: document.position, "\(subject) must be an object, not \(document.kind)")
        }
        for member in members {
            guard let allowed, !allowed.contains(member.key) else { continue }
            throw DocumentError(
                at: member.keyPosition, "unknown key \"\(member.key)\" in \(subject)",
                hint: NearestWord.hint(for: member.key, among: allowed))
        }
        self.members = Dictionary(members.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        self.position = document.position
        self.subject = subject
    }

    package func position(of key: String) -> SourcePosition {
        members[key]?.value.position ?? position
    }

    package func optional(_ key: String) -> Document? {
        members[key]?.value
    }

    package func required(_ key: String) throws(DocumentError) -> Document {
        guard let member = members[key] else {
            throw DocumentError(at: position, "\(subject) has no \"\(key)\"", hint: "add \"\(key)\"")
        }
        return member.value
    }

    package func string(_ key: String) throws(DocumentError) -> String {
        try required(key).string(named: key)
    }

    package func optionalString(_ key: String) throws(DocumentError) -> String? {
        guard let document = optional(key) else { return nil }
        return try document.string(named: key)
    }

    package func bool(_ key: String, default value: Bool) throws(DocumentError) -> Bool {
        try optionalBool(key) ?? value
    }

    package func optionalBool(_ key: String) throws(DocumentError) -> Bool? {
        guard let document = optional(key) else { return nil }
        guard case .bool(let value) = document.value else {
            throw DocumentError(at: document.position, "\"\(key)\" must be true or false, not \(document.kind)")
        }
        return value
    }

    /// A whole number within a range; `nil` if the key is absent.
    package func optionalNumber(_ key: String, in range: ClosedRange<Int>) throws(DocumentError) -> Int? {
        guard let document = optional(key) else { return nil }
        guard case .number(let text) = document.value else {
            throw DocumentError(at: document.position, "\"\(key)\" must be a number, not \(document.kind)")
        }
        guard let number = Int(text), range.contains(number) else {
            throw DocumentError(
                at: document.position,
                "\"\(key)\" is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The strings of a list, which must not be empty nor hold one twice; `nil` if the key is absent.
    package func strings(_ key: String) throws(DocumentError) -> [(text: String, position: SourcePosition)]? {
        guard let document = optional(key) else { return nil }
        return try document.strings(named: key)
    }

    /// The words of a list, each one of an enumeration's raw values; `nil` if the key is absent.
    package func words<Word: RawRepresentable & CaseIterable>(
        _ key: String, of type: Word.Type = Word.self,
    ) throws(DocumentError) -> [Word]? where Word.RawValue == String {
        guard let strings = try strings(key) else { return nil }
        var words: [Word] = []
        for (text, position) in strings { words.append(try Self.word(text, at: position, named: key)) }
        return words
    }

    package func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, of type: Word.Type = Word.self,
    ) throws(DocumentError) -> Word where Word.RawValue == String {
        try Self.word(string(key), at: position(of: key), named: key)
    }

    private static func word<Word: RawRepresentable & CaseIterable>(
        _ text: String, at position: SourcePosition, named key: String,
    ) throws(DocumentError) -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: text) else {
            throw DocumentError(
                at: position, "\"\(text)\" is not a value of \"\(key)\"",
                hint: NearestWord.hint(for: text, among: Word.allCases.map(\.rawValue)))
        }
        return word
    }
}

extension Document {
    /// The text of a string value.
    package func string(named key: String) throws(DocumentError) -> String {
        guard case .string(let text) = value else {
            throw DocumentError(at: position, "\"\(key)\" must be a string, not \(kind)")
        }
        guard !text.isEmpty else { throw DocumentError(at: position, "\"\(key)\" is empty") }
        return text
    }

    /// The elements of a list, which must not be empty.
    ///
    /// - Parameter isRequired: whether the list may not be left out either.
    package func elements(named key: String, isRequired: Bool = false) throws(DocumentError) -> [Document] {
        guard case .array(let elements) = value else {
            throw DocumentError(at: position, "\"\(key)\" must be a list, not \(kind)")
        }
        guard !elements.isEmpty else {
            throw DocumentError(
                at: position, "\"\(key)\" is an empty list",
                hint: isRequired ? "name at least one" : "name at least one, or leave it out")
        }
        return elements
    }

    /// The strings of a list, which must not be empty nor hold one twice.
    package func strings(named key: String) throws(DocumentError) -> [(text: String, position: SourcePosition)] {
        var seen: Set<String> = []
        var strings: [(text: String, position: SourcePosition)] = []
        for element in try elements(named: key) {
            let text = try element.string(named: key)
            guard seen.insert(text).inserted else {
                throw DocumentError(at: element.position, "\"\(text)\" stands twice in \"\(key)\"")
            }
            strings.append((text, element.position))
        }
        return strings
    }
}
