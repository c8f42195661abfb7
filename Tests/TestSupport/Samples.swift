package import AuditCore

extension Repository {
    /// A repository of `acme` (id 77).
    package static func sample(
        _ name: String, id: Int64, visibility: Visibility = .private, isArchived: Bool? = false, isFork: Bool? = false,
        topics: [String]? = [], customProperties: [String: [String]]? = nil, owner: String = "acme",
    ) -> Repository {
        Repository(
            id: RepositoryID(rawValue: id), owner: owner, ownerID: 77, name: name, visibility: visibility,
            isArchived: isArchived, isFork: isFork, topics: topics, customProperties: customProperties)
    }
}

extension RepositorySnapshot {
    /// A repository that was read.
    package static func read(
        _ name: String, id: Int64, _ setting: RepositorySetting, visibility: Repository.Visibility = .private,
        isArchived: Bool = false, topics: [String]? = [], owner: String = "acme",
    ) -> RepositorySnapshot {
        var setting = setting
        setting.subClaimPrefix = setting.subClaimPrefix ?? "repo:\(owner)/\(name)"
        return RepositorySnapshot(
            repository: .sample(
                name, id: id, visibility: visibility, isArchived: isArchived, topics: topics, owner: owner),
            reading: .read(setting), since: .sample)
    }

    /// A repository that could not be read.
    package static func unreadable(
        _ name: String, id: Int64, _ code: UnreadableReason.Code = .forbidden, _ message: String = "forbidden (403)",
        owner: String = "acme",
    ) -> RepositorySnapshot {
        RepositorySnapshot(
            repository: .sample(name, id: id, owner: owner), reading: .unreadable(UnreadableReason(code, message)),
            since: nil)
    }
}

extension OrganizationSnapshot {
    /// `acme` with a complete listing.
    package static func sample(
        template: OrganizationTemplate = .set(["repo", "context", "job_workflow_ref"], useImmutableSubject: nil),
        listing: Listing? = nil, login: String = "acme", id: Int64 = 77, _ repositories: [RepositorySnapshot],
    ) -> OrganizationSnapshot {
        OrganizationSnapshot(
            login: login, id: OrganizationID(rawValue: id), template: template,
            listing: listing ?? Listing(status: .complete, listed: repositories.count, expected: repositories.count),
            repositories: repositories.inReportOrder(by: \.repository))
    }
}

extension Snapshot {
    /// Scan 42, which took 61 seconds.
    package static func sample(
        _ organizations: [OrganizationSnapshot], stop: ScanStop? = nil, scope: Scope = Scope(),
        isEnterpriseServer: Bool = false,
    ) -> Snapshot {
        Snapshot(
            scanID: ScanID(rawValue: 42), apiURL: "https://api.github.com", isEnterpriseServer: isEnterpriseServer,
            startedAt: .sample, finishedAt: Timestamp(secondsSince1970: Timestamp.sample.secondsSince1970 + 61),
            stop: stop, requests: RequestCounts(sent: 12, notModified: 0, retried: 1, waited: .milliseconds(1500)),
            scope: scope, organizations: organizations)
    }
}

extension Timestamp {
    /// 2026-11-21, two o'clock in the morning.
    package static let sample = Timestamp(secondsSince1970: 1_795_226_400)
}

extension Policy {
    /// A policy from JSON text.
    package static func parsed(_ json: String) throws -> Policy {
        try Policy(JSONParser.parse(Array(json.utf8)), source: "test.json", sha256: "0123abcd")
    }

    /// A policy of rule entries, each JSON text.
    package static func of(_ rules: String...) throws -> Policy {
        try parsed(#"{"version": 1, "name": "test", "rules": [\#(rules.joined(separator: ","))]}"#)
    }

    /// One rule of each kind.
    package static func sample() throws -> Policy {
        try of(
            #"{"id": "required-claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "context"]}"#,
            #"{"id": "no-spoofable-start", "rule": "leading-claim", "severity": "critical"}"#,
            """
            {"id": "company-template", "rule": "template-source", "severity": "low", "allowed": ["organization"],
             "where": {"topics": ["production"]}}
            """)
    }
}

extension OrganizationLogin {
    /// `acme`
    package static var sample: OrganizationLogin {
        guard let login = OrganizationLogin("acme") else { preconditionFailure("acme is a login") }
        return login
    }
}
