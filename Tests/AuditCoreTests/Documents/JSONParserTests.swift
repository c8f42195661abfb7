import AuditCore
import Foundation
import Testing

@Suite struct JSONParserTests {
    @Test(arguments: [
        "{}", "[]", "null", "true", " [1, -2.5e+3, 0, 1E2] ", #"{"a": {"b": ["c", false, null]}}"#,
        #""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00""#, "\"é😀\"", "\t[\r\n]\n",
    ])
    func readsWhatFoundationReads(text: String) throws {
        let ours = try JSONParser.parse(Array(text.utf8)).foundationValue
        let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        #expect([ours] as NSArray == [theirs] as NSArray)
    }

    @Test(arguments: [
        ("", "1:1", "the text ends where a value should stand"),
        ("{", "1:2", "expected a key in double quotes, found end of the text"),
        ("{\"a\": 1,}", "1:9", "expected a key in double quotes, found \"}\""),
        ("[1,\n 2,\n]", "3:1", "expected a value, found \"]\""),
        ("{\"a\" 1}", "1:6", "expected \":\" after the key \"a\", found \"1\""),
        ("{\"a\": 1 \"b\": 2}", "1:9", "expected \",\" or \"}\", found \"\"\""),
        ("{\"a\": 1,\n \"a\": 2}", "2:2", "the key \"a\" stands twice in one object"),
        ("[01]", "1:3", "expected \",\" or \"]\", found \"1\""),
        ("[1.]", "1:4", "expected a digit, found \"]\""),
        ("[-]", "1:3", "expected a digit, found \"]\""),
        ("[tru]", "1:2", "expected a value, found \"t\""),
        ("\"é", "1:3", "the text ends within a string"),
        ("\"a\nb\"", "1:3", "a control character stands in a string"),
        (#""\x""#, "1:3", "\\ is followed by \"x\", which is not a JSON escape"),
        (#""\uD83D""#, "1:8", "half of a surrogate pair"),
        (#""\u12G4""#, "1:4", "\\u wants four hexadecimal digits"),
        ("[] []", "1:4", "unexpected \"[\" after the end of the document"),
        ("// no", "1:1", "expected a value, found \"/\""),
    ])
    func namesThePlaceOfAMistake(text: String, position: String, message: String) {
        let error = #expect(throws: DocumentError.self) { try JSONParser.parse(Array(text.utf8)) }
        #expect(error?.position.description == position)
        #expect(error?.message == message)
    }

    @Test func refusesInvalidUTF8() {
        #expect(throws: DocumentError.self) { try JSONParser.parse([UInt8(ascii: "\""), 0xFF, UInt8(ascii: "\"")]) }
    }

    @Test func refusesDeepNestingInsteadOfOverflowing() {
        let deep = Array(repeating: UInt8(ascii: "["), count: 1_000_000)
        let error = #expect(throws: DocumentError.self) { try JSONParser.parse(deep) }
        #expect(error?.message == "nested deeper than 64 levels")
    }

    @Test func aLongLineTakesLinearTime() throws {
        let line = "[" + Array(repeating: "\"é\"", count: 90_000).joined(separator: ",") + ",x]"
        let error = #expect(throws: DocumentError.self) { try JSONParser.parse(Array(line.utf8)) }
        #expect(error?.position == SourcePosition(line: 1, column: 360_002))
    }

    @Test func refusesMoreValuesThanAnybodyWrites() throws {
        let bytes = Array(("[" + String(repeating: "1,", count: Document.valuesMax) + "1]").utf8)
        let error = #expect(throws: DocumentError.self) { try JSONParser.parse(bytes) }
        #expect(error?.message == "the document holds more than 100000 values")
        _ = try JSONParser.parse(bytes, valuesMax: 2 * Document.valuesMax)
    }

    @Test func everyPrefixOfADocumentIsAnError() {
        let text = Array(#"{"a": [1, {"b": "c\u0041"}, null], "d": true}"#.utf8)
        for count in 0..<text.count {
            #expect(throws: DocumentError.self) { try JSONParser.parse(Array(text.prefix(count))) }
        }
    }

    @Test func skipsAByteOrderMark() throws {
        let error = #expect(throws: DocumentError.self) { try JSONParser.parse([0xEF, 0xBB, 0xBF] + Array("x".utf8)) }
        #expect(error?.position == .start)
    }
}

extension Document {
    fileprivate var foundationValue: Any {
        switch value {
        case .null: NSNull()
        case .bool(let flag): NSNumber(value: flag)
        case .number(let text): NSNumber(value: Double(text) ?? .nan)
        case .string(let text): text as NSString
        case .array(let elements): elements.map(\.foundationValue) as NSArray
        case .object(let members):
            Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.foundationValue) }) as NSDictionary
        }
    }
}
