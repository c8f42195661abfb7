import AuditCore

/// Writes XML 1.0 elements; whatever a document may not hold is replaced by U+FFFD.
struct XMLWriter {
    var output: ReportOutput
    private var open: [String] = []
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
            write(text, inAttribute: false)
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
            write(value, inAttribute: true)
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

    /// Parsers refuse huge nodes, and nobody reads them: a text is cut after so many characters.
    private static let lengthMax = 10_000

    private mutating func write(_ text: String, inAttribute: Bool) {
        if text.utf8.allSatisfy(Self.isPlain), text.utf8.count <= Self.lengthMax { return output.write(text) }
        let scalars = text.unicodeScalars
        for scalar in scalars.prefix(Self.lengthMax) { output.write(Self.escaped(scalar, inAttribute: inAttribute)) }
        if scalars.dropFirst(Self.lengthMax).first != nil { output.write("…") }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""): false
        default: (0x20...0x7E).contains(byte)
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar, inAttribute: Bool) -> String {
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        case "\"" where inAttribute: "&quot;"
        case "\n", "\t", "\r":
            // As themselves, an attribute's parser would turn them into spaces.
            inAttribute || scalar != "\n" ? "&#\(scalar.value);" : String(scalar)
        case _ where !isAllowed(scalar): "\u{FFFD}"
        default: String(scalar)
        }
    }

    /// XML 1.0 §2.2, less what it discourages among controls and direction marks.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isHarmless && scalar.value != 0xFFFE && scalar.value != 0xFFFF
    }
}
