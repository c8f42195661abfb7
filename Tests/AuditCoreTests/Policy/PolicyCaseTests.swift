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

    @Test func whateverGitHubMaySendCanBeTested() throws {
        let policy = try Policy.of(
            #"{"id": "twice", "rule": "duplicate-claims", "severity": "low"}"#,
            #"{"id": "set", "rule": "organization-template", "severity": "low"}"#,
            #"{"id": "property", "rule": "custom-property-claims", "severity": "low"}"#,
            #"{"id": "ids", "rule": "stable-identity", "severity": "low"}"#)
        for text in [
            #"{"name": "a", "template": ["repo", "repo"], "expect": ["twice", "set", "ids"]}"#,
            """
            {"name": "a", "setting": {"use_default": false, "include_claim_keys": [], "sub_claim_prefix": null},
             "organization_template": ["repo"], "expect": [], "expect_undecided": ["ids"]}
            """,
            #"{"name": "a", "organization_template": "unreadable", "expect": [], "expect_undecided": ["set"]}"#,
            #"{"name": "a", "organization_template": null, "expect": ["set"]}"#,
            """
            {"name": "a", "setting": {"use_default": false}, "organization_template": "unreadable",
             "expect_undecided": ["set"], "expect_unreadable": true}
            """,
            """
            {"name": "a", "template": ["repo_property_x", "repo_property_y"], "included_properties": ["x", "y"],
             "repository": {"properties": {"x": "v", "y": null}}, "organization_template": ["repo"],
             "expect": ["property", "ids"]}
            """,
            """
            {"name": "a", "template": ["repo_property_x"], "included_properties": "unreadable",
             "organization_template": ["repo"], "expect": ["ids"], "expect_undecided": ["property"]}
            """,
            """
            {"name": "a", "template": ["repo_property_x"], "included_properties": ["x"], "repository": {"properties": null},
             "organization_template": ["repo"], "expect": ["ids"], "expect_undecided": ["property"]}
            """,
        ] { #expect(try list(text).cases[0].misses(under: policy) == [], "\(text)") }
    }

    @Test func refusesWhatItCannotMean() throws {
        for (text, message) in [
            (#"{"name": "a", "template": "other", "expect": []}"#, "\"template\" must be a list, not a string"),
            (#"{"name": "a", "template": "default"}"#, "the case \"a\" expects nothing"),
            (
                #"{"name": "a", "template": ["repo"], "setting": {}, "expect": []}"#,
                "\"template\" and \"setting\" exclude each other"
            ),
            (#"{"name": "a", "repository": {"name": "x"}, "expect": []}"#, "the case \"a\" has no template"),
            (#"{"name": "a", "expect": []}"#, "the case \"a\" has no template"),
            (#"{"name": "a", "expects": []}"#, "unknown key \"expects\" in a case"),
            (
                #"{"name": "a", "template": "default", "repository": {"nam": "x"}, "expect": []}"#,
                "unknown key \"nam\" in a repository"
            ),
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
