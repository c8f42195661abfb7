package import AuditCore

/// Counts over time.
package enum TrendPage: Page {

    /// Points, oldest first; of which time they are, such as `by 2026-06-01`, if not of all.
    package typealias Content = (points: [TrendPoint], time: String?)

    package static func write(_ content: Content, to page: inout TextPage) {
        let points = content.points
        guard !points.isEmpty else {
            let time = content.time.map { " \($0)" } ?? ""
            return page.plain("The history holds no scan that was counted\(time).", indent: 0)
        }
        var ids: [OrganizationID] = []
        for point in points where !ids.contains(point.organizationID) { ids.append(point.organizationID) }
        for id in ids {
            let own = points.filter { $0.organizationID == id }
            guard let first = own.first, let last = own.last else { continue }
            if id != ids.first { page.blank() }
            // By its last name, and those that it had before.
            var former: [String] = []
            for point in own where point.organization != last.organization && !former.contains(point.organization) {
                former.append(point.organization)
            }
            page.line(
                last.organization + (former.isEmpty ? "" : ", formerly \(former.joined(separator: ", "))"), .strong,
                "\(counted(own.count, "scan")), #\(first.scan.id.rawValue) of \(first.scan.startedAt.day) to "
                    + "#\(last.scan.id.rawValue) of \(last.scan.startedAt.day)")
            for row in TrendRow.all { page.trend(row, own) }
            page.gaps(own)
        }
    }

    package static let document = JSONDocument<Content>("trend") {
        Member("points", .list(point), "oldest first") { $0.points }
    }

    private static let point = Shape<TrendPoint>.object {
        Member("scan", .side) { $0.scan }
        Member("organization", .string, "its login, as it was then") { $0.organization }
        Member("organization_id", .id) { $0.organizationID }
        Member("complete", .boolean, "everything in scope was read and decided") { $0.isComplete }
        Member("policy", .string, "its name") { $0.policyName }
        Member("repositories", .maybe(.counts), "null if the organization was not found, like what follows") {
            $0.tally
        }
        Member("findings", .maybe(findings), "open ones by severity, and waived ones") { $0.tally }
        Member("sources", .maybe(sources), "repositories by where their template comes from") { $0.tally }
        Member("subject_formats", .maybe(formats), "repositories by the form of their subject") { $0.tally }
    }

    private static let findings = Shape<OrganizationTally>.object {
        for severity in Severity.allCases {
            Member(severity.rawValue, .integer) { $0.findings[severity] ?? 0 }
        }
        Member("waived", .integer) { $0.waivedFindings }
    }

    private static let sources = Shape<OrganizationTally>.object {
        for source in TemplateSource.allCases {
            Member(source.rawValue, .integer) { $0.count(of: source) }
        }
    }

    private static let formats = Shape<OrganizationTally>.object {
        Member("legacy", .integer) { $0.legacy }
        Member("immutable", .integer) { $0.immutable }
        Member("unknown", .integer) { $0.unknownFormat }
    }
}

/// One line of a trend.
private struct TrendRow {
    let name: String
    let isShare: Bool
    let value: @Sendable (OrganizationTally) -> Double?

    static let all =
        Severity.allCases.map { severity in
            TrendRow(name: severity.rawValue, isShare: false) { Double($0.findings[severity] ?? 0) }
        } + [
            TrendRow(name: "coverage", isShare: true) { $0.coverage },
            TrendRow(name: "immutable", isShare: true) { $0.immutableShare },
            TrendRow(name: "follows org", isShare: true) { $0.adoptionShare },
        ]
}

extension TextPage {
    fileprivate mutating func trend(_ row: TrendRow, _ points: [TrendPoint]) {
        let values = points.map { $0.tally.flatMap(row.value) }
        func words(_ value: Double?) -> String {
            value.map { row.isShare ? "\((($0 * 1000).rounded(.down) / 10))%" : "\(Int($0))" } ?? "?"
        }
        let name = row.name + String(repeating: " ", count: max(0, 16 - row.name.count))
        let first = words(values.first ?? nil)
        let margin = String(repeating: " ", count: max(0, 7 - first.count))
        plain(
            "\(name)\(margin)\(first) \(sparkline(values, width: Self.trendWidth, top: row.isShare ? 1 : nil)) \(words(values.last ?? nil))",
            indent: 2)
    }

    /// Marks the columns in which a scan could not read everything: what falls there fell in the counts alone.
    fileprivate mutating func gaps(_ points: [TrendPoint]) {
        let gaps = points.count { !$0.isComplete }
        guard gaps > 0 else { return }
        let count = min(Self.trendWidth, points.count)
        let marks = (0..<count).map { column -> Character in
            points[column * points.count / count..<(column + 1) * points.count / count].allSatisfy(\.isComplete)
                ? "·" : "×"
        }
        plain(
            "not complete    \(String(repeating: " ", count: max(0, 7 - "\(gaps)".count)))\(gaps) \(String(marks)) "
                + "of \(points.count)", indent: 2)
    }

    private static let trendWidth = 40

    /// A bar for each value, or for the mean of neighbours where there are more than fit; a space where nothing is known.
    ///
    /// - Parameter top: what fills a bar; `nil`: the greatest value.
    func sparkline(_ values: [Double?], width: Int, top: Double?) -> String {
        let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        let count = min(width, values.count)
        let top = top ?? values.compactMap(\.self).max() ?? 0
        return String(
            (0..<count).map { column -> Character in
                let bucket = values[column * values.count / count..<(column + 1) * values.count / count].compactMap(
                    \.self)
                guard !bucket.isEmpty else { return " " }
                let mean = bucket.reduce(0, +) / Double(bucket.count)
                guard top > 0 else { return bars[0] }
                return bars[min(7, max(0, Int((mean / top * 7).rounded())))]
            })
    }
}
