import AuditCore
import Reports
import TestSupport
import Testing

@Suite struct PageTests {
    @Test func everyPageMatchesItsGoldens() throws {
        let style = ReportStyle()
        var pages: [(String, (PageFormat) -> String)] = []
        let d = SamplePages.difference(), t = try SamplePages.timeline(), tr = try SamplePages.trend()
        let c = try SamplePages.comparison(), w = try SamplePages.waivers()
        pages.append(("diff", { DifferencePage.render(d, as: $0, style: style) }))
        pages.append(
            (
                "scans",
                {
                    ScanListPage.render(
                        [SamplePages.storedScan(), SamplePages.storedScan(41, verdict: .compliant, isComplete: true)],
                        of: 5, open: 1, as: $0, style: style)
                }
            ))
        pages.append(
            (
                "scan",
                { ScanPage.render(SamplePages.storedScan(), SamplePages.snapshot.organizations, as: $0, style: style) }
            ))
        pages.append(("timeline", { TimelinePage.render(t, as: $0, style: style) }))
        pages.append(("trend", { TrendPage.render(tr, as: $0, style: style) }))
        pages.append(
            ("state", { StatePage.render(SamplePages.storedScan(), SamplePages.snapshot, as: $0, style: style) }))
        pages.append(("statistics", { StatisticsPage.render(SamplePages.statistics, as: $0, style: style) }))
        pages.append(("verification", { VerificationPage.render(SamplePages.verification(), as: $0, style: style) }))
        pages.append(
            (
                "verification-altered",
                {
                    VerificationPage.render(
                        SamplePages.verification(
                            Verification.Problem(
                                scanID: ScanID(rawValue: 40), subject: "acme/api", field: "include_claim_keys",
                                message: "it is not what was sealed")), as: $0, style: style)
                }
            ))
        pages.append(("verification-nothing", { VerificationPage.render(Verification(), as: $0, style: style) }))
        pages.append(("pruning", { PruningPage.render(SamplePages.pruning(isDone: true), as: $0, style: style) }))
        pages.append(
            ("pruning-rehearsal", { PruningPage.render(SamplePages.pruning(isDone: false), as: $0, style: style) }))
        pages.append(("import", { ImportingPage.render(SamplePages.importing(), as: $0, style: style) }))
        pages.append(("changes", { ChangesetPage.render([SamplePages.changeset()], as: $0, style: style) }))
        pages.append(("plan", { PlanPage.render(SamplePages.plan(), as: $0, style: style) }))
        pages.append(("comparison", { ComparisonPage.render(c, as: $0, style: style) }))
        pages.append(
            (
                "diagnosis",
                {
                    $0 == .text
                        ? DiagnosisPage.text(SamplePages.diagnosis(), style: style)
                        : DiagnosisPage.json(SamplePages.diagnosis())
                }
            ))
        pages.append(
            (
                "template",
                {
                    TemplatePage.render(
                        SamplePages.state(.sample("api", id: 1), .read(.own(["repo"]))), as: $0, style: style)
                }
            ))
        pages.append(
            (
                "template-organization",
                {
                    TemplatePage.render(
                        organization: "acme", id: OrganizationID(rawValue: 77),
                        .set(["repo", "context"], useImmutableSubject: true), as: $0, style: style)
                }
            ))
        for format in PageFormat.allCases {
            for (name, render) in pages {
                try Golden.expect(render(format), matches: "pages/\(name).\(format.rawValue)")
            }
        }
        for format in CatalogFormat.allCases {
            try Golden.expect(
                CatalogPage.claims(ClaimCatalog.listed, withSources: false, as: format, style: style),
                matches: "pages/claims.\(format.rawValue)")
            try Golden.expect(
                CatalogPage.claims(ClaimCatalog.listed, withSources: true, as: format, style: style),
                matches: "pages/claims-chosen.\(format.rawValue)")
            try Golden.expect(CatalogPage.rules(as: format, style: style), matches: "pages/rules.\(format.rawValue)")
            try Golden.expect(
                WaiverPage.render(w, as: format, now: .sample, style: style),
                matches: "pages/waivers.\(format.rawValue)")
        }
        var bytes: [UInt8] = []
        var output = ReportOutput { bytes += $0 }
        let accepted = Baseline(accepting: try SampleReport.makeAccepted(), source: "baseline.json")
        BaselineDocument.write(accepted, to: &output)
        try output.finish()
        try Golden.expect(String(decoding: bytes, as: UTF8.self), matches: "documents/baseline.json")
    }
}
