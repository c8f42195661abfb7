/// A scan that was ended and sealed, and of which the history still holds all.
public struct StoredScan: Hashable, Sendable {
    public var id: ScanID
    /// Position of its link in the chain. Scans of one organization are in this order, whatever the clocks said by which they
    /// began.
    public var link: Int64
    public var apiURL: String
    public var isEnterpriseServer: Bool
    public var startedAt: Timestamp
    public var finishedAt: Timestamp
    /// In the order of reading, by the logins that they bore then. One without an id was not found.
    public var organizations: [OrganizationReference]
    /// Which of their repositories it read.
    public var scope: Scope
    /// Name and digest of the policy by which it was judged.
    public var policyName: String
    public var policySHA256: String
    public var verdict: Verdict
    public var isComplete: Bool
    public var summary: Summary
    public var requests: RequestCounts
    public var toolVersion: String
    /// The digest of its link of the chain, and of its content.
    public var digest: String
    public var content: String

    /// How many repositories it listed, and what became of them.
    public struct Summary: Hashable, Sendable {
        public var listed: Int
        public var compliant: Int
        public var violating: Int
        public var waived: Int
        public var unreadable: Int
        public var skipped: Int

        public init(listed: Int, compliant: Int, violating: Int, waived: Int, unreadable: Int, skipped: Int) {
            self.listed = listed
            self.compliant = compliant
            self.violating = violating
            self.waived = waived
            self.unreadable = unreadable
            self.skipped = skipped
        }

        public var judged: Int { compliant + violating + waived }
    }

    public init(
        id: ScanID, link: Int64, apiURL: String, isEnterpriseServer: Bool, startedAt: Timestamp, finishedAt: Timestamp,
        organizations: [OrganizationReference], scope: Scope, policyName: String, policySHA256: String,
        verdict: Verdict,
        isComplete: Bool,
        summary: Summary, requests: RequestCounts, toolVersion: String, digest: String, content: String,
    ) {
        self.id = id
        self.link = link
        self.apiURL = apiURL
        self.isEnterpriseServer = isEnterpriseServer
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.organizations = organizations
        self.scope = scope
        self.policyName = policyName
        self.policySHA256 = policySHA256
        self.verdict = verdict
        self.isComplete = isComplete
        self.summary = summary
        self.requests = requests
        self.toolVersion = toolVersion
        self.digest = digest
        self.content = content
    }

    /// Of its organizations, in the order of reading.
    public var logins: [String] { organizations.map(\.login) }

    /// Whether its scope names some repositories of each organization: it does not stand for the others.
    public var isNarrow: Bool { scope.selector != Selector() }

    /// How long it took, its interruptions included.
    public var seconds: Int64 { max(0, finishedAt.seconds(since: startedAt)) }

    /// The scan as one side of a comparison.
    public var side: ScanDifference.Side {
        ScanDifference.Side(id: id, startedAt: startedAt, digest: digest)
    }
}
