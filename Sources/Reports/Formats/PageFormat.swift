/// How a page is printed that is no report: a diagnosis, a comparison, what the history holds.
package enum PageFormat: String, Sendable, CaseIterable {
    case text
    case json
    case markdown
    case csv

    /// Of a page that people put into documents too.
    package static let ofDocuments: [PageFormat] = [.text, .json, .markdown]
}
