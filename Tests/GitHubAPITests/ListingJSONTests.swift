import AuditCore
import Foundation
import TestSupport
import Testing

@testable import GitHubAPI

/// The reader of listings against the other one, which makes values of everything.
@Suite(.timeLimit(.minutes(5))) struct ListingJSONTests {
    /// The repositories of a page as the strict reader of other answers finds them; `nil` for an entry that is none.
    private func expected(_ bytes: [UInt8]) -> [Repository?]? {
        guard let document = try? JSONParser.parse(bytes, valuesMax: .max, depthMax: 512, skipsMark: false),
            case .array(let elements) = document.value
        else { return nil }
        return elements.map { element in
            guard case .object(let members) = element.value else { return nil }
            func value(_ key: String, of members: [Document.Member] = members) -> Document? {
                members.first { $0.key.isExactly(key) }?.value
            }
            guard let id = value("id")?.integer, id > 0, let name = value("name")?.text,
                case .object(let owner) = value("owner")?.value, let login = value("login", of: owner)?.text
            else { return nil }
            let ownerID = value("id", of: owner)
            guard ownerID == nil || ownerID?.isNull == true || ownerID?.integer ?? 0 > 0 else { return nil }
            let visibility: Repository.Visibility =
                switch (value("visibility")?.text, value("private")?.flag) {
                case ("internal", nil), ("internal", true): .internal
                case ("internal", false): .unknown
                case (_, true): .notPublic
                case (nil, false): .public
                default: .unknown
                }
            let repository = Repository(
                id: RepositoryID(rawValue: id), owner: login, ownerID: ownerID?.integer, name: name,
                visibility: visibility, isArchived: value("archived")?.flag, isFork: value("fork")?.flag,
                topics: value("topics")?.texts, customProperties: value("custom_properties")?.properties)
            return repository.isAddressable ? repository : nil
        }
    }

    /// - Returns: `nil` where the page is malformed.
    private func read(_ bytes: [UInt8]) -> [Repository?]? {
        try? ListingJSON.value(of: bytes, as: Wire.Listing.self).items.map { $0.flatMap(Repository.init) }
    }

    @Test(arguments: [
        "[]", " [ ] ", "[null]", #"[{"id":1,"url":"x","name":"a","owner":{"login":"o"}}]"#,
        #"[ { "a" : [ {"]":"}"} , "\"]" ] , "id" : 7, "name" : "n", "owner":{"login":"o","url":"u","id":3} } ]"#,
        #"[{"id":9,"name":"b","owner":{"login":"o","id":null},"topics":["a","b"],"x":{},"archived":null}]"#,
        #"[{"id":1,"name":"a\"b\\\u00e9","owner":{"login":"o"},"x":-1.5e3,"fork":true,"private":false}]"#,
        #"[{"id":1,"name":"é","owner":{"login":"o"},"visibility":"internal","topics":[]}]"#,
        #"[{"id":1,"name":"a","owner":{"login":"o"},"custom_properties":{"t":"1","any":["x"],"none":null,"f":true}}]"#,
        #"[{"id":1,"name":"a","owner":{"login":"o"},"x":"\\\\","y":"\\\"","z":"\\\\\""}]"#,
        #"[{"id":9223372036854775807,"name":"a","owner":{"login":"o"}},{"id":0,"name":"b","owner":{"login":"o"}}]"#,
        #"[{"\u0069d":1,"n\u0061me":"a","owner":{"l\u006fgin":"o"},"fork":1,"topics":[7],"archived":"no"}]"#,
        #"[{"id":1,"name":"a","owner":{"login":"o"},"custom_properties":{"a":{},"b":[1]},"topics":{"a":"b"}}]"#,
        #"[{"id":1.0,"name":"a","owner":{"login":"o"}},{"id":1e3,"name":"a","owner":{"login":"o"}},7,[],"x",true]"#,
        #"[{"id":1,"name":"a","owner":null},{"id":1,"name":null,"owner":{"login":"o"}},{},{"id":1}]"#,
        #"[{"id":1,"name":"a","owner":{"login":"o","id":{"a":[{}]}}},{"id":[1,{"b":2}],"name":"b"}]"#,
    ])
    func readsWhatTheOtherReaderReads(text: String) throws {
        let bytes = Array(text.utf8)
        #expect(try #require(read(bytes)) == #require(expected(bytes)))
    }

    private static let listing = #"""
        [{"id": 1, "node_id": "R_1", "name": "a", "private": true, "owner": {"login": "acme", "id": 77, "type": "x"},
          "topics": ["a"], "license": {"key": "mit", "name": "M\u00cf\ud83d\ude00T"}, "size": -1.5e2,
          "custom_properties": {"tier": ["x", "y"], "n": null}, "description": "Ünïcödé and \"quoted\" words"},
         {"id": 2, "name": "b\u00e9", "owner": {"id": 77, "login": "acme"}, "visibility": "internal", "fork": false}]
        """#
    private static let members = [
        #""id":null,"#, #""name":"z","#, #""fork":true,"#, #""fork":null,"#, #""tier":"z","#, #""topics":{},"#,
        #""x":[[{}]],"#, #""y":"\u12","#, #""z":01,"#,
    ]

    /// A text with up to three bytes, or members, changed.
    private func damaged(_ text: String, _ random: inout SeededGenerator) -> [UInt8] {
        let odd = Array("{}[]\",:\\ 0naeE+-.ut\u{0}\u{B}\u{1}\u{1F}".utf8) + [0x80, 0xC3, 0xED, 0xF4, 0xFF]
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(odd.randomElement(using: &random) ?? 0, at: place)
            case 2: bytes[place] = odd.randomElement(using: &random) ?? 0
            default:
                // After a brace, where a member may stand.
                let braces = bytes.indices.filter { bytes[$0] == UInt8(ascii: "{") }
                guard let brace = braces.randomElement(using: &random) else { continue }
                bytes.insert(
                    contentsOf: Array((Self.members.randomElement(using: &random) ?? "").utf8), at: brace + 1)
            }
        }
        return bytes
    }

    /// Both take the same texts for JSON, and read the same from them.
    @Test(arguments: 0..<8) func isAsStrictAsTheOtherReader(seed: Int) {
        var random = SeededGenerator(seed)
        var (readings, refusals) = (0, 0)
        for _ in 0..<2500 {
            let bytes = damaged(Self.listing, &random)
            let (one, other) = (read(bytes), expected(bytes))
            #expect(one == other, "\(String(decoding: bytes, as: UTF8.self))")
            if one == nil { refusals += 1 } else { readings += 1 }
        }
        #expect(readings > 400)
        #expect(refusals > 400)
    }

    /// Every length of what comes before a byte that means something: eight are looked at together.
    @Test func everyByteIsLookedAtWhereverItStands() {
        for length in 0..<24 {
            for bad in [0x00, 0x0A, 0x1F, 0x80, 0xC3, 0xFF] as [UInt8] {
                for rest in 0..<10 {
                    let text =
                        Array(#"[{"x":""#.utf8) + Array(repeating: UInt8(ascii: "~"), count: length) + [bad]
                        + Array(repeating: UInt8(ascii: " "), count: rest) + Array(#""}]"#.utf8)
                    #expect(read(text) == nil)
                }
            }
            let good = Array(repeating: UInt8(ascii: "~"), count: length)
            for end in [#"\"é"#, #"\\ and more than eight"#, "漢字漢字", "\u{7F} !#[]^"] {
                #expect(read(Array(#"[{"x":""#.utf8) + good + Array((end + #""}]"#).utf8)) == [nil])
            }
        }
    }

    /// Twice as much takes about twice as long, whatever it is made of: a page of 16 MiB must not hold a scan up.
    @Test func aHostilePageTakesNoTime() {
        let shapes = [
            String(repeating: "[", count: 1_000_000), String(repeating: "[[],", count: 250_000),
            "[" + String(repeating: #"{"a":"#, count: 200_000),
            "[{" + (0..<200_000).map { #""m\#($0)":0"# }.joined(separator: ",") + "}]",
            "[\"" + String(repeating: "\\u0041", count: 200_000), "[" + String(repeating: "1", count: 1_000_000),
            "[{\"topics\":[" + String(repeating: "\"a\",", count: 200_000),
        ]
        let clock = ContinuousClock()
        for shape in shapes {
            let bytes = Array(shape.utf8)
            let time = clock.measure { _ = read(bytes) }
            #expect(time < .seconds(60), "\(shape.prefix(20))")
        }
    }
}

extension Document {
    fileprivate var text: String? { if case .string(let text) = value { text } else { nil } }
    fileprivate var flag: Bool? { if case .bool(let flag) = value { flag } else { nil } }

    fileprivate var texts: [String]? {
        guard case .array(let elements) = value else { return nil }
        let texts = elements.compactMap(\.text)
        return texts.count == elements.count ? texts : nil
    }

    fileprivate var properties: [String: [String]]? {
        guard case .object(let members) = value else { return nil }
        var properties: [String: [String]] = [:]
        for member in members {
            let values =
                member.value.isNull
                ? []
                : member.value.flag.map { [$0 ? "true" : "false"] }
                    ?? member.value.text.map { [$0] } ?? member.value.texts
            guard let values else { return nil }
            properties[member.key] = values
        }
        return properties
    }
}
