/// How a page is printed that is no report: a diagnosis, a comparison, what the history holds.
package enum PageFormat: String, Sendable, CaseIterable {
    case text
    case json
    case markdown
}
