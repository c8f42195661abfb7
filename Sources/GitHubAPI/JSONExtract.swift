/// Cuts a JSON array of objects down to the members that are read, before a decoder sees it.
///
/// GitHub tells about 5 KB of a repository in a listing, of which a tenth is read; a decoder that builds a dictionary of
/// all of it took a fifth of a scan's time.
struct JSONExtract {
    /// A member to keep, and which of its own members where it is an object; all of it without any.
    struct Member: Sendable {
        private let key: [UInt8]
        let members: [Member]

        init(_ key: String, _ members: [Member] = []) {
            self.key = Array(key.utf8)
            self.members = members
        }

        func isNamed(_ text: ArraySlice<UInt8>) -> Bool {
            key.count == text.count && key.elementsEqual(text)
        }
    }

    private let bytes: [UInt8]
    private var position = 0
    private var output: [UInt8] = []

    /// - Returns: `nil` for anything but an array of objects that can be cut without understanding more of it, such as
    ///   one with an escape in a member's name: the whole text must be decoded then, and says what is wrong with it.
    ///   What is left out is not checked.
    static func array(_ bytes: [UInt8], keeping members: [Member]) -> [UInt8]? {
        var extract = JSONExtract(bytes)
        return extract.array(members) ? extract.output : nil
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    // MARK: -

    private mutating func array(_ members: [Member]) -> Bool {
        guard take(UInt8(ascii: "[")) else { return false }
        if !take(UInt8(ascii: "]")) {
            repeat {
                guard object(members) else { return false }
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { return false }
        }
        skipSpace()
        return position == bytes.count
    }

    private mutating func object(_ members: [Member]) -> Bool {
        guard take(UInt8(ascii: "{")) else { return false }
        guard next != UInt8(ascii: "}") else { return take(UInt8(ascii: "}")) }
        var isFirst = true
        repeat {
            guard next == UInt8(ascii: "\"") else { return false }
            let start = position
            guard skipString() else { return false }
            let quoted = bytes[start..<position]
            guard !quoted.contains(UInt8(ascii: "\\")) else { return false }
            if let member = members.first(where: { $0.isNamed(quoted.dropFirst().dropLast()) }) {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                output += quoted
                guard take(UInt8(ascii: ":")), value(keeping: member.members) else { return false }
            } else {
                guard skip(UInt8(ascii: ":")), skipValue() else { return false }
            }
        } while skip(UInt8(ascii: ","))
        return take(UInt8(ascii: "}"))
    }

    /// Takes a value into the output; where it is an object and members are named, those alone.
    private mutating func value(keeping members: [Member]) -> Bool {
        if !members.isEmpty, next == UInt8(ascii: "{") { return object(members) }
        skipSpace()
        let start = position
        guard skipValue() else { return false }
        output += bytes[start..<position]
        return true
    }

    // MARK: - Bytes

    /// The next byte that is no space, without taking it.
    private var next: UInt8? {
        mutating get {
            skipSpace()
            return position < bytes.count ? bytes[position] : nil
        }
    }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
    }

    /// Takes a byte of the structure into the output.
    private mutating func take(_ byte: UInt8) -> Bool {
        guard skip(byte) else { return false }
        output.append(byte)
        return true
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    /// Passes a string, quotes included.
    private mutating func skipString() -> Bool {
        guard next == UInt8(ascii: "\"") else { return false }
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return true
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
        return false
    }

    /// Passes a value, whatever it is.
    private mutating func skipValue() -> Bool {
        // The ends that are still to come.
        var ends: [UInt8] = []
        repeat {
            switch next {
            case nil: return false
            case UInt8(ascii: "\""):
                guard skipString() else { return false }
            case UInt8(ascii: "{"):
                ends.append(UInt8(ascii: "}"))
                position += 1
            case UInt8(ascii: "["):
                ends.append(UInt8(ascii: "]"))
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard ends.popLast() == bytes[position] else { return false }
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard !ends.isEmpty else { return false }
                position += 1
            default:
                while position < bytes.count, !Self.endsWord(bytes[position]) { position += 1 }
            }
        } while !ends.isEmpty
        return true
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
