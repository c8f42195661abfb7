package import AuditCore

/// One line for cron's mail, a journal or a chat: verdict, counts, scan and digest.
package struct LineReporter: Reporter {
    package static let name = "line"

    /// With the end of the line.
    static let bytesMax = 299
    private static let namesBytesMax = 60

    package init() {}

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        let names = report.organizations.prefix(3).map(\.login)
        let more = report.organizations.count - names.count
        let start =
            "\(report.headlineWord): "
            + (names.isEmpty
            ? "no organization" : names.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")).cut(
                toBytes: Self.namesBytesMax)
            + ": \(Self.counts(report))"
        let text = report.scope.displayText(of: report.organizations.map(\.login))
        let scope = report.scope.isNarrow ? text.map { "; only \($0)" } ?? "" : ""
        let end = "\(scope.cut(toBytes: Self.namesBytesMax)); \(Self.origin(report))"
        // What is known least of all how long it is gets the room that is left.
        let room = Self.bytesMax - start.utf8.count - end.utf8.count - 1
        let why = report.whyIncomplete.map { "; incomplete: \($0)" } ?? ""
        output.write((start + why.cut(toBytes: room) + end).cut(toBytes: Self.bytesMax - 1) + "\n")
    }

    private static func origin(_ report: AuditReport) -> String {
        let joined = Set(report.organizations.compactMap(\.scan))
        guard joined.isEmpty else { return "\(counted(joined.count, "scan")), the oldest of \(report.startedAt)" }
        let scan = report.scanID.map { "scan \($0.rawValue)" } ?? "no scan of the history"
        return "\(scan), \(report.startedAt), " + (report.digest.map { "sha256 \($0)" } ?? "not sealed")
    }

    private static func counts(_ report: AuditReport) -> String {
        let summary = report.summary
        let repositories = summary.displayCounts.filter { $0.word == "listed" || $0.word == "judged" || $0.count > 0 }
        let open = report.findings.filter(\.isOpen)
        let fresh = open.count { $0.newsWord != nil && $0.isInBaseline != true }
        let unread = summary.acceptedUnread > 0 ? " (\(summary.acceptedUnread) accepted)" : ""
        return repositories.map { "\($0.count) \($0.word)" + ($0.word == "unreadable" ? unread : "") }
            .joined(separator: ", ")
            + "; \(counted(open.count, "finding"))" + (fresh > 0 ? ", \(fresh) new or worse" : "")
            + (summary.notJudged > 0 ? ", \(summary.notJudged) more not judged" : "")
            + (report.acceptedFindingsInWords + report.acceptedWhateverInWords).map { ", \($0)" }.joined()
    }
}

/// Nothing on standard output: files get the report.
package struct NoReporter: Reporter {
    package static let name = "none"

    package init() {}

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {}
}

extension String {
    /// The text on one line, harmless, and no longer than that in UTF-8: where it was, it ends with an ellipsis.
    func cut(toBytes bytesMax: Int) -> String {
        let ellipsis = "…"
        var kept = String.UnicodeScalarView()
        var bytes = 0
        // Where it would have to be cut for the ellipsis.
        var fitting = 0
        for scalar in unicodeScalars {
            let scalar = scalar.isHarmless ? scalar : "\u{FFFD}"
            bytes += UTF8.width(scalar)
            guard bytes <= bytesMax else {
                guard bytesMax >= ellipsis.utf8.count else { return "" }
                return String(String.UnicodeScalarView(kept.prefix(fitting))) + ellipsis
            }
            kept.append(scalar)
            if bytes <= bytesMax - ellipsis.utf8.count { fitting += 1 }
        }
        return String(kept)
    }
}
