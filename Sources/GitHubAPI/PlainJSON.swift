import Foundation

/// Reads the members that are wanted straight from an answer's bytes, and passes over all others.
///
/// GitHub tells about 5 KB of each repository in a listing, of which a tenth is wanted: decoding all of it took a fifth of
/// a scan's time. This knows JSON as GitHub writes it. Anything else is not plain, such as two members of one name, and
/// the whole text goes to a decoder, which says what is wrong with it. What is passed over in a listing is not checked.
struct PlainJSON {
    /// The text must be given to a decoder.
    struct NotPlain: Error {}

    /// A member's name as it stands in the text.
    struct Name {
        fileprivate let bytes: UnsafeBufferPointer<UInt8>

        /// A name that is somebody's choice.
        func text() throws(NotPlain) -> String {
            try PlainJSON.text(bytes)
        }

        static func ~= (name: StaticString, member: Name) -> Bool {
            guard name.utf8CodeUnitCount == member.bytes.count, let start = member.bytes.baseAddress else {
                return false
            }
            return memcmp(name.utf8Start, start, member.bytes.count) == 0
        }
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    /// Reads a whole text.
    ///
    /// - Returns: `nil` where it is not plain.
    static func value<Value: PlainReadable>(of bytes: [UInt8], as type: Value.Type) -> Value? {
        bytes.withUnsafeBufferPointer { bytes in
            var json = PlainJSON(bytes: bytes)
            guard let value = try? type.init(plain: &json), json.next == nil else { return nil }
            return value
        }
    }

    // MARK: - Values

    /// - Parameter member: must read the member's value or pass over it.
    mutating func object(_ member: (inout PlainJSON, Name) throws(NotPlain) -> Void) throws(NotPlain) {
        try take("{")
        guard !skip("}") else { return }
        repeat {
            let name = try name()
            try take(":")
            try member(&self, name)
        } while skip(",")
        try take("}")
    }

    /// A value of the type that is wanted. NOTE: where that is an optional one, `null` is none; what may not be `null` is
    /// read by its own method, lest a variable that is optional for another reason ask for one.
    mutating func read<Value: PlainReadable>() throws(NotPlain) -> Value {
        try Value(plain: &self)
    }

    mutating func array<Element: PlainReadable>() throws(NotPlain) -> [Element] {
        try take("[")
        var elements: [Element] = []
        guard !skip("]") else { return elements }
        repeat { elements.append(try Element(plain: &self)) } while skip(",")
        try take("]")
        return elements
    }

    /// Whether an array comes next.
    var isArray: Bool {
        mutating get { next == UInt8(ascii: "[") }
    }

    mutating func string() throws(NotPlain) -> String {
        let text = try quoted()
        guard !text.contains(UInt8(ascii: "\\")) else {
            let quoted = Data(bytes[position - text.count - 2..<position])
            guard let text = try? JSONDecoder().decode(String.self, from: quoted) else { throw NotPlain() }
            return text
        }
        return try Self.text(text)
    }

    mutating func integer() throws(NotPlain) -> Int64 {
        let isNegative = skip("-")
        let start = position
        var value: Int64 = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            value = value &* 10 &+ Int64(digit)
            position += 1
        }
        // Eighteen digits always fit; one that begins with zero, or goes on as a fraction, is for the decoder.
        guard (1...18).contains(position - start), bytes[start] != UInt8(ascii: "0") || position - start == 1,
            position == bytes.count || Self.endsWord(bytes[position])
        else { throw NotPlain() }
        return isNegative ? -value : value
    }

    mutating func bool() throws(NotPlain) -> Bool {
        if skip(word: "true") { return true }
        if skip(word: "false") { return false }
        throw NotPlain()
    }

    /// Whether `null` came, which is taken.
    mutating func skipNull() -> Bool { skip(word: "null") }

    /// Passes over a value, whatever it is.
    mutating func pass() throws(NotPlain) {
        // The ends that are still to come, the innermost in the lowest bit; one for those of an object.
        var ends: UInt64 = 0
        var depth = 0
        repeat {
            switch next {
            case nil: throw NotPlain()
            case UInt8(ascii: "\""): _ = try quoted()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth < UInt64.bitWidth else { throw NotPlain() }
                ends = ends << 1 | (bytes[position] == UInt8(ascii: "{") ? 1 : 0)
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0, (ends & 1 == 1) == (bytes[position] == UInt8(ascii: "}")) else { throw NotPlain() }
                ends >>= 1
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw NotPlain() }
                position += 1
            default:
                let start = position
                while position < bytes.count, !Self.endsWord(bytes[position]) { position += 1 }
                // A control character is no word, and would be looked at for ever.
                guard position > start else { throw NotPlain() }
            }
        } while depth > 0
    }

    // MARK: - Bytes

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// The next byte that is no space, without taking it.
    private var next: UInt8? {
        mutating get {
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
                case let byte: return byte
                }
            }
            return nil
        }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func take(_ character: Unicode.Scalar) throws(NotPlain) {
        guard skip(character) else { throw NotPlain() }
    }

    private mutating func skip(word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard next != nil, let start = bytes.baseAddress, bytes.count - position >= count,
            memcmp(start + position, word.utf8Start, count) == 0,
            position + count == bytes.count || Self.endsWord(bytes[position + count])
        else { return false }
        position += count
        return true
    }

    /// A member's name, which no escape may stand in.
    private mutating func name() throws(NotPlain) -> Name {
        let name = Name(bytes: try quoted())
        guard !name.bytes.contains(UInt8(ascii: "\\")) else { throw NotPlain() }
        return name
    }

    /// What stands between quotation marks, which are taken too.
    private mutating func quoted() throws(NotPlain) -> UnsafeBufferPointer<UInt8> {
        try take("\"")
        let start = position
        while let base = bytes.baseAddress, position < bytes.count,
            let found = memchr(base + position, Int32(UInt8(ascii: "\"")), bytes.count - position)
        {
            let end = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
            position = end + 1
            // A quotation mark after an odd number of backslashes is one of the text's own.
            var escapes = 0
            while end - escapes > start, bytes[end - escapes - 1] == UInt8(ascii: "\\") { escapes += 1 }
            if escapes.isMultiple(of: 2) { return UnsafeBufferPointer(rebasing: bytes[start..<end]) }
        }
        throw NotPlain()
    }

    /// Text without escapes.
    fileprivate static func text(_ bytes: UnsafeBufferPointer<UInt8>) throws(NotPlain) -> String {
        guard bytes.allSatisfy({ $0 >= 0x20 }), let text = String(validating: bytes, as: UTF8.self) else {
            throw NotPlain()
        }
        return text
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "\""), 0...0x20:
            true
        default: false
        }
    }
}

/// What can be read from plain JSON.
protocol PlainReadable {
    init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain)
}

extension String: PlainReadable {
    init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain) { self = try json.string() }
}

extension Int64: PlainReadable {
    init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain) { self = try json.integer() }
}

extension Bool: PlainReadable {
    init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain) { self = try json.bool() }
}

extension Optional: PlainReadable where Wrapped: PlainReadable {
    init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain) {
        self = json.skipNull() ? nil : try Wrapped(plain: &json)
    }
}

extension Array: PlainReadable where Element: PlainReadable {
    init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain) { self = try json.array() }
}

extension Dictionary: PlainReadable where Key == String, Value: PlainReadable {
    init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain) {
        var members: [String: Value] = [:]
        try json.object { json, member throws(PlainJSON.NotPlain) in
            let value = try Value(plain: &json)
            guard members.updateValue(value, forKey: try member.text()) == nil else { throw PlainJSON.NotPlain() }
        }
        self = members
    }
}
