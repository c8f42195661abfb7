import AuditCore

extension TextPage {
    /// What is new or gone since an earlier report.
    mutating func news(_ audit: TrustAudit) {
        guard let news = audit.news else { return }
        blank()
        guard !news.isEmpty else { return line("SINCE", .good, "nothing is new or gone since the earlier report") }
        line("SINCE", .poor, "what is new or gone since the earlier report")
        section(
            "who is farthest outside",
            news.reach.map { "\($0.name): \($0.reachBefore) → \($0.reachNow)" })
        section("new findings", news.newFindings.map { "\($0.rule) of \($0.name): \($0.message)" })
        section("findings that are gone", news.goneFindings.map { "\($0.rule) of \($0.name): \($0.message)" })
        section("new access", news.newAccess.map { "\($0.repository) can assume \($0.identity)" })
        section("access that is gone", news.goneAccess.map { "\($0.repository) could assume \($0.identity)" })
        section(
            "access in other jobs",
            news.otherJobs.map {
                "\($0.repository) and \($0.identity): \($0.before.joined(separator: ", ")) → "
                    + $0.after.joined(separator: ", ")
            })
        section("repositories", news.wide.map { "\($0.name): \($0.before ?? "0") → \($0.after ?? "0")" })
    }

    private mutating func section(_ title: String, _ rows: [String]) {
        guard !rows.isEmpty else { return }
        wrapped("\(title) (\(rows.count))", indent: 2, .strong)
        for row in rows.prefix(Self.rowsMax) { wrapped(row, indent: 4) }
        if rows.count > Self.rowsMax {
            plain("and \(rows.count - Self.rowsMax) more; --format json names all", indent: 4)
        }
    }

    private static let rowsMax = 20
}
