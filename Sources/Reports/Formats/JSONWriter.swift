import AuditCore

/// Writes JSON (RFC 8259) with the keys in the order in which they are given, indented by two spaces.
///
/// Foundation's encoder can't keep the order of keys, which the report's contract fixes, and holds the whole document.
package struct JSONWriter {
    var output: ReportOutput
    private var depth = 0
    /// Whether the next element of the current container is its first.
    private var isFirst = true
    /// Whether it goes into a page of HTML: on one line, and without a character that could end the element around it.
    private let isEmbedded: Bool

    init(_ output: ReportOutput, isEmbedded: Bool = false) {
        self.output = output
        self.isEmbedded = isEmbedded
    }

    /// What a body writes.
    static func text(_ body: (inout JSONWriter) -> Void) -> String {
        var bytes: [UInt8] = []
        withoutActuallyEscaping({ bytes += $0 }) { collect in
            var writer = JSONWriter(ReportOutput(flush: collect))
            body(&writer)
            // What is written to memory can't fail.
            try? writer.output.finish()
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: - Containers

    mutating func object(_ key: String? = nil, _ body: (inout JSONWriter) -> Void) {
        container(key, "{", "}", body)
    }

    mutating func array(_ key: String? = nil, _ body: (inout JSONWriter) -> Void) {
        container(key, "[", "]", body)
    }

    mutating func array<Element>(
        _ key: String, of elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void
    ) {
        array(key) { writer in
            for element in elements { body(&writer, element) }
        }
    }

    // MARK: - Values

    mutating func string(_ key: String? = nil, _ value: String?) {
        begin(key)
        if let value { quote(value) } else { output.write("null") }
    }

    mutating func number(_ key: String?, _ value: (some BinaryInteger)?) {
        begin(key)
        output.write(value.map { String($0) } ?? "null")
    }

    /// A finite number with at most three decimals.
    mutating func decimal(_ key: String?, _ value: Double?) {
        begin(key)
        output.write(value.map { "\(($0 * 1000).rounded() / 1000)" } ?? "null")
    }

    /// Seconds with as many of three decimals as are needed.
    mutating func seconds(_ key: String?, _ duration: Duration) {
        begin(key)
        output.write(duration.decimalSeconds)
    }

    mutating func bool(_ key: String?, _ value: Bool?) {
        begin(key)
        output.write(value.map { $0 ? "true" : "false" } ?? "null")
    }

    mutating func null(_ key: String?) {
        begin(key)
        output.write("null")
    }

    /// A list of strings on one line.
    mutating func strings(_ key: String? = nil, _ values: [String]?) {
        begin(key)
        guard let values else { return output.write("null") }
        output.write("[")
        for (index, value) in values.enumerated() {
            if index > 0 { output.write(isEmbedded ? "," : ", ") }
            quote(value)
        }
        output.write("]")
    }

    // MARK: -

    private mutating func container(_ key: String?, _ open: String, _ close: String, _ body: (inout JSONWriter) -> Void)
    {
        begin(key)
        output.write(open)
        depth += 1
        isFirst = true
        body(&self)
        depth -= 1
        if !isFirst { newLine() }
        output.write(close)
        isFirst = false
        if depth == 0, !isEmbedded { output.write("\n") }
    }

    private mutating func begin(_ key: String?) {
        if !isFirst { output.write(",") }
        if depth > 0 { newLine() }
        isFirst = false
        if let key {
            quote(key)
            output.write(isEmbedded ? ":" : ": ")
        }
    }

    private mutating func newLine() {
        if isEmbedded { return }
        output.write(Self.newLines[min(depth, Self.newLines.count - 1)])
    }

    /// By depth; no document is deeper.
    private static let newLines = (0..<16).map { Array("\n".utf8) + Array(repeating: UInt8(ascii: " "), count: 2 * $0) }

    /// Control and direction characters go as escapes, so that the file is harmless to look at in a terminal too.
    private mutating func quote(_ text: String) {
        output.write("\"")
        let isPlain = text.utf8.withContiguousStorageIfAvailable { $0.allSatisfy(Self.isPlain) }
        if isPlain ?? text.utf8.allSatisfy(Self.isPlain) {
            output.write(text)
        } else {
            for scalar in text.unicodeScalars { output.write(escaped(scalar)) }
        }
        output.write("\"")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            && byte != UInt8(ascii: "<")
    }

    private func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "<" where isEmbedded: "\\u003c"
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case _ where !scalar.isHarmless:
            String(scalar).utf16.map { unit in "\\u" + Self.hexadecimal(unit, width: 4) }.joined()
        default: String(scalar)
        }
    }

    private static func hexadecimal(_ unit: UInt16, width: Int) -> String {
        let digits = String(unit, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Duration {
    /// Seconds with at most three decimals and no zeros at the end: `1.5`.
    var decimalSeconds: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        let (whole, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        guard rest > 0 else { return "\(whole)" }
        var decimals = String(rest + 1000).dropFirst()
        while decimals.last == "0" { decimals.removeLast() }
        return "\(whole).\(decimals)"
    }
}
