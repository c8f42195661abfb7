import AuditCore

/// The form of a JSON value that says something of a `Root`: the writer walks it, the JSON Schema is it, and a reader
/// checks by it.
package struct Shape<Root>: Sendable {
    let schema: JSONShape
    /// Writes the value: under its key in an object, without one in a list.
    let write: @Sendable (Root, String?, inout JSONWriter) -> Void
}

/// A member of an object, or several that belong together.
package struct Member<Root>: Sendable {
    let schema: [JSONObject.Member]
    let write: @Sendable (Root, inout JSONWriter) -> Void

    private init(schema: [JSONObject.Member], write: @escaping @Sendable (Root, inout JSONWriter) -> Void) {
        self.schema = schema
        self.write = write
    }

    /// - Parameter meaning: a phrase that says what it is, in lower case without a final stop; none if its name does.
    init<Value>(
        _ name: String, _ shape: Shape<Value>, _ meaning: String = "", _ value: @escaping @Sendable (Root) -> Value,
    ) {
        self.init(schema: [JSONObject.Member(name, shape.schema, meaning)]) { root, json in
            shape.write(value(root), name, &json)
        }
    }

    /// A member that is there only where it has a value.
    static func optional<Value>(
        _ name: String, _ shape: Shape<Value>, _ meaning: String = "", _ value: @escaping @Sendable (Root) -> Value?,
    ) -> Member {
        Member(schema: [.optional(name, shape.schema, meaning)]) { root, json in
            if let value = value(root) { shape.write(value, name, &json) }
        }
    }

    /// The members that say something of a part of the root.
    static func group<Part>(_ members: [Member<Part>], of part: @escaping @Sendable (Root) -> Part) -> Member {
        Member(schema: members.flatMap(\.schema)) { root, json in
            let part = part(root)
            for member in members { member.write(part, &json) }
        }
    }
}

/// Makes a list of members, each a statement of its own.
@resultBuilder
package enum Members<Root> {
    package static func buildExpression(_ member: Member<Root>) -> [Member<Root>] { [member] }
    package static func buildExpression(_ members: [Member<Root>]) -> [Member<Root>] { members }
    package static func buildBlock(_ parts: [Member<Root>]...) -> [Member<Root>] { Array(parts.joined()) }
    package static func buildArray(_ parts: [[Member<Root>]]) -> [Member<Root>] { Array(parts.joined()) }
}

extension Member {
    /// Members that several objects have.
    static func list(@Members<Root> _ members: () -> [Member]) -> [Member] { members() }
}

// MARK: - Objects and lists

extension Shape {
    /// - Parameter title: what it is, for the messages of its reader; `nil` if nothing of ours reads it.
    static func object(_ title: String? = nil, @Members<Root> _ members: () -> [Member<Root>]) -> Shape {
        let members = members()
        return Shape(schema: .object(JSONObject(title, members.flatMap(\.schema)))) { root, key, json in
            json.object(key) { json in
                for member in members { member.write(root, &json) }
            }
        }
    }

    static func list<Element>(_ element: Shape<Element>) -> Shape where Root: Sequence<Element> & SendableMetatype {
        Shape(schema: .list(element.schema)) { elements, key, json in
            json.array(key) { json in
                for one in elements { element.write(one, nil, &json) }
            }
        }
    }

    /// An object whose keys are data, in their order.
    static func map<Value>(_ value: Shape<Value>) -> Shape
    where Root: Sequence<(key: String, value: Value)> & SendableMetatype {
        Shape(schema: .map(value.schema)) { pairs, key, json in
            json.object(key) { json in
                for pair in pairs { value.write(pair.value, pair.key, &json) }
            }
        }
    }

    /// `null` if it is not known, or where there is none.
    static func maybe<Value>(_ shape: Shape<Value>) -> Shape where Root == Value? {
        Shape(schema: .either([shape.schema, .null])) { value, key, json in
            if let value { shape.write(value, key, &json) } else { json.null(key) }
        }
    }

    /// One of several forms: the first that has a value.
    static func either(_ forms: Form<Root>...) -> Shape {
        Shape(schema: .either(forms.map(\.schema))) { root, key, json in
            for form in forms where form.write(root, key, &json) { return }
        }
    }

    /// The shape of what this can be made from.
    func of<Whole>(_ part: @escaping @Sendable (Whole) -> Root) -> Shape<Whole> {
        Shape<Whole>(schema: schema) { whole, key, json in write(part(whole), key, &json) }
    }
}

/// One form of several that a value can have.
struct Form<Root>: Sendable {
    fileprivate let schema: JSONShape
    fileprivate let write: @Sendable (Root, String?, inout JSONWriter) -> Bool

    /// - Parameter value: `nil` if it has another form.
    init<Value>(_ shape: Shape<Value>, _ value: @escaping @Sendable (Root) -> Value?) {
        schema = shape.schema
        write = { root, key, json in
            guard let value = value(root) else { return false }
            shape.write(value, key, &json)
            return true
        }
    }
}

// MARK: - Values

extension Shape where Root == String {
    static var string: Shape { text(.string) }
    static var name: Shape { text(.name) }
    static var sha256: Shape { text(.sha256) }
    static func one(of words: [String]) -> Shape { text(.one(words)) }

    private static func text(_ schema: JSONShape) -> Shape {
        Shape(schema: schema) { $2.string($1, $0) }
    }
}

extension Shape where Root: RawRepresentable<String> & CaseIterable & Sendable {
    /// The raw value of one of the cases.
    static var word: Shape { word(of: Array(Root.allCases)) }

    static func word(of cases: [Root]) -> Shape {
        Shape(schema: .one(cases.map(\.rawValue))) { $2.string($1, $0.rawValue) }
    }
}

extension Shape where Root == Timestamp {
    static var time: Shape { Shape(schema: .time) { $2.string($1, $0.description) } }
}

extension Shape where Root == Day {
    static var day: Shape { Shape(schema: .day) { $2.string($1, $0.description) } }
}

extension Shape where Root == Bool {
    static var boolean: Shape { Shape(schema: .boolean) { $2.bool($1, $0) } }
}

extension Shape where Root: BinaryInteger & Sendable {
    static var integer: Shape { Shape(schema: .integer()) { $2.number($1, $0) } }
}

extension Shape where Root: RawRepresentable<Int64> & Sendable {
    /// A number that names something.
    static var id: Shape { Shape(schema: .id) { $2.number($1, $0.rawValue) } }
}

extension Shape where Root == Int64 {
    static var id: Shape { Shape(schema: .id) { $2.number($1, $0) } }
}

extension Shape where Root == Double {
    /// A finite number with at most three decimals.
    static var decimal: Shape { Shape(schema: .number) { $2.decimal($1, $0) } }
}

extension Shape where Root == Duration {
    static var seconds: Shape { Shape(schema: .number) { $2.seconds($1, $0) } }
}

extension Shape where Root == [String] {
    /// A list on one line.
    static var strings: Shape { strings(.list(.string)) }
    /// Likewise, of at least one text, none twice.
    static var names: Shape { strings(.set(.name)) }

    private static func strings(_ schema: JSONShape) -> Shape {
        Shape(schema: schema) { $2.strings($1, $0) }
    }
}

extension Shape where Root == [ClaimKey] {
    static var claims: Shape { Shape(schema: .list(.string)) { $2.strings($1, $0.map(\.rawValue)) } }
}

extension Shape {
    /// The words of a list, on one line.
    static func words<Word: RawRepresentable<String> & CaseIterable & Sendable>() -> Shape where Root == [Word] {
        Shape(schema: .list(.one(Word.allCases.map(\.rawValue)))) { $2.strings($1, $0.map(\.rawValue)) }
    }
}
