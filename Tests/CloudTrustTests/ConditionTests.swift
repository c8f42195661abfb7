import AuditCore
import CloudTrust
import Testing

/// Operators by hand: what each comes to where the claim is there and matches, is there and does not, and is absent.
@Suite struct ConditionTests {
    struct Row: Sendable {
        let op: String
        let values: String
        /// Verdicts for `prod`, for `dev`, for `Prod`, and for no environment.
        let verdicts: [Bool]
    }

    private static let equal = "\"prod\""
    private static let both = "[\"x\", \"prod\"]"

    static let rows: [Row] = [
        Row(op: "StringEquals", values: equal, verdicts: [true, false, false, false]),
        Row(op: "StringEquals", values: both, verdicts: [true, false, false, false]),
        Row(op: "StringEquals", values: "\"pro*\"", verdicts: [false, false, false, false]),
        Row(op: "StringEqualsIfExists", values: equal, verdicts: [true, false, false, true]),
        Row(op: "StringEqualsIgnoreCase", values: equal, verdicts: [true, false, true, false]),
        Row(op: "StringEqualsIgnoreCaseIfExists", values: equal, verdicts: [true, false, true, true]),
        Row(op: "StringNotEquals", values: equal, verdicts: [false, true, true, true]),
        Row(op: "StringNotEquals", values: both, verdicts: [false, true, true, true]),
        Row(op: "StringNotEqualsIfExists", values: equal, verdicts: [false, true, true, true]),
        Row(op: "StringNotEqualsIgnoreCase", values: equal, verdicts: [false, true, false, true]),
        Row(op: "StringNotEqualsIgnoreCaseIfExists", values: equal, verdicts: [false, true, false, true]),
        Row(op: "StringLike", values: "\"pr?d\"", verdicts: [true, false, false, false]),
        Row(op: "StringLike", values: "\"*\"", verdicts: [true, true, true, false]),
        Row(op: "StringLike", values: "\"prod*\"", verdicts: [true, false, false, false]),
        Row(op: "StringLikeIfExists", values: "\"p*\"", verdicts: [true, false, false, true]),
        Row(op: "StringNotLike", values: "\"p*\"", verdicts: [false, true, true, true]),
        Row(op: "StringNotLikeIfExists", values: "\"?rod\"", verdicts: [false, true, false, true]),
        Row(op: "ForAllValues:StringEquals", values: equal, verdicts: [true, false, false, true]),
        Row(op: "ForAllValues:StringNotEquals", values: equal, verdicts: [false, true, true, true]),
        Row(op: "ForAllValues:StringLike", values: "[\"x\", \"p*\"]", verdicts: [true, false, false, true]),
        Row(op: "ForAllValues:StringEqualsIgnoreCase", values: equal, verdicts: [true, false, true, true]),
        Row(op: "ForAllValues:StringNotLike", values: "\"p*\"", verdicts: [false, true, true, true]),
        Row(op: "ForAnyValue:StringLike", values: "[\"x\", \"p*\"]", verdicts: [true, false, false, false]),
        Row(op: "ForAnyValue:StringEqualsIgnoreCase", values: equal, verdicts: [true, false, true, false]),
        Row(op: "ForAllValues:StringLikeIfExists", values: "\"p*\"", verdicts: [true, false, false, true]),
        Row(op: "ForAnyValue:StringEquals", values: both, verdicts: [true, false, false, false]),
        Row(op: "ForAnyValue:StringNotEquals", values: equal, verdicts: [false, true, true, false]),
        Row(op: "ForAnyValue:StringNotLike", values: "\"p*\"", verdicts: [false, true, true, false]),
        Row(op: "Null", values: "\"true\"", verdicts: [false, false, false, true]),
        Row(op: "Null", values: "\"false\"", verdicts: [true, true, true, false]),
        Row(op: "Null", values: "true", verdicts: [false, false, false, true]),
        Row(op: "Null", values: "[\"true\", \"false\"]", verdicts: [true, true, true, true]),
        Row(op: "StringEquals", values: "[]", verdicts: [false, false, false, false]),
        Row(op: "StringNotEquals", values: "[]", verdicts: [true, true, true, true]),
    ]

    @Test(arguments: rows) func operatorsAreThoseOfTheReference(row: Row) throws {
        let trust = try TrustSample.trust("{\"\(row.op)\": {\"KEY:environment\": \(row.values)}}")
        #expect(trust.undecided.isEmpty)
        let environments: [String?] = ["prod", "dev", "Prod", nil]
        for (environment, verdict) in zip(environments, row.verdicts) {
            var claims: [ClaimKey: String] = ["sub": "x"]
            claims["environment"] = environment
            #expect(LiteralMatcher.accepts(trust.demand, claims) == verdict, "\(environment ?? "absent")")
        }
        // The run along all tokens must agree about each, the environment fixed.
        for (environment, verdict) in zip(environments, row.verdicts) {
            var claims: [ClaimKey: TokenText] = ["sub": "x"]
            claims["environment"] = environment.map { TokenText($0) }
            let language = TokenLanguage(context: .branch, claims: claims, optional: [])
            #expect(Symbolic.accepts(trust.demand, language) == verdict, "\(environment ?? "absent")")
        }
    }

    @Test func keysAreFoundWhateverTheirCase() throws {
        let trust = try TrustSample.trust("{\"StringEquals\": {\"Token.Actions.GitHubUserContent.com:SUB\": \"x\"}}")
        #expect(LiteralMatcher.accepts(trust.demand, ["sub": "x"]))
        #expect(!LiteralMatcher.accepts(trust.demand, ["sub": "y"]))
    }

    @Test func severalKeysAndOperatorsAreAllDemanded() throws {
        let trust = try TrustSample.trust(
            """
            {"StringEquals": {"KEY:aud": "a", "KEY:repository_id": "1"}, "StringLike": {"KEY:sub": "repo:acme/*"}}
            """)
        let claims: [ClaimKey: String] = ["aud": "a", "repository_id": "1", "sub": "repo:acme/x"]
        #expect(LiteralMatcher.accepts(trust.demand, claims))
        for key in claims.keys {
            var changed = claims
            changed[key] = "other"
            #expect(!LiteralMatcher.accepts(trust.demand, changed))
        }
    }

    @Test func theSecondAudienceKeyReadsTheAudience() throws {
        let trust = try TrustSample.trust("{\"StringEquals\": {\"KEY:oaud\": \"a\"}}")
        #expect(LiteralMatcher.accepts(trust.demand, ["aud": "a"]))
    }

    @Test func aKeyThatIsNotReadIsAbsent() throws {
        for key in ["repository_owner", "event_name", "job_workflow_sha", "repo"] {
            let trust = try TrustSample.trust("{\"StringEquals\": {\"KEY:\(key)\": \"x\"}}")
            #expect(!LiteralMatcher.accepts(trust.demand, [ClaimKey(key): "x"]))
            #expect(trust.undecided.isEmpty)
            let open = try TrustSample.trust("{\"StringNotEquals\": {\"KEY:\(key)\": \"x\"}}")
            #expect(LiteralMatcher.accepts(open.demand, [ClaimKey(key): "x"]))
        }
    }

    struct Open: Sendable {
        let condition: String
        let kind: Undecided.Kind
    }

    static let open: [Open] = [
        Open(condition: "{\"IpAddress\": {\"aws:SourceIp\": \"10.0.0.0/8\"}}", kind: .request),
        Open(condition: "{\"StringEquals\": {\"aws:RequestTag/x\": \"y\"}}", kind: .request),
        Open(condition: "{\"StringLike\": {\"sts:RoleSessionName\": \"y\"}}", kind: .request),
        Open(condition: "{\"stringequals\": {\"KEY:sub\": \"x\"}}", kind: .unsupported),
        Open(condition: "{\"ArnLike\": {\"KEY:sub\": \"x\"}}", kind: .unsupported),
        Open(condition: "{\"NullIfExists\": {\"KEY:sub\": \"true\"}}", kind: .unsupported),
        Open(condition: "{\"Null\": {\"KEY:sub\": \"maybe\"}}", kind: .unsupported),
        Open(condition: "{\"StringEquals\": {\"KEY:amr\": \"x\"}}", kind: .unsupported),
        Open(condition: "{\"StringEquals\": {\"KEY:sub\": \"${aws:PrincipalTag/x}\"}}", kind: .unsupported),
        Open(condition: "{\"StringEquals\": {\"KEY:sub\": \"${KEY:sub}\"}}", kind: .undocumented),
        Open(condition: "{\"StringEqualsIgnoreCase\": {\"KEY:sub\": \"é\"}}", kind: .undocumented),
        Open(condition: "{\"StringEquals\": {\"KEY:sub\": {\"x\": 1}}}", kind: .unsupported),
        Open(condition: "{\"StringEquals\": \"x\"}", kind: .unsupported),
    ]

    /// An Allow goes without what is not decided; a Deny that holds it is not applied.
    @Test(arguments: open) func whatIsNotDecidedErrsToTheWideSide(open: Open) throws {
        let trust = try TrustSample.trust(open.condition)
        #expect(trust.undecided.map(\.kind) == [open.kind])
        #expect(trust.isExact == (open.kind == .request))
        #expect(LiteralMatcher.accepts(trust.demand, ["sub": "whatever"]))
        let denied = try TrustSample.trust("{}", denies: [open.condition])
        #expect(denied.denies.isEmpty)
        #expect(denied.undecided.map(\.kind) == [open.kind])
        #expect(TrustSample.judged(trust).reach.outermost == .anyone)
    }

    @Test func variablesAreReplacedInTheNewVersionAlone() throws {
        func accepts(_ value: String, _ subject: String, version: String) throws -> Bool {
            let trust = try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": \"\(value)\"}}", version: version)
            return LiteralMatcher.accepts(trust.demand, ["sub": subject])
        }
        #expect(try accepts("a${*}b", "a*b", version: "2012-10-17"))
        #expect(try !accepts("a${*}b", "axb", version: "2012-10-17"))
        #expect(try accepts("a${?}b${$}", "a?b$", version: "2012-10-17"))
        #expect(try accepts("a${*}b", "a${xyz}b", version: "2008-10-17"))
        #expect(try accepts("${aws:x}", "${aws:x}", version: "2008-10-17"))
    }

    @Test func aDenyWins() throws {
        let trust = try TrustSample.subject(
            "repo:acme/*", denies: ["{\"StringLike\": {\"KEY:sub\": \"*:pull_request\"}}"])
        #expect(LiteralMatcher.accepts(trust.demand, ["sub": "repo:acme/a:ref:x", "aud": "sts.amazonaws.com"]))
        #expect(!LiteralMatcher.accepts(trust.demand, ["sub": "repo:acme/a:pull_request", "aud": "sts.amazonaws.com"]))
        let all = try TrustSample.subject("repo:acme/*", denies: ["{}"])
        #expect(TrustSample.names(all).isEmpty)
        #expect(TrustSample.judged(all).noMatch == [.denied])
    }

    @Test func aDenyOfAnotherPrincipalIsNone() throws {
        let allow = TrustSample.statement("{}")
        for (principal, isApplied) in [
            ("\"*\"", true), ("{\"AWS\": \"*\"}", true), ("{\"Federated\": \"\(TrustSample.provider)\"}", true),
            ("{\"Federated\": \"arn:aws:iam::1:oidc-provider/gitlab.com\"}", false),
            ("{\"AWS\": \"arn:aws:iam::1:root\"}", false),
        ] {
            let deny = TrustSample.statement("{}", effect: "Deny", principal: principal)
            let trust = try TrustSample.file([allow, deny]).trusts[0]
            #expect(trust.denies.isEmpty != isApplied, "\(principal)")
        }
    }

    @Test func whatIAMWouldRefuseTodayIsSaid() throws {
        #expect(try TrustSample.trust("{}").creationRefusal != nil)
        #expect(try TrustSample.subject("*", "x").creationRefusal != nil)
        #expect(try TrustSample.subject("x", "*").creationRefusal == nil)
        #expect(try TrustSample.subject("repo:acme/*").creationRefusal == nil)
    }
}
