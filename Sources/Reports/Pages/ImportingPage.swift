package import AuditCore

/// What came of an import.
package enum ImportingPage: Page {
    package static func write(_ importing: ImportSummary, to page: inout TextPage) {
        page.facts(
            "scans",
            [
                (importing.imported, "imported"), (importing.known, "known before"),
                (importing.pruned, "pruned where they came from"),
            ])
    }

    package static let document = JSONDocument<ImportSummary>("import") {
        Member("imported", .integer, "scans that were not known") { $0.imported }
        Member("known", .integer, "scans that were known before") { $0.known }
        Member("pruned", .integer, "scans that were pruned where they came from") { $0.pruned }
    }
}
