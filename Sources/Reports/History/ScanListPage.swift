public import AuditCore

/// Which scans a history holds.
public enum ScanListPage {
    /// - Parameters:
    ///   - scans: newest first.
    ///   - total: how many there are, of which these are the newest.
    ///   - open: how many run, or were interrupted.
    public static func render(
        _ scans: [StoredScan], of total: Int, open: Int = 0, as format: PageFormat, style: ReportStyle,
    ) -> String {
        switch format {
        case .text: text(scans, total, open, style)
        case .json:
            CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.scans/v1")
                    json.number("total", total)
                    json.number("open", open)
                    json.array("scans", of: scans) { json, scan in json.object { $0.scan(scan) } }
                }
            }
        }
    }

    private static func text(
        _ scans: [StoredScan], _ total: Int, _ open: Int, _ style: ReportStyle,
    ) -> String {
        var page = TextPage(style: style)
        guard !scans.isEmpty else {
            page.plain("The history holds no finished scan.", indent: 0)
            page.open(open)
            return page.text
        }
        // Where there are several.
        let showsHosts = Set(scans.map(\.apiURL)).count > 1
        let rows = scans.map { scan in
            [
                "#\(scan.id.rawValue)", scan.startedAt.description,
                scan.verdict.rawValue + (scan.isComplete || scan.verdict == .incomplete ? "" : ", incomplete"),
                "\(scan.summary.judged)/\(scan.summary.listed - scan.summary.skipped)",
                scan.summary.violating > 0 ? "\(scan.summary.violating)" : "-", "\(scan.seconds) s",
                scan.logins.joined(separator: ", ") + (scan.isNarrow ? ", in part" : ""),
            ] + (showsHosts ? [scan.apiURL] : [])
        }
        page.grid(
            ["scan", "began", "verdict", "judged", "violating", "took", "organizations"] + (showsHosts ? ["host"] : []),
            rows, rightAligned: [3, 4, 5])
        if total > scans.count {
            page.plain("and \(total - scans.count) older; --limit \(total) lists them", indent: 0)
        }
        page.open(open)
        return page.text
    }
}

extension TextPage {
    fileprivate mutating func open(_ count: Int) {
        guard count > 0 else { return }
        plain("\(counted(count, "scan")) more \(count == 1 ? "runs, or was" : "run, or were") interrupted", indent: 0)
    }
}
