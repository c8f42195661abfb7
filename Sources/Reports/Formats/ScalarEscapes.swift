import AuditCore

extension String {
    static let markupEscapes: [Unicode.Scalar: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;"]
    /// Attributes too.
    static let attributeEscapes = markupEscapes.merging(["\"": "&quot;", "'": "&#39;"]) { first, _ in first }

    /// Harmless within HTML, attributes included.
    var htmlText: String { singleLine.escaping(Self.attributeEscapes) }
    var htmlCode: String { isEmpty ? "" : "<code>\(htmlText)</code>" }
}
