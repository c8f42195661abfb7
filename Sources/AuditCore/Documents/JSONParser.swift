/// A strict JSON reader (RFC 8259) that remembers where each value stands: for policies, and for what GitHub answers.
///
/// Foundation's decoder knows no positions, keeps one of two equal keys in silence, takes other encodings and does not
/// look at what nobody asks for. A policy needs the first, and what decides a verdict must be refused for the others.
package struct JSONParser {
    /// Deepest nesting accepted in a file; a policy needs about six levels, and each costs stack.
    package static let depthMax = 64

    /// - Parameters:
    ///   - bytes: UTF-8.
    ///   - valuesMax: most values accepted.
    ///   - depthMax: deepest nesting accepted.
    ///   - skipsMark: whether a byte order mark may begin it, as in a file; RFC 8259 §8.1 forbids one on the wire.
    package static func parse(
        _ bytes: [UInt8], valuesMax: Int = Document.valuesMax, depthMax: Int = Self.depthMax, skipsMark: Bool = true,
    ) throws(DocumentError) -> Document {
        var parser = JSONParser(bytes, valuesMax: valuesMax, depthMax: depthMax)
        if skipsMark { parser.skipByteOrderMark() }
        let document = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.index == bytes.count else {
            throw parser.error("unexpected \(parser.nextForMessage) after the end of the document")
        }
        return document
    }

    /// Reads documents that stand one after the other, with or without spaces between them: what several commands append to
    /// one file, line by line or not.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8.
    ///   - valuesMax: most values accepted, of all documents together.
    /// - Returns: one at least; from the second on each is an object or a list.
    package static func parseSequence(
        _ bytes: [UInt8], valuesMax: Int = Document.valuesMax,
    ) throws(DocumentError) -> [Document] {
        var parser = JSONParser(bytes, valuesMax: valuesMax, depthMax: depthMax)
        parser.skipByteOrderMark()
        var documents = [try parser.value(depth: 0)]
        while true {
            parser.skipSpace()
            guard parser.index < bytes.count else { return documents }
            guard parser.next == UInt8(ascii: "{") || parser.next == UInt8(ascii: "[") else {
                throw parser.error("unexpected \(parser.nextForMessage) after the end of the document")
            }
            documents.append(try parser.value(depth: 0))
        }
    }

    // MARK: -

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private let valuesMax: Int
    private let depthMax: Int
    private var valueCount = 0
    /// A place on the current line, and the column that was counted for it: counting from there keeps it linear.
    private var counted = (index: 0, column: 1)

    private init(_ bytes: [UInt8], valuesMax: Int, depthMax: Int) {
        self.bytes = bytes
        self.valuesMax = valuesMax
        self.depthMax = depthMax
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private var position: SourcePosition {
        // Continuation bytes of UTF-8 start no scalar.
        let scalars = bytes[counted.index..<index].reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        return SourcePosition(line: line, column: counted.column + scalars)
    }

    private mutating func mark() -> SourcePosition {
        let position = position
        counted = (index, position.column)
        return position
    }

    private func error(_ message: String, hint: String? = nil) -> DocumentError {
        DocumentError(at: position, message, hint: hint)
    }

    private var nextForMessage: String {
        guard let next else { return "end of the text" }
        guard (0x21...0x7E).contains(next) else { return "byte 0x" + String(next, radix: 16) }
        return "\"\(Unicode.Scalar(next))\""
    }

    private mutating func skipByteOrderMark() {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            index = 3
            counted = (3, 1)
        }
    }

    private mutating func skipSpace() {
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\n"):
                index += 1
                line += 1
                counted = (index, 1)
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                index += 1
            default:
                return
            }
        }
    }

    private mutating func value(depth: Int) throws(DocumentError) -> Document {
        skipSpace()
        let start = mark()
        guard depth <= depthMax else { throw error("nested deeper than \(depthMax) levels") }
        valueCount += 1
        guard valueCount <= valuesMax else {
            throw error("the document holds more than \(valuesMax) values")
        }
        guard let next else { throw error("the text ends where a value should stand") }
        switch next {
        case UInt8(ascii: "{"): return Document(.object(try object(depth: depth)), at: start)
        case UInt8(ascii: "["): return Document(.array(try array(depth: depth)), at: start)
        case UInt8(ascii: "\""): return Document(.string(try string()), at: start)
        case UInt8(ascii: "t"): return Document(try word("true", .bool(true)), at: start)
        case UInt8(ascii: "f"): return Document(try word("false", .bool(false)), at: start)
        case UInt8(ascii: "n"): return Document(try word("null", .null), at: start)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return Document(.number(try number()), at: start)
        default: throw error("expected a value, found \(nextForMessage)")
        }
    }

    private mutating func object(depth: Int) throws(DocumentError) -> [Document.Member] {
        index += 1
        var members: [Document.Member] = []
        var keys: Set<ExactText> = []
        skipSpace()
        if take("}") { return members }
        while true {
            skipSpace()
            let keyPosition = mark()
            guard next == UInt8(ascii: "\"") else {
                throw error("expected a key in double quotes, found \(nextForMessage)", hint: commaHint(closing: "}"))
            }
            let key = try string()
            guard keys.insert(ExactText(key)).inserted else {
                throw DocumentError(at: keyPosition, "the key \"\(key)\" stands twice in one object")
            }
            skipSpace()
            guard take(":") else { throw error("expected \":\" after the key \"\(key)\", found \(nextForMessage)") }
            members.append(.init(key: key, keyPosition: keyPosition, value: try value(depth: depth + 1)))
            skipSpace()
            if take("}") { return members }
            guard take(",") else { throw error("expected \",\" or \"}\", found \(nextForMessage)") }
        }
    }

    private mutating func array(depth: Int) throws(DocumentError) -> [Document] {
        index += 1
        var elements: [Document] = []
        skipSpace()
        if take("]") { return elements }
        while true {
            skipSpace()
            if next == UInt8(ascii: "]") { throw error("expected a value, found \"]\"", hint: commaHint(closing: "]")) }
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw error("expected \",\" or \"]\", found \(nextForMessage)") }
        }
    }

    private func commaHint(closing bracket: String) -> String? {
        nextForMessage == "\"\(bracket)\"" ? "remove the comma before \"\(bracket)\"" : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func word(_ text: StaticString, _ value: Document.Value) throws(DocumentError) -> Document.Value {
        guard bytes[index...].starts(with: String(describing: text).utf8) else {
            throw error("expected a value, found \(nextForMessage)")
        }
        index += text.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(DocumentError) -> String {
        let start = index
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
        _ = take("-")
        if !take("0") {
            guard isDigit(next) else { throw error("expected a digit, found \(nextForMessage)") }
            while isDigit(next) { index += 1 }
        }
        if take(".") {
            guard isDigit(next) else { throw error("expected a digit, found \(nextForMessage)") }
            while isDigit(next) { index += 1 }
        }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard isDigit(next) else { throw error("expected a digit, found \(nextForMessage)") }
            while isDigit(next) { index += 1 }
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func string() throws(DocumentError) -> String {
        index += 1
        var content: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw error("the string that ends here is not valid UTF-8")
                }
                index += 1
                return text
            case UInt8(ascii: "\\"):
                content.append(contentsOf: String(Character(try escape())).utf8)
            case 0..<0x20:
                throw error("a control character stands in a string", hint: "write it as an escape, such as \\n")
            default:
                content.append(byte)
                index += 1
            }
        }
        throw error("the text ends within a string")
    }

    private mutating func escape() throws(DocumentError) -> Unicode.Scalar {
        index += 1
        let byte = next
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            index += 1
            return Unicode.Scalar(byte ?? 0)
        case UInt8(ascii: "b"): return simpleEscape("\u{8}")
        case UInt8(ascii: "f"): return simpleEscape("\u{C}")
        case UInt8(ascii: "n"): return simpleEscape("\n")
        case UInt8(ascii: "r"): return simpleEscape("\r")
        case UInt8(ascii: "t"): return simpleEscape("\t")
        case UInt8(ascii: "u"):
            index += 1
            return try unicodeEscape()
        default:
            throw error("\\ is followed by \(nextForMessage), which is not a JSON escape")
        }
    }

    private mutating func simpleEscape(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        index += 1
        return scalar
    }

    private mutating func unicodeEscape() throws(DocumentError) -> Unicode.Scalar {
        let first = try hexadecimalUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), take("\\"), take("u") else { throw error("half of a surrogate pair") }
        let second = try hexadecimalUnit()
        guard UTF16.isTrailSurrogate(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw error("half of a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimalUnit() throws(DocumentError) -> UInt16 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("\\u wants four hexadecimal digits") }
        index += 4
        return unit
    }
}
