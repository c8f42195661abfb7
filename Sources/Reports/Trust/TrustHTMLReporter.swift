package import AuditCore

/// Who can assume what as one page that needs nothing else and runs no script: reach from outside first, then trusts that
/// nobody can use, findings, a page of identities and a card for each repository.
package struct TrustHTMLReporter: TrustReporter {
    package static let name = "html"

    package init() {}

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        var page = TrustHTML(output)
        page.write(audit)
        output = page.output
    }
}

private struct TrustHTML {
    var output: ReportOutput

    init(_ output: ReportOutput) { self.output = output }

    /// Repositories of one trust whose cards name it; a trust of more is named once, for all.
    private static let narrowMax = TrustPage.rowsBelow

    mutating func write(_ audit: TrustAudit) {
        let headline = audit.headline
        HTMLHead(title: "Cloud trusts: \(headline.word.lowercased())", style: Self.style).write(to: &output)
        output.write(
            """
            <h1 class="\(headline.verdict.rawValue)">\(headline.word.lowercased()): \(text(headline.rest))</h1>

            """)
        facts(audit)
        outside(audit)
        news(audit)
        unmatched(audit)
        changes(audit)
        findings(audit)
        open(audit)
        let crowds = TrustCrowds(audit)
        identities(audit, crowds)
        repositories(audit)
        output.write("</body>\n</html>\n")
    }

    // MARK: - Sections

    private mutating func facts(_ audit: TrustAudit) {
        output.write("<p class=\"faint\">")
        for scan in audit.scans {
            output.write(
                "scan #\(scan.id.rawValue) of \(scan.startedAt): \(text(scan.logins.joined(separator: ", ")))<br>")
        }
        for file in audit.files {
            output.write(
                "\(text(file.path)): \(counted(file.roles, "role")), \(counted(file.trusts, "trust")) for GitHub<br>")
        }
        output.write("</p>\n")
    }

    private mutating func outside(_ audit: TrustAudit) {
        let rows = audit.outside.flatMap { trust in
            trust.reach.outsiders.map { outsider in
                [
                    link(trust), text(outsider.displayText), code(outsider.witness?.subject ?? ""),
                    code(
                        outsider.witness?.sortedClaims.filter { $0.key != "sub" }
                            .map { "\($0.key): \($0.value)" }.joined(separator: ", ") ?? ""),
                ]
            }
        }
        table("Who gets in that is not yours", "bad", ["role", "who", "subject", "claims"], rows)
    }

    private mutating func unmatched(_ audit: TrustAudit) {
        table(
            "Trusts that no repository can use", "poor", ["role", "why"],
            audit.unmatched.map { trust in [link(trust), text(trust.noMatch.map(\.message).joined(separator: "; "))] })
    }

    private mutating func news(_ audit: TrustAudit) {
        guard let news = audit.news else { return }
        guard !news.isEmpty else {
            output.write("<p>nothing is new or gone since the earlier report</p>\n")
            return
        }
        table(
            "Farthest outside, before and now", "poor", ["role", "before", "now"],
            news.reach.map { [code($0.name), text($0.reachBefore), text($0.reachNow)] })
        for (title, tone, rows) in [
            ("Access that is new", "poor", news.newAccess), ("Access that is gone", "bad", news.goneAccess),
        ] {
            table(title, tone, ["repository", "role"], rows.map { [text($0.repository), code($0.identity)] })
        }
        table(
            "Access in other jobs, before and now", "poor", ["repository", "role", "before", "now"],
            news.otherJobs.map {
                [
                    text($0.repository), code($0.identity), text($0.before.joined(separator: ", ")),
                    text($0.after.joined(separator: ", ")),
                ]
            })
        for (title, tone, rows) in [
            ("New findings", "bad", news.newFindings), ("Findings that are gone", "poor", news.goneFindings),
        ] {
            table(
                title, tone, ["rule", "role", "found"], rows.map { [text($0.rule), code($0.name), text($0.message)] })
        }
        table(
            "Numbers of repositories, before and now", "poor", ["role", "before", "now"],
            news.wide.map { [code($0.name), text($0.before ?? "0"), text($0.after ?? "0")] })
    }

    /// Before and after beside each other.
    private mutating func changes(_ audit: TrustAudit) {
        guard let change = audit.change else { return }
        for (title, tone, rows) in [
            ("Access that the change takes away", "bad", change.lost), ("Access that it gives", "poor", change.gained),
        ] {
            table(
                title, tone, ["repository", "role", "jobs", "before", "after", "add to the role"],
                rows.map { row in
                    [
                        text(row.repository.fullName), code(row.identity),
                        text(row.contexts.map(\.displayText).joined(separator: ", ")),
                        row.before.map { code($0) } ?? Self.refused, row.after.map { code($0) } ?? Self.refused,
                        (row.add.map { code($0.displayText) } + (row.obstacle.map { [text("not kept: \($0)")] } ?? []))
                            .joined(separator: "<br>"),
                    ]
                })
        }
    }

    private mutating func findings(_ audit: TrustAudit) {
        guard let report = audit.judgement?.report else { return }
        for severity in Severity.allCases {
            let some = report.findings.filter { $0.severity == severity }
            table(
                "\(severity.rawValue) findings under \(report.policy.name)",
                severity >= .high ? "bad" : "poor", ["rule", "role", "found", "has", "fix", "state"],
                some.map { finding in
                    [
                        text(finding.rule), code(finding.name), text(finding.violation.message),
                        finding.violation.actual.map { code($0) }.joined(separator: "<br>"),
                        text(finding.violation.remediation),
                        text(finding.notes(finding.state).joined(separator: ", ")),
                    ]
                })
        }
    }

    private mutating func open(_ audit: TrustAudit) {
        table("Not read", "poor", ["what"], audit.openness.map { [text($0)] })
        table(
            "Undecided", "poor", ["role", "why"],
            audit.undecided.map { trust in [link(trust), text(audit.whyUndecided(trust).joined(separator: "; "))] })
        let warnings = audit.judgement?.report.warnings ?? []
        for warning in warnings { output.write("<p class=\"faint\">\(text(warning))</p>\n") }
    }

    // MARK: - Who can, and what one can

    private mutating func identities(_ audit: TrustAudit, _ crowds: TrustCrowds) {
        output.write("<h2>Identities <span>\(audit.report.identities.count)</span></h2>\n")
        for group in audit.trusts.grouped(by: \.trust.identity.name) {
            let identity = group[0].trust.identity
            let count = group.reduce(0) { $0 + $1.cells.count }
            output.write(
                "<details id=\"\(id(identity))\"><summary>\(code(identity.name)) "
                    + "<span>\(counted(count, "repository"))</span></summary>\n")
            if let used = identity.lastUsed { output.write("<p class=\"faint\">last used \(text(used))</p>\n") }
            for trust in group {
                output.write(
                    "<p class=\"faint\">\(text(trust.trust.source.file)) \(code(trust.trust.source.pointer))</p>")
                let rows = crowds.of(trust).map { [text($0.names), text($0.words)] }
                table(nil, "", ["who can", "jobs"], rows)
                for demand in trust.trust.allow.claimDemands {
                    let values = demand.anyOf.map { code($0.text) }.joined(separator: " ")
                    output.write("<p>\(text(demand.written)) \(values)</p>\n")
                }
                if !trust.reach.owner.isNo {
                    output.write("<p class=\"poor\">and any repository that the owner makes later</p>\n")
                }
                if trust.trust.dependsOnRequest {
                    output.write(
                        "<p class=\"faint\">conditions on the request may narrow it; they were not decided</p>\n")
                }
            }
            output.write("</details>\n")
        }
    }

    private mutating func repositories(_ audit: TrustAudit) {
        var cards: [Int32: [(trust: JudgedTrust, cell: JudgedTrust.Cell)]] = [:]
        var wide: [JudgedTrust] = []
        for trust in audit.trusts where !trust.cells.isEmpty {
            if audit.repository == nil, trust.cells.count >= Self.narrowMax {
                wide.append(trust)
            } else {
                for cell in trust.cells where audit.concerns(cell) {
                    cards[cell.repository, default: []].append((trust, cell))
                }
            }
        }
        output.write("<h2>Repositories <span>\(cards.count) that can assume a role by name</span></h2>\n")
        if !wide.isEmpty {
            output.write(
                "<p>Besides, these let \(Self.narrowMax) repositories or more in: "
                    + wide.map { "\(link($0)) (\($0.cells.count))" }.joined(separator: ", ") + "</p>\n")
        }
        for index in cards.keys.sorted() {
            let name = audit.report.repositories[Int(index)].repository.fullName
            let some = cards[index] ?? []
            output.write(
                "<details><summary>\(text(name)) <span>can assume \(counted(some.count, "role"))</span></summary>\n")
            let rows = some.map { trust, cell in
                let access = audit.report.access(trust, cell)
                return [link(trust), text(access.displayText), code(access.witness.subject)]
            }
            table(nil, "", ["role", "jobs", "subject"], rows)
            output.write("</details>\n")
        }
    }

    // MARK: -

    private mutating func table(_ title: String?, _ tone: String, _ header: [String], _ rows: [[String]]) {
        guard !rows.isEmpty else { return }
        if let title { output.write("<h2 class=\"\(tone)\">\(text(title)) <span>\(rows.count)</span></h2>\n") }
        // A column that says nothing takes the others' room.
        let shown = header.indices.filter { column in rows.contains { !$0[column].isEmpty } }
        output.write("<table><thead><tr>\(shown.map { "<th>\(header[$0])</th>" }.joined())</tr></thead><tbody>\n")
        // On a narrow screen a row's cells stand below each other, each by its name; those of cards are understood without.
        let isNamed = title != nil && shown.count > 1
        for row in rows {
            let cells = shown.map { isNamed ? "<td data-l=\"\(header[$0])\">\(row[$0])</td>" : "<td>\(row[$0])</td>" }
            output.write("<tr>\(cells.joined())</tr>\n")
        }
        output.write("</tbody></table>\n")
    }

    private func text(_ text: String) -> String { text.htmlText }
    private func code(_ text: String) -> String { text.htmlCode }

    private func link(_ trust: JudgedTrust) -> String {
        "<a href=\"#\(id(trust.trust.identity))\">\(code(trust.trust.identity.name))</a>"
    }

    /// A name that an address can hold as it is.
    private func id(_ identity: Identity) -> String {
        "i-" + identity.name.utf8.map { String($0, radix: 16) }.joined()
    }

    private static let refused = "<span class=\"bad\">refused</span>"

    private static let style = """
        :root{color-scheme:light dark;--line:#8886;--bad:#b3123b;--poor:#8a5a00;--good:#1a7f45}
        @media(prefers-color-scheme:dark){:root{--bad:#ff6b8b;--poor:#e5b93c;--good:#4cc27c}}
        body{max-width:1200px;margin:0 auto;padding:1rem;font:15px/1.5 system-ui,sans-serif;overflow-wrap:break-word}
        h1{font-size:1.35rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}span,.faint{opacity:.7;font-weight:400}
        h1.failed,.bad{color:var(--bad)}h1.incomplete,.poor{color:var(--poor)}h1.passed{color:var(--good)}
        table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line)}
        code{font:.86em ui-monospace,monospace;overflow-wrap:anywhere}td:has(code){min-width:9rem}details{border-bottom:1px solid var(--line);padding:.3rem 0}summary{cursor:pointer}
        @media screen and (max-width:720px){thead{display:none}tr,td{display:block;overflow-wrap:anywhere}tr{border-bottom:1px solid var(--line);padding:.3rem 0}td{border:0;padding:.1rem 0}td:empty{display:none}td[data-l]::before{content:attr(data-l) ": ";opacity:.7}}
        @media print{html{font-size:11px}body{font-size:11px;max-width:none}tr,summary{break-inside:avoid}h2,summary{break-after:avoid}td:has(code){min-width:9rem}details::details-content{content-visibility:visible;display:block}}
        """
}
