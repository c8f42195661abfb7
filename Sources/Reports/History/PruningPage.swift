public import AuditCore

/// What a pruning removes, or has removed.
public enum PruningPage {
    public static func render(_ pruning: Pruning, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text:
            var page = TextPage(style: style)
            let isDone = pruning.isDone
            guard let first = pruning.scans.first, let last = pruning.scans.last else {
                page.plain("Nothing is to be removed.", indent: 0)
                return page.text
            }
            page.line(
                isDone ? "PRUNED" : "WOULD PRUNE", isDone ? .good : .poor,
                "\(counted(pruning.scans.count, "scan")), #\(first.rawValue)"
                    + (first == last ? "" : " to #\(last.rawValue)") + "; "
                    + "\(counted(pruning.keptScans, "scan")) \(pruning.keptScans == 1 ? "stays" : "stay")")
            page.fact("rows", "\(pruning.rows) that no scan builds on that stays")
            page.fact("file", pruning.bytesBefore.bytes + (pruning.bytesAfter.map { " before, \($0.bytes) now" } ?? ""))
            if isDone, let checkpoint = pruning.checkpoint { page.fact("checkpoint", checkpoint) }
            return page.text
        case .json:
            return CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.pruning/v1")
                    json.bool("done", pruning.isDone)
                    json.array("scans", of: pruning.scans) { json, scan in json.number(nil, scan.rawValue) }
                    json.number("kept_scans", pruning.keptScans)
                    json.number("rows", pruning.rows)
                    json.number("bytes_before", pruning.bytesBefore)
                    json.number("bytes_after", pruning.bytesAfter)
                    json.string("checkpoint", pruning.isDone ? pruning.checkpoint : nil)
                }
            }
        }
    }
}
