/// A secret that GitHub accepts as a bearer token. Nothing it is printed or interpolated into shows it.
public struct AccessToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let secret: String

    /// - Parameter text: the token, with or without white space around it.
    /// - Returns: `nil` for an empty text or one with a character that no token has: a line break could smuggle a
    ///   header into a request.
    public init?(_ text: String) {
        let bytes = text.utf8.drop(while: Self.isSpace)
        let end = bytes.lastIndex { !Self.isSpace($0) }
        guard let end else { return nil }
        let secret = bytes[...end]
        guard secret.count <= 8192, secret.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        self.secret = String(Substring(secret))
    }

    public var description: String { "[token]" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The text with the token cut out, should a server echo it in a message. No real token is as short as a word, and
    /// cutting out a word would only garble the message.
    func redacted(_ text: String) -> String {
        guard secret.utf8.count >= 8 else { return text }
        return text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: description)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
    }
}
