/// What a command prints, for people and for programs.
package protocol Page: Sendable {
    associatedtype Content
    /// What `--format` may name.
    static var formats: [PageFormat] { get }
    /// The page for programs.
    static var document: JSONDocument<Content> { get }

    /// Writes the page for people.
    static func write(_ content: Content, to page: inout TextPage)
    /// The page for documents; `nil` if `formats` does not have it.
    static func markdown(_ content: Content) -> String?
    /// The table for spreadsheets; `nil` likewise.
    static func csv(_ content: Content) -> String?
}

extension Page {
    /// What it is known by among pages: the kind of its document.
    package static var name: String { document.kind }
    package static var formats: [PageFormat] { [.text, .json] }
    package static func markdown(_ content: Content) -> String? { nil }
    package static func csv(_ content: Content) -> String? { nil }

    package static func render(_ content: Content, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .json: return document.text(of: content)
        case .markdown: return markdown(content) ?? ""
        case .csv: return csv(content) ?? ""
        case .text:
            var page = TextPage(style: style)
            write(content, to: &page)
            return page.text
        }
    }
}

/// Every page, in the order of their types.
package enum PageCatalog {
    package static let all: [any Page.Type] = [
        ChangesetPage.self,
        ClaimPage.self,
        ComparisonPage.self,
        DiagnosisPage.self,
        DifferencePage.self,
        EvidencePage.self,
        ExportPage.self,
        ImportingPage.self,
        PlanPage.self,
        PruningPage.self,
        RulePage.self,
        ScanListPage.self,
        ScanPage.self,
        StatePage.self,
        StatisticsPage.self,
        TemplatePage.self,
        TimelinePage.self,
        TrendPage.self,
        TrustPage.self,
        VerificationPage.self,
        WaiverPage.self,
    ]
}
