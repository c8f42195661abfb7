import AuditCore
import TestSupport
import Testing

@Suite struct TokenLanguageTests {
    private func tokens(
        _ template: SubjectTemplate = .gitHubDefault, prefix: String? = "repo:acme/api", ownerID: Int64? = 77,
    ) -> [JobContext: TokenLanguage] {
        var repository = Repository.sample("api", id: 1001)
        repository.ownerID = ownerID
        let setting = RepositorySetting(useDefault: false, includeClaimKeys: template.keys, subClaimPrefix: prefix)
        let state = RepositoryState(repository, .read(setting), under: .neverSet, isEnterpriseServer: false)
        return Dictionary(uniqueKeysWithValues: state.tokens.map { ($0.context, $0) })
    }

    private func text(_ text: TokenText?) -> String? { text?.filled { "{\($0.name)}" } }

    @Test func theDefaultSubjectFollowsTheContext() {
        let tokens = tokens()
        let expected: [JobContext: String] = [
            .branch: "repo:acme/api:ref:refs/heads/{branch}", .tag: "repo:acme/api:ref:refs/tags/{tag}",
            .pullRequest: "repo:acme/api:pull_request",
            .mergeQueue: "repo:acme/api:ref:refs/heads/gh-readonly-queue/{branch}/pr-{pull_request_number}-{sha}",
            .otherPullRequestEvent: "repo:acme/api:ref:refs/pull/{pull_request_number}/merge",
            .branchEnvironment: "repo:acme/api:environment:{environment}",
            .tagEnvironment: "repo:acme/api:environment:{environment}",
            .pullRequestEnvironment: "repo:acme/api:environment:{environment}",
            .mergedPullRequest: "repo:acme/api:pull_request",
            .mergeQueueEnvironment: "repo:acme/api:environment:{environment}",
        ]
        for context in JobContext.allCases { #expect(text(tokens[context]?.claims["sub"]) == expected[context]) }
    }

    @Test func claimsAreThereOrNotByContext() {
        let tokens = tokens()
        #expect(tokens[.branch]?.claims["environment"] == nil)
        #expect(text(tokens[.tagEnvironment]?.claims["ref"]) == "refs/tags/{tag}")
        #expect(text(tokens[.tagEnvironment]?.claims["ref_type"]) == "tag")
        #expect(text(tokens[.pullRequest]?.claims["event_name"]) == "pull_request")
        #expect(text(tokens[.branch]?.claims["repository"]) == "acme/api")
        #expect(text(tokens[.branch]?.claims["repository_owner_id"]) == "77")
        #expect(text(self.tokens(ownerID: nil)[.branch]?.claims["repository_owner_id"]) == "{repository_owner_id}")
        #expect(tokens[.branch]?.optional == ["enterprise", "enterprise_id"])
    }

    @Test func onlyTheSubjectCarriesIDsWhereItIsImmutable() {
        let token = tokens(prefix: "repo:acme@77/api@1001")[.pullRequest]
        #expect(text(token?.claims["sub"]) == "repo:acme@77/api@1001:pull_request")
        #expect(text(token?.claims["repository"]) == "acme/api")
    }

    @Test func aTemplateWithAnEnvironmentNeedsOne() {
        let tokens = tokens(["repo", "environment"])
        #expect(Set(tokens.keys) == Set(JobContext.allCases.filter(\.hasEnvironment)))
        #expect(text(tokens[.branchEnvironment]?.claims["sub"]) == "repo:acme/api:environment:{environment}")
    }

    /// What is unknown may be anything, from there on.
    @Test func anUnknownPartIsAHoleForAnything() {
        let tokens = tokens(["repo", "head_ref", "context"])
        #expect(text(tokens[.branch]?.claims["sub"]) == "repo:acme/api:{subject}")
        #expect(text(self.tokens(["context"], prefix: "repo:acme@77/api@1001")[.branch]?.claims["sub"]) == "{subject}")
        #expect(text(self.tokens(prefix: "repo:acme/old")[.branch]?.claims["sub"]) == "{subject}")
        #expect(text(self.tokens(prefix: nil)[.branch]?.claims["sub"]) == "{subject}")
    }

    @Test func theReasonIsTheOneThatIsKnown() {
        let forbidden = RepositoryState(
            .sample("api", id: 1), .unreadable(UnreadableReason(.forbidden, "forbidden (403)")), under: .neverSet,
            isEnterpriseServer: false)
        #expect(forbidden.unknownSubject == "forbidden (403)")
        let odd = RepositorySetting(
            useDefault: false, includeClaimKeys: ["repo", "colour"], subClaimPrefix: "repo:acme/api")
        let state = RepositoryState(.sample("api", id: 1), .read(odd), under: .neverSet, isEnterpriseServer: false)
        #expect(state.unknownSubject == "it is not known what GitHub makes of colour")
        let plain = RepositorySetting(useDefault: true, subClaimPrefix: "repo:acme/api")
        let known = RepositoryState(.sample("api", id: 1), .read(plain), under: .neverSet, isEnterpriseServer: false)
        #expect(known.unknownSubject == nil)
    }

    /// The preview is printed from the value whose holes the tokens fill.
    @Test(
        arguments: [["repo", "context"], ["ref", "repo", "workflow"], ["repository_id", "actor", "context"]]
            as [SubjectTemplate])
    func previewAndTokensAgree(template: SubjectTemplate) {
        let setting = RepositorySetting(
            useDefault: false, includeClaimKeys: template.keys, subClaimPrefix: "repo:acme/api")
        let state = RepositoryState(
            .sample("api", id: 1001), .read(setting), under: .neverSet, isEnterpriseServer: false)
        let preview = state.preview.subject ?? ""
        for token in state.tokens {
            let subject = token.claims["sub"]?.filled(\.usual) ?? ""
            // Every fixed text of the preview stands in the subject, in that order.
            var rest = subject[...]
            for (index, fixed) in preview.split(separator: /\{[a-z_]+\}/, omittingEmptySubsequences: false).enumerated()
            {
                let found = rest.firstRange(of: fixed)
                #expect(fixed.isEmpty || found != nil, "\(subject) \(preview)")
                if index == 0 { #expect(subject.hasPrefix(fixed)) }
                if let found { rest = rest[found.upperBound...] }
            }
        }
    }

    struct Row: Sendable {
        let alphabet: TokenAlphabet
        let valid: [String]
        let invalid: [String]
    }

    static let rows: [Row] = [
        Row(
            alphabet: .refName, valid: ["main", "a/b", "release-1.0", "x@y", "lock", "a.lockx", "@"],
            invalid: [
                "", "a:b", "a b", "a..b", "/a", "a/", "a//b", ".a", "a/.b", "a.", "a@{b", "a.lock", "a.lock/b", "a*",
                "-a",
            ]),
        Row(
            alphabet: .workflowRef,
            valid: ["refs/heads/main", "refs/tags/v1", String(repeating: "a1", count: 20)],
            invalid: ["", "main", "refs/heads/", "refs/pull/1/merge", "refs/heads", String(repeating: "a", count: 39)]),
        Row(
            alphabet: .workflowFile, valid: ["a.yml", "x.y.yaml", "a b.yml"],
            invalid: ["", ".yml", "a.ymlx", "a", "a/b.yml", "a@.yml"]),
        Row(
            alphabet: .ref, valid: ["refs/heads/main", "refs/tags/v1"],
            invalid: ["", String(repeating: "a1", count: 20)]),
        Row(alphabet: .number, valid: ["1", "10", "77"], invalid: ["", "0", "01", "1a", "-1"]),
        Row(
            alphabet: .login, valid: ["a", "a-b", "A1", "jo_acme"],
            invalid: ["", "-a", "a-", "a--b", "a.b", String(repeating: "a", count: 40)]),
        Row(alphabet: .actor, valid: ["octocat", "dependabot[bot]"], invalid: ["[bot]", "a[bot", "a[bot]x", ""]),
        Row(
            alphabet: .repositoryName, valid: ["a", ".github", "a.b_c-d", "..."],
            invalid: ["", ".", "..", "a/b", "a b"]),
        Row(alphabet: .freeText, valid: ["prod", "a:b", "é", "a b"], invalid: ["", " a", "a ", "a\n"]),
        Row(alphabet: .choice(["a", "b"]), valid: ["a", "b"], invalid: ["", "c", "ab"]),
        Row(
            alphabet: .commit, valid: [String(repeating: "0a", count: 20)],
            invalid: ["", String(repeating: "g", count: 40)]),
    ]

    @Test(arguments: rows) func alphabetsAreThoseOfGitHub(row: Row) {
        for text in row.valid { #expect(row.alphabet.contains(text), "\(row.alphabet) \(text)") }
        for text in row.invalid { #expect(!row.alphabet.contains(text), "\(row.alphabet) \(text)") }
    }

    /// What `mayHold` turns down stands nowhere in a text.
    @Test func noTextHasACharacterThatItsAlphabetDoesNotHold() {
        let alphabets: [TokenAlphabet] = [
            .refName, .workflowRef, .jobWorkflowRef, .number, .commit, .login, .actor, .repositoryName, .ref,
            .workflowFile, .freeText, .word,
        ]
        let scalars = (0..<0x180).map { UInt32($0) }
        for alphabet in alphabets {
            var (seen, open): (Set<Int>, [Int]) = ([alphabet.start], [alphabet.start])
            while let state = open.popLast() {
                for scalar in scalars {
                    guard let next = alphabet.step(state, scalar) else { continue }
                    #expect(alphabet.mayHold(scalar), "\(alphabet): \(scalar)")
                    if seen.insert(next).inserted { open.append(next) }
                }
            }
        }
    }
}
