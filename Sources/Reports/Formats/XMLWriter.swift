/// Writes XML 1.0 elements; whatever a document may not hold is replaced by U+FFFD.
struct XMLWriter {
    var output: ReportOutput
    private var open: [String] = []
    private var isTagOpen = false
    private var hasChildren = false

    init(_ output: ReportOutput) {
        self.output = output
        self.output.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    }

    /// An element with child elements.
    mutating func element(_ name: String, _ attributes: [(String, String)] = [], _ body: (inout XMLWriter) -> Void) {
        start(name, attributes)
        output.write(">")
        open.append(name)
        hasChildren = false
        body(&self)
        open.removeLast()
        if hasChildren { newLine() }
        end(name)
    }

    /// An element with text alone, or none.
    mutating func element(_ name: String, _ attributes: [(String, String)] = [], text: String = "") {
        start(name, attributes)
        if text.isEmpty {
            output.write("/>")
        } else {
            output.write(">")
            for scalar in text.unicodeScalars { output.write(Self.escaped(scalar, inAttribute: false)) }
            output.write("</\(name)>")
        }
        hasChildren = true
    }

    mutating func finish() {
        output.write("\n")
    }

    // MARK: -

    private mutating func start(_ name: String, _ attributes: [(String, String)]) {
        if !open.isEmpty { newLine() }
        output.write("<\(name)")
        for (name, value) in attributes {
            output.write(" \(name)=\"")
            for scalar in value.unicodeScalars { output.write(Self.escaped(scalar, inAttribute: true)) }
            output.write("\"")
        }
    }

    private mutating func end(_ name: String) {
        output.write("</\(name)>")
        hasChildren = true
    }

    private mutating func newLine() {
        output.write("\n")
        for _ in open { output.write("  ") }
    }

    private static func escaped(_ scalar: Unicode.Scalar, inAttribute: Bool) -> String {
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        case "\"" where inAttribute: "&quot;"
        case "\n", "\t", "\r":
            // As themselves, an attribute's parser would turn them into spaces.
            inAttribute || scalar == "\r" ? "&#\(scalar.value);" : String(scalar)
        case _ where !isAllowed(scalar): "\u{FFFD}"
        default: String(scalar)
        }
    }

    /// XML 1.0 §2.2, less what it discourages among controls and direction marks.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isHarmless && scalar.value != 0xFFFE && scalar.value != 0xFFFF
    }
}
