public import AuditCore

/// What a pruning removes, or has removed.
public enum PruningPage {
    public static func render(_ pruning: Pruning, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text:
            var page = TextPage(style: style)
            let isDone = pruning.isDone
            guard !pruning.scans.isEmpty else {
                page.plain("Nothing is to be removed.", indent: 0)
                return page.text
            }
            page.line(
                isDone ? "PRUNED" : "WOULD PRUNE", isDone ? .good : .poor,
                "\(counted(pruning.scans.count, "scan")); "
                    + "\(counted(pruning.keptScans, "scan")) \(pruning.keptScans == 1 ? "stays" : "stay")")
            page.wrapped(runs(of: pruning.scans.map(\.rawValue)), label: "scans:", indent: 2)
            page.fact("rows", "\(pruning.rows), on which no remaining scan builds")
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

    /// Numbers in their order, what follows one another told as one: `#1, #3 to #7`.
    private static func runs(of numbers: [Int64]) -> String {
        var runs: [ClosedRange<Int64>] = []
        for number in numbers.sorted() {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.map { $0.count == 1 ? "#\($0.lowerBound)" : "#\($0.lowerBound) to #\($0.upperBound)" }
            .joined(separator: ", ")
    }
}
