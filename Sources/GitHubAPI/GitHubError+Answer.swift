import AuditCore
import Foundation

/// What an answer means before its body is read as what was asked for.
enum AnswerKind {
    case success
    /// 304: what the request's validator stands for is still so.
    case notModified
    case redirect(location: String?)
    case rateLimit(RateLimitRefusal)
    /// 5xx: worth another try, after the wait that `Retry-After` names.
    case serverFault(wait: Duration? = nil)
    /// 401 for an installation's token that may have been made a moment ago: GitHub needs some seconds until it knows such
    /// a token everywhere.
    case notKnownYet(GitHubError)
    case refusal(GitHubError)
}

/// A refusal that says: later.
struct RateLimitRefusal: Hashable {
    /// How long GitHub asks to wait; `nil` if it does not name a time.
    var wait: Duration?
    var message: String
    /// Whether the hour's requests are spent, rather than asked for too fast.
    var isPrimary = false
}

extension APIResponse {
    /// Sorts an answer by GitHub's documented shapes.
    ///
    /// - Parameters:
    ///   - isRead: whether it answers a GET: of these GitHub documents 200 alone. Another status of success may stand before
    ///     a part, or before nothing.
    ///   - now: for hosts whose answers carry no `Date`: the reset time is GitHub's clock, not ours.
    func kind(isRead: Bool = true, token: AccessToken?, now: () -> Timestamp) -> AnswerKind {
        switch status {
        // What something between sends is not from GitHub, and says nothing of a write either.
        case 200..<300 where isMarkup: return .refusal(.foreignPage(status: status))
        case 200 where isRead && hasForeignEncoding:
            return .refusal(.malformed("the content's encoding is neither gzip nor deflate"))
        case 200: return .success
        case 201..<300:
            return isRead ? .refusal(.unexpected(status: status, "a read is answered with 200 alone")) : .success
        // Of a network that wants a login first (RFC 6585 §6).
        case 511: return .refusal(.foreignPage(status: status))
        case 304: return .notModified
        case 301, 302, 307, 308: return .redirect(location: headers["location"])
        case 500...: return .serverFault(wait: retryAfter(now: now))
        default: break
        }
        let error = try? Wire.ErrorBody(AnswerDocument(body))
        let message = (error?.message ?? (status == 404 ? "Not Found" : "no message")).harmless(without: token)
        // Before any limit: what is refused for good is not worth a wait, whatever is left of the hour.
        // With its header the refusal names where to approve the token.
        if let refusal = CredentialRefusal(status: status, message),
            refusal != .ssoRequired || headers["x-github-sso"] == nil
        {
            return .refusal(.credentialRefused(refusal, status: status, message))
        }
        let limitMessage = error?.message == nil ? "a limit without a message (\(status))" : message
        if let refusal = rateLimitRefusal(limitMessage, documentation: error?.documentationURL ?? "", now: now) {
            return .rateLimit(refusal)
        }
        switch status {
        // Whoever sends it: asking again could lock the account out.
        case 401: return .refusal(.unauthorized(isPage ? "a page, not GitHub's JSON: a proxy between?" : message))
        case _ where isPage: return .refusal(.foreignPage(status: status))
        case 403: return .refusal(forbidden(message, token))
        case 404: return .refusal(.notFound(message))
        case 409, 422:
            let errors = error?.errors ?? []
            let details = errors.isEmpty ? "" : ": " + errors.joined(separator: "; ").harmless(without: token)
            return .refusal(.rejected(status: status, message + details))
        case 410: return .refusal(.gone(message))
        case 451: return .refusal(.blocked("451: \(message)"))
        default: return .refusal(.unexpected(status: status, message))
        }
    }

    /// The first byte of the body after spaces.
    private var firstByte: UInt8? {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = body.starts(with: byteOrderMark) ? body.dropFirst(byteOrderMark.count) : body[...]
        return text.first { !" \t\r\n".utf8.contains($0) }
    }

    /// Whether the body is a document, and none in JSON.
    private var isPage: Bool { firstByte.map { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "[") } ?? false }
    /// Whether it is one of HTML.
    private var isMarkup: Bool { firstByte == UInt8(ascii: "<") }

    /// Whether the body is in an encoding that was not asked for, so that nobody knows what it says.
    private var hasForeignEncoding: Bool {
        let encoding = headers["content-encoding"] ?? ""
        return !encoding.isEmpty && !["gzip", "deflate", "identity"].contains { encoding.isExactlyIgnoringCase($0) }
    }

    /// Whether GitHub left organizations out for want of single sign-on.
    var isPartial: Bool { headers["x-github-sso"]?.hasPrefix("partial-results") ?? false }

    // MARK: -

    private func forbidden(_ message: String, _ token: AccessToken?) -> GitHubError {
        if let sso = headers["x-github-sso"], sso.hasPrefix("required") {
            let url = sso.split(separator: ";").lazy
                .map { $0.split(separator: "=", maxSplits: 1).map { String($0).trimmedOfHTTPSpace } }
                .first { $0.count == 2 && $0[0].isExactlyIgnoringCase("url") }
            return .ssoRequired(url: url.map { $0[1].harmless(without: token) })
        }
        if message.hasPrefix("Repository access blocked") { return .blocked("403: \(message)") }
        return .forbidden(
            message, acceptedPermissions: headers["x-accepted-github-permissions"].map { $0.harmless(without: token) })
    }

    /// What `Retry-After` names: seconds, or a date, which proxies send (RFC 9110 §10.2.3).
    private func retryAfter(now: () -> Timestamp) -> Duration? {
        guard let text = headers["retry-after"] else { return nil }
        if let date = Timestamp(httpDate: text) {
            return .seconds(headers.seconds(until: date.secondsSince1970, calendar: now))
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        // One that does not fit is longer than any wait.
        return .seconds(min(Int64(text) ?? .max, HeaderFields.waitMaxSeconds))
    }

    private func rateLimitRefusal(_ message: String, documentation: String, now: () -> Timestamp) -> RateLimitRefusal? {
        guard status == 403 || status == 429 else { return nil }
        let isSpent = headers["x-ratelimit-remaining"] == "0"
        let isNamed =
            message.hasPrefix("API rate limit exceeded") || message.contains("secondary rate limit")
            || message.contains("abuse detection") || documentation.hasSuffix("secondary-rate-limits")
            || documentation.hasSuffix("#abuse-rate-limits")
        let isPrimary =
            (isSpent || message.hasPrefix("API rate limit exceeded")) && !message.contains("secondary rate limit")
        let isPermission = headers["x-github-sso"] != nil || message.hasPrefix("Resource not accessible")
        let wait = retryAfter(now: now)
        guard status == 429 || isNamed || ((wait != nil || isSpent) && !isPermission) else { return nil }
        let text = message.isEmpty ? "a limit without a message (\(status))" : message
        if let wait { return RateLimitRefusal(wait: wait, message: text, isPrimary: isPrimary) }
        if isSpent, let reset = headers["x-ratelimit-reset"].flatMap({ Int64($0) }) {
            let seconds = headers.secondsUntil(reset: reset, calendar: now)
            return RateLimitRefusal(wait: .seconds(seconds), message: text, isPrimary: isPrimary)
        }
        return RateLimitRefusal(wait: nil, message: text, isPrimary: isPrimary)
    }
}

extension String {
    /// What GitHub sent, fit to be shown and stored: on one line, cut at 300 characters, without the token, since a
    /// server that echoes a request must not get it there.
    func harmless(without token: AccessToken?) -> String {
        let text = token?.redacted(self) ?? self
        let scalars = text.unicodeScalars
        let line = String(scalars.prefix(300)).singleLine(replacement: " ")
        return scalars.dropFirst(300).isEmpty ? line : line + "…"
    }
}
