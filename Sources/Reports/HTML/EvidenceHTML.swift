package import AuditCore

/// The evidence of a period as one page that needs nothing else and runs no script, to be read by somebody who was not
/// there, on a screen or on paper.
package struct EvidenceHTML {
    private var output: ReportOutput

    package static func write(_ evidence: PeriodEvidence, to output: inout ReportOutput) {
        var page = EvidenceHTML(output: output)
        page.write(evidence)
        output = page.output
    }

    // MARK: - Sections

    private mutating func write(_ evidence: PeriodEvidence) {
        let names = evidence.organizations.map(\.login).joined(separator: ", ")
        HTMLHead(title: "Evidence of \(names.htmlText), \(evidence.days)", style: Self.style).write(to: &output)
        output.write(
            """
            <h1>Evidence of \(names.htmlText)<br><small>\(evidence.days)</small></h1>
            <p>Jobs of GitHub Actions show a cloud a token. Its subject says which repository they are of, in a form that a
            template makes: a repository's own, its organization's, or GitHub's default. Clouds decide by the subject whom
            they let in, so a change of a template changes who gets in. Scans read all templates, as a rule every night, and
            judge them by a policy. This page says what they saw in the period, and what they could not see. Its words are
            explained at its end.</p>

            """)
        summary(evidence)
        gaps(evidence)
        states("State at the beginning", evidence.start, evidence, "No scan had begun before: the state is not known.")
        states("State at the end", evidence.end, evidence, "No scan could read it: the state is not known.")
        changes(evidence)
        writes(evidence)
        findings(evidence)
        waivers(evidence)
        texts(evidence)
        scans(evidence)
        words()
        check(evidence)
        output.write("</body>\n</html>\n")
    }

    private mutating func summary(_ evidence: PeriodEvidence) {
        let range: String =
            if let first = evidence.scans.first, let last = evidence.scans.last {
                ", from \(first.side.words) to \(last.side.words)"
            } else {
                ""
            }
        let start = evidence.start.map { "as \($0.scan.side.words) saw it\(Self.age($0.scan, evidence))" }
        list([
            ("Period", "\(evidence.since) to \(evidence.until)"),
            ("Host", evidence.apiURL),
            ("Scans", "\(evidence.scans.count)\(range)"),
            ("Days without a whole scan", evidence.frequenciesInWords),
            ("Starting state", start.isEmpty ? "not known" : start.joined(separator: "; ")),
            ("Changes", "\(evidence.changes.count)"),
            ("Writes of \(Tool.name)", evidence.writesInWords),
            ("Gaps", evidence.gapsInWords),
            ("Findings", evidence.findingsInWords),
            ("Waivers that held", "\(evidence.waivers.count)"),
            (
                "History",
                "\(evidence.verification.word.lowercased()): \(evidence.verification.rest); the journal of writes is not covered"
            ),
            ("Made", "\(evidence.madeAt) by \(Tool.name) \(Tool.version)"),
        ])
    }

    /// How long before the period a scan began, where that is more than a day.
    private static func age(_ scan: StoredScan, _ evidence: PeriodEvidence) -> String {
        let days = evidence.since.seconds(since: scan.startedAt) / 86_400
        return days > 0 ? ", \(counted(Int(days), "day")) before the period" : ""
    }

    private mutating func gaps(_ evidence: PeriodEvidence) {
        table(
            "Gaps: what is not known", [.short("from"), .short("to"), "not known", "why"],
            evidence.gaps.map { gap in
                let scans =
                    if let first = gap.first, let last = gap.last {
                        first == last
                            ? " (scan #\(first.id.rawValue))" : " (scans #\(first.id.rawValue) to #\(last.id.rawValue))"
                    } else {
                        ""
                    }
                return [
                    gap.from.minute, gap.to?.minute ?? "the end", gap.subject.htmlText + listed(gap.repositories),
                    (gap.reason + scans + (gap.isAccepted ? "; accepted by a waiver" : "")).htmlText,
                ]
            },
            none: "None: every scan of the period read and decided everything, and none is missing.")
    }

    private mutating func states(
        _ title: String, _ states: [PeriodEvidence.State], _ evidence: PeriodEvidence, _ none: String,
    ) {
        output.write("<h2>\(title)</h2>\n")
        if states.isEmpty { output.write("<p>\(none)</p>\n") }
        for state in states {
            for seen in state.snapshot.seen {
                let (templates, formats) = seen.groups
                let organization = seen.organization
                let now = evidence.organizations.first { $0.id != nil && $0.id == organization.id }
                let renamed = now.flatMap { $0.login == organization.login ? nil : ", \($0.login) by now" } ?? ""
                let scan = state.scan.side.words + " saw it" + (state.scan.isComplete ? "" : ", which was incomplete")
                output.write("<h3>\((organization.login + renamed).htmlText) <span>as \(scan)</span></h3>\n")
                let subjects = formats.map { "\($0.count) \($0.word)" }.joined(separator: ", ")
                list([
                    ("Its template", organization.template.displayText),
                    ("Its listing", organization.listing.displayText),
                    ("Subjects", subjects.isEmpty ? "not known" : subjects),
                ])
                table(
                    nil, [.short("repositories"), "template, and whose it is", "which"],
                    templates.map { words, which in ["\(which.count)", words.htmlText, names(which)] },
                    none: "No repository was listed.")
            }
        }
    }

    private mutating func changes(_ evidence: PeriodEvidence) {
        let groups = evidence.changes.grouped(Array(evidence.changes.indices), by: \.likeness)
        table(
            "Changes", [.short("seen between"), "what", "who"],
            groups.map { places in
                let change = evidence.changes[places[0]]
                let event = change.event
                return [
                    (event.after.map { "\($0.words) and<br>" } ?? "") + event.seenBy.words,
                    what(places.map { evidence.changes[$0] }), who(places.map { evidence.changes[$0].event.cause }),
                ]
            }, none: "None that scans saw.", count: evidence.changes.count)
        let searches = evidence.changes.compactMap { $0.event.cause?.search }
        if !searches.isEmpty {
            output.write(
                "<p class=\"note\">Of changes not in this history's journal: who could \(searches.whoCouldInWords.htmlText). "
                    + "\(Timeline.AuditLogSearch.caveat.htmlText).</p>\n")
        }
    }

    /// Changes that are alike, of one window.
    private func what(_ changes: [PeriodEvidence.Change]) -> String {
        let first = changes[0].event
        guard case .repository(let change) = first.what else {
            return "<b>\(changes[0].organization.htmlText)</b>: \(first.displayText.htmlText)"
        }
        guard changes.count > 1 else {
            return "<b>\(change.repository.fullName.htmlText)</b>: \(first.displayText.htmlText)"
        }
        let names = changes.compactMap { change in
            if case .repository(let what) = change.event.what { what.repository.fullName } else { nil }
        }
        return
            "<b>\(counted(names.count, "repository")) alike</b>, \(change.repository.fullName.htmlText) for example: "
            + first.displayText.htmlText + listed(names)
    }

    /// - Parameter causes: of changes that are alike, of one window.
    private func who(_ causes: [Timeline.Cause?]) -> String {
        guard let cause = causes[0] else { return "" }
        let verb = cause.search == nil ? "" : "partly "
        var lines = cause.writes.map { write in
            (verb + "\(write.words(by: Tool.name)), \(write.at.minute), by \(write.actor ?? "a token of no user")")
                .htmlText
        }
        if let search = cause.search {
            // One search for all; a query that named very many could not be pasted.
            let names = causes.compactMap { $0?.search?.repository }
            let query = search.query(of: names.count > Self.namesMax ? [] : names)
            let what = cause.writes.isEmpty ? "not" : "another part of it not"
            lines.append(
                "\(what) in this history's journal; search the audit log of \(search.organization.htmlText): \(query.htmlCode)"
            )
        }
        if let before = cause.searchBefore, causes.count == 1 {
            lines.append(
                "before it was \(cause.moved), of \(before.organization.htmlText): \(before.query.htmlCode)")
        }
        return lines.joined(separator: "<br>")
    }

    /// Writes of one run that ended alike are one row.
    private mutating func writes(_ evidence: PeriodEvidence) {
        struct Likeness: Hashable {
            let organization: String
            let changeset: ChangesetID
            let outcome: String?
            let seenBy: ScanDifference.Side?
        }
        let writes = evidence.writes
        let groups = writes.grouped(Array(writes.indices)) { write in
            Likeness(
                organization: write.organization, changeset: write.write.changeset, outcome: write.outcome?.name,
                seenBy: write.seenBy)
        }
        table(
            "Writes of \(Tool.name)", [.short("at"), .short("by"), "what", "outcome", "seen by"],
            groups.map { places in
                let (first, last) = (writes[places[0]], writes[places[places.count - 1]])
                let end = first.write.at.minute == last.write.at.minute ? "" : " to<br>\(last.write.at.minute)"
                return [
                    first.write.at.minute + end, (first.write.actor ?? "a token of no user").htmlText,
                    "\(first.write.kind.rawValue) #\(first.write.changeset.rawValue)"
                        + listed(places.map { writes[$0].write.target }),
                    first.outcome?.words ?? "not known", first.seenBy?.words ?? "<b>no whole scan yet</b>",
                ]
            }, none: "None in this history's journal.", count: writes.count)
        if !evidence.unseenWrites.isEmpty {
            output.write(
                "<p class=\"note\">After \(evidence.unseenWrites.count) of them no scan of the period read everything: the state at "
                    + "the end may be that from before them.</p>\n")
        }
        output.write(
            "<p class=\"note\">Who wrote what is by the journal of this history. The journal is not part of the chain: "
                + "verification does not cover it. It holds what was written with this history, and nothing that "
                + "was written from elsewhere.</p>\n")
    }

    private mutating func findings(_ evidence: PeriodEvidence) {
        table(
            "Findings",
            [.short("severity"), "of", "rule and problem", .short("first day"), .short("last day"), "at the end"],
            evidence.findings.map { found in
                let finding = found.finding
                let problems = finding.problems.headlines
                let text = problems.isEmpty ? finding.message : problems.joined(separator: "; ")
                return [
                    finding.severity.rawValue, finding.name.htmlText,
                    "\(finding.key.rule.htmlText): \(text.htmlText)", "\(Day(of: finding.firstSeen))",
                    "\(Day(of: found.lastSeen.startedAt))", found.stateInWords,
                ]
            }, none: "None stood open in the period.")
    }

    private mutating func waivers(_ evidence: PeriodEvidence) {
        table(
            "Waivers that held", ["rule", "on", "owner and reason", .short("expires"), "in force"],
            evidence.waivers.map { held in
                let waiver = held.waiver
                return [
                    waiver.rule.htmlText, waiver.targetInWords.htmlText,
                    "\(waiver.owner.htmlText): \(waiver.reason.htmlText)<br><small>accepts "
                        + "\(waiver.acceptsInWords.htmlText)</small>",
                    "\(waiver.expires)", held.first.range(to: held.last, held.scans),
                ]
            }, none: "None was in force at any scan of the period, as far as the history holds waiver files.")
    }

    private mutating func texts(_ evidence: PeriodEvidence) {
        table(
            "Policies and waiver files", [.short("kind"), "name", "judged", "SHA-256", "file"],
            evidence.texts.map { text in
                [
                    text.kind.rawValue, text.name.htmlText, text.first.range(to: text.last, text.scans),
                    text.sha256.htmlCode, text.file?.htmlText ?? "the history does not hold its text",
                ]
            }, none: "No scan of the period was judged.")
    }

    private mutating func scans(_ evidence: PeriodEvidence) {
        table(
            "Scans, night by night",
            [.short("scan"), .short("began"), "organizations", .short("read"), "outcome", "digest"],
            evidence.scans.map { scan in
                let summary = scan.summary
                let scope = summary.listed - summary.skipped
                return [
                    "#\(scan.id.rawValue)", scan.startedAt.minute,
                    (scan.logins.joined(separator: ", ") + (scan.isNarrow ? ", in part" : "")).htmlText,
                    "\(scope - summary.unreadable) of \(scope)",
                    scan.isComplete
                        ? scan.verdictInWords
                        : "<b>incomplete</b>\(scan.verdict == .violations ? ", violations" : "")",
                    scan.digest.htmlCode,
                ]
            }, none: "None began in the period.")
    }

    private mutating func words() {
        output.write("<h2>Words of this page</h2>\n")
        list(
            TemplateSource.allCases.map { ($0.rawValue, $0.meaning) } + [
                ("legacy", "a subject of names alone: who takes over a name later can present it"),
                (
                    "immutable",
                    "a subject with the numeric ids of the repository and its owner, which are never given out again"
                ),
                ("{context}", "braces hold what varies from job to job, such as the branch or the environment"),
                (
                    "finding",
                    "what a rule of the policy found wrong; the policy beside this page says what each rule is for"
                ),
                ("fixed", "the rule, in the same policy, no longer finds it"),
                (
                    "gone, not fixed",
                    "no longer found for another reason, such as a rule that was taken out of the policy; what it was about "
                        + "may be as it was"
                ),
                ("no longer judged", "its policy has judged none of the last scans"),
                ("waiver", "a finding accepted by its owner, with a reason, up to a day"),
            ])
    }

    private mutating func check(_ evidence: PeriodEvidence) {
        let result = evidence.verification
        output.write(
            "<h2>How to check this</h2>\n"
                + "<p>SHA256SUMS beside this page holds the digest of every file of this folder: "
                + "<code>sha256sum -c SHA256SUMS</code> compares them. evidence.json says the same as this page with "
                + "every repository by name, evidence.ndjson has one record a line.</p>\n"
                + "<p>Each scan's digest covers what the scan saw and the digest of the scan before it. When this was "
                + "made, the whole history was recomputed: \(result.word.lowercased()), \(result.rest.htmlText) "
                + "(\(counted(result.scans, "scan")), \(result.prunedScans) pruned). The journal of writes is not part of "
                + "that: who made a change is as the journal has it.</p>\n")
        guard let head = result.head else { return }
        output.write(
            "<p>Whoever has the history can repeat that, and see that it still holds this state: "
                + "<code>oidc-audit history verify --expect \(head.htmlText)</code></p>\n")
    }

    // MARK: -

    /// Rows that a table shows; the document has all.
    private static let rowsMax = 400
    private static let namesMax = 10

    private mutating func list(_ facts: [(name: String, value: String)]) {
        output.write("<dl>\n")
        for (name, value) in facts { output.write("<dt>\(name)</dt><dd>\(value.htmlText)</dd>\n") }
        output.write("</dl>\n")
    }

    /// A few of them, on a line of their own.
    private func listed(_ names: [String]) -> String { names.isEmpty ? "" : "<br>" + self.names(names) }

    private func names(_ names: [String]) -> String {
        let more = names.count > Self.namesMax ? ", and \(names.count - Self.namesMax) more" : ""
        return "<small>\(names.prefix(Self.namesMax).map(\.htmlText).joined(separator: ", "))\(more)</small>"
    }

    /// - Parameter count: what the rows count; `nil`: each stands for one.
    private mutating func table(
        _ title: String?, _ columns: [HTMLTable.Column], _ rows: [[String]], none: String, count: Int? = nil,
    ) {
        if let title { output.write("<h2>\(title) <span>\(count ?? rows.count)</span></h2>\n") }
        guard !rows.isEmpty else { return output.write("<p>\(none)</p>\n") }
        HTMLTable(columns: columns, rows: rows.prefix(Self.rowsMax)).write(to: &output)
        if rows.count > Self.rowsMax {
            output.write("<p class=\"note\">\(rows.count - Self.rowsMax) more are in evidence.json.</p>\n")
        }
    }

    private static let style = """
        :root{color-scheme:light dark;--line:#8886;--faint:#666}
        @media(prefers-color-scheme:dark){:root{--faint:#aaa}}
        body{max-width:1100px;margin:0 auto;padding:1rem;font:15px/1.5 system-ui,sans-serif;overflow-wrap:break-word}
        h1{font-size:1.5rem;line-height:1.3}h1 small{font-size:1.1rem;font-weight:400}h2{font-size:1.15rem;margin:1.8rem 0 .5rem}h3{font-size:1rem;margin:1rem 0 .3rem}
        span,small,.note,dt{color:var(--faint)}h2 span,h3 span{font-weight:400}p{margin:.5rem 0}
        dl{display:grid;grid-template-columns:11rem 1fr;gap:.2rem 1rem;margin:.5rem 0}dd{margin:0}
        table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.3rem .7rem .3rem 0;border-bottom:1px solid var(--line)}
        td{overflow-wrap:anywhere}th{color:var(--faint);font-weight:600}td.short,th{white-space:nowrap;overflow-wrap:normal}code{font:.86em ui-monospace,monospace;overflow-wrap:anywhere}
        @media screen and (max-width:640px){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}thead{display:none}table,tbody,tr,td{display:block}tr{border-bottom:1px solid var(--line);padding:.4rem 0}td{border:0;padding:.1rem 0}td:not(:empty)::before{content:attr(data-name) ": ";color:var(--faint)}}
        @page{size:A4;margin:16mm 14mm}
        @media print{:root{color-scheme:light;--line:#bbb;--faint:#555}body{max-width:none;padding:0;font-size:9.5pt}h2,h3,thead{break-after:avoid}tr,dl{break-inside:avoid}thead{display:table-header-group}table{font-size:8.5pt}}
        """
}

extension ScanDifference.Side {
    /// Such as `scan #5 of 2026-11-21 02:00 UTC`.
    fileprivate var words: String { "scan #\(id.rawValue) of \(startedAt.minute)" }

    fileprivate func range(to last: ScanDifference.Side, _ scans: Int) -> String {
        self == last
            ? words
            : "\(counted(scans, "scan")): #\(id.rawValue) of \(Day(of: startedAt)) to #\(last.id.rawValue) of "
                + "\(Day(of: last.startedAt))"
    }
}

extension PeriodEvidence.Change {
    /// What changes of one group have in common.
    fileprivate var likeness: Likeness {
        let change: RepositoryChange.Likeness? =
            if case .repository(let change) = event.what { change.likeness } else { nil }
        return Likeness(
            organization: organization, after: event.after, seenBy: event.seenBy, change: change,
            writtenBy: (event.cause?.writes ?? []).map(\.changeset), isSearched: event.cause?.search != nil,
            isOfOrganization: event.cause?.search.map { $0.repository == nil } ?? false)
    }

    fileprivate struct Likeness: Hashable {
        let organization: String
        let after: ScanDifference.Side?
        let seenBy: ScanDifference.Side
        let change: RepositoryChange.Likeness?
        let writtenBy: [ChangesetID]
        let isSearched: Bool
        let isOfOrganization: Bool
    }
}
