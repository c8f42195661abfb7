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

    /// The number, where it is one without a fraction and fits; `1e3` is one too.
    public var integer: Int64? {
        if case .number(let text) = value { Int64(exactlyJSON: text.utf8) } else { nil }
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

extension Int64 {
    /// - Parameter number: by the grammar of RFC 8259 §6, such as `-12`, `1.50` or `1e3`.
    /// - Returns: `nil` where the number has a fraction, or does not fit.
    public init?(exactlyJSON number: some Collection<UInt8>) {
        let mantissa = number.prefix { $0 | 0x20 != UInt8(ascii: "e") }
        let exponentText = String(decoding: number.dropFirst(mantissa.count + 1), as: UTF8.self)
        // One that does not fit makes any number but zero too large or a fraction.
        let exponent =
            exponentText.isEmpty ? 0 : Int(exponentText) ?? (exponentText.hasPrefix("-") ? -.max / 2 : .max / 2)
        let isNegative = mantissa.first == UInt8(ascii: "-")
        let parts = mantissa.drop { $0 == UInt8(ascii: "-") }
        let whole = parts.prefix { $0 != UInt8(ascii: ".") }
        let fraction = parts.dropFirst(whole.count + 1)
        var digits = Array((Array(whole) + fraction).drop { $0 == UInt8(ascii: "0") })
        guard !digits.isEmpty else {
            self = 0
            return
        }
        var shift = exponent.subtractingReportingOverflow(fraction.count).partialValue
        while shift < 0, digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            shift += 1
        }
        // Nineteen digits have the largest number that fits.
        guard shift >= 0, digits.count <= 19, shift <= 19 - digits.count else { return nil }
        digits += Array(repeating: UInt8(ascii: "0"), count: shift)
        self.init((isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self))
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
