package import AuditCore

/// How large a history is.
package enum StatisticsPage: Page {
    package static func write(_ statistics: HistoryStatistics, to page: inout TextPage) {
        page.line(statistics.path, .strong, "")
        page.fact("size", statistics.bytes.bytes)
        page.facts("scans", [(statistics.scans, "sealed"), (statistics.prunedScans, "pruned")])
        if let bytes = statistics.bytesPerRepositoryNight {
            page.fact(
                "density",
                "\((bytes * 100).rounded() / 100) bytes for each of \(statistics.repositoryNights) repository-nights")
        }
        page.blank()
        page.grid(
            ["table", "rows", "size"],
            statistics.tables.map { [$0.name, "\($0.rows)", $0.bytes?.bytes ?? "?"] }, rightAligned: [1, 2])
    }

    package static let document = JSONDocument<HistoryStatistics>("statistics") {
        Member("path", .string) { $0.path }
        Member("bytes", .integer, "of the file") { $0.bytes }
        Member("scans", .integer, "sealed ones") { $0.scans }
        Member("pruned_scans", .integer, "reduced to what later ones build on") { $0.prunedScans }
        Member("repository_nights", .integer, "repositories listed, summed over all scans") {
            $0.repositoryNights
        }
        Member("bytes_per_repository_night", .maybe(.decimal)) { $0.bytesPerRepositoryNight }
        Member("tables", .list(table)) { $0.tables }
    }

    private static let table = Shape<HistoryStatistics.Table>.object {
        Member("name", .string) { $0.name }
        Member("rows", .integer) { $0.rows }
        Member("bytes", .maybe(.integer), "with its indexes; null if SQLite does not say") { $0.bytes }
    }
}
