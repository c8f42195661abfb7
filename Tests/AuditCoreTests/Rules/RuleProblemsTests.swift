import AuditCore
import TestSupport
import Testing

/// The problems of a violation are atomic and stable: what is no worse adds none, and what is worse adds one.
@Suite struct RuleProblemsTests {
    /// A change of what a rule judges, and the problems that it adds.
    struct Change: Sendable, CustomTestStringConvertible {
        let rule: String
        var options = ""
        let before: RepositorySetting
        let after: RepositorySetting
        var template = OrganizationTemplate.neverSet
        var templateAfter: OrganizationTemplate?
        var includedProperties: [String] = []
        var includedAfter: [String]?
        var further: [String] = []

        var testDescription: String { "\(rule): \(further)" }
    }

    private static let company = OrganizationTemplate.set(["repo", "context"], useImmutableSubject: nil)

    private static func templates(_ templates: String) -> String { #""templates": \#(templates)"# }

    static let changes = [
        Change(
            rule: "allow-claims", options: #""claims": ["context"]"#, before: .own(["repo", "actor"]),
            after: .own(["actor", "repository", "context"])),
        Change(
            rule: "allow-claims", options: #""claims": ["repo"]"#, before: .own(["repo", "actor"]),
            after: .own(["ref", "actor"]), further: ["claim not allowed: ref"]),
        Change(rule: "anchored-subject", before: .own(["actor"]), after: .own(["enterprise", "actor", "ref"])),
        Change(
            rule: "anchored-subject", before: .own(["job_workflow_ref", "context"]), after: .own(["context"]),
            further: ["not narrowed by job_workflow_ref"]),
        Change(
            rule: "anchored-subject", before: .own(["enterprise"]), after: .own(["actor"]),
            further: ["any GitHub account can mint this subject"]),
        Change(rule: "bound-context", before: .own(["repo"]), after: .own(["repo", "actor"])),
        // One claim in another's place leaves tokens alike that were not.
        Change(
            rule: "bound-context", before: .own(["repo", "actor"]), after: .own(["repo", "workflow"]),
            further: ["not narrowed by actor"]),
        Change(
            rule: "bound-context", before: .own(["repo", "event_name", "ref_protected"]),
            after: .own(["repository_id", "event_name", "event_name"]), further: ["not narrowed by ref_protected"]),
        Change(
            rule: "bound-context", before: .own(["repo", "actor"]), after: .own(["repository_owner", "actor"]),
            further: ["repositories of the same owner share the subject"]),
        Change(
            rule: "claims-that-fail-jobs", before: .own(["repo", "environment"]), after: .own(["environment", "actor"])),
        Change(
            rule: "claims-that-fail-jobs", before: .own(["repo", "environment"]),
            after: .own(["repo", "environment", "head_ref"]), further: ["claim that some jobs do not have: head_ref"]),
        Change(
            rule: "consumer-compatibility", options: #""consumers": ["pypi"]"#, before: .own(["repo"]),
            after: .own(["repo", "ref"])),
        Change(
            rule: "custom-property-claims", before: .own(["repo", "repo_property_a"]),
            after: .own(["repo_property_a", "repo"]), includedAfter: ["a"]),
        Change(
            rule: "custom-property-claims", before: .own(["repo", "repo_property_a"]),
            after: .own(["repo_property_a", "repo_property_b"]),
            further: ["claim that tokens do not have: repo_property_b"]),
        Change(
            rule: "duplicate-claims", before: .own(["repo", "repository"]),
            after: .own(["repository", "repo", "repo", "context"])),
        Change(
            rule: "duplicate-claims", before: .own(["repo", "repo", "ref"]),
            after: .own(["repo", "ref", "repo", "ref"]),
            further: ["repeated claim: ref"]),
        Change(
            rule: "exact-template", options: templates(#"[["repo", "context", "ref"]]"#),
            before: .own(["repo", "actor"]), after: .own(["repository", "ref"]), further: ["not narrowed by actor"]),
        Change(
            rule: "exact-template", options: templates(#"[["repo", "context"], ["repo", "ref", "actor"]]"#),
            before: .own(["ref", "sha"]), after: .own(["repo", "ref", "sha"])),
        // A claim that only one of the lists has can be all that narrows the subject.
        Change(
            rule: "exact-template", options: templates(#"[["repo", "context", "ref"], ["repo", "actor", "ref"]]"#),
            before: .own(["repo", "context"]), after: .own(["repo"]), further: ["not narrowed by context"]),
        Change(
            rule: "exact-template", options: templates(#"[["repo", "context", "ref"], ["repo", "actor", "ref"]]"#),
            before: .own(["repo", "environment"]), after: .own(["repo", "context"])),
        Change(
            rule: "exact-template", options: templates(#"[["repo", "context", "ref"]]"#),
            before: .own(["repo", "context"]), after: .own(["context", "actor", "ref", "repo"]),
            further: [
                "claim not allowed: actor", "claims out of order: context before repo",
                "claims out of order: ref before repo",
            ]),
        Change(
            rule: "exact-template", options: templates(#"[["repo", "context", "ref"]]"#),
            before: .own(["repo", "context"]), after: .own(["repo"]), further: ["missing claim: context"]),
        Change(rule: "flips-on-rename", before: .own(["repo"]), after: .own(["context"])),
        Change(
            rule: "forbid-claims", options: #""claims": ["actor", "repo"]"#, before: .own(["repo", "ref"]),
            after: .own(["ref", "repository"])),
        Change(
            rule: "forbid-claims", options: #""claims": ["actor", "sha"]"#, before: .own(["repo", "sha"]),
            after: .own(["sha", "actor"]), further: ["forbidden claim: actor"]),
        Change(
            rule: "immutable-prefix-mismatch", before: .gitHubDefault.prefixed("repo:acme@78/api@1002"),
            after: .own(["repo"]).prefixed("repo:other@78/api@1001")),
        Change(
            rule: "immutable-prefix-mismatch", before: .gitHubDefault.prefixed("repo:acme@77/api@1002"),
            after: .gitHubDefault.prefixed("repo:acme@78/api@1002"), further: ["the prefix names owner 78"]),
        Change(
            rule: "immutable-subject", before: .own(["repo"]), after: .gitHubDefault.prefixed("repo:acme/renamed")),
        Change(rule: "known-claims", before: .own(["repo", "x", "y"]), after: .own(["y", "repo"])),
        Change(
            rule: "known-claims", before: .own(["repo", "x"]), after: .own(["x", "y"]), further: ["unknown claim: y"]),
        Change(
            rule: "leading-claim", before: .own(["workflow", "repo"]), after: .own(["workflow", "actor"]),
            further: ["not narrowed by repo"]),
        Change(
            rule: "leading-claim", before: .own(["workflow", "repo"]), after: .own(["head_ref", "repo"]),
            further: ["starts with head_ref"]),
        Change(
            rule: "names-repository", before: .own(["repository_owner"]),
            after: .own(["repository_owner_id", "context", "workflow"])),
        Change(
            rule: "names-repository", before: .own(["repository_owner_id", "job_workflow_ref", "context"]),
            after: .own(["repository_owner_id", "context"]), further: ["not narrowed by job_workflow_ref"]),
        Change(
            rule: "names-repository", before: .own(["repository_owner", "repo_property_team", "x, y"]),
            after: .own(["repository_owner"]),
            further: [
                "no other claim narrows the subject", #"not narrowed by "x, y""#, "not narrowed by repo_property_team",
            ]),
        Change(
            rule: "names-repository", before: .own(["repository_owner_id", "workflow_ref"]),
            after: .own(["workflow_ref"]),
            further: ["any account can share the subject", "repositories of other owners share the subject"]),
        Change(
            rule: "names-repository", before: .own(["repository_owner", "context"]),
            after: .own(["enterprise", "context"]), further: ["repositories of other owners share the subject"]),
        Change(
            rule: "names-repository", before: .own(["enterprise", "context"]), after: .own(["context"]),
            further: ["any account can share the subject"]),
        Change(rule: "per-run-claims", before: .own(["repo", "run_id"]), after: .own(["run_id", "actor"])),
        Change(
            rule: "per-run-claims", before: .own(["repo", "run_id"]), after: .own(["repo", "run_id", "sha"]),
            further: ["claim that changes with each run or commit: sha"]),
        Change(
            rule: "require-claims", options: #""claims": ["repo", "context", "ref"], "ordered": true"#,
            before: .own(["context", "repo"]), after: .own(["context", "ref", "repo"]),
            further: ["claims out of order: ref before repo"]),
        Change(
            rule: "require-claims", options: #""claims": ["repo", "context", "ref"], "ordered": true"#,
            before: .own(["context", "repo"]), after: .own(["context", "repo", "ref"])),
        Change(
            rule: "require-claims", options: #""claims": ["repo", "context", "ref"], "ordered": true"#,
            before: .own(["repo", "context"]), after: .own(["context", "repo"]),
            further: ["claims out of order: context before repo"]),
        Change(
            rule: "require-claims", options: #""claims": ["repo"], "any_of": [["context", "ref"]]"#,
            before: .own(["actor"]), after: .own(["actor_id", "sha", "repository"])),
        Change(
            rule: "require-claims", options: #""claims": ["repo", "context", "ref"]"#,
            before: .own(["repo", "environment", "actor"]), after: .own(["repo", "actor"]),
            further: ["not narrowed by environment"]),
        // What is asked for narrows as much as what stood in for it.
        Change(
            rule: "require-claims", options: #""claims": ["repo", "context", "ref"]"#,
            before: .own(["repository_owner", "environment"]), after: .own(["repo", "context"])),
        Change(
            rule: "require-claims", options: #""claims": ["context"]"#, before: .own(["repo", "ref"]),
            after: .own(["repository_owner", "ref"]), further: ["not narrowed by repo"]),
        Change(
            rule: "reusable-workflow-anchor", before: .own(["job_workflow_ref"]),
            after: .own(["job_workflow_ref", "context"])),
        Change(
            rule: "reusable-workflow-anchor", before: .own(["repository_owner_id", "job_workflow_ref", "context"]),
            after: .own(["job_workflow_ref"]),
            further: [
                "any account can share the subject", "repositories of other owners share the subject",
                "not narrowed by context",
            ]),
        Change(rule: "stable-identity", before: .own(["repo"]), after: .own(["repository_id", "actor"])),
        Change(
            rule: "stable-identity", before: .own(["repository_id"]), after: .own(["repo"]),
            further: ["no id of the repository"]),
        Change(
            rule: "subject-length", options: #""max": 3"#, before: .own(["repo", "ref"]), after: .own(["ref"])),
        Change(
            rule: "subject-length", options: #""max": 10"#, before: .own(["repo"]), after: .own(["repo", "ref"]),
            further: ["longer than 10 characters [with ref]"]),
        // Another template of its own comes from the same place; whose answer repeats the organization's claims, too.
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .own(["repo"]),
            after: .own(["repo", "ref"]), template: company),
        Change(
            rule: "template-source", options: #""allowed": ["github_default"]"#, before: .inheriting,
            after: .own(["repo", "context"]), template: company),
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#,
            before: .own(["repo", "ref"]), after: .own(["repo"]), template: company, further: ["not narrowed by ref"]),
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .gitHubDefault,
            after: .own(["repo", "ref"]), template: company,
            further: ["template comes from repository"]),
        // Who accepts a template of its own accepts no wider subject.
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .own(["repo", "context"]),
            after: .own(["repository"]), template: .set(["repo", "ref"], useImmutableSubject: nil),
            further: ["not narrowed by context"]),
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .own(["repo", "context"]),
            after: .own(["repository_owner", "context"]), template: .set(["repo", "ref"], useImmutableSubject: nil),
            further: ["not narrowed by repo"]),
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .own(["repo"]),
            after: .own(["actor"]), template: company,
            further: ["not narrowed by repo"]),
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .own(["enterprise", "actor"]),
            after: .own(["repository_id", "actor"]), template: company),
        Change(
            rule: "organization-template", options: templates(#"[["repo", "context", "ref"]]"#), before: .inheriting,
            after: .inheriting, template: .set(["repo", "environment"], useImmutableSubject: nil),
            templateAfter: company),
        Change(
            rule: "organization-template", options: templates(#"[["repo", "context", "ref"]]"#), before: .inheriting,
            after: .inheriting, template: .set(["repo", "environment"], useImmutableSubject: nil),
            templateAfter: .set(["repo"], useImmutableSubject: nil), further: ["not narrowed by environment"]),
        Change(
            rule: "organization-template", options: templates(#"[["repo", "context", "ref"]]"#), before: .inheriting,
            after: .inheriting, template: company, templateAfter: .set(["repo"], useImmutableSubject: nil),
            further: ["missing claim: context"]),
        Change(
            rule: "dormant-organization-template", options: #""min_repositories": 3"#, before: .gitHubDefault,
            after: .inheriting, template: .set(["repo", "ref"], useImmutableSubject: nil)),
        Change(
            rule: "dormant-organization-template", options: #""min_repositories": 3"#, before: .inheriting,
            after: .gitHubDefault, template: .set(["repo", "ref"], useImmutableSubject: nil),
            further: [
                "no repository follows the organization's template",
                "too few repositories follow the organization's template [fewer than a quarter of those needed]",
            ]),
    ]

    private func problems(
        _ change: Change, _ setting: RepositorySetting, _ template: OrganizationTemplate, _ included: [String],
    ) throws -> [String] {
        let options = change.options.isEmpty ? "" : ", \(change.options)"
        let policy = try Policy.of(#"{"id": "a", "rule": "\#(change.rule)", "severity": "low"\#(options)}"#)
        var organization = OrganizationSnapshot.sample(template: template, [.read("api", id: 1001, setting)])
        organization.includedProperties = .read(included)
        organization.repositories[0].repository.customProperties = [:]
        let report = Evaluator(policy: policy, gate: Gate()).evaluate(.sample([organization]))
        return try #require(report.findings.first?.violation.problems)
    }

    @Test(arguments: changes) func onlyWhatIsWorseAddsAProblem(change: Change) throws {
        let before = try problems(change, change.before, change.template, change.includedProperties)
        let after = try problems(
            change, change.after, change.templateAfter ?? change.template,
            change.includedAfter ?? change.includedProperties)
        #expect(after.beyond(before) == change.further, "\(before) → \(after)")
    }

    /// Of every rule that a template can break by holding less, whenever more tokens are alike than before.
    @Test func whatIsMoreOpenIsNotAccepted() throws {
        // Those that ask for less, or for another format. Whoever takes over a name chooses the other claims.
        let others: Set = [
            "forbid-claims", "allow-claims", "immutable-subject", "immutable-prefix-mismatch", "flips-on-rename",
            "known-claims", "duplicate-claims", "per-run-claims", "claims-that-fail-jobs", "custom-property-claims",
            "subject-length",
        ]
        let options = [
            "require-claims": #""claims": ["context", "job_workflow_ref"]"#,
            "exact-template": Self.templates(#"[["repo", "context", "sha"], ["repo", "environment", "sha"]]"#),
            "template-source": #""allowed": ["organization"]"#, "consumer-compatibility": #""consumers": ["pypi"]"#,
        ]
        let claims: [ClaimKey] = [
            "workflow", "repo", "repository_owner_id", "job_workflow_ref", "environment",
        ]
        let lists = (1..<(1 << claims.count)).map { bits in
            claims.indices.filter { bits & (1 << $0) != 0 }.map { claims[$0] }
        }
        // Each names all that follow it.
        let names: [ClaimKey] = ["repo", "repository_owner_id"]
        func meaning(_ keys: [ClaimKey]) -> Set<ClaimKey> {
            Set(keys).union(names.drop { !keys.contains($0) })
        }
        for rule in RuleCatalog.all.filter({ $0 is any RepositoryRule.Type }) where !others.contains(rule.name) {
            let own = options[rule.name].map { ", \($0)" } ?? ""
            let policy = try Policy.of(#"{"id": "a", "rule": "\#(rule.name)", "severity": "low"\#(own)}"#)
            let repositories = lists.enumerated().map { index, keys in
                RepositorySnapshot.read("r\(index)", id: Int64(index + 1), .own(keys))
            }
            let snapshot = Snapshot.sample([
                .sample(template: .set(["repo", "run_id"], useImmutableSubject: nil), repositories)
            ])
            let found = Evaluator(policy: policy, gate: Gate()).evaluate(snapshot).findings
            let problems = Dictionary(
                found.compactMap { one in one.repositoryID.map { (Int($0.rawValue) - 1, one.violation.problems) } },
                uniquingKeysWith: { first, _ in first })
            var pairs = 0
            for (before, accepted) in problems {
                #expect(accepted.beyond(accepted).isEmpty)
                for (after, now) in problems {
                    guard meaning(lists[after]).isStrictSubset(of: meaning(lists[before])) else { continue }
                    pairs += 1
                    guard now.beyond(accepted).isEmpty else { continue }
                    Issue.record("\(rule.name): what is accepted of \(lists[before]) covers \(lists[after])")
                }
            }
            #expect(pairs > 0, "\(rule.name)")
        }
    }

    /// A version that did not know the parts of a problem, or what narrows a subject, recorded neither.
    @Test func whatAnOlderVersionRecordedIsNoNews() throws {
        let now = ["longer than 9 characters", "longer than 9 characters [with ref]", "narrowed by ref"]
        let old = ["longer than 9 characters"]
        #expect(now.beyond(old).isEmpty)
        let less = ["longer than 9 characters", "longer than 9 characters [with sha]"]
        #expect(now.beyond(less) == ["longer than 9 characters [with ref]"])
        #expect(less.beyond(now) == ["longer than 9 characters [with sha]", "not narrowed by ref"])
    }

    @Test func everyRuleHasAChange() {
        let rules = RuleCatalog.all.filter { !($0 is any WaiverRule.Type) && !($0 is any TrustRule.Type) }.map {
            $0.name
        }
        #expect(Set(rules) == Set(Self.changes.map(\.rule)))
    }

    /// Days pass by themselves.
    @Test func aWaiverThatEndsSoonIsNoWorseTheNextDay() throws {
        let entry = #"{"id": "a", "rule": "expiring-waivers", "severity": "low"}"#
        let waiver = Waiver(
            rule: "a", target: .init(repository: .named(Glob("api"))), owner: "o", reason: "r",
            expires: Day(of: .sample).adding(days: 5))
        let evaluator = Evaluator(
            policy: try .of(entry), gate: Gate(), waivers: WaiverList([waiver], source: "w.json"))
        let snapshot = Snapshot.sample([.sample([.read("api", id: 1, .gitHubDefault)])])
        func problems(_ days: Int64) -> [String] {
            evaluator.evaluate(snapshot, now: .sample.adding(seconds: days * 86_400)).findings
                .first { $0.rule == "a" }?.violation.problems ?? []
        }
        #expect(problems(0) == ["expires on 2026-11-26"])
        #expect(problems(1) == problems(0) && problems(5) == problems(0))
    }
}
