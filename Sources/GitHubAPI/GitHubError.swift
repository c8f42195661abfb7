package import AuditCore

/// Why GitHub's answer is not what was asked for: one case for each kind of answer.
///
/// Texts that come from GitHub are one line, without control characters, cut at 300 characters, free of the token.
package enum GitHubError: Error, Hashable, Sendable, CustomStringConvertible {
    /// 404. GitHub also answers it for what exists and is not allowed.
    case notFound(String)
    /// 404 with GitHub's own message that the organization never set a template.
    case organizationTemplateNeverSet
    /// 403 for want of a permission; GitHub names those that would do in `X-Accepted-GitHub-Permissions`.
    case forbidden(String, acceptedPermissions: String?)
    /// 403 until the token is approved for the organization's single sign-on at the address.
    case ssoRequired(url: String?)
    /// 401. Asking again could lock the account out.
    case unauthorized(String)
    /// A rate limit that would have held longer than was allowed to wait.
    ///
    /// - Parameter until: when it is over, as far as is known; no part of the words, which are the same every night.
    case rateLimited(String, until: Timestamp? = nil)
    /// 410, such as for an API version that GitHub no longer serves.
    case gone(String)
    /// 403 or 400 by which everything is refused that the credential asks for. Asking again would be in vain.
    case credentialRefused(CredentialRefusal, status: Int, String)
    /// A GitHub App may do nothing, or nothing in the organization.
    ///
    /// - Parameter status: of GitHub's answer; `nil` if no request was needed to know.
    case appRefused(AppRefusal, status: Int? = nil, String = "")
    /// 4xx with a page where GitHub answers with JSON: something between it and us, or another host than GitHub's API.
    case foreignPage(status: Int)
    /// 503 with a `Retry-After` that would have held longer than was allowed to wait.
    case unavailable(String, until: Timestamp? = nil)
    /// 403 or 451: GitHub staff blocked access.
    case blocked(String)
    /// 5xx, after the last try.
    case serverFault(status: Int)
    /// 200 with a body that is not what GitHub documents, or too large.
    case malformed(String)
    case timeout
    case connectionLost(String)
    /// 409 or 422: what was sent can't be, or not now.
    case rejected(status: Int, String)
    /// A redirect to another origin, or one too many, or to another repository.
    case redirectRefused(String)
    /// The repository belongs to somebody else by now, whose template is not the one that was read.
    case transferred(to: String)
    /// The repository has another full name by now, which decides its subject.
    case renamed(to: String)
    /// An answer without a documented meaning.
    case unexpected(status: Int, String)
    case cancelled

    /// A 304 to a request without a validator.
    package static let notModifiedUnasked = GitHubError.unexpected(
        status: 304, "not modified, without having been asked")

    static let loginRefused = GitHubError.malformed("the login of an organization is not a login")

    /// The status, and what the server says of it, where it says something.
    private static func status(_ status: Int, _ message: String) -> String {
        message.isEmpty ? "\(status)" : "\(status): \(message)"
    }

    package var description: String {
        switch self {
        case .notFound(let message): "not found, or not allowed to this token (\(Self.status(404, message)))"
        case .organizationTemplateNeverSet: "the organization never set a template"
        case .forbidden(let message, _): "forbidden (\(Self.status(403, message)))"
        case .ssoRequired: "the token is not approved for the organization's single sign-on"
        case .unauthorized(let message): "GitHub refused the token (\(Self.status(401, message)))"
        case .rateLimited(let message, _): "rate limit: \(message)"
        case .credentialRefused(let refusal, let status, let message):
            "\(refusal.explanation) (\(Self.status(status, message)))"
        case .appRefused(let refusal, let status?, let message):
            "\(refusal.explanation) (\(Self.status(status, message)))"
        case .appRefused(let refusal, nil, let message):
            refusal.explanation + (message.isEmpty ? "" : " (\(message))")
        case .foreignPage(let status):
            "\(status) with a page, not GitHub's JSON: a proxy between, or not the API's address?"
        case .unavailable(let message, _): "GitHub asks to come back later: \(message)"
        case .gone(let message): "no longer served (\(Self.status(410, message)))"
        case .blocked(let message): "blocked by GitHub (\(message))"
        case .serverFault(let status): "GitHub failed (\(status))"
        case .malformed(let message): "malformed answer: \(message)"
        case .timeout: "no whole answer in time"
        case .connectionLost(let message): "connection lost: \(message)"
        case .rejected(let status, let message): "rejected (\(Self.status(status, message)))"
        case .redirectRefused(let message): "redirect not followed: \(message)"
        case .renamed(let name): "it was renamed to \(name) while the scan ran"
        case .transferred(let owner): "it now belongs to \(owner), whose template was not read"
        case .unexpected(let status, let message): "unexpected answer (\(Self.status(status, message)))"
        case .cancelled: "the scan ended before the answer came"
        }
    }

    /// A fault in a word, for a line that says that it failed.
    package var inBrief: String {
        switch self {
        case .serverFault(let status): "\(status)"
        default: "\(self)"
        }
    }

    /// The error as the history and reports keep it: the same words every night. The address for single sign-on,
    /// which is another one each time and lasts an hour, is not among them.
    package var reason: UnreadableReason {
        switch self {
        case .forbidden(_, .some(let permissions)): UnreadableReason(code, "\(self); the token needs \(permissions)")
        default: UnreadableReason(code, description)
        }
    }

    /// What a person can do about it, where that is known.
    package var hint: String? {
        switch self {
        case .unauthorized: "check that the token is whole, not expired, not made a moment ago, and meant for this host"
        case .forbidden(_, let permissions?): "give the token \(permissions)"
        case .forbidden, .notFound:
            "check the name; the token needs read access to the organization's administration and repositories"
        case .ssoRequired(let url?): "approve the token at \(url)"
        case .ssoRequired: "approve the token for the organization under \"Configure SSO\" in the token settings"
        case .rateLimited(let message, let until?), .unavailable(let message, let until?):
            "nothing more until \(until): \(message)"
        case .credentialRefused(let refusal, _, _): refusal.hint
        case .appRefused(let refusal, _, _): refusal.hint
        case .foreignPage: "check what stands between this machine and the address of the API"
        case .connectionLost(TransportError.untrusted): "trust the host's authority with --ca-file or SSL_CERT_FILE"
        case .connectionLost(TransportError.proxyRefusal): "give them in HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT"
        case .connectionLost(TransportError.proxyFailure): "check HTTPS_PROXY and NO_PROXY, and what the proxy allows"
        case .connectionLost, .timeout: "check the network and the address of the API"
        case .unexpected(400, _), .gone: "check --api-version; GET /versions of the API lists those that the host knows"
        default: nil
        }
    }

    /// Likewise.
    ///
    /// - Parameter kind: what the token is that was refused; an app's token is given its permissions by the app.
    package func hint(to kind: AccessToken.Kind?) -> String? {
        switch (self, kind) {
        case (.forbidden(_, let permissions?), .installation): "grant the app \(permissions); an owner then accepts it"
        case (.forbidden, .installation), (.notFound, .installation):
            "check the name, and that the app has read access to organization \"Administration\" and repository \"Actions\""
        default: hint
        }
    }

    private var code: UnreadableReason.Code {
        switch self {
        case .notFound, .organizationTemplateNeverSet: .notFound
        case .forbidden: .forbidden
        case .ssoRequired: .ssoRequired
        case .unauthorized: .unauthorized
        case .rateLimited: .rateLimited
        case .credentialRefused(.versionRefused, _, _), .credentialRefused(.foreignPages, _, _): .unexpected
        case .credentialRefused: .credentialRefused
        case .appRefused(.signature, _, _), .appRefused(.clock, _, _), .appRefused(.tokenRefused, _, _): .unauthorized
        case .appRefused(.tokenExpired, _, _): .malformed
        case .appRefused(.notInstalled, _, _), .appRefused(.notInstalledOnEnterprise, _, _),
            .appRefused(.otherAccount, _, _):
            .notFound
        case .appRefused(.suspended, _, _): .credentialRefused
        case .appRefused(.noPermission, _, _), .appRefused(.permissionRefused, _, _): .forbidden
        case .foreignPage: .unexpected
        case .unavailable: .serverFault
        case .gone: .gone
        case .blocked: .blocked
        case .serverFault: .serverFault
        case .malformed: .malformed
        case .timeout: .timeout
        case .connectionLost: .connectionLost
        case .redirectRefused: .redirected
        case .transferred, .renamed: .changed
        case .unexpected, .rejected: .unexpected
        case .cancelled: .notRead
        }
    }
}
