/// A value that is written as JSON in any of the ways that RFC 8259 allows.
package indirect enum LawfulJSON {
    case null
    case bool(Bool)
    /// By the grammar of numbers.
    case number(String)
    case string(String)
    case array([LawfulJSON])
    /// The names are unique; the order is the writer's.
    case object([(name: String, value: LawfulJSON)])

    package static func strings(_ texts: [String]) -> LawfulJSON { .array(texts.map { .string($0) }) }

    /// A text of the value, spelled by chance.
    package func text(_ random: inout SeededGenerator) -> String {
        let space = { (random: inout SeededGenerator) in
            Int.random(in: 0..<4, using: &random) > 0
                ? "" : [" ", "\t", "\n", "\r\n", "  "].randomElement(using: &random) ?? ""
        }
        let inner: String
        switch self {
        case .null: inner = "null"
        case .bool(let value): inner = value ? "true" : "false"
        case .number(let text): inner = text
        case .string(let text): inner = Self.quoted(text, &random)
        case .array(let values):
            var pieces: [String] = []
            for value in values { pieces.append(value.text(&random)) }
            inner = "[" + space(&random) + pieces.joined(separator: ",") + "]"
        case .object(let members):
            var pieces: [String] = []
            for member in members.shuffled(using: &random) {
                pieces.append(
                    space(&random) + Self.quoted(member.name, &random) + space(&random) + ":"
                        + member.value.text(&random))
            }
            inner = "{" + pieces.joined(separator: ",") + space(&random) + "}"
        }
        return space(&random) + inner + space(&random)
    }

    /// Something that nobody asks for.
    package static func noise(_ random: inout SeededGenerator, depth: Int = 0) -> LawfulJSON {
        switch Int.random(in: 0..<(depth > 3 ? 5 : 8), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2, 3:
            let numbers = [
                "0", "-0", "1", "-17", "0.5", "-1.25e-10", "1E+2", "1e400", "123456789012345678901234567890",
            ]
            return .number(numbers.randomElement(using: &random) ?? "0")
        case 4, 5: return .string(word(&random))
        case 6:
            var values: [LawfulJSON] = []
            for _ in 0..<Int.random(in: 0..<4, using: &random) { values.append(noise(&random, depth: depth + 1)) }
            return .array(values)
        default: return .object(noiseMembers(&random, depth: depth + 1))
        }
    }

    /// Members that nobody asks for, of names that no schema has.
    package static func noiseMembers(
        _ random: inout SeededGenerator, depth: Int = 0,
    ) -> [(name: String, value: LawfulJSON)] {
        var members: [(name: String, value: LawfulJSON)] = []
        for index in 0..<Int.random(in: 0..<6, using: &random) {
            members.append((name: "\(word(&random))_x\(index)", value: noise(&random, depth: depth)))
        }
        return members
    }

    /// A text of some odd characters.
    package static func word(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "a", "Z", "9", " ", "\"", "\\", "/", "\n", "\u{1}", "é", "e\u{301}", "ß", "漢", "😀", "\u{2028}", "<", "{",
        ]
        return (0..<Int.random(in: 0..<12, using: &random))
            .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }

    // MARK: -

    private static func quoted(_ text: String, _ random: inout SeededGenerator) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            let mustBeEscaped = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            guard mustBeEscaped || Int.random(in: 0..<8, using: &random) == 0 else {
                result.unicodeScalars.append(scalar)
                continue
            }
            let short: [Unicode.Scalar: String] = [
                "\"": "\\\"", "\\": "\\\\", "/": "\\/", "\u{8}": "\\b", "\u{C}": "\\f", "\n": "\\n", "\r": "\\r",
                "\t": "\\t",
            ]
            if let escape = short[scalar], Bool.random(using: &random) {
                result += escape
                continue
            }
            for unit in String(Character(scalar)).utf16 {
                let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result + "\""
    }
}
