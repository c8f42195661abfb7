import AuditCore
import TestSupport
import Testing

/// Two spellings that Unicode takes for the same are two texts to GitHub and to clouds.
@Suite struct ExactTextTests {
    private static let composed = "caf\u{E9}"
    private static let decomposed = "cafe\u{301}"

    @Test func textsAreComparedByBytes() {
        #expect(Self.composed == Self.decomposed)
        #expect(ExactText(Self.composed) != ExactText(Self.decomposed))
        #expect(!"\u{212A}".isExactly("K"))
        #expect("Kube".isExactlyIgnoringCase("kUBE"))
        #expect(!"\u{212A}ube".isExactlyIgnoringCase("kube"))
        #expect(Set([ClaimKey(Self.composed), ClaimKey(Self.decomposed)]).count == 2)
        #expect(SubjectTemplate([ClaimKey(Self.composed)]) != SubjectTemplate([ClaimKey(Self.decomposed)]))
    }

    @Test func selectorsCompareBytes() throws {
        var topic = Selector()
        topic.topics = [Self.composed]
        #expect(topic.match(.sample("api", id: 1, topics: [Self.decomposed])) == .no("no such topic"))
        #expect(topic.match(.sample("api", id: 1, topics: ["x", Self.composed])) == .yes)

        var property = Selector()
        property.properties = ["tier": [Self.composed]]
        #expect(property.match(.sample("api", id: 1, customProperties: ["tier": [Self.composed]])) == .yes)
        let other = Repository.sample("api", id: 1, customProperties: ["tier": [Self.decomposed]])
        #expect(property.match(other) == .no("custom property tier has another value"))
        property.properties = [Self.composed: ["1"]]
        #expect(property.match(.sample("api", id: 1, customProperties: [Self.composed: ["1"]])) == .yes)
        guard case .no = property.match(.sample("api", id: 1, customProperties: [Self.decomposed: ["1"]])) else {
            Issue.record("another property was taken for it")
            return
        }
    }

    @Test func aPolicyMayNotNameTwoPropertiesThatItCanNotDistinguish() throws {
        let entry = { (properties: String) in
            #"{"id": "a", "rule": "leading-claim", "severity": "low", "where": {"properties": {\#(properties)}}}"#
        }
        _ = try Policy.of(entry(#""\#(Self.composed)": ["1"]"#))
        #expect(throws: DocumentError.self) {
            try Policy.of(entry(#""\#(Self.composed)": ["1"], "\#(Self.decomposed)": ["2"]"#))
        }
        #expect(throws: DocumentError.self) {
            try Policy.of(entry(#""\#(Self.composed)": ["1"], "\#(Self.composed)": ["2"]"#))
        }
    }

    @Test func aTemplateOfOtherBytesIsNoCopyAndAChange() throws {
        let setting = RepositorySetting.own([ClaimKey(Self.decomposed)])
        let organization = OrganizationTemplate.set([ClaimKey(Self.composed)], useImmutableSubject: nil)
        #expect(setting.effectiveTemplate(organization: organization).source == .repository)

        func state(_ key: String, _ name: String) -> RepositoryState {
            RepositoryState(
                .sample(name, id: 1), .read(.own([ClaimKey(key)])), under: .neverSet, isEnterpriseServer: false)
        }
        let template = RepositoryChange(from: state(Self.composed, "api"), to: state(Self.decomposed, "api"))
        #expect(template?.kinds == [.template])
        let renamed = RepositoryChange(from: state("repo", Self.composed), to: state("repo", Self.decomposed))
        #expect(renamed?.kinds.first == .renamed)
        #expect(RepositoryChange(from: state("repo", "api"), to: state("repo", "api")) == nil)
    }

    /// A policy that demands the one is not met by the other.
    @Test func rulesCompareBytes() throws {
        let key = ClaimKey(Self.composed)
        let policy = try Policy.parsed(
            """
            {"version": 1, "name": "test", "allow_unknown_claims": true, "rules": [
              {"id": "a", "rule": "exact-template", "severity": "low", "templates": [["\(key)"]]},
              {"id": "b", "rule": "duplicate-claims", "severity": "low"}]}
            """)
        func findings(_ keys: [ClaimKey]) -> [String] {
            Evaluator(policy: policy, gate: Gate()).evaluate(.sample([.sample([.read("api", id: 1, .own(keys))])]))
                .findings.map(\.rule)
        }
        #expect(findings([key]) == [])
        #expect(findings([ClaimKey(Self.decomposed)]) == ["a"])
        #expect(findings([key, ClaimKey(Self.decomposed)]) == ["a"])
        #expect(findings([key, key]) == ["a", "b"])
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("17", 17), ("-17", -17), ("1.0", 1), ("1e3", 1000), ("1.5E1", 15), ("100e-2", 1),
            ("0.000e999999999999999999999", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("1e19", nil), ("1e999999999999999999999", nil), ("0.5", nil), ("1e-1", nil),
            ("12345678901234567890", nil), ("1e-999999999999999999999", nil),
        ] as [(String, Int64?)])
    func integersAreReadExactly(text: String, value: Int64?) {
        #expect(Int64(exactlyJSON: text.utf8) == value)
    }

    @Test func namesOfMembersAreComparedByBytes() throws {
        let both = #"{"\#(Self.composed)": 1, "\#(Self.decomposed)": 2}"#
        guard case .object(let members) = try JSONParser.parse(Array(both.utf8)).value else { return }
        #expect(members.count == 2)
        #expect(throws: DocumentError.self) {
            try JSONParser.parse(Array(#"{"\#(Self.composed)": 1, "caf\u00e9": 2}"#.utf8))
        }
    }
}
