public import AuditCore

/// Counts over time.
public enum TrendPage {
    /// - Parameter points: oldest first.
    public static func render(_ points: [TrendPoint], as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text: text(points, style)
        case .json: json(points)
        }
    }

    // MARK: -

    private static func text(_ points: [TrendPoint], _ style: ReportStyle) -> String {
        var page = TextPage(style: style)
        guard !points.isEmpty else {
            page.plain("The history holds no scan that was counted.", indent: 0)
            return page.text
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
        return page.text
    }

    private static func json(_ points: [TrendPoint]) -> String {
        CatalogPage.json { json in
            json.object { json in
                json.string("schema", "oidc-audit.trend/v1")
                json.array("points", of: points) { json, point in
                    json.object { json in
                        json.side("scan", point.scan)
                        json.string("organization", point.organization)
                        json.number("organization_id", point.organizationID.rawValue)
                        json.bool("complete", point.isComplete)
                        json.string("policy", point.policyName)
                        json.object("repositories") { json in
                            json.number("listed", point.tally.listed)
                            json.number("judged", point.tally.judged)
                            json.number("compliant", point.tally.compliant)
                            json.number("violating", point.tally.violating)
                            json.number("waived", point.tally.waived)
                            json.number("unreadable", point.tally.unreadable)
                            json.number("skipped", point.tally.skipped)
                        }
                        json.object("findings") { json in
                            for severity in Severity.allCases {
                                json.number(severity.rawValue, point.tally.findings[severity] ?? 0)
                            }
                            json.number("waived", point.tally.waivedFindings)
                        }
                        json.object("sources") { json in
                            for source in TemplateSource.allCases {
                                json.number(source.rawValue, point.tally.sources[source] ?? 0)
                            }
                        }
                        json.object("subject_formats") { json in
                            json.number("legacy", point.tally.legacy)
                            json.number("immutable", point.tally.immutable)
                            json.number("unknown", point.tally.unknownFormat)
                        }
                    }
                }
            }
        }
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
            TrendRow(name: "organization's", isShare: true) { $0.adoptionShare },
        ]
}

extension TextPage {
    fileprivate mutating func trend(_ row: TrendRow, _ points: [TrendPoint]) {
        let values = points.map { row.value($0.tally) }
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
