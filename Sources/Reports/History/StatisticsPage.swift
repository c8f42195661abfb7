public import AuditCore

/// How large a history is.
public enum StatisticsPage {
    public static func render(_ statistics: HistoryStatistics, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text:
            var page = TextPage(style: style)
            page.line(statistics.path, .strong, "")
            page.fact("size", statistics.bytes.bytes)
            page.facts("scans", [(statistics.scans, "sealed"), (statistics.prunedScans, "pruned")])
            if let bytes = statistics.bytesPerRepositoryNight {
                page.fact(
                    "density",
                    "\((bytes * 100).rounded() / 100) bytes for each of \(statistics.repositoryNights) repository-nights"
                )
            }
            page.blank()
            page.grid(
                ["table", "rows", "size"],
                statistics.tables.map { [$0.name, "\($0.rows)", $0.bytes?.bytes ?? "?"] }, rightAligned: [1, 2])
            return page.text
        case .json:
            return CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.statistics/v1")
                    json.string("path", statistics.path)
                    json.number("bytes", statistics.bytes)
                    json.number("scans", statistics.scans)
                    json.number("pruned_scans", statistics.prunedScans)
                    json.number("repository_nights", statistics.repositoryNights)
                    json.decimal("bytes_per_repository_night", statistics.bytesPerRepositoryNight)
                    json.array("tables", of: statistics.tables) { json, table in
                        json.object { json in
                            json.string("name", table.name)
                            json.number("rows", table.rows)
                            json.number("bytes", table.bytes)
                        }
                    }
                }
            }
        }
    }
}
