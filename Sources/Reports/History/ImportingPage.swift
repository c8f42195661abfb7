public import AuditCore

/// What came of an import.
public enum ImportingPage {
    public static func render(_ importing: Importing, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text:
            var page = TextPage(style: style)
            page.facts(
                "scans",
                [
                    (importing.imported, "imported"), (importing.known, "known before"),
                    (importing.pruned, "pruned where they came from"),
                ])
            if importing.rebased > 0 {
                page.wrapped(
                    "\(importing.rebased) of another line of scans: stored as what they saw otherwise than the scan before",
                    indent: 14)
            }
            return page.text
        case .json:
            return CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.import/v1")
                    json.number("imported", importing.imported)
                    json.number("known", importing.known)
                    json.number("pruned", importing.pruned)
                    json.number("rebased", importing.rebased)
                }
            }
        }
    }
}
