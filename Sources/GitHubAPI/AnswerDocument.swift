import AuditCore

/// What is read from a whole answer, by the strict reader that policies have.
protocol AnswerReadable {
    /// - Parameter document: the answer's body, or a value in it.
    /// - Throws: `.malformed`, naming what is missing or of another type.
    init(_ document: AnswerDocument) throws(GitHubError)
}

/// A value of an answer, and what it is called in messages.
struct AnswerDocument {
    private let document: Document
    private let name: String

    /// GitHub's answers nest seven levels deep at most.
    private static let depthMax = 512
    /// A page of custom properties has some ten thousand.
    private static let valuesMax = 1_000_000

    /// Reads an answer's body.
    ///
    /// - Throws: `.malformed` for what is no JSON by RFC 8259, in UTF-8 and without a byte order mark, or holds two members
    ///   of one name in one object, wherever it stands.
    init(_ body: [UInt8]) throws(GitHubError) {
        do throws(DocumentError) {
            document = try JSONParser.parse(
                body, valuesMax: Self.valuesMax, depthMax: Self.depthMax, skipsMark: false)
        } catch {
            // Messages quote what stands there.
            throw .malformed("no JSON: \(error.message.harmless(without: nil))")
        }
        name = "the document"
    }

    private init(_ document: Document, _ name: String) {
        self.document = document
        self.name = name
    }

    // MARK: - Members of an object

    /// The member's value; `null` is one.
    func member(_ key: String) throws(GitHubError) -> AnswerDocument {
        guard let member = try optionalMember(key) else { throw .malformed("no field \(key)") }
        return member
    }

    /// The member's value; `nil` if there is none, or `null`.
    func optional<Value: AnswerReadable>(_ key: String) throws(GitHubError) -> Value? {
        guard let member = try optionalMember(key), !member.document.isNull else { return nil }
        return try Value(member)
    }

    func required<Value: AnswerReadable>(_ key: String) throws(GitHubError) -> Value {
        try Value(member(key))
    }

    private func optionalMember(_ key: String) throws(GitHubError) -> AnswerDocument? {
        guard case .object(let members) = document.value else { throw wrongType }
        return members.first { $0.key.isExactly(key) }.map { AnswerDocument($0.value, key) }
    }

    // MARK: - Values

    var wrongType: GitHubError { .malformed("wrong type of \(name)") }

    var isNull: Bool { document.isNull }
    var bool: Bool? { if case .bool(let value) = document.value { value } else { nil } }
    var string: String? { if case .string(let text) = document.value { text } else { nil } }
    /// A number without a fraction that fits.
    var integer: Int64? { document.integer }

    var members: [(name: String, value: AnswerDocument)]? {
        guard case .object(let members) = document.value else { return nil }
        return members.map { ($0.key, AnswerDocument($0.value, "\(name).\($0.key)")) }
    }

    var elements: [AnswerDocument]? {
        guard case .array(let elements) = document.value else { return nil }
        return elements.enumerated().map { AnswerDocument($1, "\(name)[\($0)]") }
    }
}

extension Bool: AnswerReadable {
    init(_ document: AnswerDocument) throws(GitHubError) {
        guard let value = document.bool else { throw document.wrongType }
        self = value
    }
}

extension String: AnswerReadable {
    init(_ document: AnswerDocument) throws(GitHubError) {
        guard let text = document.string else { throw document.wrongType }
        self = text
    }
}

extension Int64: AnswerReadable {
    init(_ document: AnswerDocument) throws(GitHubError) {
        guard let number = document.integer else { throw document.wrongType }
        self = number
    }
}

extension Array: AnswerReadable where Element: AnswerReadable {
    init(_ document: AnswerDocument) throws(GitHubError) {
        guard let elements = document.elements else { throw document.wrongType }
        var values: [Element] = []
        values.reserveCapacity(elements.count)
        for element in elements { values.append(try Element(element)) }
        self = values
    }
}
