/// A value read from a JSON or YAML text, with the place where it stands.
public struct Document: Sendable {
    public indirect enum Value: Sendable {
        case null
        case bool(Bool)
        /// The number as it was written; what range it may have is the reader's business.
        case number(String)
        case string(String)
        case array([Document])
        case object([Member])
    }

    /// One entry of an object. Keys are unique within an object.
    public struct Member: Sendable {
        public let key: String
        public let keyPosition: SourcePosition
        public let value: Document

        public init(key: String, keyPosition: SourcePosition, value: Document) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    public let value: Value
    public let position: SourcePosition

    public init(_ value: Value, at position: SourcePosition) {
        self.value = value
        self.position = position
    }

    /// Most values that a document may hold: far more than a policy has, far less than would hurt.
    public static let valuesMax = 100_000

    public var isNull: Bool {
        if case .null = value { true } else { false }
    }

    /// What the value is, for messages: `a list`.
    public var kind: String {
        switch value {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// A place in a text; both numbers count from 1, columns in Unicode scalars.
public struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static let start = SourcePosition(line: 1, column: 1)

    public var description: String { "\(line):\(column)" }
}

/// A mistake in a document, and where it stands.
public struct DocumentError: Error, Hashable, CustomStringConvertible {
    public let position: SourcePosition
    public let message: String
    public let hint: String?

    public init(at position: SourcePosition, _ message: String, hint: String? = nil) {
        self.position = position
        self.message = message
        self.hint = hint
    }

    public var description: String { "\(position): \(message)" }
}
