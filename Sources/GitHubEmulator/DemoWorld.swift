extension WorldFile {
    /// The token that the demo world accepts. It opens nothing but this emulator.
    package static let demoToken = "demo-token-for-the-emulator"

    /// Three organizations of one company, about 60 repositories: every row of the effective-template table, both
    /// subject formats, archived, forked, renamed and unreadable repositories.
    package static let demo = WorldFile(
        tokens: [demoToken], organizations: [works, labs, partners],
        rateLimit: RateLimit(limit: 5000, windowSeconds: 3600))

    private static let companyTemplate = ["repo", "context", "job_workflow_ref"]

    /// Has a template; most repositories follow it.
    private static let works: Organization = {
        let login = "octo-works"
        var make = RepositoryMaker(owner: login, ownerID: 4_200_077, firstID: 610_000_001)
        var repositories: [Repository] = []

        // GitHub echoes the organization's keys for a repository that opted in…
        for name in [
            "api-gateway", "billing", "catalog", "checkout", "customer-portal", "data-pipeline", "device-registry",
            "email-service", "feature-flags", "identity", "inventory", "invoices", "ledger", "loyalty", "notifications",
            "orders", "payments", "pricing", "recommendations", "reporting", "search", "shipping", "subscriptions",
            "web-frontend",
        ] { repositories.append(make.own(name, companyTemplate, topics: ["service"])) }
        // …and some answers leave them out.
        for name in ["audit-log", "config-service", "rate-limiter"] {
            repositories.append(make.inheriting(name, topics: ["service"]))
        }
        // Created after immutable subjects became the default, or opted in by hand.
        repositories.append(make.own("fraud-detection", companyTemplate, immutable: true, topics: ["service"]))
        repositories.append(make.inheriting("risk-engine", immutable: true, optedIn: true, topics: ["service"]))

        // Never opted in: the organization's template does nothing for them.
        for name in ["developer-docs", "design-system", "status-page", "terraform-modules"] {
            repositories.append(make.byDefault(name, visibility: "public"))
        }
        repositories.append(make.byDefault("support-bot"))
        repositories.append(make.byDefault("sandbox", immutable: true))
        // Keys beside use_default: true are ignored.
        repositories.append(
            make.repository(
                "onboarding",
                Setting(useDefault: true, includeClaimKeys: ["repo", "environment"], useImmutableSubject: false)))

        // Keys of their own.
        repositories.append(
            make.own("infrastructure", ["repo", "environment", "job_workflow_ref"], topics: ["production"]))
        repositories.append(make.own("legacy-deploy", ["workflow", "repo"], topics: ["production"]))
        repositories.append(make.own("nightly-jobs", ["repo"]))
        repositories.append(make.own("release-tools", ["repo", "context"], visibility: "public"))
        repositories.append(
            make.own("warehouse", ["repository_owner_id", "repository_id", "context", "job_workflow_ref"]))
        repositories.append(make.own("mobile-app", ["repo", "context", "job_workflow_ref", "team_name"]))
        repositories.append(make.repository("intranet", Setting(useDefault: false, includeClaimKeys: [])))

        // Forks, archived ones, one renamed a moment ago, and three that this token can't read.
        repositories.append(make.byDefault("swift-nio", visibility: "public", fork: true))
        repositories.append(make.byDefault("renovate", visibility: "public", fork: true))
        repositories.append(make.byDefault("monolith", archived: true))
        repositories.append(make.byDefault("old-website", visibility: "public", archived: true))
        repositories.append(make.own("prototype", ["repo"], archived: true))
        repositories.append(make.renamed("ml-models", to: "model-registry", companyTemplate))
        repositories.append(make.refused("security-incidents", .forbidden))
        repositories.append(make.refused("key-escrow", .notFound))
        repositories.append(make.refused("takedown", .unavailableForLegalReasons))
        return Organization(
            login: login, id: 4_200_077, template: companyTemplate, useImmutableSubject: false,
            repositories: repositories)
    }()

    /// Never set a template.
    private static let labs: Organization = {
        var make = RepositoryMaker(owner: "octo-labs", ownerID: 4_300_012, firstID: 720_000_001)
        return Organization(
            login: "octo-labs", id: 4_300_012,
            repositories: [
                make.byDefault("experiments"), make.byDefault("papers", visibility: "public"),
                make.inheriting("playground"), make.own("robotics", ["repo", "context", "job_workflow_ref"]),
                make.own("simulator", ["head_ref", "repo"], visibility: "public"),
            ])
    }()

    /// Its template can't be read with this token.
    private static let partners: Organization = {
        var make = RepositoryMaker(owner: "octo-partners", ownerID: 4_400_005, firstID: 830_000_001)
        return Organization(
            login: "octo-partners", id: 4_400_005, templateRefusal: .forbidden, showsPrivateCount: false,
            repositories: [
                make.byDefault("connector"), make.inheriting("exchange"),
                make.own("gateway", ["repo", "context", "job_workflow_ref"]),
            ])
    }()

    /// A world of one organization for measurements: the same numbers always give the same world.
    ///
    /// - Parameter repositories: how many; about a tenth break a strict policy each in some way.
    package static func generated(repositories count: Int, seed: UInt64, organization login: String = "acme")
        -> WorldFile
    {
        var random = SplitMix64(state: seed)
        var make = RepositoryMaker(owner: login, ownerID: 77, firstID: 1001)
        var repositories = (0..<count).map { index in
            let name = "service-\(String(index + 100_000).dropFirst())"
            switch random.next() % 20 {
            case 0: return make.byDefault(name)
            case 1: return make.own(name, ["repo", "context"])
            case 2...4: return make.inheriting(name)
            case 5, 6: return make.own(name, companyTemplate, immutable: true)
            default: return make.own(name, companyTemplate)
            }
        }
        // As github.com lists them, set or not.
        for index in repositories.indices { repositories[index].customProperties = [:] }
        return WorldFile(
            organizations: [Organization(login: login, id: 77, template: companyTemplate, repositories: repositories)])
    }
}

/// Makes repositories of one owner, with ids that grow.
private struct RepositoryMaker {
    let owner: String
    let ownerID: Int64
    private var nextID: Int64

    init(owner: String, ownerID: Int64, firstID: Int64) {
        self.owner = owner
        self.ownerID = ownerID
        nextID = firstID
    }

    /// On GitHub's default.
    mutating func byDefault(
        _ name: String, visibility: String = "private", archived: Bool = false, fork: Bool = false,
        immutable: Bool = false,
    ) -> WorldFile.Repository {
        var made = repository(name, WorldFile.Setting(useDefault: true, useImmutableSubject: false), immutable)
        made.visibility = visibility
        made.archived = archived
        made.fork = fork
        return made
    }

    /// Opted in, without keys in the answer.
    mutating func inheriting(
        _ name: String, immutable: Bool = false, optedIn: Bool = false, topics: [String] = [],
    ) -> WorldFile.Repository {
        var made = repository(name, WorldFile.Setting(useDefault: false, useImmutableSubject: optedIn), immutable)
        made.topics = topics
        return made
    }

    /// With keys in the answer.
    mutating func own(
        _ name: String, _ keys: [String], visibility: String = "private", archived: Bool = false,
        immutable: Bool = false, topics: [String] = [],
    ) -> WorldFile.Repository {
        let setting = WorldFile.Setting(useDefault: false, includeClaimKeys: keys, useImmutableSubject: false)
        var made = repository(name, setting, immutable)
        made.visibility = visibility
        made.archived = archived
        made.topics = topics
        return made
    }

    mutating func renamed(_ name: String, to newName: String, _ keys: [String]) -> WorldFile.Repository {
        var made = own(name, keys)
        made.renamedTo = newName
        made.setting?.subClaimPrefix = "repo:\(owner)@\(ownerID)/\(newName)@\(made.id)"
        return made
    }

    mutating func refused(_ name: String, _ refusal: WorldFile.Refusal) -> WorldFile.Repository {
        var made = byDefault(name)
        made.refusal = refusal
        return made
    }

    mutating func repository(
        _ name: String, _ setting: WorldFile.Setting, _ immutable: Bool = false,
    ) -> WorldFile.Repository {
        defer { nextID += 1 }
        var setting = setting
        setting.subClaimPrefix = immutable ? "repo:\(owner)@\(ownerID)/\(name)@\(nextID)" : "repo:\(owner)/\(name)"
        return WorldFile.Repository(name: name, id: nextID, setting: setting, immutable: immutable)
    }
}

/// A small random number generator (Steele, Lea and Flood, 2014) whose numbers depend on its seed alone.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
