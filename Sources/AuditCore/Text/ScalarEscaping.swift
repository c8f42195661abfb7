extension String {
    /// The text with some characters replaced, by scalars: with a combining mark behind it, a quote is another character
    /// than a quote to Swift, and the same to whoever reads the file.
    package func escaping(_ replacements: [Unicode.Scalar: String]) -> String {
        guard unicodeScalars.contains(where: { replacements[$0] != nil }) else { return self }
        var escaped = ""
        for scalar in unicodeScalars {
            if let replacement = replacements[scalar] {
                escaped += replacement
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// The text in quotation marks.
    package var quoted: String { "\"\(escaping(["\"": "\\\"", "\\": "\\\\"]))\"" }
}
