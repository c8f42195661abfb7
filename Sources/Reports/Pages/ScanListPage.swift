package import AuditCore

/// A list of the scans in a history.
package enum ScanListPage: Page {

    /// Scans, newest first; how many there are, of which these are the newest; how many run, or were interrupted; of which
    /// time they are, such as `by 2026-06-01`, if not of all.
    package typealias Content = (scans: [StoredScan], total: Int, open: Int, time: String?)

    package static func write(_ content: Content, to page: inout TextPage) {
        let (scans, total, open, time) = content
        if scans.isEmpty {
            page.plain("The history holds no finished scan\(time.map { " \($0)" } ?? "").", indent: 0)
        } else {
            let hosts = scans.map(\.apiURL).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            for host in hosts {
                if hosts.count > 1 { page.plain("of \(host)", indent: 0) }
                write(scans.filter { $0.apiURL == host }, to: &page)
            }
            if total > scans.count {
                page.plain("and \(total - scans.count) older; --limit \(total) lists them", indent: 0)
            }
        }
        guard open > 0 else { return }
        page.plain(
            "\(counted(open, "unfinished scan")): running, or interrupted", indent: 0)
    }

    private static func write(_ scans: [StoredScan], to page: inout TextPage) {
        let header = ["scan", "began, UTC", "verdict", "judged", "violating", "organizations"]
        let rows = scans.map(row)
        let taken = header.indices.dropLast().map { column in
            2 + rows.map { $0[column].count }.reduce(header[column].count, max)
        }
        let room = page.width - taken.reduce(0, +)
        page.grid(header, zip(rows, scans).map { $0 + [organizations($1, within: room)] }, rightAligned: [3, 4])
    }

    private static func row(_ scan: StoredScan) -> [String] {
        [
            "#\(scan.id.rawValue)", String(scan.startedAt.minute.dropLast(" UTC".count)),
            scan.verdictInWords + (scan.isComplete || scan.verdict == .incomplete ? "" : ", incomplete"),
            "\(scan.summary.judged)/\(scan.summary.listed - scan.summary.skipped)",
            scan.summary.violating > 0 ? "\(scan.summary.violating)" : "-",
        ]
    }

    /// As many names as there is room for, but at least one, and how many more there are.
    private static func organizations(_ scan: StoredScan, within room: Int) -> String {
        let end = scan.isNarrow ? ", in part" : ""
        for count in (1...max(1, scan.logins.count)).reversed() {
            let more = scan.logins.count - count
            let words = scan.logins.prefix(count).joined(separator: ", ") + (more > 0 ? " +\(more)" : "") + end
            if words.count <= room || count == 1 { return words }
        }
        return end
    }

    package static let document = JSONDocument<Content>("scans") {
        Member("total", .integer, "how many finished scans there are; the list may have only the newest") { $0.total }
        Member("open", .integer, "how many scans run, or were interrupted") { $0.open }
        Member("scans", .list(.object { Member<StoredScan>.scan }), "newest first") { $0.scans }
    }
}
