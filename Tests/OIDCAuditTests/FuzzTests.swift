import AuditCore
import Foundation
import Reports
import TestSupport
import Testing

@testable import OIDCAudit

/// Policies and waivers of any content: a clear error or a valid document, never a crash or a hang. What is generated is
/// the same each time.
@Suite(.timeLimit(.minutes(10))) struct FuzzTests {
    private static let policies = [
        #"{"version": 1, "name": "p", "rules": [{"id": "a", "rule": "require-claims", "severity": "high", "claims": ["repo"], "any_of": [["repo", "context"]], "where": {"properties": {"tier": ["a"]}}}, {"id": "b", "rule": "subject-length", "severity": "low", "max": 600}]}"#,
        "version: 1\nname: p\nmax_waiver_days: 30\nrules:\n  - id: a\n    rule: leading-claim\n    severity: high\n    where: { names: [\"a*\"], fork: false }\n    reason: |\n      why\n",
    ]
    private static let waivers = [
        #"{"version": 1, "waivers": [{"rule": "a", "repository": "x-*", "owner": "o", "reason": "r", "expires": "2027-01-01"}, {"rule": "a", "organization": "acme", "repository": 7, "owner": "o", "reason": "r", "expires": "2027-01-01"}]}"#,
        "version: 1\nwaivers:\n  # why\n  - rule: a\n    repository: x\n    owner: o\n    reason: r\n    expires: 2027-01-01\n",
    ]

    private static let cases =
        "version: 1\ncases:\n  - name: a\n    template: [repo, x]\n    repository: {name: b, properties: {t: [u]}}\n    organization_template: [repo]\n    expect: [a]\n"
    private static let baseline =
        #"{"schema": "oidc-audit.baseline/v1", "api_url": "x", "policy": "p", "scan": {"started_at": "2026-11-21T02:00:00Z"}, "findings": {"x/repositories/1/a": {"severity": "high", "organization": "acme", "repository": "acme/b", "problems": ["c"]}}}"#
    /// A policy with an entry of every rule, as its first example has it.
    private static let everyRule = {
        let entries = RuleCatalog.all.map { rule in
            let options = rule.examples.first.map { $0.options.dropFirst().dropLast() } ?? ""
            return
                #"{"id": "\#(rule.name)", "rule": "\#(rule.name)", "severity": "low"\#(options.isEmpty ? "" : ", ")\#(options)}"#
        }
        return #"{"version": 1, "name": "p", "rules": [\#(entries.joined(separator: ",\n"))]}"#
    }()

    /// What is put into a document, beside single bytes.
    private static let pieces: [[UInt8]] =
        [
            "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u0000", "\\ud800", "\\udc00", "null", "true", "-", "- ", "\n",
            "\n  ", "#",
            "&a", "*a", "<<: *a", "!!binary ", "!!set", "|", ">", "%YAML 1.2\n", "---\n", "...\n", "? ", "1e999999",
            "99999999999999999999999", "0x7fffffffffffffff", "\u{0}", "\u{FEFF}", "\u{202E}", "é", "😀",
            "\"id\": \"a\",", "\"version\": 1,", "\t", "\r", "'", "''", "~", "2027-13-41", "[[[[", "{{{{", "]]]]",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80]]

    private static func mutate(_ text: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = text
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let length = min(Int.random(in: 0...12, using: &random), bytes.count - place)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.removeSubrange(place..<place + length)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 2: bytes.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: place)
            case 3:
                let other = Int.random(in: 0...bytes.count, using: &random)
                bytes.insert(contentsOf: bytes[place..<place + length], at: other)
            default: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random) }
            }
        }
        return bytes
    }

    /// - Returns: whether it was accepted.
    private static func read(_ bytes: [UInt8], as name: String) -> Bool {
        do throws(CommandFailure) {
            let file = try DocumentFile(bytes: bytes, name: name, what: "document")
            do throws(DocumentError) {
                if name.hasPrefix("waivers") {
                    _ = try WaiverList(file.document, source: name)
                } else if name.hasPrefix("cases") {
                    for testCase in try PolicyCaseList(file.document).cases { _ = testCase.misses(under: .forFuzz) }
                } else if name.hasPrefix("baseline") {
                    _ = try BaselineDocument.parse(file.document, source: name)
                } else {
                    _ = try Policy(file.document, source: name, sha256: file.sha256)
                }
                return true
            } catch {
                throw DocumentFile.failure(error, in: name)
            }
        } catch {
            #expect(error.status == .usage)
            #expect(error.message.hasPrefix(name) || error.message.contains(name), "\(error.message)")
            #expect(error.hint?.isEmpty == false)
            return false
        }
    }

    private static let documentsPerSeed = 12_500

    @Test(arguments: 0..<8)
    func generatedDocumentsAreReadOrRefused(seed: Int) {
        var random = SeededGenerator(seed)
        let kinds: [(String, [UInt8])] = [
            ("policy.json", Array(Self.policies[0].utf8)), ("policy.yaml", Array(Self.policies[1].utf8)),
            ("waivers.json", Array(Self.waivers[0].utf8)), ("waivers.yaml", Array(Self.waivers[1].utf8)),
            ("policy.json", Array(Self.everyRule.utf8)), ("cases.yaml", Array(Self.cases.utf8)),
            ("baseline.json", Array(Self.baseline.utf8)),
        ]
        // The large one is one of very many: most of what can go wrong is in the small ones.
        let often = (0..<4).flatMap { _ in kinds.filter { $0.1.count < 1000 } } + kinds
        var accepted = 0
        for index in 0..<Self.documentsPerSeed {
            let (name, text) = often[index % often.count]
            if Self.read(Self.mutate(text, &random), as: name) { accepted += 1 }
        }
        // Both happen, or the documents are no test of either.
        #expect(accepted > Self.documentsPerSeed / 100)
        #expect(accepted < Self.documentsPerSeed / 2)
    }

    static let monsters: [(name: String, bytes: @Sendable () -> [UInt8])] = {
        func text(_ body: @escaping @Sendable () -> String) -> @Sendable () -> [UInt8] { { Array(body().utf8) } }
        @Sendable func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
        var all: [(String, @Sendable () -> [UInt8])] = []
        for ending in ["json", "yaml"] {
            all += [
                ("deep-lists.\(ending)", text { times("[", 200_000) }),
                ("deep-objects.\(ending)", text { times("{\"a\":", 200_000) }),
                ("deep-closed.\(ending)", text { times("[", 100_000) + times("]", 100_000) }),
                ("many-values.\(ending)", text { "[" + times("1,", 500_000) + "1]" }),
                ("many-strings.\(ending)", text { "[" + times("\"\",", 500_000) + "1]" }),
                (
                    "many-keys.\(ending)",
                    text { "{" + (0..<150_000).map { "\"\($0)\": 1" }.joined(separator: ",") + "}" }
                ),
                ("duplicate-keys.\(ending)", text { "{" + times("\"a\": 1,", 200_000) + "\"a\": 1}" }),
                ("huge-number.\(ending)", text { "{\"version\": " + times("9", 3_000_000) + "}" }),
                ("huge-string.\(ending)", text { "{\"version\": \"" + times("x", 3_900_000) + "\"}" }),
                ("huge-key.\(ending)", text { "{\"" + times("x", 3_900_000) + "\": 1}" }),
                ("too-large.\(ending)", text { times(" ", 50 << 20) }),
                ("zeros.\(ending)", { Array(repeating: 0, count: 4 << 20) }),
                ("not-utf8.\(ending)", { Array(repeating: 0xFF, count: 4 << 20) }),
                ("newlines.\(ending)", text { times("\n", 1 << 20) }),
            ]
        }
        all += [
            ("deep-blocks.yaml", text { (0..<2000).map { times(" ", $0) + "a:" }.joined(separator: "\n") }),
            ("dashes.yaml", text { times("- ", 200_000) }),
            ("questions.yaml", text { times("? ", 200_000) }),
            ("many-lines.yaml", text { times("- a\n", 500_000) }),
            (
                "billion-laughs.yaml",
                text {
                    "a0: &a0 [x]\n" + (1..<40).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
                }
            ),
            (
                "laughing-keys.yaml",
                text {
                    "? &a0 [x]\n: 1\n" + (1..<40).map { "? &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n: 1\n" }.joined()
                }
            ),
            (
                "tagged-keys.yaml",
                text {
                    "? !!seq &a0 [x]\n: 1\n"
                        + (1..<40).map { "? !!seq &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n: 1\n" }.joined()
                }
            ),
            ("keys-alone.yaml", text { "{" + (0..<199_000).map { "k\($0)," }.joined() + "}" }),
            (
                "directives.yaml",
                text { (0..<20_000).map { "%TAG !\(String($0, radix: 16))! b\n" }.joined() + "--- a" }
            ),
            ("merge.yaml", text { "a: &a {b: 1}\nc:\n  <<: *a\n" }),
            ("tags.yaml", text { times("!a ", 200_000) + "x" }),
            ("documents.yaml", text { times("---\n", 200_000) }),
            ("comment.yaml", text { "#" + times("x", 4_000_000) }),
            ("folded.yaml", text { "a: >\n" + times("  x\n\n", 150_000) }),
        ]
        return all
    }()

    @Test(arguments: monsters.indices)
    func aMonsterIsRefused(index: Int) {
        let monster = Self.monsters[index]
        let began = ContinuousClock.now
        #expect(!Self.read(monster.bytes(), as: monster.name), "\(monster.name)")
        #expect(!Self.read(monster.bytes(), as: "waivers-" + monster.name), "\(monster.name)")
        // A debug build on a loaded machine; alone it takes a few seconds at most.
        #expect(ContinuousClock.now - began < .seconds(120), "\(monster.name)")
    }
}

extension Policy {
    fileprivate static let forFuzz =
        (try? PolicyFile.load("preset:strict"))
        ?? Policy(name: "none", description: nil, rules: [], source: "", sha256: "")
}
