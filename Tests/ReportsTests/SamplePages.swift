import AuditCore
import Reports
import TestSupport

/// A page with what it shows.
struct PageSample {
    let page: any Page.Type
    /// Name of its goldens.
    let golden: String
    let formats: [PageFormat]
    let document: SchemaTests.Sample
    let render: (PageFormat) -> String

    init<Shown: Page>(_ page: Shown.Type, as variant: String? = nil, _ content: Shown.Content) {
        self.page = page
        golden = Shown.name + (variant.map { "-\($0)" } ?? "")
        formats = Shown.formats
        document = SchemaTests.Sample(golden, Shown.document, content)
        render = { Shown.render(content, as: $0, style: ReportStyle()) }
    }
}

/// What the pages are shown with: every branch of each at least once.
enum SamplePages {
    static func all() throws -> [PageSample] {
        let altered = VerificationResult.Problem(
            scanID: ScanID(rawValue: 40), subject: "acme/api", field: "include_claim_keys",
            message: "it is not what was sealed")
        let scans = [storedScan(), storedScan(41, verdict: .compliant, isComplete: true)]
        var elsewhere = scans[1]
        elsewhere.apiURL = "https://octo.ghe.com/api/v3"
        let template = OrganizationTemplate.set(["repo", "context"], useImmutableSubject: true)
        return [
            PageSample(ChangesetPage.self, [changeset()]), PageSample(ChangesetPage.self, as: "none", []),
            PageSample(ClaimPage.self, (ClaimCatalog.listed, withSources: false)),
            PageSample(ClaimPage.self, as: "chosen", (ClaimCatalog.listed, withSources: true)),
            PageSample(ComparisonPage.self, try comparison()), PageSample(DiagnosisPage.self, diagnosis()),
            PageSample(DifferencePage.self, difference()),
            PageSample(EvidencePage.self, (try evidence(), "q3")),
            PageSample(EvidencePage.self, as: "whole", (wholeEvidence(), "'q 4'")),
            PageSample(ExportPage.self, SampleTrust.exports()), PageSample(ImportingPage.self, importing()),
            PageSample(PlanPage.self, plan()), PageSample(PruningPage.self, pruning(isDone: true)),
            PageSample(PruningPage.self, as: "rehearsal", pruning(isDone: false)),
            PageSample(RulePage.self, RuleCatalog.all),
            PageSample(ScanListPage.self, (scans, total: 5, open: 1, time: nil)),
            PageSample(ScanListPage.self, as: "none", ([], total: 0, open: 2, time: nil)),
            PageSample(ScanListPage.self, as: "early", ([], total: 0, open: 0, time: "by 2026-06-01")),
            PageSample(ScanListPage.self, as: "hosts", ([scans[0], elsewhere], total: 2, open: 0, time: nil)),
            PageSample(ScanPage.self, (storedScan(), snapshot.organizations)),
            PageSample(StatePage.self, (storedScan(), snapshot)), PageSample(StatisticsPage.self, statistics),
            PageSample(TemplatePage.self, .repository(state(.sample("api", id: 1), .read(.own(["repo"]))))),
            PageSample(
                TemplatePage.self, as: "organization",
                .organization(login: "acme", id: OrganizationID(rawValue: 77), template)),
            PageSample(TimelinePage.self, try timeline()), PageSample(TrendPage.self, (try trend(), time: nil)),
            PageSample(TrendPage.self, as: "early", ([], time: "by 2026-06-01")),
            PageSample(TrustPage.self, SampleTrust.audit()),
            PageSample(TrustPage.self, as: "closed", SampleTrust.closed()),
            PageSample(TrustPage.self, as: "token", SampleTrust.token()),
            PageSample(TrustPage.self, as: "judged", try SampleTrust.judged()),
            PageSample(TrustPage.self, as: "since", try SampleTrust.since()),
            PageSample(VerificationPage.self, verification()),
            PageSample(VerificationPage.self, as: "altered", verification(altered)),
            PageSample(VerificationPage.self, as: "nothing", VerificationResult()),
            PageSample(WaiverPage.self, (try waivers(), .sample)),
        ]
    }

    static func storedScan(_ id: Int64 = 42, verdict: Verdict = .violations, isComplete: Bool = false) -> StoredScan {
        StoredScan(
            id: ScanID(rawValue: id), link: id, apiURL: "https://api.github.com", isEnterpriseServer: false,
            startedAt: .sample.adding(seconds: (id - 42) * 86_400),
            finishedAt: .sample.adding(seconds: (id - 42) * 86_400 + 61),
            organizations: [
                OrganizationReference(login: "acme", id: OrganizationID(rawValue: 77)),
                OrganizationReference(login: "beta", id: OrganizationID(rawValue: 88)),
            ], scope: Scope(), policyName: "test", policySHA256: "0123abcd", verdict: verdict, isComplete: isComplete,
            summary: StoredScan.Summary(
                listed: 12, compliant: 5, violating: 3, waived: 1, unreadable: 2, skipped: 1),
            requests: RequestCounts(sent: 12, notModified: 3, retried: 1, waited: .milliseconds(1500)),
            toolVersion: "0.1.0", digest: digest("d"), content: digest("c"), waivedFindings: 1)
    }

    static func digest(_ character: Character) -> String { String(repeating: character, count: 64) }

    static func side(_ id: Int64) -> ScanDifference.Side { storedScan(id).side }

    static let snapshot = Snapshot.sample([
        .sample([
            .read("api", id: 1, .own(["repo", "context"])), .read("billing", id: 2, .inheriting),
            .unreadable("vault", id: 3),
        ]),
        .sample(
            template: .unreadable(UnreadableReason(.forbidden, "forbidden (403: no)")),
            listing: Listing(
                status: .partial, listed: 1, expected: 2, missing: ["beta/gone"], error: "page 2 could not be read"),
            login: "beta", id: 88, [.read("tool", id: 4, .inheriting, owner: "beta")]),
    ])

    static let finding = StoredFinding(
        key: FindingKey(rule: "required-claims", subject: .repository(RepositoryID(rawValue: 1))), severity: .high,
        message: "missing claim: context", problems: ["missing claim: context"], name: "acme/api", firstSeen: .sample,
        isWaived: false, organization: OrganizationID(rawValue: 77))

    static func state(
        _ repository: Repository, _ reading: Reading<RepositorySetting>,
        under template: OrganizationTemplate = .neverSet,
    ) -> RepositoryState {
        RepositoryState(repository, reading, under: template, isEnterpriseServer: false)
    }

    /// Repositories that were added, removed, renamed, retagged, became unreadable and readable; a template, a format and an
    /// organization's template that changed; answers that changed alone; an organization whose template is known again, and one
    /// whose template no longer is.
    static func difference() -> ScanDifference {
        func setting(_ keys: [ClaimKey], _ prefix: String? = nil) -> RepositorySetting {
            var setting = RepositorySetting.own(keys)
            setting.subClaimPrefix = prefix
            return setting
        }
        func flagged(_ name: String, id: Int64, _ flag: Bool) -> RepositorySnapshot {
            .read(
                name, id: id,
                RepositorySetting(
                    useDefault: true, useImmutableSubject: flag, subClaimPrefix: "repo:acme@77/\(name)@\(id)"))
        }
        let before = OrganizationSnapshot.sample(
            template: .set(["repo", "context"], useImmutableSubject: nil),
            listing: Listing(status: .unverified, listed: 12, expected: nil),
            [
                .read("api", id: 1, .own(["repo", "context"])), .read("old-name", id: 2, .own(["repo"])),
                .read("retired", id: 3, .gitHubDefault), .read("topics", id: 4, .gitHubDefault, topics: ["a"]),
                .read("lost", id: 5, .gitHubDefault), .unreadable("back", id: 6),
                .read("format", id: 7, setting(["repo"], "repo:acme/format")),
                .read("follower", id: 8, .inheriting), .read("shown", id: 9, .gitHubDefault, visibility: .private),
                .read("w1", id: 21, .own(["repo"])), .read("w2", id: 22, .own(["repo"])),
                .read("w3", id: 23, .own(["repo"])), flagged("opted", id: 24, false),
            ])
        let after = OrganizationSnapshot.sample(
            template: .set(["repo", "ref"], useImmutableSubject: true),
            listing: Listing(status: .complete, listed: 12, expected: 12),
            [
                .read("api", id: 1, .own(["repo"])), .read("new-name", id: 2, .own(["repo"])),
                .read("topics", id: 4, .gitHubDefault, topics: ["a", "b"]), .unreadable("lost", id: 5),
                .read("back", id: 6, .gitHubDefault),
                .read("format", id: 7, setting(["repo"], "repo:acme@77/format@7")),
                .read("follower", id: 8, .inheriting),
                .read("shown", id: 9, .gitHubDefault, visibility: .public), .read("fresh", id: 10, .gitHubDefault),
                .read("w1", id: 21, .own(["repo", "ref"])), .read("w2", id: 22, .own(["repo", "ref"])),
                .read("w3", id: 23, .own(["repo", "ref"])), flagged("opted", id: 24, true),
            ])
        var organization = OrganizationDifference(
            from: before, to: after, id: OrganizationID(rawValue: 77), wasEnterpriseServer: false,
            isEnterpriseServer: false)
        organization.incomparableIDs = Set((1...2).map { RepositoryID(rawValue: $0) })
        let refused = OrganizationTemplate.unreadable(UnreadableReason(.forbidden, "forbidden (403)"))
        let again = OrganizationDifference(
            from: .sample(template: refused, login: "beta", id: 88, []),
            to: .sample(template: .set(["repo"], useImmutableSubject: true), login: "beta", id: 88, []),
            id: OrganizationID(rawValue: 88), [],
            earlier: (template: .set(["repo"], useImmutableSubject: false), scan: side(39)))
        let hidden = OrganizationDifference(
            from: .sample(login: "epsilon", id: 89, [.read("tool", id: 30, .gitHubDefault, owner: "epsilon")]),
            to: .sample(
                template: refused,
                listing: Listing(status: .partial, listed: 1, expected: 2), login: "epsilon", id: 89,
                [.read("tool", id: 30, .inheriting, owner: "epsilon")]),
            id: OrganizationID(rawValue: 89), wasEnterpriseServer: false, isEnterpriseServer: false)
        var waived = finding
        waived.key = FindingKey(rule: "template-is-set", subject: .organization(OrganizationID(rawValue: 77)))
        (waived.name, waived.severity, waived.isWaived) = ("acme", .low, true)
        var rot = finding
        rot.key = FindingKey(rule: "rot", subject: .waiver("acme: x on y"))
        rot.name = "acme: x on y"
        var difference = ScanDifference(
            before: side(41), after: side(42), organizations: [organization, again, hidden], policyName: "test",
            appeared: [finding],
            gone: [waived, rot])
        var firstRead = finding
        (firstRead.name, firstRead.key) = (
            "acme/back", FindingKey(rule: "rot", subject: .repository(RepositoryID(rawValue: 6)))
        )
        difference.firstRead = [firstRead]
        difference.worsened = [ScanDifference.Worsened(finding, furtherProblems: ["missing claim: ref"])]
        (difference.lost, difference.found, difference.policyChanged) = (["gamma"], ["delta"], true)
        return difference
    }

    static func timeline() throws -> Timeline {
        let changes = difference().organizations[0]
        let gap = Timeline.Event.Gap(reason: UnreadableReason(.forbidden, "forbidden (403)"), last: side(42))
        var ended = gap
        (ended.last, ended.regainedBy) = (side(43), side(44))
        let events: [Timeline.Event.What] =
            (changes.changes + changes.followers + changes.withoutEffect).map(Timeline.Event.What.repository) + [
                .repositoryUnread(gap), .organizationTemplateUnread(ended), .organizationNotFound(ended),
                .organizationTemplate(before: .neverSet, after: .set(["repo", "context"], useImmutableSubject: false)),
                .findingAppeared(finding, policyName: "test"),
                .findingChanged(finding, further: ["missing claim: ref"], policyName: "test"),
                .findingChanged(finding, further: [], policyName: "test"),
                .findingWaived(finding, policyName: "test"), .findingGone(finding, policyName: "test"),
            ]
        let repository = Repository.sample("api", id: 1)
        var timeline = Timeline(
            repository: repository,
            events: events.enumerated().map { place, what in
                Timeline.Event(
                    after: place == 0 ? nil : side(41), seenBy: side(42), what: what, organization: "acme")
            }, lastScan: side(42),
            state: state(repository, .read(.own(["repo"]))), since: .sample)
        timeline.leftOut = Timeline.LeftOut(first: side(43), last: side(44), why: "archived")
        timeline.attribute(to: [changeset()])
        return timeline
    }

    static func trend() throws -> [TrendPoint] {
        let tallies = try SampleReport.make().tallies
        return (0..<4 as Range<Int64>).flatMap { night in
            tallies.sorted { $0.key.rawValue < $1.key.rawValue }.map { id, tally in
                var tally = tally
                tally.findings[.high, default: 0] += Int(3 - night)
                return TrendPoint(
                    scan: side(40 + night),
                    organization: id.rawValue == 77 && night == 0 ? "acme-old" : "org-\(id.rawValue)",
                    organizationID: id, isComplete: night > 0, policyName: "test", tally: tally)
            }
        }
    }

    static func plan() -> Plan {
        var setting = RepositorySetting.own(["workflow", "repo"])
        setting.subClaimPrefix = "repo:acme/api"
        return Plan(
            apiURL: "https://api.github.com", isEnterpriseServer: false,
            organizations: [
                Plan.Organization(login: "acme", id: OrganizationID(rawValue: 77)),
                Plan.Organization(login: "beta", id: OrganizationID(rawValue: 88)),
            ],
            createdAt: .sample, scanID: ScanID(rawValue: 42), policyName: "test", policySHA256: digest("a"),
            changes: [
                PlannedChange(
                    target: .organization(login: "acme", id: OrganizationID(rawValue: 77)),
                    before: .organization(.neverSet),
                    after: .organization(.set(["repo", "context"], useImmutableSubject: false)),
                    rules: ["template-is-set"], warnings: ["it can't be unset"]),
                PlannedChange(
                    target: .repository(owner: "acme", name: "api", id: RepositoryID(rawValue: 1)),
                    before: .repository(setting), mayInherit: true, after: .repository(.inheriting),
                    inherited: ["repo", "context"], inheritedBefore: ["repo"], rules: ["required-claims"],
                    subjects: [
                        PlannedChange.Subject(
                            repository: "acme/api", repositoryID: RepositoryID(rawValue: 1),
                            before: "workflow:ci:repo:acme/api",
                            after: "repo:acme/api:{context}", isCertain: false,
                            afterKeepingIDs: "repo:acme@77/api@1:{context}")
                    ]),
                PlannedChange(
                    target: .organization(login: "beta", id: OrganizationID(rawValue: 88)),
                    before: .organization(.set(["repo"], useImmutableSubject: nil)),
                    after: .organization(.set(["repo", "ref"], useImmutableSubject: nil)), knowsSubjects: false),
            ],
            manual: [
                Plan.Manual(
                    rule: "required-claims", name: "acme/web", message: "missing claim: ref", why: "two ways would do")
            ], incomplete: "1 of 3 repositories could not be read or decided", scannedAt: .sample,
            access: SampleTrust.access())
    }

    static func changeset() -> Changeset {
        Changeset(
            id: ChangesetID(rawValue: 7), kind: .rollback, startedAt: .sample, actor: "octocat",
            planDigest: digest("b"),
            plan: plan(),
            entries: [
                Changeset.Entry(intendedAt: .sample, concludedAt: .sample, outcome: .applied),
                Changeset.Entry(
                    intendedAt: .sample, concludedAt: .sample,
                    outcome: .partial("the flag was not written", found: .repository(.own(["repo"])))),
                Changeset.Entry(),
            ], undoes: ChangesetID(rawValue: 6))
    }

    static func diagnosis() -> Diagnosis {
        var diagnosis = Diagnosis(
            apiURL: "https://api.github.com", apiVersion: "2022-11-28", tokenKind: "classic personal access token",
            login: "acme", pointsPerMinute: 900, concurrency: 16)
        diagnosis.scopes = ["read:org", "repo"]
        diagnosis.organizationID = OrganizationID(rawValue: 77)
        diagnosis.access = [
            Diagnosis.Access(
                what: "the organization", classicScope: nil, fineGrained: nil, isRequired: true, outcome: .allowed),
            Diagnosis.Access(
                what: "the organization's template", classicScope: "read:org",
                fineGrained: "organization \"Administration: read\"", isRequired: true,
                outcome: .refused(UnreadableReason(.forbidden, "forbidden (403)")), hint: "ask an owner"),
            Diagnosis.Access(
                what: "custom properties", classicScope: "read:org", fineGrained: "custom properties",
                isRequired: false,
                outcome: .refused(UnreadableReason(.serverFault, "GitHub failed (502)")), hint: "run it again"),
            Diagnosis.Access(
                what: "a repository's template", classicScope: "repo", fineGrained: "Actions: read", isRequired: true,
                outcome: .notTried("there is no repository")),
        ]
        (diagnosis.expected, diagnosis.isExpectedAtLeast, diagnosis.listed) = (1200, true, 1300)
        diagnosis.listingDoubts = ["the private count is not shown"]
        diagnosis.otherListing = Diagnosis.OtherListing(
            credential: "the token of the environment, a classic personal access token",
            found: .read(
                .init(
                    listed: 1298, onlyThis: ["acme/api", "acme/infra", "acme/old", "acme/web"], onlyOther: ["acme/new"],
                    isWhole: false)))
        diagnosis.budget = RateLimitStatus(limit: 5000, remaining: 4321, resetsAt: .sample)
        diagnosis.cold = Diagnosis.Cost(requests: 1313, charged: 1313, duration: .seconds(90))
        diagnosis.warm = Diagnosis.Cost(requests: 1313, charged: 13, duration: .seconds(0))
        return diagnosis
    }

    static func comparison() throws -> PolicyComparison {
        let other = try Policy.of(
            #"{"id": "no-spoofable-start", "rule": "leading-claim", "severity": "critical"}"#,
            #"{"id": "template-is-set", "rule": "require-claims", "severity": "low", "claims": ["ref"]}"#)
        return PolicyComparison(
            of: snapshot, by: Evaluator(policy: try .sample(), gate: Gate()),
            and: Evaluator(policy: other, gate: Gate()), known: [:], now: .sample)
    }

    static func waivers() throws -> WaiverList {
        try WaiverList(
            JSONParser.parse(
                Array(
                    """
                    {"version": 1, "waivers": [
                      {"rule": "required-claims", "repository": "legacy-*", "owner": "payments", "reason": "moves in May",
                       "expires": "2027-05-31", "accepts": ["missing claim: context"]},
                      {"rule": "template-is-set", "organization": "beta", "owner": "@acme/platform", "reason": "see #12",
                       "expires": "2026-11-01"}]}
                    """.utf8)), source: "waivers.yaml")
    }

    static func importing() -> ImportSummary {
        var importing = ImportSummary()
        (importing.imported, importing.known, importing.pruned) = (3, 2, 1)
        return importing
    }

    static func pruning(isDone: Bool) -> PruneSummary {
        var pruning = PruneSummary(
            scans: [1, 3, 4, 5].map(ScanID.init), keptScans: 1, rows: 321, bytesBefore: 15_623_782)
        guard isDone else { return pruning }
        (pruning.isDone, pruning.bytesAfter, pruning.checkpoint) = (true, 1_048_576, digest("e"))
        return pruning
    }

    static func verification(_ problem: VerificationResult.Problem? = nil) -> VerificationResult {
        var verification = VerificationResult()
        (verification.scans, verification.prunedScans, verification.checkpoints) = (41, 3, 1)
        (verification.openScans, verification.head, verification.problem) = (1, digest("f"), problem)
        verification.textsNotKept = 2
        return verification
    }

    static let statistics = HistoryStatistics(
        path: "history.sqlite", bytes: 15_623_782, scans: 30, prunedScans: 2, repositoryNights: 300_000,
        tables: [
            HistoryStatistics.Table(name: "setting", rows: 1234, bytes: 987_654),
            HistoryStatistics.Table(name: "scan", rows: 30, bytes: nil),
        ])
}
