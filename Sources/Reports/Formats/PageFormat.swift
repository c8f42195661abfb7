/// How a page is printed that is no report: a diagnosis, a comparison, what the history holds.
public enum PageFormat: String, Sendable, CaseIterable {
    case text
    case json
    case markdown
}
