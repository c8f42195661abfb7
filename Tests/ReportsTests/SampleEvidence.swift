import AuditCore
import Reports
import TestSupport
import Testing

extension SamplePages {
    /// A quarter with each kind of change, gap and finding, and names that mean to do harm.
    static func evidence() throws -> PeriodEvidence {
        let scans = [storedScan(41, verdict: .compliant, isComplete: true), storedScan()]
        var waiver = try #require(try waivers().waivers.first)
        waiver = Waiver(
            rule: waiver.rule, target: waiver.target, owner: "<b>\"payments\"", reason: "a & b",
            expires: waiver.expires,
            accepts: waiver.accepts)
        var evidence = PeriodEvidence(
            apiURL: "https://api.github.com",
            organizations: [OrganizationReference(login: "acme", id: OrganizationID(rawValue: 77))],
            since: .sample.adding(seconds: -86_400), until: .sample.adding(seconds: 86_400),
            madeAt: .sample.adding(seconds: 90_000))
        evidence.start = [PeriodEvidence.State(scan: scans[0], snapshot: snapshot)]
        evidence.end = [PeriodEvidence.State(scan: scans[1], snapshot: snapshot)]
        evidence.scans = scans
        let events = try timeline().events.filter { event in
            switch event.what {
            case .repository, .organizationTemplate: true
            default: false
            }
        }
        evidence.changes = events.map { PeriodEvidence.Change(organization: "acme", event: $0) }
        evidence.gaps =
            PeriodGap.Kind.allCases.map { kind in
                PeriodGap(
                    kind, kind == .scan ? nil : "acme", reason: "forbidden (403) <img>", from: .sample, first: side(41),
                    last: side(42), to: kind == .listing ? nil : .sample.adding(seconds: 60),
                    repositories: kind == .repositories ? (1...12).map { "acme/<r\($0)>" } : [])
            } + [
                PeriodGap(.repositories, "acme", reason: "gone", from: .sample, repositories: ["a/b"], isAccepted: true)
            ]
        evidence.findings = PeriodFinding.State.allCases.flatMap { state in
            let reasons: [GoneFinding.Reason?] = state == .gone ? GoneFinding.Reason.allCases : []
            return (reasons + [nil]).map { reason in
                PeriodFinding(
                    finding: finding, policyName: "test", state: state, lastSeen: side(42),
                    goneBy: state == .gone ? side(42) : nil, goneReason: reason)
            }
        }
        evidence.frequencies = [
            PeriodEvidence.Frequency(organization: "acme", usual: "every day", days: 3, daysWithoutScan: 1),
            PeriodEvidence.Frequency(organization: "beta", usual: nil, days: 3, daysWithoutScan: 3),
        ]
        evidence.addWrites(of: [changeset()])
        evidence.waivers = [
            PeriodEvidence.WaiverInForce(waiver: waiver, first: side(41), last: side(42), scans: 2)
        ]
        evidence.texts = [
            PeriodEvidence.Text(
                kind: .policy, name: "test", sha256: digest("a"), first: side(41), last: side(42), scans: 2,
                file: "policies/a.yaml"),
            PeriodEvidence.Text(
                kind: .waivers, name: "not kept", sha256: digest("b"), first: side(42), last: side(42), scans: 1,
                file: nil),
        ]
        evidence.verification = verification()
        return evidence
    }

    /// Of which nothing is to be told.
    static func wholeEvidence() -> PeriodEvidence {
        PeriodEvidence(
            apiURL: "https://api.github.com", organizations: [], since: .sample, until: .sample, madeAt: .sample)
    }
}

@Suite struct EvidencePageTests {
    private func text(_ write: (inout ReportOutput) -> Void) -> String {
        var bytes: [UInt8] = []
        withoutActuallyEscaping({ bytes += $0 }) { collect in
            var output = ReportOutput(flush: collect)
            write(&output)
            try? output.finish()
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func thePageMatchesItsGolden() throws {
        let evidence = try SamplePages.evidence()
        let page = text { EvidenceHTML.write(evidence, to: &$0) }
        try Golden.expect(page, matches: "pages/evidence.html")
        #expect(!page.contains("<img>") && !page.contains("<b>\""))
        let whole = text { EvidenceHTML.write(SamplePages.wholeEvidence(), to: &$0) }
        try Golden.expect(whole, matches: "pages/evidence-whole.html")
    }

    /// What is alike is one row, whose search finds each of its repositories.
    @Test func aSearchIsForAllChangesOfItsRow() throws {
        var evidence = SamplePages.wholeEvidence()
        func change(_ number: Int64) throws -> PeriodEvidence.Change {
            let repository = Repository.sample("unit-\(number)", id: number)
            let states = [["repo"], ["repo", "ref"]].map { keys in
                RepositoryState(
                    repository, .read(.own(keys.map { ClaimKey($0) })), under: .neverSet, isEnterpriseServer: false)
            }
            var event = Timeline.Event(
                after: SamplePages.side(41), seenBy: SamplePages.side(42),
                what: .repository(try #require(RepositoryChange(from: states[0], to: states[1]))))
            event.cause = Journal([]).cause(of: event)
            return PeriodEvidence.Change(organization: "acme", event: event)
        }
        evidence.changes = try (1...3).map(change)
        let few = text { EvidenceHTML.write(evidence, to: &$0) }
        #expect(few.contains("repo:acme/unit-1 repo:acme/unit-2 repo:acme/unit-3 created:"))
        evidence.changes = try (1...11).map(change)
        let many = text { EvidenceHTML.write(evidence, to: &$0) }
        #expect(!many.contains("repo:acme/unit-2") && many.contains("<code>created:"))
    }

    @Test func eachRecordIsALineOfJSON() throws {
        let evidence = try SamplePages.evidence()
        let records = text { EvidencePage.writeRecords(evidence, to: &$0) }
        try Golden.expect(records, matches: "pages/evidence.ndjson")
        for line in records.split(separator: "\n") {
            #expect(throws: Never.self) { try JSONParser.parse(Array(line.utf8)) }
        }
    }

}
