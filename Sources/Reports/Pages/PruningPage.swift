package import AuditCore

/// What a pruning removes, or has removed.
package enum PruningPage: Page {
    package static func write(_ pruning: PruneSummary, to page: inout TextPage) {
        guard !pruning.scans.isEmpty else { return page.plain("Nothing is to be removed.", indent: 0) }
        let isDone = pruning.isDone
        page.line(
            isDone ? "PRUNED" : "WOULD PRUNE", isDone ? .good : .poor,
            "\(counted(pruning.scans.count, "scan")); "
                + "\(counted(pruning.keptScans, "scan")) \(pruning.keptScans == 1 ? "stays" : "stay")")
        page.wrapped(runs(of: pruning.scans.map(\.rawValue)), label: "scans:", indent: 2)
        page.fact("rows", "\(pruning.rows), on which no remaining scan builds")
        page.fact("file", pruning.bytesBefore.bytes + (pruning.bytesAfter.map { " before, \($0.bytes) now" } ?? ""))
        if isDone, let checkpoint = pruning.checkpoint { page.fact("checkpoint", checkpoint) }
    }

    package static let document = JSONDocument<PruneSummary>("pruning") {
        Member("done", .boolean, "removed, not only looked at") { $0.isDone }
        Member("scans", .list(.id), "those that go, oldest first") { $0.scans }
        Member("kept_scans", .integer) { $0.keptScans }
        Member("rows", .integer, "on which no remaining scan builds") { $0.rows }
        Member("bytes_before", .integer, "of the file") { $0.bytesBefore }
        Member("bytes_after", .maybe(.integer), "null until it is done") { $0.bytesAfter }
        Member("checkpoint", .maybe(.sha256), "null until it is done") {
            $0.isDone ? $0.checkpoint : nil
        }
    }

    /// Numbers in their order, runs of them as one: `#1, #3 to #7`.
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
