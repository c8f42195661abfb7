/// A text that equals another byte for byte alone.
///
/// Swift takes `é` and `e` with an accent behind it for the same text, as Unicode does. Clouds and GitHub compare bytes, so
/// what decides something must not be found equal by that.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.isExactly(right.text) }

    /// Equal bytes have equal hashes, in Unicode's sense too.
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension String {
    /// Whether the other text has the same bytes.
    package func isExactly(_ other: String) -> Bool {
        // Texts that Unicode distinguishes differ; for ASCII that is quickly known.
        self == other && utf8.elementsEqual(other.utf8)
    }

    /// With the capitals of ASCII in lower case, and no other letter changed.
    package var lowercasedASCII: String { String(decoding: utf8.map(\.lowercasedASCII), as: UTF8.self) }

    /// Whether the other text has the same bytes but for the case of ASCII letters, as GitHub's logins do.
    package func isExactlyIgnoringCase(_ other: String) -> Bool {
        utf8.elementsEqual(other.utf8) { left, right in left.lowercasedASCII == right.lowercasedASCII }
    }
}

extension [String] {
    /// Whether one of the texts has the same bytes.
    package func containsExactly(_ text: String) -> Bool { contains { $0.isExactly(text) } }
}

extension UInt8 {
    /// The letter in lower case; itself where it is no capital of ASCII.
    package var lowercasedASCII: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
