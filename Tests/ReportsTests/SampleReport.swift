import AuditCore
import Reports
import TestSupport

/// A report that shows everything once: every status, both formats, every kind of listing.
enum SampleReport {
    static func make(gate: Gate = Gate()) throws -> AuditReport {
        let acme = OrganizationSnapshot.sample(
            listing: Listing(status: .complete, listed: 8, expected: 8, removed: ["acme/retired"]),
            [
                .read("api", id: 1001, .own(["repo", "context", "job_workflow_ref"])),
                .read(
                    "billing", id: 1002,
                    RepositorySetting(
                        useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:acme@77/billing@1002")),
                .read("site.github.io", id: 1003, .own(["repo"]), visibility: .public),
                .read("site_github_io", id: 1004, .inheriting),
                .read("deploy", id: 1005, .own(["workflow", "repo"]), topics: ["production"]),
                .read("old", id: 1006, .gitHubDefault, isArchived: true),
                .unreadable("secret", id: 1007, .notFound, "not found, or not allowed to this token (404: Not Found)"),
                .unreadable("vault", id: 1008, .notFound, "not found, or not allowed to this token (404: Not Found)"),
            ])
        let beta = OrganizationSnapshot.sample(
            template: .unreadable(UnreadableReason(.forbidden, "forbidden (403: no)")),
            listing: Listing(
                status: .unverified, listed: 2, expected: nil, missing: ["beta/gone"]), login: "beta", id: 88,
            [
                .read("tool", id: 2001, .own(["repo", "context"]), topics: ["production"], owner: "beta"),
                .read("web", id: 2002, .inheriting, owner: "beta"),
            ])
        let lost = OrganizationSnapshot.sample(
            template: .unreadable(UnreadableReason(.serverFault, "GitHub failed (502)")),
            listing: Listing(
                status: .partial, listed: 0, expected: nil, error: "page 1 could not be read: GitHub failed (502)",
                failure: .serverFault), login: "gamma", id: 99, [])
        let known = [
            FindingKey(rule: "required-claims", subject: .repository(RepositoryID(rawValue: 1003))):
                KnownFinding(
                    firstSeen: Timestamp(secondsSince1970: 1_790_000_000), problems: ["missing claim: context"],
                    severity: .high),
            FindingKey(rule: "required-claims", subject: .repository(RepositoryID(rawValue: 1001))):
                KnownFinding(
                    firstSeen: Timestamp(secondsSince1970: 1_790_000_000), problems: ["missing claim: context"],
                    severity: .high, name: "acme/api", organization: OrganizationID(rawValue: 77)),
        ]
        return Evaluator(policy: try .sample(), gate: gate)
            .evaluate(.sample([acme, beta, lost]), known: known)
    }

    /// A report with accepted findings: waivers of every kind, a baseline, and findings about the organization.
    static func makeAccepted() throws -> AuditReport {
        let policy = try Policy.of(
            #"{"id": "template-is-set", "rule": "organization-template", "severity": "high"}"#,
            #"{"id": "followed", "rule": "dormant-organization-template", "severity": "low"}"#,
            #"{"id": "required-claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "context"]}"#,
            #"{"id": "rot", "rule": "expired-waivers", "severity": "medium"}"#)
        let waivers = try WaiverList(
            JSONParser.parse(
                Array(
                    """
                    {"version": 1, "waivers": [
                      {"rule": "required-claims", "repository": "legacy-*", "owner": "payments", "reason": "moves in May",
                       "expires": "2027-05-31"},
                      {"rule": "required-claims", "repository": 3, "owner": "web", "reason": "soon",
                       "expires": "2026-11-01"},
                      {"rule": "required-claims", "repository": "none", "owner": "web", "reason": "soon",
                       "expires": "2026-11-02"},
                      {"rule": "template-is-set", "organization": "beta", "owner": "platform", "reason": "new",
                       "expires": "2026-11-30"}]}
                    """.utf8)), source: "waivers.yaml")
        let acme = OrganizationSnapshot.sample(
            template: .neverSet,
            [
                .read("api", id: 1, .gitHubDefault), .read("legacy-a", id: 2, .own(["repo"])),
                .read("site", id: 3, .own(["repo"])), .read("shop", id: 4, .own(["repo"])),
            ])
        let beta = OrganizationSnapshot.sample(
            template: .neverSet, login: "beta", id: 88, [.read("tool", id: 5, .gitHubDefault, owner: "beta")])
        return Evaluator(
            policy: policy, gate: Gate(newOnly: true), waivers: waivers,
            baseline: Baseline(
                [
                    FindingKey(rule: "required-claims", subject: .repository(RepositoryID(rawValue: 4))):
                        Baseline.Entry(
                            severity: .high, organization: "acme", repository: "acme/shop",
                            problems: ["missing claim: context"]),
                    FindingKey(rule: "required-claims", subject: .repository(RepositoryID(rawValue: 1))):
                        Baseline.Entry(
                            severity: .high, organization: "acme", repository: "acme/api",
                            problems: ["missing claim: context"]),
                ],
                apiURL: "https://api.github.com", policy: "test", source: "baseline.json",
                origin: Baseline.Origin(startedAt: .sample, digest: nil, scan: nil))
        ).evaluate(.sample([acme, beta]))
    }

    /// The report of a night before which there were others: `site.github.io` had another template, `billing` another
    /// format and the organization another template than now.
    static func makeWithHistory() throws -> AuditReport {
        var report = try make()
        let scans = (0..<3).map { night in
            ScanDifference.Side(
                id: ScanID(rawValue: 40 + night), startedAt: Timestamp.sample.adding(seconds: (night - 2) * 86_400),
                digest: "0\(night)")
        }
        var history = ReportHistory()
        let before = OrganizationSnapshot.sample(
            template: .set(["repo", "context"], useImmutableSubject: nil),
            [
                .read("site.github.io", id: 1003, .own(["repo", "context"]), visibility: .public),
                .read("billing", id: 1002, .gitHubDefault),
            ])
        let after = OrganizationSnapshot.sample(
            report.repositories.filter { [1002, 1003].contains($0.repository.id.rawValue) }.map { report in
                RepositorySnapshot(
                    repository: report.repository, reading: .read(report.setting ?? .gitHubDefault), since: .sample)
            })
        let changes = OrganizationDifference(
            from: before, to: after, id: OrganizationID(rawValue: 77), wasEnterpriseServer: false,
            isEnterpriseServer: false)
        let finding = StoredFinding(
            key: FindingKey(rule: "required-claims", subject: .repository(RepositoryID(rawValue: 1003))),
            severity: .high, message: "missing claim: context", problems: ["missing claim: context"],
            name: "acme/site.github.io", firstSeen: .sample, isWaived: false)
        history.difference = ScanDifference(
            before: scans[1], after: scans[2], organizations: [changes], policyName: report.policy.name,
            appeared: [finding], gone: [])
        history.templateEvents[OrganizationID(rawValue: 77)] = [
            Timeline.Event(
                after: scans[1], seenBy: scans[2],
                what: .organizationTemplate(before: before.template, after: after.template))
        ]
        for change in changes.changes + changes.followers {
            history.timelines[change.repository.id] = [
                Timeline.Event(after: scans[1], seenBy: scans[2], what: .repository(change))
            ]
        }
        history.timelines[RepositoryID(rawValue: 1003)]? += [
            Timeline.Event(
                after: scans[1], seenBy: scans[2], what: .findingAppeared(finding, policyName: report.policy.name)),
            Timeline.Event(after: scans[1], seenBy: scans[2], what: .findingGone(finding, policyName: "another")),
        ]
        for (night, scan) in scans.prefix(2).enumerated() {
            for (id, tally) in report.tallies {
                var tally = tally
                tally.findings[.high, default: 0] += 3 - night
                tally.unreadable = 0
                history.trend.append(
                    TrendPoint(
                        scan: scan, organization: "acme", organizationID: id, isComplete: true,
                        policyName: report.policy.name, tally: tally))
            }
        }
        history.trend.sort {
            ($0.scan.startedAt, $0.organizationID.rawValue) < ($1.scan.startedAt, $1.organizationID.rawValue)
        }
        report.history = history
        return report
    }

    static func render(_ report: AuditReport, as reporter: any Reporter.Type, style: ReportStyle = ReportStyle()) throws
        -> String
    {
        var bytes: [UInt8] = []
        var output = ReportOutput { bytes += $0 }
        reporter.init().render(report, style: style, to: &output)
        try output.finish()
        return String(decoding: bytes, as: UTF8.self)
    }
}
