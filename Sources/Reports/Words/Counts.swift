import AuditCore

/// How many repositories there are, and what became of them.
protocol RepositoryCounts: Sendable {
    var listed: Int { get }
    var judged: Int { get }
    var compliant: Int { get }
    var violating: Int { get }
    var waived: Int { get }
    var unreadable: Int { get }
    var skipped: Int { get }
}

extension Summary: RepositoryCounts {}
extension OrganizationTally: RepositoryCounts {}
extension StoredScan.Summary: RepositoryCounts {}

extension RepositoryCounts {
    /// Each with its word, in the order in which every report has them.
    var displayCounts: [(count: Int, word: String)] {
        [
            (listed, "listed"), (judged, "judged"), (compliant, "compliant"), (violating, "violating"),
            (waived, "waived"), (unreadable, "unreadable"), (skipped, "skipped"),
        ]
    }
}

extension RequestCounts {
    var displayCounts: [(count: Int, word: String)] {
        [(sent, "sent"), (notModified, "not modified"), (retried, "retried")]
    }
}
