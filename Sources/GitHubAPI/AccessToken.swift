import Crypto
import Foundation

/// A secret that GitHub accepts as a bearer token. Nothing it is printed or interpolated into shows it.
package struct AccessToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let secret: String
    /// The secret of the token before, which answers to earlier requests may still echo.
    private var formerSecret: String?

    /// - Parameter text: the token, with or without white space around it.
    /// - Returns: `nil` for an empty text or one with a character that no token has: a line break could smuggle a
    ///   header into a request.
    package init?(_ text: String) {
        let bytes = text.utf8.drop(while: Self.isSpace)
        let end = bytes.lastIndex { !Self.isSpace($0) }
        guard let end else { return nil }
        let secret = bytes[...end]
        guard secret.count <= 8192, secret.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        self.secret = String(Substring(secret))
    }

    /// A name for the token that says nothing of it: equal for equal tokens and salts alone.
    ///
    /// - Parameters:
    ///   - salt: random bytes.
    ///   - context: what else makes another answer of the same address, such as the API version.
    package func fingerprint(salt: [UInt8], context: String) -> String {
        Self.fingerprint(of: secret, salt: salt, context: context)
    }

    static func fingerprint(of text: String, salt: [UInt8], context: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("\(context)\n\(text)".utf8), using: SymmetricKey(data: salt))
        return code.prefix(16).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// This token as the successor of another one, which is cut out of texts as well.
    func after(_ former: AccessToken?) -> AccessToken {
        var copy = self
        copy.formerSecret = former?.secret
        return copy
    }

    private var secrets: [String] { [secret, formerSecret].compactMap(\.self).filter { $0.utf8.count >= 8 } }

    package var description: String { "[token]" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The text with the token cut out, should a server echo it in a message. No real token is as short as a word, and
    /// cutting out a word would only garble the message.
    func redacted(_ text: String) -> String {
        secrets.reduce(text) { text, secret in
            text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: description)
        }
    }

    /// Likewise of bytes, which need not be UTF-8 and stay as they are otherwise.
    func redacted(_ bytes: [UInt8]) -> [UInt8] {
        secrets.reduce(bytes) { bytes, secret in
            var (rest, redacted) = (bytes[...], [UInt8]())
            while let range = rest.firstRange(of: Array(secret.utf8)) {
                redacted += rest[..<range.lowerBound] + description.utf8
                rest = rest[range.upperBound...]
            }
            return redacted + rest
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
    }
}

extension AccessToken {
    /// What issued a token, as its prefix shows.
    ///
    /// Source: GitHub's documentation, "About authentication to GitHub", token formats.
    package enum Kind: Hashable, Sendable, CustomStringConvertible {
        case classic
        case fineGrained
        /// Of an OAuth app, as `gh` has one.
        case oauthApp
        /// A user's, by way of a GitHub App.
        case appUser
        /// Of a GitHub App's installation, as `GITHUB_TOKEN` is one. It lives for an hour.
        case installation
        case unknown

        /// Whether it lives for hours, so that what it has read spares no later one anything.
        package var isShortLived: Bool { self == .installation || self == .appUser }

        /// In words.
        package var description: String {
            switch self {
            case .classic: "classic personal access token"
            case .fineGrained: "fine-grained personal access token"
            case .oauthApp: "token of an OAuth app"
            case .appUser: "token of a user by way of a GitHub App"
            case .installation: "token of an app's installation, as GITHUB_TOKEN is one"
            case .unknown: "token of an unknown kind"
            }
        }
    }

    package var kind: Kind {
        for (prefix, kind) in Self.prefixes where secret.hasPrefix(prefix) { return kind }
        // Those made before April 2021 are 40 hexadecimal digits.
        let isOld = secret.utf8.count == 40 && secret.allSatisfy(\.isHexDigit)
        return isOld ? .classic : .unknown
    }

    private static let prefixes: [(String, Kind)] = [
        ("ghp_", .classic), ("github_pat_", .fineGrained), ("gho_", .oauthApp), ("ghu_", .appUser),
        ("ghs_", .installation),
    ]
}
