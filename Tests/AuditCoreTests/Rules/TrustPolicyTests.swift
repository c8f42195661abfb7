import AuditCore
import TestSupport
import Testing

/// Entries about trusts, in policies, waivers and baselines, without an engine.
@Suite struct TrustPolicyTests {
    private static let entry = #"{"id": "open", "rule": "trust-anyone", "severity": "critical"}"#
    private static let known = #"{"id": "known", "rule": "known-claims", "severity": "low"}"#

    private func identity(_ name: String, tags: [String: String]? = nil) -> Identity {
        var identity = Identity(cloud: .aws, name: "arn:aws:iam::111122223333:role/ci/\(name)")
        identity.tags = tags
        return identity
    }

    private func selector(_ json: String) throws -> IdentitySelector {
        let rule = #"{"id": "a", "rule": "trust-by-name", "severity": "low", "identities": \#(json)}"#
        return try #require(try Policy.of(rule).rules[0].identities)
    }

    @Test func aScanSkipsAndNamesThem() throws {
        let report = Evaluator(policy: try .of(Self.known, Self.entry), gate: Gate())
            .evaluate(.sample([.sample([.read("api", id: 1, .gitHubDefault)])]))
        #expect(report.warnings.filter { $0.contains("trust") } == ["Judged by oidc-audit trust alone: open."])
        #expect(report.findings.isEmpty && report.isComplete && report.gate.exitStatus == 0)
        #expect(report.policy.rules.map(\.judged) == [1, 0])
    }

    @Test func identitiesAreChosen() throws {
        let deploy = identity("deploy", tags: ["env": "prod"])
        for (json, expected) in [
            (#"{"names": ["DEP*"]}"#, Selector.Match.yes), (#"{"names": ["arn:aws:*:role/ci/*"]}"#, .yes),
            (#"{"names": ["ci"]}"#, .no("name not included")),
            (#"{"exclude_names": ["deploy"]}"#, .no("name excluded")),
            (#"{"accounts": ["111122223333"]}"#, .yes), (#"{"accounts": ["1111"]}"#, .no("another account")),
            (#"{"tags": {"env": ["dev", "prod"]}}"#, .yes),
            (#"{"tags": {"env": ["dev"]}}"#, .no("the tag env has another value")),
            (#"{"tags": {"team": ["a"]}}"#, .no("the tag team has another value")),
        ] { #expect(try selector(json).match(deploy) == expected, "\(json)") }
        #expect(
            try selector(#"{"tags": {"env": ["prod"]}}"#).match(identity("x")) == .undecided("the export holds no tags")
        )
    }

    @Test func entriesHaveNoWhereAndNoFix() {
        for key in [#""where": {"fork": true}"#, #""fix": "inherit""#] {
            #expect(throws: DocumentError.self) {
                try Policy.of(#"{"id": "a", "rule": "trust-anyone", "severity": "low", \#(key)}"#)
            }
        }
        #expect(throws: DocumentError.self) {
            try Policy.of(#"{"id": "a", "rule": "known-claims", "severity": "low", "identities": {"names": ["x"]}}"#)
        }
    }

    @Test func fingerprintsAreReadBack() throws {
        let name = "arn:aws:iam::111122223333:role/ci/deploy"
        let key = FindingKey(rule: "open", subject: .identity(.aws, name))
        let text = key.fingerprint(apiURL: "https://api.github.com")
        #expect(text == "trusts/aws/\(name)/open")
        #expect(FindingKey(fingerprint: text, apiURL: "https://api.github.com") == key)
        for odd in ["trusts/aws/open", "trusts/aws//open", "trusts/other/x/open", "trusts/aws/x/", "trusts/aws/x/A B"] {
            #expect(FindingKey(fingerprint: odd, apiURL: "https://api.github.com") == nil, "\(odd)")
        }
    }

    @Test func waiversNameIdentitiesWhereTheirRuleDoes() throws {
        let policy = try Policy.of(Self.known, Self.entry)
        func problem(_ target: Waiver.Target, of rule: String) throws -> String? {
            let waiver = Waiver(
                rule: rule, target: target, owner: "o", reason: "r", expires: Day(of: .sample).adding(days: 9))
            let list = WaiverList([waiver], source: "w")
            return list.problems(under: policy, now: .sample).first?.message
        }
        #expect(try problem(.init(identity: Glob("x")), of: "open") == nil)
        #expect(
            try problem(.init(organization: "acme"), of: "open")
                == "the waiver of open on acme has no identity, and open is about trusts")
        #expect(
            try problem(.init(identity: Glob("x")), of: "known")
                == "the waiver of known on identity x names an identity, and known is not about trusts")
        let both =
            #"{"rule": "open", "identity": "x", "organization": "acme", "owner": "o", "reason": "r", "expires": "2027-01-01"}"#
        let error = #expect(throws: DocumentError.self) {
            try WaiverList(
                JSONParser.parse(Array(#"{"version": 1, "waivers": [\#(both)]}"#.utf8)), source: "w.json")
        }
        #expect(error?.message == "\"identity\" stands alone")
    }

    /// A scan can't tell whether a waiver of a role is used.
    @Test func aScanLeavesWaiversOfIdentitiesAlone() throws {
        let waiver = Waiver(
            rule: "open", target: .init(identity: Glob("x")), owner: "o", reason: "r",
            expires: Day(of: .sample).adding(days: 3))
        let report = Evaluator(
            policy: try .of(Self.known, Self.entry), gate: Gate(), waivers: WaiverList([waiver], source: "w")
        ).evaluate(.sample([.sample([.read("api", id: 1, .gitHubDefault)])]))
        #expect(report.findings.isEmpty)
    }
}
