package import AuditCore

/// Which scans a history holds.
package enum ScanListPage: Page {

    /// Scans, newest first; how many there are, of which these are the newest; how many run, or were interrupted.
    package typealias Content = (scans: [StoredScan], total: Int, open: Int)

    package static func write(_ content: Content, to page: inout TextPage) {
        let (scans, total, open) = content
        if scans.isEmpty {
            page.plain("The history holds no finished scan.", indent: 0)
        } else {
            // Where there are several.
            let showsHosts = Set(scans.map(\.apiURL)).count > 1
            page.grid(
                ["scan", "began", "verdict", "judged", "violating", "took", "organizations"]
                    + (showsHosts ? ["host"] : []),
                scans.map { row($0) + (showsHosts ? [$0.apiURL] : []) }, rightAligned: [3, 4, 5])
            if total > scans.count {
                page.plain("and \(total - scans.count) older; --limit \(total) lists them", indent: 0)
            }
        }
        guard open > 0 else { return }
        page.plain(
            "\(counted(open, "scan")) more \(open == 1 ? "runs, or was" : "run, or were") interrupted", indent: 0)
    }

    private static func row(_ scan: StoredScan) -> [String] {
        [
            "#\(scan.id.rawValue)", scan.startedAt.description,
            scan.verdict.rawValue + (scan.isComplete || scan.verdict == .incomplete ? "" : ", incomplete"),
            "\(scan.summary.judged)/\(scan.summary.listed - scan.summary.skipped)",
            scan.summary.violating > 0 ? "\(scan.summary.violating)" : "-", "\(scan.seconds) s",
            scan.logins.joined(separator: ", ") + (scan.isNarrow ? ", in part" : ""),
        ]
    }

    package static let document = JSONDocument<Content>("scans") {
        Member("total", .integer, "how many there are, of which these are the newest") { $0.total }
        Member("open", .integer, "how many run, or were interrupted") { $0.open }
        Member("scans", .list(.object { Member<StoredScan>.scan }), "newest first") { $0.scans }
    }
}
