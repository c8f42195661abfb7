import AuditCore
import Foundation
import TestSupport
import Testing

@testable import GitHubAPI

@Suite struct PlainJSONTests {
    /// A listing's repositories, `nil` for an entry that is none.
    private func repositories(_ listing: Wire.Listing?) -> [Repository?]? {
        listing?.items.map { $0.flatMap(Repository.init) }
    }

    private func decoded<Body: Decodable>(_ text: String, as type: Body.Type) -> Body? {
        try? JSONDecoder().decode(type, from: Data(text.utf8))
    }

    /// What is read without a decoder is what a decoder reads.
    @Test(arguments: [
        "[]", " [ ] ", "[null]", #"[{"id":1,"url":"x","name":"a","owner":{"login":"o"}}]"#,
        #"[ { "a" : [ {"]":"}"} , "\"]" ] , "id" : 7, "name" : "n", "owner":{"login":"o","url":"u","id":3} } ]"#,
        #"[{"id":-9,"name":"","owner":{"login":"o","id":null},"topics":["a","b"],"x":{},"archived":null}]"#,
        #"[{"id":1,"name":"a\"b\\\u00e9","owner":{"login":"o"},"x":-1.5e3,"fork":true,"private":false}]"#,
        #"[{"id":1,"name":"é","owner":{"login":"o"},"visibility":"internal","topics":[]}]"#,
        #"[{"id":1,"name":"a","owner":{"login":"o"},"custom_properties":{"t":"1","any":["x"],"none":null}}]"#,
        #"[{"id":1,"name":"a","owner":{"login":"o"},"x":"\\\\","y":"\\\"","z":"\\\\\""}]"#,
        #"[{"id":999999999999999999,"name":"a","owner":{"login":"o"}},{"id":0,"name":"b","owner":{"login":"o"}}]"#,
    ])
    func readsAListing(text: String) throws {
        let plain = try #require(PlainJSON.value(of: Array(text.utf8), as: Wire.Listing.self))
        #expect(repositories(plain) == repositories(decoded(text, as: Wire.Listing.self)))
    }

    @Test(arguments: [
        #"{"use_default":true}"#, #"{"use_default":false,"include_claim_keys":["repo","context"]}"#,
        " {\r\n\t\"use_default\" : false , \"include_claim_keys\":[],\"sub_claim_prefix\":\"repo:acme\\/api\"} ",
        #"{"use_default":false,"include_claim_keys":null,"use_immutable_subject":true,"sub_claim_prefix":null}"#,
    ])
    func readsASetting(text: String) throws {
        let plain = try #require(PlainJSON.value(of: Array(text.utf8), as: Wire.RepositorySetting.self))
        let whole = try #require(decoded(text, as: Wire.RepositorySetting.self))
        #expect(plain.useDefault == whole.useDefault)
        #expect(plain.includeClaimKeys == whole.includeClaimKeys)
        #expect(plain.useImmutableSubject == whole.useImmutableSubject)
        #expect(plain.subClaimPrefix == whole.subClaimPrefix)
    }

    private static let rest = #""name":"a","owner":{"login":"o"}"#

    @Test(arguments: [
        "", "{}", "[", "[{", "[{]", "[{}", "[{},]", "[{}] x", "[{}]", "[1]", #"[{"id"}]"#, #"[{"id":}]"#,
        #"[{"id":1"#, #"[{"id":1,}]"#, "[{\"id\":1,\(rest)}", "[{\"\\u0069d\":1,\(rest)}]",
        "[{\"id\":1,\(rest),\"x\":\"a]",
        "[{\"id\":1,\(rest),\"x\":[1}]", "[{\"id\":1,\(rest),\"x\":]}]", "[{\"id\":1,\(rest),\"x\":\"\\",
        "[{id:1,\(rest)}]", "[{\"id\":1.0,\(rest)}]", "[{\"id\":1e3,\(rest)}]", "[{\"id\":01,\(rest)}]",
        "[{\"id\":\"1\",\(rest)}]", "[{\"id\":9223372036854775808,\(rest)}]", "[{\"id\":-,\(rest)}]",
        "[{\"id\":1,\(rest),\"fork\":truer}]", "[{\"id\":1,\(rest),\"fork\":1}]", "[{\"id\":1,\(rest),\"topics\":[7]}]",
        "[{\"id\":1,\(rest),\"custom_properties\":{\"a\":true}}]",
        "[{\"id\":1,\"name\":\"a\nb\",\"owner\":{\"login\":\"o\"}}]",
        "[{\"id\":1,\"name\":\"\\u12\",\"owner\":{\"login\":\"o\"}}]",
        // Which of several members of one name counts is not for this to say.
        "[{\"id\":1,\"id\":2,\(rest)}]", "[{\"id\":1,\(rest),\"archived\":null,\"archived\":true}]",
        "[{\"id\":1,\(rest),\"custom_properties\":{\"tier\":\"production\",\"tier\":\"dev\"}}]",
        "[{\"id\":1,\(rest),\"custom_properties\":{\"ti\u{1}er\":\"dev\"}}]",
        "[{\"id\":1,\(rest),\"x\":[\u{1}]}]", "[{\"id\":1,\(rest),\"x\":{\u{0}}}]", "[{\"id\":1,\(rest),\"x\":\u{B}}]",
        #"[{"id":1,"name":"a","owner":{"login":"o","id":null,"id":7}}]"#, "[\u{0}]", "\u{B}[]",
        "[{\"id\":1,\(rest),\"x\":\(String(repeating: "[", count: 65))\(String(repeating: "]", count: 65))}]",
    ])
    func leavesTheRestToTheDecoder(text: String) {
        #expect(PlainJSON.value(of: Array(text.utf8), as: Wire.Listing.self) == nil)
    }

    /// Of a setting nothing may be malformed, read or not: it would be called default, or compliant.
    @Test(arguments: [
        "{}", #"{"use_default":null}"#, #"{"use_default":1}"#, #"{"use_default": tr"#, #"{"use_default":true"#,
        #"{"use_default":true,"x":<html>@@@}"#, #"{"use_default":true,"x":[1 2,,:"a":]}"#,
        #"{"use_default":true,"x":nul}"#, "{\"use_default\":true,\u{0}\"x\":1}", "\u{B}{\"use_default\":true}",
        #"{"use_default":null,"use_default":true}"#, #"{"use_default":true,"include_claim_keys":[null]}"#,
    ])
    func leavesWhatIsNoSettingToTheDecoder(text: String) {
        #expect(PlainJSON.value(of: Array(text.utf8), as: Wire.RepositorySetting.self) == nil)
        #expect(decoded(text, as: Wire.RepositorySetting.self) == nil)
    }

    @Test(arguments: [
        #"{"use_default":true,"x":1}"#, #"{"use_default":true,"use_default":false}"#,
        #"{"use_default":false,"include_claim_keys":null,"include_claim_keys":["repo"]}"#,
    ])
    func leavesASettingWithAnyOtherMemberToTheDecoder(text: String) {
        #expect(PlainJSON.value(of: Array(text.utf8), as: Wire.RepositorySetting.self) == nil)
    }

    /// Bytes that are no UTF-8 are no name.
    @Test func leavesWhatIsNoTextToTheDecoder() {
        let bytes = Array(#"[{"id":1,"name":""#.utf8) + [0xC3] + Array(#"","owner":{"login":"o"}}]"#.utf8)
        #expect(PlainJSON.value(of: bytes, as: Wire.Listing.self) == nil)
    }

    private static let listing = #"""
        [{"id": 1, "node_id": "R_1", "name": "a", "private": true, "owner": {"login": "acme", "id": 77, "type": "x"},
          "topics": ["a"], "license": {"key": "mit", "name": "MIT"}, "custom_properties": {"tier": ["x", "y"], "n": null}},
         {"id": 2, "name": "b\u00e9", "owner": {"id": 77, "login": "acme"}, "visibility": "internal", "fork": false}]
        """#
    private static let setting = #"""
        {"use_default": false, "include_claim_keys": ["repo", "context"], "use_immutable_subject": null,
         "sub_claim_prefix": "repo:acme/api"}
        """#
    private static let members = [
        #""id":null,"#, #""name":"z","#, #""fork":true,"#, #""fork":null,"#, #""tier":"z","#, #""use_default":true,"#,
        #""include_claim_keys":["ref"],"#, #""sub_claim_prefix":null,"#,
    ]

    /// A text with up to three bytes, or members, changed.
    private func damaged(_ text: String, _ random: inout SeededGenerator) -> [UInt8] {
        let odd = Array("{}[]\",:\\ 0na\u{0}\u{B}\u{1}".utf8) + [0x80, 0xC3, 0xFF]
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

    /// Whatever a decoder makes of a text, reading it makes the same of it, or nothing; but for entries of a listing that
    /// are malformed in a part that nobody reads.
    @Test(arguments: 0..<8)
    func saysTheSameOfAListingAsADecoder(seed: Int) {
        var random = SeededGenerator(seed)
        var readings = 0
        for _ in 0..<3000 {
            let bytes = damaged(Self.listing, &random)
            // Whatever a decoder thinks of it: a text that it refuses must come to an end here too.
            let plain = PlainJSON.value(of: bytes, as: Wire.Listing.self)
            guard let plain, let whole = try? JSONDecoder().decode(Wire.Listing.self, from: Data(bytes)) else {
                continue
            }
            readings += 1
            let (read, decoded) = (repositories(plain) ?? [], repositories(whole) ?? [])
            let isSame = read.count == decoded.count && zip(read, decoded).allSatisfy { $0 == $1 || $1 == nil }
            #expect(isSame, "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(readings > 500)
    }

    /// What a decoder refuses is no setting, and any other is what it reads.
    @Test(arguments: 0..<8)
    func saysTheSameOfASettingAsADecoder(seed: Int) {
        var random = SeededGenerator(seed)
        var readings = 0
        for _ in 0..<3000 {
            let bytes = damaged(Self.setting, &random)
            guard let plain = PlainJSON.value(of: bytes, as: Wire.RepositorySetting.self) else { continue }
            readings += 1
            let whole = try? JSONDecoder().decode(Wire.RepositorySetting.self, from: Data(bytes))
            #expect(
                whole?.useDefault == plain.useDefault && whole?.includeClaimKeys == plain.includeClaimKeys
                    && whole?.useImmutableSubject == plain.useImmutableSubject
                    && whole?.subClaimPrefix == plain.subClaimPrefix, "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(readings > 500)
    }
}
