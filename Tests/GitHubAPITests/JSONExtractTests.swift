import AuditCore
import Foundation
import TestSupport
import Testing

@testable import GitHubAPI

@Suite struct JSONExtractTests {
    private typealias Listing = [Wire.Lenient<Wire.Repository>]

    private func extract(_ text: String) -> String? {
        JSONExtract.array(Array(text.utf8), keeping: Wire.Repository.members).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private func repositories(_ bytes: [UInt8]) -> [Repository?]? {
        (try? JSONDecoder().decode(Listing.self, from: Data(bytes)))?.map { $0.value.flatMap(Repository.init) }
    }

    @Test(arguments: [
        ("[]", "[]"), (" [ ] ", "[]"), ("[{}]", "[{}]"), ("[{\"size\": 1}, {}]", "[{},{}]"),
        (#"[{"id":1,"url":"x","name":"a"}]"#, #"[{"id":1,"name":"a"}]"#),
        (#"[ { "a" : [ {"]":"}"} , "\"]" ] , "id" : 7 } ]"#, #"[{"id":7}]"#),
        (#"[{"owner":{"login":"o","url":"u","id":3},"name":"n"}]"#, #"[{"owner":{"login":"o","id":3},"name":"n"}]"#),
        (#"[{"owner":null,"topics":["a","b"],"x":{}}]"#, #"[{"owner":null,"topics":["a","b"]}]"#),
        (#"[{"custom_properties":{"id":"1","any":["x"]}}]"#, #"[{"custom_properties":{"id":"1","any":["x"]}}]"#),
        (#"[{"name":"a\"b","x":-1.5e3,"id":1,"id":2}]"#, #"[{"name":"a\"b","id":1,"id":2}]"#),
    ])
    func keepsWhatIsRead(text: String, kept: String) {
        #expect(extract(text) == kept)
    }

    @Test(arguments: [
        "", "{}", "[", "[{", "[{]", "[{}", "[{},]", "[{}] x", "[1]", "[null]", #"[{"id"}]"#, #"[{"id":}]"#,
        #"[{"id":1"#,
        #"[{"id":1,}]"#, #"[{"\u0069d":1}]"#, #"[{"x":"a]"#, #"[{"x":[1}]"#, #"[{"x":]}]"#, #"[{"x":"\"#, #"[{id:1}]"#,
    ])
    func leavesTheRestToTheDecoder(text: String) {
        #expect(extract(text) == nil)
    }

    /// Whatever the decoder makes of a whole text, it makes of what is kept of it; but for entries that are malformed in a
    /// part that nobody reads.
    @Test(arguments: 0..<8)
    func saysTheSameAsTheWhole(seed: Int) {
        var random = SeededGenerator(seed)
        let listing = Array(
            """
            [{"id": 1, "node_id": "R_1", "name": "a", "private": true, "owner": {"login": "acme", "id": 77, "type": "x"},
              "topics": ["a"], "license": {"key": "mit", "name": "MIT"}, "custom_properties": {"tier": ["x", "y"], "n": null}},
             {"id": 2, "name": "b\\u00e9", "owner": {"id": 77, "login": "acme"}, "visibility": "internal", "fork": false}]
            """.utf8)
        let odd = Array("{}[]\",:\\ 0na\u{0}".utf8)
        for _ in 0..<3000 {
            var bytes = listing
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(odd.randomElement(using: &random) ?? 0, at: place)
                default: bytes[place] = odd.randomElement(using: &random) ?? 0
                }
            }
            guard let whole = repositories(bytes), let kept = JSONExtract.array(bytes, keeping: Wire.Repository.members)
            else { continue }
            let read = repositories(kept) ?? []
            let isSame = read.count == whole.count && zip(read, whole).allSatisfy { $0 == $1 || $1 == nil }
            #expect(isSame, "\(String(decoding: bytes, as: UTF8.self))")
        }
    }
}
