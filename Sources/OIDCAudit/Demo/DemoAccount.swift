import AuditCore
import Foundation
import GitHubEmulator

/// The AWS account of the demo's company: what `aws iam get-account-authorization-details` prints of its 40 roles.
///
/// Most trust both subjects of their repository, the one with names alone and the one with ids. One role can be assumed by
/// anybody, one has trusted nobody since its repository was renamed, and one would be lost by immutable subjects.
struct DemoAccount: Sendable {
    /// What a role trusts.
    private enum Trusted {
        /// Tokens of GitHub with such subjects, of one repository where one is named.
        case subjects([String], of: String?)
        /// Another provider than GitHub's, by its host.
        case issuer(String)
        case service(String)
    }

    private struct Role {
        let name: String
        let trusted: Trusted
        /// Days since it was last used; `nil`: never.
        let days: Int?

        init(_ name: String, _ trusted: Trusted, usedDaysAgo days: Int?) {
            (self.name, self.trusted, self.days) = (name, trusted, days)
        }

        /// One that trusts some jobs of a repository, by its name alone.
        init(_ name: String, of repository: String, _ jobs: String, usedDaysAgo days: Int) {
            self.init(name, .subjects(["repo:\(repository):\(jobs)"], of: repository), usedDaysAgo: days)
        }
    }

    private static let number = "210987654321"
    private static let issuer = "token.actions.githubusercontent.com"
    private static let workflow = ":job_workflow_ref:octo-works/workflows/.github/workflows/deploy.yml@refs/heads/main"

    private let roles: [Role]

    init(_ world: WorldFile) {
        let works = world.organizations.first { $0.login == "octo-works" }
        let left = ["loyalty", "pricing", "orders"]
        let deployed = (works?.repositories ?? []).filter { $0.topics.contains("service") && !left.contains($0.name) }
        roles =
            deployed.prefix(21).enumerated().map { place, repository in
                let name = "octo-works/\(repository.name)"
                let ids = "octo-works@\(works?.id ?? 0)/\(repository.name)@\(repository.id)"
                let jobs = ":ref:refs/heads/main\(Self.workflow)"
                return Role(
                    "\(repository.name)-deploy", .subjects(["repo:\(name)\(jobs)", "repo:\(ids)\(jobs)"], of: name),
                    usedDaysAgo: place % 9)
            } + Self.special + Self.others
    }

    private static let special = [
        // Whoever names an account octo-works-anything gets in.
        Role("artifact-upload", .subjects(["repo:octo-works*"], of: nil), usedDaysAgo: 0),
        // The repository is price-engine now.
        Role("pricing-deploy", of: "octo-works/pricing", "ref:refs/heads/main\(workflow)", usedDaysAgo: 61),
        // Nobody has added the subject with ids.
        Role("orders-deploy", of: "octo-works/orders", "ref:refs/heads/main\(workflow)", usedDaysAgo: 0),
        Role("terraform-plan", of: "octo-works/infrastructure", "pull_request:*", usedDaysAgo: 0),
        Role(
            "terraform-apply", of: "octo-works/infrastructure", "environment:production\(workflow)", usedDaysAgo: 2),
        Role("docs-publish", of: "octo-works/developer-docs", "ref:refs/heads/main", usedDaysAgo: 4),
        Role("status-publish", of: "octo-works/status-page", "*", usedDaysAgo: 12),
        Role(
            "warehouse-load",
            .subjects(
                ["repository_owner_id:4200077:repository_id:*:ref:refs/heads/main:*"], of: "octo-works/warehouse"),
            usedDaysAgo: 1),
        Role("papers-publish", of: "octo-research/papers", "ref:refs/heads/main", usedDaysAgo: 33),
        Role("robotics-train", of: "octo-research/robotics", "environment:lab:*", usedDaysAgo: 7),
        Role("partner-exchange", of: "octo-partners/exchange", "*", usedDaysAgo: 3),
        Role("partner-gateway", of: "octo-partners/gateway", "environment:prod:*", usedDaysAgo: 5),
    ]

    private static let others = [
        Role("cluster-autoscaler", .issuer("oidc.eks.eu-central-1.amazonaws.com/id/0DEM0"), usedDaysAgo: 0),
        Role("gitlab-mirror", .issuer("gitlab.com"), usedDaysAgo: 210),
        Role("build-host", .service("ec2.amazonaws.com"), usedDaysAgo: 0),
        Role("image-resize", .service("lambda.amazonaws.com"), usedDaysAgo: 0),
        Role("cost-report", .service("lambda.amazonaws.com"), usedDaysAgo: 18),
        Role("backup", .service("backup.amazonaws.com"), usedDaysAgo: 1),
        Role("old-pipeline", .service("codebuild.amazonaws.com"), usedDaysAgo: nil),
    ]

    /// The export as of a day.
    func export(on day: Day) throws(CommandFailure) -> String {
        let export: [String: Any] = ["RoleDetailList": roles.map { Self.details($0, day) }, "IsTruncated": false]
        guard
            let bytes = try? JSONSerialization.data(
                withJSONObject: export, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        else { throw CommandFailure(message: "the demo's account can't be written", status: .failure) }
        return String(decoding: bytes, as: UTF8.self) + "\n"
    }

    private static func details(_ role: Role, _ day: Day) -> [String: Any] {
        let used: [String: String] =
            role.days.map {
                ["LastUsedDate": "\(day.adding(days: -$0))T01:00:00+00:00", "Region": "eu-central-1"]
            } ?? [:]
        return [
            "Path": "/", "RoleName": role.name, "Arn": "arn:aws:iam::\(number):role/\(role.name)",
            "RoleLastUsed": used,
            "AssumeRolePolicyDocument": ["Version": "2012-10-17", "Statement": [statement(role.trusted)]],
        ]
    }

    private static func statement(_ trusted: Trusted) -> [String: Any] {
        func federated(_ host: String, equal: [String: String] = [:], like: [String: Any] = [:]) -> [String: Any] {
            let audience = ["\(host):aud": "sts.amazonaws.com"]
            var conditions: [String: Any] = ["StringEquals": equal.merging(audience) { $1 }]
            if !like.isEmpty { conditions["StringLike"] = like }
            return [
                "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": ["Federated": "arn:aws:iam::\(number):oidc-provider/\(host)"], "Condition": conditions,
            ]
        }
        switch trusted {
        case .subjects(let subjects, let repository):
            let equal = repository.map { ["\(issuer):repository": $0] } ?? [:]
            return federated(issuer, equal: equal, like: ["\(issuer):sub": subjects])
        case .issuer(let host): return federated(host)
        case .service(let service):
            return ["Effect": "Allow", "Action": "sts:AssumeRole", "Principal": ["Service": service]]
        }
    }
}
