import AuditCore
import GRDB

/// One run of `scan`.
struct ScanRecord: StoredRecord {
    static let databaseTableName = "scan"

    var id: Int64?
    var hostID: Int64 = 0
    var state = "running"
    var stop: String?
    var startedAt = ""
    var finishedAt: String?
    var isEnterpriseServer = false
    var toolVersion = ""
    /// JSON list of logins.
    var requested = "[]"
    var scope = ""
    // From sealing on.
    var policyName: String?
    var policySHA256: String?
    var verdict: String?
    var isComplete: Bool?
    var listed: Int?
    var compliant: Int?
    var violating: Int?
    var waived: Int?
    var unreadable: Int?
    var skipped: Int?
    // From its end on.
    var requestsSent: Int?
    var requestsNotModified: Int?
    var requestsRetried: Int?
    var waitedMilliseconds: Int?
    // From sealing on.
    var waiversSHA256: String?

    static let columns: [StoredColumn<Self>] = [
        .key("id", \.id),
        .init("hostID", \.hostID, .host),
        .init("state", \.state, .text("state")),
        .init("stop", \.stop, .text("stop")),
        .init("startedAt", \.startedAt, .time("started_at")),
        .init("finishedAt", \.finishedAt, .time("finished_at")),
        .init("isEnterpriseServer", \.isEnterpriseServer, .boolean("enterprise_server")),
        .init("toolVersion", \.toolVersion, .text("tool_version")),
        .init("requested", \.requested, .names("requested")),
        .init("scope", \.scope, .scope("scope")),
        .init("policyName", \.policyName, .text("policy_name")),
        .init("policySHA256", \.policySHA256, .text("policy_sha256")),
        .init("verdict", \.verdict, .text("verdict")),
        .init("isComplete", \.isComplete, .boolean("complete")),
        .init("listed", \.listed, .integer("listed")),
        .init("compliant", \.compliant, .integer("compliant")),
        .init("violating", \.violating, .integer("violating")),
        .init("waived", \.waived, .integer("waived")),
        .init("unreadable", \.unreadable, .integer("unreadable")),
        .init("skipped", \.skipped, .integer("skipped")),
        .init("requestsSent", \.requestsSent, .integer("requests_sent")),
        .init("requestsNotModified", \.requestsNotModified, .integer("requests_not_modified")),
        .init("requestsRetried", \.requestsRetried, .integer("requests_retried")),
        .init("waitedMilliseconds", \.waitedMilliseconds, .integer("waited_milliseconds")),
        .init("waiversSHA256", \.waiversSHA256, .text("waivers_sha256", since: 2)),
    ]
}

extension ScanRecord {
    init(_ start: ScanStart, hostID: Int64) {
        self.hostID = hostID
        startedAt = start.startedAt.description
        isEnterpriseServer = start.isEnterpriseServer
        toolVersion = start.toolVersion
        requested = JSONColumn.of(start.requested)
        scope = JSONColumn.of(start.scope)
    }

    /// `nil` if it came to its end, or still runs.
    var reasonToStop: ScanStop? { stop.map { ScanStop(rawValue: $0) ?? .interrupted } }

    /// When it ended, or began where it has not.
    func end() throws -> Timestamp { try timestamp(finishedAt ?? startedAt) }

    var summary: StoredScan.Summary {
        StoredScan.Summary(
            listed: Self.count(listed), compliant: Self.count(compliant), violating: Self.count(violating),
            waived: Self.count(waived), unreadable: Self.count(unreadable), skipped: Self.count(skipped))
    }

    var requests: RequestCounts {
        RequestCounts(
            sent: Self.count(requestsSent), notModified: Self.count(requestsNotModified),
            retried: Self.count(requestsRetried), waited: .milliseconds(Self.count(waitedMilliseconds)))
    }

    mutating func end(at moment: Timestamp, _ stop: ScanStop?, _ requests: RequestCounts) {
        let waited = requests.waited.components
        finishedAt = moment.description
        self.stop = stop?.rawValue
        state = stop == nil ? "running" : "interrupted"
        requestsSent = requests.sent
        requestsNotModified = requests.notModified
        requestsRetried = requests.retried
        waitedMilliseconds = Int(waited.seconds * 1000 + waited.attoseconds / 1_000_000_000_000_000)
    }

    /// - Parameter waivers: digest of the waiver file that was given.
    mutating func seal(_ report: AuditReport, waivers: String?) {
        state = "sealed"
        waiversSHA256 = waivers
        policyName = report.policy.name
        policySHA256 = report.policy.sha256
        verdict = report.verdict.rawValue
        isComplete = report.isComplete
        listed = report.summary.listed
        compliant = report.summary.compliant
        violating = report.summary.violating
        waived = report.summary.waived
        unreadable = report.summary.unreadable
        skipped = report.summary.skipped
    }

    /// Within bounds in which sums don't overflow, whatever stands there.
    private static func count(_ stored: Int?) -> Int { min(max(stored ?? 0, 0), 1 << 40) }
}
