import AuditCore
import Foundation
import TestSupport
import Testing

@Suite struct PolicyTests {
    /// A mistake, the place where it is told, and words of its message and hint.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let text: String
        let position: String
        let message: String
        let hint: String?

        var testDescription: String { message }
    }

    private static func rule(_ rest: String) -> String {
        "{\"version\": 1, \"name\": \"p\", \"rules\": [\n  {\(rest)}\n]}"
    }

    static let mistakes: [Mistake] = [
        Mistake(text: "[]", position: "1:1", message: "a policy must be an object, not a list", hint: nil),
        Mistake(
            text: #"{"version": 2, "newer": "p", "rules": [1]}"#, position: "1:13",
            message: "unsupported policy version", hint: "this program reads version 1"),
        Mistake(
            text: #"{"name": "p", "rules": []}"#, position: "1:1", message: "a policy has no \"version\"",
            hint: "add \"version\""),
        Mistake(
            text: #"{"version": 1, "name": "p", "rules": []}"#, position: "1:38",
            message: "\"rules\" is an empty list", hint: "name at least one"),
        Mistake(
            text: #"{"version": 1, "nmae": "p", "rules": []}"#, position: "1:16",
            message: "unknown key \"nmae\" in a policy", hint: "did you mean \"name\"?"),
        Mistake(
            text: rule(#""id": "a", "rule": "leading-claims", "severity": "low""#), position: "2:23",
            message: "unknown rule \"leading-claims\"", hint: "did you mean \"leading-claim\"?"),
        Mistake(
            text: rule(#""id": "a", "severity": "low""#), position: "2:3", message: "a rule entry has no \"rule\"",
            hint: "oidc-audit policy rules lists them"),
        Mistake(
            text: rule(#""id": "a", "rule": "leading-claim", "severity": "hihg""#), position: "2:52",
            message: "\"hihg\" is not a value of \"severity\"", hint: "did you mean \"high\"?"),
        Mistake(
            text: rule(#""id": "a", "rule": "leading-claim""#), position: "2:3",
            message: "an entry of the rule leading-claim has no \"severity\"", hint: "add \"severity\""),
        Mistake(
            text: rule(#""id": "A b", "rule": "leading-claim", "severity": "low""#), position: "2:10",
            message: "the rule id \"A b\" has characters beyond a-z, 0-9 and -", hint: "for example \"required-claims\""
        ),
        Mistake(
            text: rule(#""id": "readable", "rule": "leading-claim", "severity": "low""#), position: "2:10",
            message: "the rule id \"readable\" is reserved", hint: "choose another id"),
        Mistake(
            text: rule(#""id": "a", "rule": "require-claims", "severity": "low", "claims": ["repo", "contxt"]"#),
            position: "2:79", message: "unknown claim \"contxt\"", hint: "did you mean \"context\"?"),
        Mistake(
            text: rule(#""id": "a", "rule": "require-claims", "severity": "low", "claims": []"#), position: "2:70",
            message: "\"claims\" is an empty list", hint: "name at least one, or leave it out"),
        Mistake(
            text: rule(#""id": "a", "rule": "require-claims", "severity": "low", "claims": ["repo", "repo"]"#),
            position: "2:79", message: "\"repo\" stands twice in \"claims\"", hint: nil),
        Mistake(
            text: rule(#""id": "a", "rule": "leading-claim", "severity": "low", "claims": ["repo"]"#),
            position: "2:59", message: "unknown key \"claims\" in an entry of the rule leading-claim",
            hint: "valid: id, rule, severity, where, reason, fix"),
        Mistake(
            text: rule(#""id": "a", "rule": "template-source", "severity": "low", "allowed": ["organisation"]"#),
            position: "2:73", message: "\"organisation\" is not a value of \"allowed\"",
            hint: "did you mean \"organization\"?"),
        Mistake(
            text: rule(#""id": "a", "rule": "leading-claim", "severity": "low", "where": {"visibilty": ["public"]}"#),
            position: "2:69", message: "unknown key \"visibilty\" in \"where\"", hint: "did you mean \"visibility\"?"),
        Mistake(
            text: rule(#""id": "a", "rule": "leading-claim", "severity": "low", "where": {"visibility": ["open"]}"#),
            position: "2:84", message: "\"open\" is not a value of \"visibility\"",
            hint: "valid: public, private, internal"),
        Mistake(
            text: rule(#""id": "a", "rule": "leading-claim", "severity": "low", "where": {"properties": {}}"#),
            position: "2:83", message: "\"properties\" must name at least one property",
            hint: #"for example {"tier": ["production"]}"#),
        Mistake(
            text: rule(#""id": "a", "rule": "leading-claim", "severity": "low", "where": {"fork": "no"}"#),
            position: "2:77", message: "\"fork\" must be true or false, not a string", hint: nil),
        Mistake(
            text:
                #"{"version": 1, "name": "p", "rules": [{"id": "a", "rule": "leading-claim", "severity": "low"}, {"id": "a", "rule": "leading-claim", "severity": "low"}]}"#,
            position: "1:103", message: "the rule id \"a\" stands twice", hint: nil),
    ]

    @Test(arguments: mistakes)
    func namesThePlaceAndTheNearestWord(mistake: Mistake) {
        let error = #expect(throws: DocumentError.self) { try Policy.parsed(mistake.text) }
        #expect(error?.position.description == mistake.position)
        #expect(error?.message == mistake.message)
        #expect(error?.hint == mistake.hint)
    }

    @Test func acceptsUnknownClaimsWhereThePolicySaysSo() throws {
        let rules = #"[{"id": "a", "rule": "require-claims", "severity": "low", "claims": ["brand_new"]}]"#
        let policy = try Policy.parsed(
            #"{"version": 1, "name": "p", "allow_unknown_claims": true, "rules": \#(rules)}"#)
        #expect(policy.rules.count == 1)
        #expect(throws: DocumentError.self) {
            try Policy.parsed(#"{"version": 1, "name": "p", "rules": \#(rules)}"#)
        }
    }

    @Test func everyPolicyAtTheTopLevelLoadsAndIsDocumented() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../policies")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
        #expect(files.contains("strict.json"))
        #expect(files.contains("baseline.json"))
        for file in files {
            let policy = try Policy.parsed(String(contentsOf: folder.appending(path: file), encoding: .utf8))
            #expect(policy.name + ".json" == file)
            #expect(policy.description != nil)
            #expect(policy.rules.allSatisfy { $0.reason != nil }, "\(file)")
        }
    }
}
