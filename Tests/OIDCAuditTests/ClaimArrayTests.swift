import AuditCore
import TestSupport
import Testing

@testable import OIDCAudit

/// Arrays of `include_claim_keys` that organizations really set, collected from public configuration, documentation and
/// tests, in GitHub's order. What we make of each stands in one reviewed table, `Goldens/claim-arrays.text`.
@Suite struct ClaimArrayTests {
    private static let arrays = [
        "repository, environment, job_workflow_ref",
        "repo, context, job_workflow_ref",
        "repository_owner_id, repository_id",
        "repository_owner_id, repository_id, context",
        "repository_owner_id, repository_id, environment",
        "repository_owner_id, repository_id, environment, job_workflow_ref",
        "repository_id, repository_owner_id, environment, ref, workflow_ref, job_workflow_ref, event_name",
        "repository_owner_id, repository_id, context, workflow_ref, event_name",
        "repo, context, ref, job_workflow_ref",
        "repo, context, job_workflow_ref, ref",
        "repo, context, ref",
        "repo, ref, environment, workflow_ref",
        "context, workflow_ref",
        "repo, job_workflow_ref",
        "job_workflow_ref",
        "repo",
        "repository",
        "repository, event_name, ref, job_workflow_ref",
        "repository_owner",
        "repository_owner, context",
        "repository_owner, environment",
        "repository_owner, repository_visibility",
        "repository_owner, repository_visibility, workflow",
        "repo, environment, head_ref",
        "repo, environment",
        "repo, workflow",
        "repo, workflow_ref",
        "repo, ref",
        "repo, context, workflow_ref",
        "repo, context, workflow, job_workflow_ref, repository_visibility",
        "repo, context, repository_visibility, ref, ref_type",
        "repo, context, actor",
        "repo, context, repository_owner",
        "job_workflow_ref, repository_id, repository_owner_id",
        "actor, context, repository_owner",
        "actor, actor_id, head_ref, repository",
        "repository_owner_id, run_id, workflow",
        "repository, ref, sha",
        "default repository, repository_owner",
        "default",
        "",
        "repository_id",
        "org, repo, job_workflow_ref",
        "repo, repo, repo",
        "context, repo",
        "repo, context",
        "ref, repo, job_workflow_ref, repository_owner",
        "foo, bar",
        "a, b",
        "cum, dicta, earum, veniam",
    ]

    @Test func eachArrayIsJudgedAsReviewed() throws {
        let repositories = Self.arrays.enumerated().map { index, text in
            let keys = text.split(separator: ", ").joined(separator: " ").split(separator: " ")
            let isDefault = keys.first == "default"
            let own = keys.dropFirst(isDefault ? 1 : 0).map { ClaimKey(String($0)) }
            return RepositorySnapshot.read(
                Self.name(index), id: Int64(1001 + index),
                RepositorySetting(
                    useDefault: isDefault, includeClaimKeys: own.isEmpty ? nil : own, useImmutableSubject: false))
        }
        let snapshot = Snapshot.sample([.sample(repositories)])
        // One is about cloud trusts, and says nothing of claims.
        let judged = try Preset.all.filter { $0.name != "trust" }.map { preset in
            let evaluator = Evaluator(policy: try PolicyFile.load("preset:\(preset.name)"), gate: Gate())
            return (
                preset.name, evaluator.evaluate(snapshot), Planner(evaluator).plan(snapshot, now: snapshot.startedAt)
            )
        }
        var lines = ["The organization acme has the template repo, context, job_workflow_ref."]
        for (index, text) in Self.arrays.enumerated() {
            lines += ["", "\(index + 1)  \(text.isEmpty ? "(empty)" : text)"]
            for (name, report, plan) in judged {
                let id = RepositoryID(rawValue: Int64(1001 + index))
                let row = try #require(report.repositories.first { $0.repository.id == id })
                if name == judged.first?.0 {
                    let preview = SubjectPreview(row.language)
                    lines.append(
                        "   subject  \(preview.subject ?? "unknown")\(preview.isCertain ? "" : "  (not certain)")")
                }
                let found = report.findings.filter { $0.repositoryID == id }.map(\.rule)
                lines.append("   \(name): \(found.isEmpty ? row.status.rawValue : found.joined(separator: ", "))")
                lines += Self.fix(plan, of: id, name: row.repository.fullName).map { "     \($0)" }
            }
        }
        try Golden.expect(lines.joined(separator: "\n") + "\n", matches: "claim-arrays.text")
    }

    private static func name(_ index: Int) -> String { "array-\(index < 9 ? "0" : "")\(index + 1)" }

    private static func fix(_ plan: Plan, of id: RepositoryID, name: String) -> [String] {
        let changes = plan.changes.filter { $0.target.name == name }.map { change in
            guard case .repository(let setting) = change.after else { return "fix: -" }
            let words =
                setting.useDefault
                ? "GitHub's default"
                : setting.includeClaimKeys?.map(\.rawValue).joined(separator: ", ") ?? "the organization's template"
            return "fix: \(words); then \(change.subjects.first { $0.repositoryID == id }?.after ?? "unknown")"
        }
        let left = plan.manual.filter { $0.name == name }.map(\.rule)
        return changes + (left.isEmpty ? [] : ["by hand: \(left.joined(separator: ", "))"])
    }
}
