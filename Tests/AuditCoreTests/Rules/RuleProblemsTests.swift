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
            before: .own(["repo", "actor"]), after: .own(["repository", "ref"])),
        Change(
            rule: "exact-template", options: templates(#"[["repo", "context"], ["repo", "ref", "actor"]]"#),
            before: .own(["ref", "sha"]), after: .own(["repo", "actor"])),
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
        Change(rule: "leading-claim", before: .own(["workflow", "repo"]), after: .own(["workflow", "actor"])),
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
            before: .own(["actor"]), after: .own(["sha", "repository"])),
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
            rule: "subject-length", options: #""max": 10"#, before: .own(["repo"]), after: .own(["repo", "ref"])),
        // Another template of its own comes from the same place; whose answer repeats the organization's claims, too.
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .own(["repo"]),
            after: .own(["repo", "ref"]), template: company),
        Change(
            rule: "template-source", options: #""allowed": ["github_default"]"#, before: .inheriting,
            after: .own(["repo", "context"]), template: company),
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .gitHubDefault,
            after: .own(["repo", "ref"]), template: company,
            further: ["template comes from repository", "not bound to context"]),
        // Who accepts a template of its own accepts no wider subject.
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .own(["repo", "context"]),
            after: .own(["repository"]), template: .set(["repo", "ref"], useImmutableSubject: nil),
            further: ["not bound to context"]),
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .own(["repo", "context"]),
            after: .own(["repository_owner", "context"]), template: .set(["repo", "ref"], useImmutableSubject: nil),
            further: ["not bound to the repository"]),
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .own(["repo"]),
            after: .own(["actor"]), template: company,
            further: ["not bound to the enterprise", "not bound to the owner", "not bound to the repository"]),
        Change(
            rule: "template-source", options: #""allowed": ["organization"]"#, before: .own(["enterprise", "actor"]),
            after: .own(["repository_id", "actor"]), template: company),
        Change(
            rule: "organization-template", options: templates(#"[["repo", "context", "ref"]]"#), before: .inheriting,
            after: .inheriting, template: .set(["repo", "actor"], useImmutableSubject: nil), templateAfter: company),
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
            further: ["no repository follows the organization's template"]),
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
