import AuditCore
import Foundation

/// Reads the members that are wanted of a listing's repositories straight from its bytes, and passes over all others.
///
/// GitHub sends about 5 KB of each repository in a listing, of which a tenth is wanted: to make values of all of it takes a
/// fifth of a scan's time. It is as strict as the reader of other answers: what is passed over must be JSON by RFC 8259 as
/// well, in UTF-8, and no object may hold two members of one name.
struct ListingJSON {
    enum Fault: Error {
        /// The text is no JSON.
        case malformed(String)
        /// It is JSON so far, and this value is not of the type that was asked for.
        case otherType
    }

    /// A member's name.
    struct Name {
        /// As it stands in the text.
        fileprivate let bytes: UnsafeBufferPointer<UInt8>
        /// What its escapes mean; `nil` if it has none.
        fileprivate let decoded: String?

        var text: String { decoded ?? String(decoding: bytes, as: UTF8.self) }

        static func ~= (name: StaticString, member: Name) -> Bool {
            if let decoded = member.decoded { return decoded.isExactly("\(name)") }
            return name.utf8CodeUnitCount == member.bytes.count
                && memcmp(name.utf8Start, member.bytes.baseAddress ?? name.utf8Start, member.bytes.count) == 0
        }
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// Objects and arrays around the position.
    private var depth = 0
    private var names = MemberNames()
    /// Of values that are passed over, those that are still open.
    private var open: [OpenValue] = []

    private static let depthMax = 512

    /// Reads a whole text.
    ///
    /// - Throws: `.malformed`
    static func value<Value: ListingReadable>(of bytes: [UInt8], as type: Value.Type) throws(GitHubError) -> Value {
        let result = bytes.withUnsafeBufferPointer { bytes -> Result<Value, Fault> in
            do throws(Fault) {
                var json = ListingJSON(bytes: bytes)
                let value: Value = try json.read()
                guard json.next == nil else { throw .malformed("something follows the document") }
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let value): return value
        case .failure(.malformed(let why)): throw .malformed("no JSON: \(why)")
        case .failure(.otherType): throw .malformed("wrong type of the document")
        }
    }

    // MARK: - Values

    /// - Parameter member: must read the member's value or pass over it.
    mutating func object(_ member: (inout ListingJSON, Name) throws(Fault) -> Void) throws(Fault) {
        try enter("{")
        let outer = names.open()
        defer { names.close(outer) }
        if !skip("}") {
            repeat {
                let name = try self.name()
                try member(&self, name)
            } while skip(",")
            try take("}")
        }
        depth -= 1
    }

    mutating func read<Value: ListingReadable>() throws(Fault) -> Value {
        try Value(listing: &self)
    }

    /// The value, or `nil` for one of another type, which is passed over.
    mutating func readOrPass<Value: ListingReadable>() throws(Fault) -> Value? {
        let before = (position, depth)
        do throws(Fault) {
            return try read()
        } catch {
            guard case .otherType = error else { throw error }
            (position, depth) = before
            try pass()
            return nil
        }
    }

    mutating func array<Element>(
        _ element: (inout ListingJSON) throws(Fault) -> Element,
    ) throws(Fault) -> [Element] {
        try enter("[")
        var elements: [Element] = []
        if !skip("]") {
            repeat { elements.append(try element(&self)) } while skip(",")
            try take("]")
        }
        depth -= 1
        return elements
    }

    /// Whether an array comes next.
    var isArray: Bool {
        mutating get { next == UInt8(ascii: "[") }
    }

    /// Whether `true` or `false` comes next.
    var isFlag: Bool {
        mutating get { next == UInt8(ascii: "t") || next == UInt8(ascii: "f") }
    }

    mutating func string() throws(Fault) -> String {
        guard next == UInt8(ascii: "\"") else { throw .otherType }
        return try text(of: quoted())
    }

    mutating func integer() throws(Fault) -> Int64 {
        guard let next, Self.beginsNumber(next) else { throw .otherType }
        let range = try number()
        guard let number = Int64(exactlyJSON: bytes[range]) else { throw .otherType }
        return number
    }

    mutating func bool() throws(Fault) -> Bool {
        switch next {
        case UInt8(ascii: "t"): try take(word: "true"); return true
        case UInt8(ascii: "f"): try take(word: "false"); return false
        default: throw .otherType
        }
    }

    /// Whether `null` came, which is taken.
    mutating func skipNull() throws(Fault) -> Bool {
        guard next == UInt8(ascii: "n") else { return false }
        try take(word: "null")
        return true
    }

    /// Passes over a value, whatever it is.
    mutating func pass() throws(Fault) {
        let outermost = open.count
        repeat {
            switch next {
            case UInt8(ascii: "{"):
                try enter("{")
                open.append(OpenValue(isObject: true, names: names.open()))
                if next != UInt8(ascii: "}") {
                    _ = try name()
                    continue
                }
            case UInt8(ascii: "["):
                try enter("[")
                open.append(OpenValue(isObject: false, names: 0))
                if next != UInt8(ascii: "]") { continue }
            case UInt8(ascii: "\""): _ = try quoted()
            case UInt8(ascii: "t"): try take(word: "true")
            case UInt8(ascii: "f"): try take(word: "false")
            case UInt8(ascii: "n"): try take(word: "null")
            case let byte? where Self.beginsNumber(byte): _ = try number()
            default: throw .malformed("no value where one should stand")
            }
            // A value has ended, and perhaps those around it.
            while let around = open.last, open.count > outermost {
                if skip(",") {
                    if around.isObject { _ = try name() }
                    break
                }
                try take(around.isObject ? "}" : "]")
                if around.isObject { names.close(around.names) }
                open.removeLast()
                depth -= 1
            }
        } while open.count > outermost
    }

    // MARK: - Bytes

    private struct OpenValue {
        let isObject: Bool
        /// What `MemberNames.open` gave.
        let names: Int
    }

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

    private mutating func take(_ character: Unicode.Scalar) throws(Fault) {
        guard skip(character) else { throw .malformed("no \"\(character)\" where one should stand") }
    }

    /// Takes the bracket that begins an object or array.
    private mutating func enter(_ bracket: Unicode.Scalar) throws(Fault) {
        guard skip(bracket) else { throw .otherType }
        depth += 1
        guard depth <= Self.depthMax else { throw .malformed("nested deeper than \(Self.depthMax) levels") }
    }

    private mutating func take(word: StaticString) throws(Fault) {
        let count = word.utf8CodeUnitCount
        guard let start = bytes.baseAddress, bytes.count - position >= count,
            memcmp(start + position, word.utf8Start, count) == 0
        else { throw .malformed("a word that JSON does not know") }
        position += count
    }

    /// A member's name and the colon behind it.
    private mutating func name() throws(Fault) -> Name {
        guard next == UInt8(ascii: "\"") else { throw .malformed("no name where a member should stand") }
        let quoted = try quoted()
        let name = Name(
            bytes: UnsafeBufferPointer(rebasing: bytes[quoted.range]),
            decoded: quoted.hasEscapes ? try text(of: quoted) : nil)
        let isNew: Bool
        if var decoded = name.decoded {
            isNew = decoded.withUTF8 { names.insert($0) }
        } else {
            isNew = names.insert(name.bytes)
        }
        guard isNew else { throw .malformed("two members of one name in one object") }
        try take(":")
        return name
    }

    private static func beginsNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10
    }

    /// Takes a number, by RFC 8259 §6.
    private mutating func number() throws(Fault) -> Range<Int> {
        let start = position
        func byte(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }
        if byte(position) == UInt8(ascii: "-") { position += 1 }
        if byte(position) == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if byte(position) == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if let letter = byte(position), letter | 0x20 == UInt8(ascii: "e") {
            position += 1
            if let sign = byte(position), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return start..<position
    }

    private mutating func digits() throws(Fault) {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > start else { throw .malformed("a number without digits") }
    }
}

// MARK: - Strings

extension ListingJSON {
    /// What stands between two quotation marks.
    private struct Quoted {
        var range: Range<Int>
        var hasEscapes: Bool
    }

    /// Takes a string, which must be one by RFC 8259 §7.
    private mutating func quoted() throws(Fault) -> Quoted {
        position += 1
        let start = position
        var hasEscapes = false
        var isASCII = true
        while true {
            skipPlain()
            guard position < bytes.count else { throw .malformed("the text ends within a string") }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let range = start..<position
                guard isASCII || String(validating: bytes[range], as: UTF8.self) != nil else {
                    throw .malformed("bytes that are not UTF-8")
                }
                position += 1
                return Quoted(range: range, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try passEscape()
            case 0..<0x20: throw .malformed("a control character in a string")
            case let byte:
                if byte >= 0x80 { isASCII = false }
                position += 1
            }
        }
    }

    /// Passes over bytes that mean nothing, eight at a time, while there are as many.
    private mutating func skipPlain() {
        guard let base = bytes.baseAddress else { return }
        let ones: UInt64 = 0x0101_0101_0101_0101
        while bytes.count - position >= 8 {
            let word = UInt64(
                littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // The highest bit of each byte: what is zero after the exclusive or, below a space, or no ASCII. Above the
            // lowest one that is set it may be set for no reason.
            let special =
                ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- ones &* 0x20) & ~word)
                | word
            let found = special & (ones &* 0x80)
            guard found == 0 else {
                position += found.trailingZeroBitCount / 8
                return
            }
            position += 8
        }
    }

    private mutating func passEscape() throws(Fault) {
        guard position + 1 < bytes.count else { throw .malformed("the text ends within a string") }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            let unit = try passUnit()
            guard UTF16.isSurrogate(unit) else { return }
            guard UTF16.isLeadSurrogate(unit), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u"), UTF16.isTrailSurrogate(try passUnit())
            else { throw .malformed("half of a surrogate pair") }
        default: throw .malformed("an escape that JSON does not know")
        }
    }

    /// Takes a backslash, a `u` and four hexadecimal digits.
    private mutating func passUnit() throws(Fault) -> UInt16 {
        position += 2
        guard position + 4 <= bytes.count else { throw .malformed("the text ends within a string") }
        var unit: UInt16 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = byte.hexadecimalValue else { throw .malformed("an escape that JSON does not know") }
            unit = unit << 4 | UInt16(digit)
        }
        position += 4
        return unit
    }

    private func text(of quoted: Quoted) throws(Fault) -> String {
        guard quoted.hasEscapes else {
            // It was looked at.
            return String(decoding: bytes[quoted.range], as: UTF8.self)
        }
        // The other reader knows what escapes mean; few strings that are wanted have any.
        let whole = bytes[quoted.range.lowerBound - 1..<quoted.range.upperBound + 1]
        guard let document = try? JSONParser.parse(Array(whole)), case .string(let text) = document.value else {
            throw .malformed("an escape that JSON does not know")
        }
        return text
    }
}

extension UInt8 {
    /// Of a digit of ASCII.
    fileprivate var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
