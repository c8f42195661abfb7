import AuditCore
import CloudTrust
import Testing

@Suite struct AWSReaderTests {
    private static let policy = """
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
          "Principal": {"Federated": "\(TrustSample.provider)"},
          "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}}]}
        """
    private static let encoded = policy.utf8.map { byte in
        let character = Character(Unicode.Scalar(byte))
        return character.isLetter || character.isNumber
            ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
    private static func role(_ name: String, policy: String = policy) -> String {
        "{\"Arn\": \"arn:aws:iam::1:role/\(name)\", \"RoleName\": \"\(name)\", \"AssumeRolePolicyDocument\": \(policy)}"
    }
    private static func oneLine(_ text: String) -> String { text.replacing("\n", with: " ") }

    private func read(_ text: String, issuers: [String]? = nil) throws(TrustFileError) -> TrustFile {
        let reader = issuers.map { TrustFileReader(issuers: $0) } ?? TrustFileReader()
        return try reader.read(Array(text.utf8), path: "x.json")
    }

    struct Form: Sendable {
        let text: String
        let kind: TrustFile.Kind
        let roles: Int
        let pointer: String
    }

    static let forms: [Form] = [
        Form(
            text: "{\"Roles\": [\(role("a")), \(role("b"))]}", kind: .listRoles, roles: 2,
            pointer: "/Roles/0/AssumeRolePolicyDocument/Statement/0"),
        Form(
            text: "{\"UserDetailList\": [], \"RoleDetailList\": [\(role("a"))], \"Policies\": []}",
            kind: .accountDetails, roles: 1, pointer: "/RoleDetailList/0/AssumeRolePolicyDocument/Statement/0"),
        Form(
            text: "{\"Role\": \(role("a"))}", kind: .getRole, roles: 1,
            pointer: "/Role/AssumeRolePolicyDocument/Statement/0"),
        Form(
            text: "[\(role("a")), \(role("b"))]", kind: .roles, roles: 2,
            pointer: "/0/AssumeRolePolicyDocument/Statement/0"),
        Form(
            text: "{\"Roles\": [\(role("a", policy: "\"\(encoded)\""))]}", kind: .listRoles, roles: 1,
            pointer: "/Roles/0/AssumeRolePolicyDocument/Statement/0"),
        Form(
            text: oneLine(role("a")) + "\n" + oneLine(role("b")) + "\n", kind: .roles, roles: 2,
            pointer: "1:/AssumeRolePolicyDocument/Statement/0"),
        Form(
            text: "\u{FEFF}" + oneLine("{\"Role\": \(role("a"))}") + "\r\n" + oneLine("{\"Role\": \(role("b"))}"),
            kind: .roles, roles: 2, pointer: "1:/Role/AssumeRolePolicyDocument/Statement/0"),
    ]

    @Test(arguments: forms) func formsAreRecognisedByContent(form: Form) throws {
        let file = try read(form.text)
        #expect(file.kind == form.kind)
        #expect(file.roles == form.roles)
        #expect(file.trusts.count == form.roles)
        #expect(file.trusts.first?.source.pointer == form.pointer)
        #expect(file.trusts.first?.id == "aws:arn:aws:iam::1:role/a#0")
        #expect(file.trusts.first?.issuer == "https://token.actions.githubusercontent.com")
        #expect(file.isComplete)
    }

    @Test func whatDetailsSayOfARoleIsKept() throws {
        let file = try read(
            """
            {"RoleDetailList": [{"Arn": "arn:aws:iam::1:role/a", "AssumeRolePolicyDocument": \(Self.policy),
              "RoleLastUsed": {"LastUsedDate": "2026-11-02T10:00:00Z", "Region": "eu-west-1"}, "CreateDate": "2024-01-01",
              "Tags": [{"Key": "team", "Value": "web"}],
              "AttachedManagedPolicies": [{"PolicyName": "Admin", "PolicyArn": "x"}]}]}
            """)
        let identity = file.trusts.first?.identity
        #expect(identity?.lastUsed == "2026-11-02T10:00:00Z")
        #expect(identity?.tags == ["team": "web"])
        #expect(identity?.attachedPolicies == ["Admin"])
    }

    @Test func rolesOfOtherIssuersAreCountedAndNotJudged() throws {
        let other = Self.policy.replacing("token.actions.githubusercontent.com", with: "gitlab.com")
        let service =
            "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\", \"Principal\": {\"Service\": \"x\"}}}"
        let file = try read(
            "{\"Roles\": [\(Self.role("a")), \(Self.role("b", policy: other)), \(Self.role("c", policy: service))]}")
        #expect(file.roles == 3)
        #expect(file.trusts.count == 1)
        #expect(file.otherIssuers == 1)
    }

    @Test func aPageOfSeveralIsAHole() throws {
        for mark in ["\"IsTruncated\": true", "\"Marker\": \"x\"", "\"NextToken\": \"x\""] {
            let file = try read("{\"Roles\": [], \(mark)}")
            #expect(file.truncation != nil && !file.isComplete)
        }
        for mark in ["\"IsTruncated\": false", "\"Marker\": null"] {
            #expect(try read("{\"Roles\": [], \(mark)}").isComplete)
        }
    }

    @Test func aRoleThatCannotBeReadIsAHole() throws {
        for policy in [
            "\"{\"", "{\"Version\": \"2012-10-17\"}", "{\"Statement\": [{\"Effect\": \"allow\", \"Action\": \"*\"}]}",
            "{\"Statement\": [{\"Effect\": \"Allow\"}]}", "\"%7\"", "7",
        ] {
            let file = try read("{\"Roles\": [\(Self.role("a", policy: policy))]}")
            #expect(file.unread.map(\.identity) == ["arn:aws:iam::1:role/a"], "\(policy)")
            #expect(!file.isComplete)
        }
    }

    @Test func providersAndTheirAudiencesAreJoined() throws {
        let list = try read("{\"OpenIDConnectProviderList\": [{\"Arn\": \"\(TrustSample.provider)\"}]}")
        #expect(list.kind == .listProviders && list.providers.count == 1)
        let one = try read(
            "{\"Url\": \"token.actions.githubusercontent.com\", \"ClientIDList\": [\"sts.amazonaws.com\"], \"ThumbprintList\": []}"
        )
        #expect(one.kind == .getProvider)
        let roles = try read("{\"Roles\": [\(Self.role("a"))]}")
        #expect(TrustFile.trusts(of: [roles, list]).map(\.audiences) == [nil])
        #expect(TrustFile.trusts(of: [roles, list, one]).map(\.audiences) == [["sts.amazonaws.com"]])
    }

    @Test func oneThatIsNoRoleHidesNoOther() throws {
        let file = try read("{\"Roles\": [5, \(Self.role("a"))]}")
        #expect(file.roles == 2 && file.trusts.count == 1 && file.unread.map(\.pointer) == ["/Roles/0"])
        let lines = try read(Self.oneLine(Self.role("a")) + "\n  " + Self.oneLine(Self.role("b")))
        #expect(lines.trusts.count == 2)
    }

    /// What a loop of `aws iam get-role` writes into one file.
    @Test(arguments: ["\n", "", " ", "\r\n\r\n"]) func documentsFollowEachOther(between: String) throws {
        let roles = ["a", "b", "c"].map { Self.role($0) }
        let file = try read(roles.map { "{\n  \"Role\": \($0)\n}" }.joined(separator: between))
        #expect(file.kind == .roles && file.roles == 3 && file.trusts.count == 3 && file.isComplete)
        #expect(TrustFile.trusts(of: [file]).count == 3)
        #expect(Set(file.trusts.map(\.source.pointer)).count == 3)
        let pages = try read(roles.map { "{\"Roles\": [\($0)]}" }.joined(separator: between))
        #expect(pages.kind == .listRoles && TrustFile.trusts(of: [pages]).count == 3)
    }

    @Test func whatIsWrongInALaterDocumentIsSaidWithItsPlace() throws {
        let role = "{\"Role\":\n\(Self.oneLine(Self.role("a")))}"
        func error(_ text: String) -> String? {
            #expect(throws: TrustFileError.self) { try read(text) }?.description
        }
        #expect(error(role + role + "]")?.hasPrefix("x.json:3:") == true)
        #expect(error(role + "\n{\"Role\": nul}")?.hasPrefix("x.json:3:10: expected a value") == true)
        #expect(error(role + "\n{\"Role\": 1")?.hasPrefix("x.json:3:11:") == true)
        #expect(error(role + "\n  {\"Users\": []}")?.hasPrefix("x.json:3:3: no export that is known") == true)
    }

    struct Refusal: Sendable {
        let text: String
        let likeness: String
    }

    static let refusals: [Refusal] = [
        Refusal(text: policy, likeness: "a policy without its role"),
        Refusal(text: "{\"Policies\": []}", likeness: "a list of policies"),
        Refusal(text: "{\"terraform_version\": \"1\"}", likeness: "a Terraform state or plan"),
        Refusal(text: "{}", likeness: "an empty object"), Refusal(text: "[]", likeness: "an empty list"),
        Refusal(text: "{\"a\": 1, \"b\": 2}", likeness: "an object of a, b"),
        Refusal(text: "[1]", likeness: "a number"), Refusal(text: "", likeness: "empty"),
        Refusal(text: "Roles:\n- Arn: x\n", likeness: "--output yaml"),
        Refusal(text: "ROLES\tarn\n", likeness: "--output text"),
        Refusal(text: "[{\"issuer\": \"x\", \"subject\": \"y\"}]", likeness: "a federated credential of Azure"),
        Refusal(text: "{\"Roles\": [{\"RoleName\": \"x\"}]}", likeness: "a list of roles without their trust policies"),
        Refusal(text: "{\"Roles\": [", likeness: "the text ends"),
    ]

    @Test(arguments: refusals) func whatIsNoExportIsRefused(refusal: Refusal) {
        let error = #expect(throws: TrustFileError.self) { try read(refusal.text) }
        #expect(error?.message.contains(refusal.likeness) == true, "\(error?.message ?? "")")
        #expect(error?.description.hasPrefix("x.json:") == true)
        #expect(error?.hint.isEmpty == false)
    }

    struct Principal: Sendable {
        let json: String
        let trusts: Int
        let others: Int
    }

    static let principals: [Principal] = [
        Principal(json: "{\"Federated\": \"\(TrustSample.provider)\"}", trusts: 1, others: 0),
        Principal(
            json: "{\"Federated\": [\"\(TrustSample.provider)\", \"arn:aws:iam::1:oidc-provider/gitlab.com\"]}",
            trusts: 1, others: 1),
        Principal(
            json: "{\"Federated\": \"arn:aws-us-gov:iam::1:oidc-provider/token.actions.githubusercontent.com\"}",
            trusts: 1, others: 0),
        Principal(
            json: "{\"Federated\": \"arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com/acme\"}",
            trusts: 1, others: 0),
        Principal(json: "{\"Federated\": \"https://token.actions.githubusercontent.com\"}", trusts: 1, others: 0),
        Principal(
            json: "{\"Federated\": \"arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com.evil.com\"}",
            trusts: 0, others: 1),
        Principal(json: "{\"Federated\": \"cognito-identity.amazonaws.com\"}", trusts: 0, others: 1),
        Principal(json: "\"*\"", trusts: 1, others: 0), Principal(json: "{\"AWS\": \"*\"}", trusts: 1, others: 0),
        Principal(json: "{\"Federated\": \"*\"}", trusts: 1, others: 0),
        Principal(json: "{\"AWS\": \"arn:aws:iam::1:root\"}", trusts: 0, others: 0),
        Principal(json: "{\"Service\": \"ec2.amazonaws.com\"}", trusts: 0, others: 0),
    ]

    @Test(arguments: principals) func principalsDecideWhoseTrustItIs(principal: Principal) throws {
        let file = try TrustSample.file([TrustSample.statement("{}", principal: principal.json)])
        #expect(file.trusts.count == principal.trusts)
        #expect(file.otherIssuers == principal.others)
    }

    /// An enterprise's own issuer has its path in the keys, too.
    @Test func keysBelongToTheirProvider() throws {
        let principal = "{\"Federated\": \"\(TrustSample.provider)/ent\"}"
        func accepts(_ key: String) throws -> Bool {
            let condition = "{\"StringEquals\": {\"\(key)\": \"x\"}}"
            let trusts = try TrustSample.file([TrustSample.statement(condition, principal: principal)]).trusts
            #expect(trusts.first?.issuer == "https://token.actions.githubusercontent.com/ent")
            return LiteralMatcher.accepts(trusts[0].demand, ["sub": "x"])
        }
        #expect(try accepts("token.actions.githubusercontent.com/ent:sub"))
        #expect(try !accepts("token.actions.githubusercontent.com:sub"))
    }

    @Test func actionsDecideWhetherAStatementIsAbout() throws {
        func count(_ action: String) throws -> Int {
            let statement = TrustSample.statement("{}").replacing(
                "\"Action\": \"sts:AssumeRoleWithWebIdentity\"", with: action)
            return try TrustSample.file([statement]).trusts.count
        }
        for action in [
            "\"Action\": \"*\"", "\"Action\": \"STS:assumerolewithWEBidentity\"",
            "\"Action\": [\"sts:TagSession\", \"sts:Assume*\"]",
            "\"Action\": \"sts:AssumeRoleWithWebIdentit?\"", "\"NotAction\": \"sts:AssumeRole\"",
        ] { #expect(try count(action) == 1, "\(action)") }
        for action in [
            "\"Action\": \"sts:AssumeRole\"", "\"Action\": []", "\"NotAction\": \"sts:*\"",
            "\"NotAction\": [\"x\", \"*\"]",
        ] {
            #expect(try count(action) == 0, "\(action)")
        }
    }
}
