import GitHubEmulator

/// One night of the demo: what people changed at GitHub during the day, and what the platform team runs in the morning.
///
/// `scripts/nights` compares the first lines and the exit status of each night with the committed ones.
struct DemoNight: Sendable {
    /// What the platform team does in the morning, after it has read the night's report.
    enum Task: Sendable {
        /// Accepts the findings in a baseline.
        case writeBaseline
        /// Accepts an unreadable repository for some days.
        case waive(repository: String, owner: String, days: Int, reason: String)
        /// Renews the waivers that have expired, in the file, for some days.
        case renewWaivers(days: Int)
    }

    let title: String
    var change: @Sendable (inout WorldFile) -> Void = { _ in }
    /// Days since the night before.
    var days = 1
    /// Organizations that the night's scan names.
    var organizations = ["octo-works", "octo-labs", "octo-partners"]
    var morning: [Task] = []
    private static let company = ["repo", "context", "job_workflow_ref"]
    private static let infrastructure = ["repo", "environment", "job_workflow_ref"]

    private static let sealed = ["security-incidents", "key-escrow", "takedown"].map { "octo-works/\($0)" }

    static let all = [
        DemoNight(
            title: "the first night",
            change: { world in
                world.editOrganization("octo-partners") { partners in
                    partners.templateRefusal = nil
                    partners.template = company
                    partners.showsPrivateCount = true
                }
            },
            morning: [.writeBaseline]
                + sealed.map {
                    .waive(repository: $0, owner: "security", days: 30, reason: "sealed for an investigation")
                }),
        DemoNight(title: "a quiet night"),
        DemoNight(
            title: "drift: billing starts its subject with workflow",
            change: { $0.customize("octo-works/billing", claims: ["workflow", "repo"]) }),
        DemoNight(
            title: "worsening: infrastructure drops the reviewed workflow as well",
            change: { $0.customize("octo-works/infrastructure", claims: ["repo", "environment"]) }),
        DemoNight(
            title: "both are fixed, infrastructure for good",
            change: { world in
                world.customize("octo-works/billing", claims: company)
                world.customize("octo-works/infrastructure", claims: company)
            }),
        DemoNight(
            title: "relapse: infrastructure is as it was on the first night",
            change: { $0.customize("octo-works/infrastructure", claims: infrastructure) }),
        DemoNight(
            title: "infrastructure is fixed again; checkout-v2 is created",
            change: { world in
                world.customize("octo-works/infrastructure", claims: company)
                world.create("octo-works/checkout-v2", id: 990_000_001)
            }),
        DemoNight(
            title: "checkout-v2 follows; pricing is renamed and its format flips",
            change: { world in
                world.customize("octo-works/checkout-v2", claims: company)
                world.rename("octo-works/pricing", to: "price-engine")
            }),
        DemoNight(
            title: "loyalty is transferred to octo-labs",
            change: { $0.transfer("octo-works/loyalty", to: "octo-labs") }, morning: [.writeBaseline]),
        DemoNight(title: "sandbox is deleted", change: { $0.delete("octo-works/sandbox") }),
        DemoNight(
            title: "octo-partners' template loses the reviewed workflow",
            change: { $0.editOrganization("octo-partners") { $0.template = ["repo", "context"] } }),
        DemoNight(
            title: "it is restored; octo-works' template can't be read, and the baseline is written again",
            change: { world in
                world.editOrganization("octo-partners") { $0.template = company }
                world.editOrganization("octo-works") { $0.templateRefusal = .forbidden }
            }, morning: [.writeBaseline]),
        DemoNight(
            title: "octo-works' template can be read again, and is what it was",
            change: { $0.editOrganization("octo-works") { $0.templateRefusal = nil } }),
        DemoNight(
            title: "ledger can't be read",
            change: { $0.editRepository("octo-works/ledger") { $0.refusal = .forbidden } },
            morning: [
                .waive(
                    repository: "octo-works/ledger", owner: "finance", days: 36,
                    reason: "its administrators are asked for access")
            ]),
        DemoNight(title: "ledger is accepted by a waiver"),
        DemoNight(
            title: "the listing is short of two repositories",
            change: { $0.editOrganization("octo-labs") { $0.hiddenRepositories = 2 } }),
        DemoNight(
            title: "the listing is whole; the first waivers expire in two weeks",
            change: { $0.editOrganization("octo-labs") { $0.hiddenRepositories = 0 } }),
        DemoNight(
            title: "no scan ran for two weeks, and the waivers have expired",
            days: 15, morning: [.renewWaivers(days: 150)]),
        DemoNight(
            title: "search opts in to immutable subjects: its format flips; release-tools is archived",
            change: { world in
                world.optInToImmutableSubjects("octo-works/search")
                world.editRepository("octo-works/release-tools") { $0.archived = true }
            }),
        DemoNight(
            title: "legacy-deploy is fixed: its baseline entry is stale",
            change: { $0.customize("octo-works/legacy-deploy", claims: company) },
            morning: [.writeBaseline]),
        DemoNight(
            title: "octo-labs is renamed to octo-research",
            change: { $0.renameOrganization("octo-labs", to: "octo-research") },
            organizations: ["octo-works", "octo-research", "octo-partners"]),
        DemoNight(
            title: "nightly-jobs starts its subject with workflow",
            change: { $0.customize("octo-works/nightly-jobs", claims: ["workflow", "repo"]) },
            organizations: ["octo-works", "octo-research", "octo-partners"]),
    ]
}
