import AuditCore
import Foundation
import Synchronization

/// A GitHub App: what it is known by, the key that it signs with, and the installations that were found.
///
/// Source: GitHub's documentation, "Generating a JSON Web Token (JWT) for a GitHub App".
package final class AppCredential: Sendable {
    /// The app's id or client id.
    package let appID: String
    private let key: AppKey
    /// The installation that was given; others are looked up by their organizations.
    let installationID: Int64?

    private struct State {
        var token: AccessToken?
        /// By the machine's clock.
        var signedAt: Timestamp?
        /// How far the server's clock is ahead.
        var skewSeconds: Int64 = 0
        var isCorrected = false
        /// Whether GitHub has accepted what the app signs.
        var isAccepted = false
        /// By the organization's login in lower case.
        var installations: [String: Installation] = [:]
    }

    private let state = Mutex(State())

    /// - Returns: `nil` for what is neither an app's id nor a client id.
    package init?(appID: String, key: AppKey, installationID: Int64? = nil) {
        guard Self.isID(appID) else { return nil }
        self.appID = appID
        self.key = key
        self.installationID = installationID
    }

    /// A number, or a client id such as `Iv23liABCDEF0123456`.
    package static func isID(_ text: String) -> Bool {
        let isNumber = Int64(text).map { $0 > 0 && "\($0)" == text } ?? false
        let isClientID =
            text.hasPrefix("Iv") && (10...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isASCIILetterOrDigit || $0 == UInt8(ascii: ".") }
        return isNumber || isClientID
    }

    var identity: String { "app \(appID) \(installationID ?? 0) \(key.publicPEM)" }

    // MARK: - Signing

    private static let backdatedSeconds: Int64 = 60
    /// GitHub refuses 600 from any clock that is ahead.
    private static let lifeSeconds: Int64 = 540
    /// How long one is used: signing takes a millisecond, and a thousand organizations take two requests each.
    private static let reuseSeconds: Int64 = 240

    /// The JSON Web Token that the app presents itself with.
    func token(at now: Timestamp) -> AccessToken? {
        state.withLock { state in
            if let token = state.token, let signedAt = state.signedAt,
                (0..<Self.reuseSeconds).contains(now.seconds(since: signedAt))
            {
                return token
            }
            let former = state.token
            state.token = sign(at: now.adding(seconds: state.skewSeconds)).flatMap(AccessToken.init)?.after(former)
            state.signedAt = now
            return state.token
        }
    }

    var isAccepted: Bool { state.withLock { $0.isAccepted } }

    /// Notes that GitHub accepted what the app signs.
    func noteAccepted() {
        state.withLock { $0.isAccepted = true }
    }

    /// The newest token, for cutting it out of texts.
    var newestToken: AccessToken? { state.withLock { $0.token } }

    /// Learns the server's clock, once.
    ///
    /// - Returns: whether the next token will be another one.
    func setClock(to server: Timestamp, at now: Timestamp) -> Bool {
        state.withLock { state in
            guard !state.isCorrected else { return false }
            state.isCorrected = true
            state.skewSeconds = server.seconds(since: now)
            state.signedAt = nil
            return true
        }
    }

    private func sign(at now: Timestamp) -> String? {
        let issued = now.secondsSince1970 - Self.backdatedSeconds
        let expires = now.secondsSince1970 + Self.lifeSeconds
        // An id has no character that JSON would escape.
        let claims = #"{"iat":\#(issued),"exp":\#(expires),"iss":"\#(appID)"}"#
        let text = Self.base64URL(Data(#"{"alg":"RS256","typ":"JWT"}"#.utf8)) + "." + Self.base64URL(Data(claims.utf8))
        return key.signature(of: text).map { text + "." + Self.base64URL($0) }
    }

    /// RFC 7515 §2
    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    // MARK: - Installations

    func installation(of login: String) -> Installation? {
        state.withLock { $0.installations[login.lowercased()] }
    }

    func keep(_ installation: Installation, of login: String) {
        state.withLock { $0.installations[login.lowercased()] = installation }
    }
}

extension UInt8 {
    var isASCIILetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
