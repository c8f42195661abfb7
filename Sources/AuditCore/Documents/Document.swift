/// A value read from a JSON or YAML text, with the place where it stands.
package struct Document: Sendable {
    package indirect enum Value: Sendable {
        case null
        case bool(Bool)
        /// The number as it was written; what range it may have is the reader's business.
        case number(String)
        case string(String)
        case array([Document])
        case object([Member])
    }

    /// One entry of an object. Keys are unique within an object.
    package struct Member: Sendable {
        package let key: String
        package let keyPosition: SourcePosition
        package let value: Document

        package init(key: String, keyPosition: SourcePosition, value: Document) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    package let value: Value
    package let position: SourcePosition

    package init(_ value: Value, at position: SourcePosition) {
        self.value = value
        self.position = position
    }

    /// Most values that a document may hold: far more than a policy has, far less than would hurt.
    package static let valuesMax = 100_000

    package var isNull: Bool {
        if case .null = value { true } else { false }
    }

    /// The number, where it is one without a fraction and fits; `1e3` is one too.
    package var integer: Int64? {
        if case .number(let text) = value { Int64(exactlyJSON: text.utf8) } else { nil }
    }

    /// What the value is, for messages: `a list`.
    package var kind: String {
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
    /// - Returns: `nil` if the number has a fraction, or does not fit.
    package init?(exactlyJSON number: some Collection<UInt8>) {
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
package struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static let start = SourcePosition(line: 1, column: 1)

    package var description: String { "\(line):\(column)" }
}

/// A mistake in a document, and where it stands.
package struct DocumentError: Error, Hashable, CustomStringConvertible {
    package let position: SourcePosition
    package let message: String
    package let hint: String?

    package init(at position: SourcePosition, _ message: String, hint: String? = nil) {
        self.position = position
        self.message = message
        self.hint = hint
    }

    package var description: String { "\(position): \(message)" }
}
