/// What a value of a JSON document may be: its JSON Schema says it, and its reader checks by it.
package indirect enum JSONShape: Sendable {
    case string
    /// A text that is not empty.
    case name
    /// A text that a regular expression matches, but for some.
    case pattern(String, except: [String] = [])
    /// One of some words.
    case one([String])
    case integer(ClosedRange<Int64> = Int64.min...Int64.max)
    case number
    case boolean
    case null
    case list(JSONShape)
    /// A list of at least one element, none twice.
    case set(JSONShape)
    /// An object whose keys are data.
    case map(JSONShape, isEmptyAllowed: Bool = true)
    case either([JSONShape])
    case object(JSONObject)
    /// An object of one of several forms, each named by a word in the member `by`.
    case forms(by: JSONObject.Member, [(word: String, object: JSONObject)])
    /// An object of one form where the member `by` is true, else of another.
    case switched(by: String, then: JSONShape, else: JSONShape)
    /// A shape that a schema says once, under a name.
    case defined(String, JSONShape)

    /// A moment in UTC, without fractions of a second.
    package static let time = JSONShape.pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")
    package static let day = JSONShape.pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    package static let sha256 = JSONShape.pattern("^[0-9a-f]{64}$")
    package static let id = JSONShape.integer(1...Int64.max)
}

/// The members of an object.
package struct JSONObject: Sendable {
    package struct Member: Sendable {
        package let name: String
        package let shape: JSONShape
        /// A phrase that says what it is, in lower case without a final stop; empty if name and type do.
        package let meaning: String
        package let isRequired: Bool
        /// Another member without which this one says nothing.
        package let needs: String?

        package init(
            _ name: String, _ shape: JSONShape, _ meaning: String = "", isRequired: Bool = true, needs: String? = nil,
        ) {
            self.name = name
            self.shape = shape
            self.meaning = meaning
            self.isRequired = isRequired
            self.needs = needs
        }

        package static func optional(_ name: String, _ shape: JSONShape, _ meaning: String = "") -> Member {
            Member(name, shape, meaning, isRequired: false)
        }
    }

    /// What the object is, for the messages of its reader, such as `a plan`; `nil` if nothing of ours reads it, and other
    /// members may come.
    package var title: String?
    /// A sentence that says what the object is; empty if nothing is to be said.
    package var meaning = ""
    package var members: [Member]
    /// Members of which at least one must be there.
    package var oneOf: [String] = []

    package init(_ title: String? = nil, _ members: [Member]) {
        self.title = title
        self.members = members
    }

    /// Whether other members than these are mistakes.
    package var isClosed: Bool { title != nil }
    package var names: [String] { members.map(\.name) }
}

// MARK: - Checking

extension JSONShape {
    /// Refuses a value that is not of this shape, at its first mistake.
    ///
    /// - Parameters:
    ///   - name: the key under which the value stands, for messages.
    ///   - isRequired: whether the value may not be left out.
    package func check(
        _ document: Document, named name: String, isRequired: Bool = false,
    ) throws(DocumentError) {
        func refuse(_ message: String, hint: String? = nil) -> DocumentError {
            DocumentError(at: document.position, message, hint: hint)
        }
        switch (self, document.value) {
        case (.string, .string), (.boolean, .bool), (.null, .null), (.number, .number): break
        case (.name, .string): _ = try document.string(named: name)
        case (.pattern(let pattern, let except), .string(let text)):
            let isMatch = (try? Regex(pattern).wholeMatch(in: text)) ?? nil != nil
            guard isMatch, !except.contains(text) else { throw refuse("\"\(text)\" is not a valid \"\(name)\"") }
        case (.one(let words), .string(let text)):
            guard words.contains(text) else {
                throw refuse(
                    "\"\(text)\" is not a valid \"\(name)\"",
                    hint: NearestWord.hint(for: text, among: words))
            }
        case (.integer(let range), .number(let text)):
            guard let number = Int64(text), range.contains(number) else {
                throw refuse("\"\(name)\" must be a whole number from \(range.lowerBound), not \(text)")
            }
        case (.list(let element), .array(let elements)):
            for one in elements { try element.check(one, named: name) }
        case (.set(let element), .array):
            let elements = try document.elements(named: name, isRequired: isRequired)
            for one in elements { try element.check(one, named: name) }
            // Refuses one that stands twice.
            if case .string = elements[0].value { _ = try document.strings(named: name) }
        case (.map(let value, let isEmptyAllowed), .object(let members)):
            guard isEmptyAllowed || !members.isEmpty else { throw refuse("\"\(name)\" is empty") }
            for member in members { try value.check(member.value, named: member.key) }
        case (.either(let shapes), _): try Self.check(document, shapes, named: name)
        case (.object(let object), _): try object.check(document, named: name)
        case (.forms(let member, let forms), _):
            let reader = try ObjectReader(document, as: "\"\(name)\"")
            let word = try reader.string(member.name)
            try member.shape.check(reader.required(member.name), named: member.name)
            if let form = forms.first(where: { $0.word == word }) { try form.object.check(document, named: name) }
        case (.switched(let key, let then, let otherwise), _):
            let isOn = try ObjectReader(document, as: "\"\(name)\"").bool(key, default: false)
            try (isOn ? then : otherwise).check(document, named: name)
        case (.defined(_, let shape), _): try shape.check(document, named: name, isRequired: isRequired)
        case (.string, _), (.name, _), (.pattern, _), (.one, _), (.integer, _), (.number, _), (.boolean, _),
            (.null, _), (.list, _), (.set, _), (.map, _):
            throw refuse("\"\(name)\" must be \(kind), not \(document.kind)")
        }
    }

    /// Refuses what none of the shapes is, for the reason of that which comes furthest.
    private static func check(_ document: Document, _ shapes: [JSONShape], named name: String) throws(DocumentError) {
        var failure: DocumentError?
        for shape in shapes {
            do throws(DocumentError) { return try shape.check(document, named: name) } catch {
                if let known = failure, !known.position.precedes(error.position) { continue }
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// What it must be, for messages.
    private var kind: String {
        switch self {
        case .string, .name, .pattern, .one: "a string"
        case .integer, .number: "a number"
        case .boolean: "true or false"
        case .null: "null"
        case .list, .set: "a list"
        case .either, .map, .object, .forms, .switched, .defined: "an object"
        }
    }
}

extension JSONObject {
    package func check(_ document: Document, named name: String) throws(DocumentError) {
        let reader = try ObjectReader(document, of: self, named: name)
        for member in members {
            if let value = reader.optional(member.name) {
                try member.shape.check(value, named: member.name, isRequired: member.isRequired)
            } else if member.isRequired {
                _ = try reader.required(member.name)
            }
        }
        for member in members where reader.optional(member.name) != nil {
            guard let needed = member.needs, reader.optional(needed) == nil else { continue }
            throw DocumentError(at: reader.position(of: member.name), "\"\(member.name)\" needs \"\(needed)\"")
        }
        guard oneOf.isEmpty || oneOf.contains(where: { reader.optional($0) != nil }) else {
            throw DocumentError(at: document.position, "\(title ?? name) needs one of \(oneOf.joined(separator: ", "))")
        }
    }
}

extension ObjectReader {
    /// - Parameter name: the key under which the object stands, for messages where it has no title.
    package init(_ document: Document, of object: JSONObject, named name: String = "") throws(DocumentError) {
        let subject = object.title ?? "\"\(name)\""
        if object.isClosed {
            try self.init(document, as: subject, allowing: object.names)
        } else {
            try self.init(document, as: subject)
        }
    }
}

extension SourcePosition {
    fileprivate func precedes(_ other: SourcePosition) -> Bool {
        (line, column) < (other.line, other.column)
    }
}
