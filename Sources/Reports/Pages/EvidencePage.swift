package import AuditCore

/// What a history holds of a period: on a terminal what was written where, as a document the whole of it.
package enum EvidencePage: Page {
    /// - Parameter folder: where the files are; quoted for a shell.
    package typealias Content = (evidence: PeriodEvidence, folder: String)

    package static func write(_ content: Content, to page: inout TextPage) {
        let evidence = content.evidence
        let open = evidence.openGaps.count
        page.line(
            open == 0 ? "WRITTEN" : "WRITTEN WITH GAPS", open == 0 ? .good : .poor,
            "evidence of \(evidence.days): \(counted(evidence.scans.count, "scan")), "
                + "\(counted(evidence.changes.count, "change")), \(counted(evidence.gaps.count, "gap")) of coverage")
        let unseen = evidence.unseenWrites.count
        if unseen > 0 {
            page.plain(
                "\(counted(unseen, "write")) of the journal \(unseen == 1 ? "is" : "are") later than the last whole scan",
                indent: 0)
        }
        page.plain("check it: cd \(content.folder) && sha256sum -c SHA256SUMS", indent: 0)
    }

    package static let document = JSONDocument<Content>("evidence") { Member.group(members) { $0.evidence } }

    @Members<PeriodEvidence> private static var members: [Member<PeriodEvidence>] {
        period
        Member("verification", .object { VerificationPage.members }, "what came of recomputing the whole history") {
            $0.verification
        }
        Member("start", .list(state), "what was known when the period began; empty if nothing was") { $0.start }
        Member("end", .list(state), "what was known when it ended") { $0.end }
        Member("scans", .list(.object { Member<StoredScan>.scan }), "begun in the period, oldest first") { $0.scans }
        Member("changes", .list(change(as: nil)), "in the order of the scans that saw them") { $0.changes }
        Member("writes", .list(.object { journalWrite }), "to GitHub in the period, by this history's journal") {
            $0.writes
        }
        Member("gaps", .list(.object { gap }), "in the order of time") { $0.gaps }
        Member("findings", .list(.object { finding }), "that stood open at a time of the period, worst first") {
            $0.findings
        }
        Member("waivers", .list(.object { waiver }), "that held at a scan of the period") { $0.waivers }
        Member("texts", .list(.object { text }), "policies and waiver files that judged scans of the period") {
            $0.texts
        }
    }

    private static let period: [Member<PeriodEvidence>] = Member.list {
        Member("api_url", .string, "base address of the API") { $0.apiURL }
        Member("organizations", .list(organization), "by the logins that they bore last") { $0.organizations }
        Member("since", .time) { $0.since }
        Member("until", .time) { $0.until }
        Member("made_at", .time) { $0.madeAt }
        Member("complete", .boolean, "no gap that nothing accepts") { $0.openGaps.isEmpty }
        Member("scan_days", .list(.object { frequency }), "how often each organization was scanned") { $0.frequencies }
    }

    private static let frequency: [Member<PeriodEvidence.Frequency>] = Member.list {
        Member("organization", .string) { $0.organization }
        Member("usual", .maybe(.string), "how often a scan is usual, in words; null if the scans do not show it") {
            $0.usual
        }
        Member("days", .integer, "of the period, in UTC, up to when this was made") { $0.days }
        Member("days_without_scan", .integer, "how many of them have no whole scan") { $0.daysWithoutScan }
    }

    private static let journalWrite: [Member<PeriodEvidence.Write>] = Member.list {
        Member("organization", .string) { $0.organization }
        Member.group(TimelinePage.written) { $0.write }
        Member("outcome", .maybe(.string), "as history changes names it; null if nobody knows what came of it") {
            $0.outcome?.name
        }
        Member("seen_by", .maybe(.side), "the first whole scan of the period after it; null if there was none") {
            $0.seenBy
        }
    }

    private static let organization = Shape<OrganizationReference>.object {
        Member("login", .string) { $0.login }
        Member("id", .maybe(.id)) { $0.id }
    }

    private static let state = Shape<PeriodEvidence.State>.object {
        Member.group(StatePage.members) { ($0.scan, $0.snapshot) }
    }

    /// - Parameter record: names it where records of several kinds stand together.
    private static func change(as record: String?) -> Shape<PeriodEvidence.Change> {
        typealias Repository = (change: PeriodEvidence.Change, what: RepositoryChange)
        typealias Template = (
            change: PeriodEvidence.Change, what: (before: OrganizationTemplate, after: OrganizationTemplate)
        )
        let ofRepository = Shape<Repository>.object {
            record.map(Member<Repository>.record) ?? []
            Member("kind", .one(of: ["repository"])) { _ in "repository" }
            Member.group(seen) { $0.change }
            Member("full_name", .string, "as it was known last") { $0.what.repository.fullName }
            Member("id", .id) { $0.what.repository.id }
            Member.group(Shape<RepositoryChange>.changes) { $0.what }
        }
        let ofTemplate = Shape<Template>.object {
            record.map(Member<Template>.record) ?? []
            Member("kind", .one(of: ["organization_template"])) { _ in "organization_template" }
            Member.group(seen) { $0.change }
            Member("before", .template) { $0.what.before }
            Member("after", .template) { $0.what.after }
        }
        return .either(
            Form(ofRepository) { change in
                if case .repository(let what) = change.event.what { (change, what) } else { nil }
            },
            Form(ofTemplate) { change in
                if case .organizationTemplate(let before, let after) = change.event.what {
                    (change, (before, after))
                } else {
                    nil
                }
            })
    }

    private static let seen: [Member<PeriodEvidence.Change>] = Member.list {
        Member("organization", .string) { $0.organization }
        Member.group(TimelinePage.seen) { $0.event }
    }

    private static let gap: [Member<PeriodGap>] = Member.list {
        Member("kind", .word) { $0.kind }
        Member("organization", .maybe(.string), "login of then; null if it is of all") { $0.organization }
        Member("reason", .string) { $0.reason }
        Member("from", .time) { $0.from }
        Member("to", .maybe(.time), "null if it lasts to the end of the period") { $0.to }
        Member("first_scan", .maybe(.side), "the first that could not read it; null if there was none") {
            $0.first
        }
        Member("last_scan", .maybe(.side), "the last that could not") { $0.last }
        Member("repositories", .strings, "full names, where it is about some") { $0.repositories }
        Member("accepted", .boolean, "each scan counted as complete nevertheless") { $0.isAccepted }
    }

    private static let finding: [Member<PeriodFinding>] = Member.list {
        Member("policy", .string, "its name") { $0.policyName }
        Member.group(Shape<StoredFinding>.identity) { $0.finding }
        Member("state", .word, "when the period ended") { $0.state }
        Member("first_seen", .time, "start of the scan that first found it") { $0.finding.firstSeen }
        Member("last_seen", .side, "the last scan by the end of the period that found it") { $0.lastSeen }
        Member("gone_by", .maybe(.side), "the scan that no longer did; null if none has") { $0.goneBy }
        Member(
            "gone_reason", .maybe(.word),
            "why it is gone; null if it is not, or if its repository is another organization's"
        ) { $0.goneReason }
    }

    private static let waiver: [Member<PeriodEvidence.WaiverInForce>] = Member.list {
        Member("rule", .string, "id of the policy's entry") { $0.waiver.rule }
        Member("on", .string, "what it covers") { $0.waiver.targetInWords }
        Member.group(ReportDocument.acceptance) { $0.waiver }
        Member("first_scan", .side, "the first of the period in which it held") { $0.first }
        Member("last_scan", .side, "the last one") { $0.last }
        Member("scans", .integer, "in how many it held") { $0.scans }
    }

    private static let text: [Member<PeriodEvidence.Text>] = Member.list {
        Member("kind", .word) { $0.kind }
        Member("name", .string, "of the policy, or of the waiver file as it was given") { $0.name }
        Member("sha256", .string) { $0.sha256 }
        Member("first_scan", .side, "the first of the period that it judged") { $0.first }
        Member("last_scan", .side, "the last one") { $0.last }
        Member("scans", .integer, "how many it judged") { $0.scans }
        Member("file", .maybe(.string), "that holds it; null if the history does not hold its text") { $0.file }
    }

    // MARK: - One record a line

    /// Writes the scans, changes, writes, gaps, findings, waivers and texts, each as one line of JSON (NDJSON) that begins with
    /// its kind; the period itself is the first line.
    package static func writeRecords(_ evidence: PeriodEvidence, to output: inout ReportOutput) {
        write([evidence], .object { Member.record("period") + period }, to: &output)
        write(evidence.scans, .object { Member.record("scan") + Member<StoredScan>.scan }, to: &output)
        write(evidence.changes, change(as: "change"), to: &output)
        write(evidence.writes, .object { Member.record("write") + journalWrite }, to: &output)
        write(evidence.gaps, .object { Member.record("gap") + gap }, to: &output)
        write(evidence.findings, .object { Member.record("finding") + finding }, to: &output)
        write(evidence.waivers, .object { Member.record("waiver") + waiver }, to: &output)
        write(evidence.texts, .object { Member.record("text") + text }, to: &output)
    }

    private static func write<Root>(_ records: [Root], _ shape: Shape<Root>, to output: inout ReportOutput) {
        for record in records {
            var writer = JSONWriter(output, isEmbedded: true)
            shape.write(record, nil, &writer)
            output = writer.output
            output.write("\n")
        }
    }
}

extension Member {
    fileprivate static func record(_ kind: String) -> [Member] {
        [Member("record", .one(of: [kind])) { _ in kind }]
    }
}

extension PeriodEvidence {
    /// The first and the last day.
    var days: String { "\(Day(of: since)) to \(Day(of: until))" }
}

extension PeriodGap {
    /// What was not known, in a sentence's part.
    var subject: String {
        let of = organization.map { " of \($0)" } ?? ""
        return switch kind {
        case .noStart: "the state\(of) at the beginning"
        case .missingScans: "\(organization ?? "everything") \(to == nil ? "after the last scan" : "between two scans")"
        case .prunedScan: "what a scan found"
        case .scan: "a part of a scan"
        case .organization: "the whole organization\(organization.map { " \($0)" } ?? "")"
        case .organizationTemplate: "the template\(of)"
        case .listing: "a part of the listing\(of)"
        case .repositories: "\(counted(repositories.count, "repository"))\(of)"
        }
    }
}
