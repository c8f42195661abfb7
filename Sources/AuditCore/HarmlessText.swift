extension Unicode.Scalar {
    /// Whether showing it can't move a cursor, change a direction or hide a neighbour.
    package var isHarmless: Bool {
        if isASCII { return value >= 0x20 && value != 0x7F }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}

extension String {
    /// The text on one line, with what could harm a terminal replaced.
    package var singleLine: String {
        singleLine(replacement: "\u{FFFD}")
    }

    package func singleLine(replacement: Unicode.Scalar) -> String {
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0.isHarmless ? $0 : replacement }))
    }
}
