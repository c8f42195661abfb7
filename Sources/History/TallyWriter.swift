import AuditCore
import GRDB

/// Writes what a report counts in each organization.
struct TallyWriter {
    private let db: Database
    private let scanID: Int64
    private let hostID: Int64

    init(_ db: Database, scanID: Int64, hostID: Int64) {
        self.db = db
        self.scanID = scanID
        self.hostID = hostID
    }

    func write(_ tallies: [OrganizationID: OrganizationTally]) throws {
        for (organization, tally) in tallies {
            let severities = Severity.allCases.map { tally.findings[$0] ?? 0 }
            let sources = Self.sources.map { tally.sources[$0] ?? 0 }
            try db.execute(
                sql: """
                    INSERT INTO organizationTally (scanID, organizationID, \(Self.columns))
                    VALUES (?, ?, \(Array(repeating: "?", count: 19).joined(separator: ", ")))
                    """,
                arguments: [scanID, try organizationRowID(organization, hostID: hostID, db)]
                    + StatementArguments(
                        [tally.listed, tally.compliant, tally.violating, tally.waived, tally.unreadable, tally.skipped]
                            + severities + [tally.waivedFindings] + sources
                            + [tally.legacy, tally.immutable, tally.unknownFormat]))
        }
    }

    /// In the order of `init(_:at:)` below; the severities in the order of `Severity`.
    private static let names = [
        "listed", "compliant", "violating", "waived", "unreadable", "skipped", "criticalFindings", "highFindings",
        "mediumFindings", "lowFindings", "waivedFindings", "fromGithubDefault", "fromOrganization", "fromRepository",
        "fromOrganizationOrCopy", "fromUnknown", "legacy", "immutable", "unknownFormat",
    ]

    static let columns = names.joined(separator: ", ")

    /// The columns of a row `t`.
    static let selection = names.map { "t.\($0)" }.joined(separator: ", ")

    fileprivate static let sources: [TemplateSource] = [
        .gitHubDefault, .organization, .repository, .organizationOrCopy, .unknown,
    ]
}

extension OrganizationTally {
    /// - Parameter start: index of the first of `TallyWriter.columns`.
    init(_ row: Row, at start: Int) throws {
        self.init()
        listed = try count(row, start)
        compliant = try count(row, start + 1)
        violating = try count(row, start + 2)
        waived = try count(row, start + 3)
        unreadable = try count(row, start + 4)
        skipped = try count(row, start + 5)
        for (offset, severity) in Severity.allCases.enumerated() {
            findings[severity] = try count(row, start + 6 + offset)
        }
        waivedFindings = try count(row, start + 10)
        for (offset, source) in TallyWriter.sources.enumerated() {
            sources[source] = try count(row, start + 11 + offset)
        }
        legacy = try count(row, start + 16)
        immutable = try count(row, start + 17)
        unknownFormat = try count(row, start + 18)
    }
}
