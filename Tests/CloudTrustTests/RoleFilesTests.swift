import AuditCore
import CloudTrust
import Testing

/// Exports of several files, whose order does not matter.
@Suite struct RoleFilesTests {
    private static func role(_ value: String, account: String = "111122223333", arn: Bool = true) -> String {
        let host = TrustSample.key
        let name = arn ? "\"Arn\": \"arn:aws:iam::\(account):role/deploy\"" : "\"RoleName\": \"deploy\""
        return """
            {\(name), "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
              "Principal": {"Federated": "arn:aws:iam::\(account):oidc-provider/\(host)"},
              "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"\(host):sub": "\(value)"}}}]}}
            """
    }

    private static let other = """
        {"Arn": "arn:aws:iam::111122223333:role/deploy", "AssumeRolePolicyDocument": {"Version": "2012-10-17",
          "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}
        """

    private func file(_ name: String, _ roles: String...) throws -> TrustFile {
        try TrustFileReader().read(Array("{\"Roles\": [\(roles.joined(separator: ", "))]}".utf8), path: name)
    }

    /// What reports say of the trusts, by their ids.
    private func said(_ files: [TrustFile]) -> [String] {
        AccessEngine(TrustSample.world).report(TrustFile.trusts(of: files)).trusts.map {
            "\($0.trust.id) \($0.trust.source.file) \($0.reach.outermost) \($0.isExact)"
        }.sorted()
    }

    private static let id = "aws:arn:aws:iam::111122223333:role/deploy#0"

    @Test func aRoleOfTwoFilesThatDifferIsOpen() throws {
        let old = try file("old.json", Self.role("repo:acme/api:ref:refs/heads/main"))
        let new = try file("new.json", Self.role("repo:acme*"))
        let expected = ["\(Self.id) new.json anyone false", "\(Self.id)@2 old.json one false"]
        #expect(said([old, new]) == expected)
        #expect(said([new, old]) == expected)
        let why = TrustFile.trusts(of: [old, new])[0].undecided[0].why
        #expect(why.contains("old.json /Roles/0") && why.contains("new.json /Roles/0"), "\(why)")
    }

    /// Which of them holds is not known, and each lets everybody in.
    @Test func whatEachOfTwoFilesAllowsIsAllowed() throws {
        let old = try file("old.json", Self.role("repo:acme*"))
        let new = try file("new.json", Self.role("repo:acme-*"))
        for trust in AccessEngine(TrustSample.world).report(TrustFile.trusts(of: [old, new])).trusts {
            #expect(trust.reach.anyone.witness != nil && !trust.isExact)
            guard case .yes = trust.reach.anyone else {
                Issue.record("\(trust.reach)")
                continue
            }
        }
        let closed = try file("closed.json", Self.role("repo:acme/api:*"))
        for trust in AccessEngine(TrustSample.world).report(TrustFile.trusts(of: [old, new, closed])).trusts {
            if case .yes = trust.reach.anyone { Issue.record("\(trust.reach)") }
        }
    }

    /// A folder of nightly exports: each differs, and none is the last.
    @Test func manyExportsOfARoleAreNamedByTheFirst() throws {
        let files = try (100..<400).map { try file("\($0).json", Self.role("repo:acme/api:ref:refs/heads/v\($0)")) }
        let trusts = TrustFile.trusts(of: files)
        #expect(trusts.count == 300)
        let why = trusts[0].undecided[0].why
        #expect(why.contains("100.json /Roles/0") && why.contains(" and 295 more"), "\(why)")
    }

    @Test func aRoleTwiceInOneFileIsOpen() throws {
        let both = try file("both.json", Self.role("repo:acme/api:*"), Self.role("repo:acme*"))
        #expect(said([both]) == ["\(Self.id) both.json one false", "\(Self.id)@2 both.json anyone false"])
    }

    @Test func aRoleThatTrustsNobodyElsewhereIsOpen() throws {
        let (one, none) = (try file("a.json", Self.role("repo:acme/api:*")), try file("b.json", Self.other))
        #expect(said([one, none]) == ["\(Self.id) a.json one false"])
        #expect(said([none, one]) == said([one, none]))
    }

    @Test func rolesWithoutARNMayBeOfSeveralAccounts() throws {
        let one = try file("a1.json", Self.role("repo:acme/api:*", arn: false))
        let two = try file("a2.json", Self.role("repo:acme*", account: "444455556666", arn: false))
        #expect(said([one, two]) == ["aws:deploy#0 a1.json one false", "aws:deploy#0@2 a2.json anyone false"])
        #expect(said([two, one]) == said([one, two]))
    }

    @Test func aRoleOfTwoFilesThatAgreeIsOne() throws {
        let list = try file("list.json", Self.role("repo:acme/api:*"))
        let used = Self.role("repo:acme/api:*").replacing(
            "{\"Arn\"", with: "{\"RoleLastUsed\": {\"LastUsedDate\": \"2026-11-02\"}, \"Arn\"")
        let details = try file("details.json", used)
        for files in [[list, details], [details, list]] {
            let trusts = TrustFile.trusts(of: files)
            #expect(trusts.map(\.id) == [Self.id] && trusts[0].isExact)
            #expect(trusts[0].identity.lastUsed == "2026-11-02" && trusts[0].source.file == "details.json")
        }
    }

    /// A provider's export names no account.
    @Test func aProviderWithoutARNNarrowsNoneOfSeveralAccounts() throws {
        let provider = try TrustFileReader().read(
            Array("{\"Url\": \"\(TrustSample.key)\", \"ClientIDList\": []}".utf8), path: "provider.json")
        let one = try file("one.json", Self.role("repo:*"))
        let two = try file("two.json", Self.role("repo:*", account: "444455556666"))
        #expect(TrustFile.trusts(of: [one, provider]).map(\.audiences) == [[]])
        #expect(TrustFile.trusts(of: [one, two, provider]).map(\.audiences) == [nil, nil])
        #expect(said([one, two, provider]).allSatisfy { $0.hasSuffix("anyone true") })
    }
}
