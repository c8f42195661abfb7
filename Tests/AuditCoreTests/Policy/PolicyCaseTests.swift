import AuditCore
import TestSupport
import Testing

@Suite struct PolicyCaseTests {
    private func list(_ cases: String) throws -> PolicyCaseList {
        try PolicyCaseList(JSONParser.parse(Array(#"{"version": 1, "cases": [\#(cases)]}"#.utf8)))
    }

    private func misses(_ testCase: String) throws -> [String] {
        try list(testCase).cases[0].misses(under: .sample())
    }

    @Test func aCaseThatHoldsMissesNothing() throws {
        for text in [
            #"{"name": "a", "template": "default", "expect": []}"#,
            #"{"name": "a", "template": ["repo"], "expect": ["required-claims"]}"#,
            #"{"name": "a", "setting": {"use_default": true, "include_claim_keys": ["actor"]}, "expect": []}"#,
            """
            {"name": "a", "setting": {"use_default": false}, "organization_template": ["workflow"],
             "expect": ["required-claims", "no-spoofable-start"]}
            """,
            """
            {"name": "a", "template": "default", "repository": {"name": "x", "topics": ["production"]},
             "expect": ["company-template"]}
            """,
        ] { #expect(try misses(text) == [], "\(text)") }
    }

    @Test func aCaseThatDoesNotHoldSaysWhy() throws {
        #expect(
            try misses(#"{"name": "a", "template": ["repo"], "expect": ["no-spoofable-start"]}"#) == [
                "required-claims failed and was not expected: missing claim: context",
                "no-spoofable-start was expected and did not fail",
            ])
        #expect(
            try misses(#"{"name": "a", "template": "default", "expect_undecided": ["required-claims"]}"#) == [
                "required-claims was expected to be undecided and is not"
            ])
    }

    @Test func undecidedIsExpectedByName() throws {
        let policy = try Policy.of(#"{"id": "ids", "rule": "stable-identity", "severity": "low"}"#)
        let text =
            #"{"name": "a", "setting": {"use_default": true, "sub_claim_prefix": "odd"}, "expect_undecided": ["ids"]}"#
        #expect(try list(text).cases[0].misses(under: policy) == [])
        let plain = text.replacing("expect_undecided\": [\"ids\"]", with: "expect\": []")
        #expect(try list(plain).cases[0].misses(under: policy) == ["ids is undecided, which was not expected"])
    }

    @Test func refusesWhatItCannotMean() throws {
        for (text, message) in [
            (#"{"name": "a", "template": "default"}"#, "the case \"a\" expects nothing"),
            (
                #"{"name": "a", "template": ["repo"], "setting": {}, "expect": []}"#,
                "\"template\" and \"setting\" exclude each other"
            ),
            (#"{"name": "a", "expects": []}"#, "unknown key \"expects\" in a case"),
            (#"{"name": "a", "repository": {"nam": "x"}, "expect": []}"#, "unknown key \"nam\" in a repository"),
        ] {
            let error = #expect(throws: DocumentError.self) { try list(text) }
            #expect(error?.message == message)
        }
        let misspelt = try list(#"{"name": "a", "template": "default", "expect": ["required-claim"]}"#)
        let error = #expect(throws: DocumentError.self) { try misspelt.cases[0].check(against: .sample()) }
        #expect(error?.message == "the policy test has no rule entry \"required-claim\"")
        #expect(error?.hint == "did you mean \"required-claims\"?")
    }
}
