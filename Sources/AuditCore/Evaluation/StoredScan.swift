/// A scan that was ended and sealed, and of which the history still holds all.
package struct StoredScan: Hashable, Sendable {
    package var id: ScanID
    /// Position of its link in the chain. Scans of one organization are in this order, whatever the clocks said by which they
    /// began.
    package var link: Int64
    package var apiURL: String
    package var isEnterpriseServer: Bool
    package var startedAt: Timestamp
    package var finishedAt: Timestamp
    /// In the order of reading, by the logins that they bore then. One without an id was not found.
    package var organizations: [OrganizationReference]
    /// Which of their repositories it read.
    package var scope: Scope
    /// Name and digest of the policy by which it was judged.
    package var policyName: String
    package var policySHA256: String
    /// Digest of the waiver file that was given; `nil`: none was, or the scan is older than what notes it.
    package var waiversSHA256: String?
    package var verdict: Verdict
    package var isComplete: Bool
    package var summary: Summary
    /// How many findings waivers covered, those about organizations among them.
    package var waivedFindings: Int
    package var requests: RequestCounts
    package var toolVersion: String
    /// The digest of its link of the chain, and of its content.
    package var digest: String
    package var content: String

    /// How many repositories it listed, and what became of them.
    package struct Summary: Hashable, Sendable {
        package var listed: Int
        package var compliant: Int
        package var violating: Int
        package var waived: Int
        package var unreadable: Int
        package var skipped: Int

        package init(listed: Int, compliant: Int, violating: Int, waived: Int, unreadable: Int, skipped: Int) {
            self.listed = listed
            self.compliant = compliant
            self.violating = violating
            self.waived = waived
            self.unreadable = unreadable
            self.skipped = skipped
        }

        package var judged: Int { compliant + violating + waived }
    }

    package init(
        id: ScanID, link: Int64, apiURL: String, isEnterpriseServer: Bool, startedAt: Timestamp, finishedAt: Timestamp,
        organizations: [OrganizationReference], scope: Scope, policyName: String, policySHA256: String,
        verdict: Verdict,
        isComplete: Bool,
        summary: Summary, requests: RequestCounts, toolVersion: String, digest: String, content: String,
        waiversSHA256: String? = nil, waivedFindings: Int = 0,
    ) {
        self.waivedFindings = waivedFindings
        self.waiversSHA256 = waiversSHA256
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
    package var logins: [String] { organizations.map(\.login) }

    /// Whether its scope names some repositories of each organization: it does not stand for the others.
    package var isNarrow: Bool { scope.isNarrow }

    /// How long it took, its interruptions included.
    package var seconds: Int64 { max(0, finishedAt.seconds(since: startedAt)) }

    /// The scan as one side of a comparison.
    package var side: ScanDifference.Side {
        ScanDifference.Side(id: id, startedAt: startedAt, digest: digest, finishedAt: finishedAt)
    }
}
