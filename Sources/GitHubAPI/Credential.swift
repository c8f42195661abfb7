/// What a run authenticates with.
package enum Credential: Sendable {
    /// A token that somebody gave: the same for everything, and for as long as the run takes.
    case token(AccessToken)
    /// A GitHub App: each of its installations gets tokens of its own, which are renewed.
    case app(AppCredential)

    /// What issued the tokens that read and write.
    package var tokenKind: AccessToken.Kind {
        switch self {
        case .token(let token): token.kind
        case .app: .installation
        }
    }

    /// Equal for equal credentials alone; never shown. The key of an app counts, and the installation that was given.
    package var identity: String {
        switch self {
        case .token(let token): token.fingerprint(salt: [], context: "")
        case .app(let app): app.identity
        }
    }

    /// A name for the credential that says nothing of it: equal for equal ones and salts alone. Rate limits are an app's,
    /// whichever token it has now.
    ///
    /// - Parameters:
    ///   - salt: random bytes.
    ///   - context: what else makes another answer of the same address, such as the API version.
    package func fingerprint(salt: [UInt8], context: String) -> String {
        switch self {
        case .token(let token): token.fingerprint(salt: salt, context: context)
        case .app(let app): AccessToken.fingerprint(of: "app \(app.appID)", salt: salt, context: context)
        }
    }
}

/// Why an app can do nothing, or nothing in an organization.
package enum AppRefusal: Hashable, Sendable {
    /// GitHub does not accept what the app signs: a key or an id that is not the app's.
    case signature
    /// Likewise, because of the time that it names.
    case clock
    case notInstalled
    case notInstalledOnEnterprise
    case suspended
    /// GitHub does not accept a token of the installation, nor did it some seconds after the first refusal.
    case tokenRefused
    /// The token that GitHub made for the installation ended before it came.
    case tokenExpired
    /// Its installation was granted nothing of what is asked for.
    case noPermission
    /// A token with permissions that it lists as granted was refused.
    case permissionRefused
    /// The installation that was given is another account's.
    case otherAccount

    /// Whether it holds wherever the app is installed.
    package var isOfApp: Bool { self == .signature || self == .clock }

    /// Whether it holds for whatever else is asked with the credential: the app itself, or an installation's token.
    var isOfCredential: Bool { isOfApp || self == .tokenRefused }

    /// For people, without a final stop.
    package var explanation: String {
        switch self {
        case .signature: "GitHub refused the app's signature"
        case .clock: "GitHub refused the time in the app's signature"
        case .notInstalled: "the app is not installed there, or there is no such organization"
        case .notInstalledOnEnterprise: "the app is not installed on it, or there is no such enterprise"
        case .suspended: "the app's installation is suspended"
        case .tokenRefused: "GitHub refused the token of the app's installation"
        case .tokenExpired: "the token for the app's installation had expired when it came"
        case .noPermission: "the app's installation has none of the permissions that are needed"
        case .permissionRefused: "the app's installation was refused a token with the permissions that are needed"
        case .otherAccount: "the app's installation is another account's"
        }
    }

    /// What a person can do about it.
    package var hint: String {
        switch self {
        case .signature: "check that the app's id and its private key belong together, and to this host"
        case .clock: "set this machine's clock"
        case .notInstalled: "check the name; an owner of the organization can install the app"
        case .notInstalledOnEnterprise: "check the slug; an owner of the enterprise can install the app"
        case .suspended: "an owner of the organization can unsuspend it"
        case .tokenRefused: "the app may have been uninstalled there: an owner of the organization can install it again"
        case .tokenExpired: "check the clock of the host, and this machine's"
        case .noPermission, .permissionRefused:
            "give the app read access to organization \"Administration\" and repository \"Actions\"; an owner then accepts it"
        case .otherAccount: "check GITHUB_APP_INSTALLATION_ID, or leave it out"
        }
    }
}
