/// Why GitHub refuses everything that a credential asks for, whatever it is: another request would fare no better.
///
/// The raw values are stored, as those of the `ScanStop` of the same name.
package enum CredentialRefusal: String, Sendable, CaseIterable {
    case installationSuspended = "installation_suspended"
    case accountSuspended = "account_suspended"
    /// After too many refused logins, or by GitHub's staff.
    case accountLocked = "account_locked"
    /// GitHub, or the host's administrators, let nothing in from this machine's address.
    case addressBlocked = "address_blocked"
    /// The organization's IP allow list does not let this machine's address in.
    case addressRefused = "address_refused"
    /// The organization wants single sign-on, and the token is not approved for it.
    case ssoRequired = "sso_required"
    /// The organization lets in no tokens of this kind, of this life, or of this application.
    case tokenNotAllowed = "token_not_allowed"
    case versionRefused = "version_refused"
    /// Something between this machine and GitHub answers in its place.
    case foreignPages = "foreign_pages"

    /// Whether it is one organization's: others may let the same credential in.
    package var isOfOrganization: Bool { [.addressRefused, .ssoRequired, .tokenNotAllowed].contains(self) }

    /// For people, without a final stop.
    package var explanation: String {
        switch self {
        case .installationSuspended: "the installation is suspended"
        case .accountSuspended: "the token's account is suspended or flagged"
        case .accountLocked: "the token's account is locked"
        case .addressBlocked: "this machine's address is blocked"
        case .addressRefused: "the organization, or its enterprise, does not let this machine's address in"
        case .ssoRequired: "the token is not approved for the organization's single sign-on"
        case .tokenNotAllowed: "the organization does not allow this token"
        case .versionRefused: "this host does not serve the API version"
        case .foreignPages: "something between this machine and GitHub answers in its place"
        }
    }

    /// What a person can do about it.
    package var hint: String {
        switch self {
        case .installationSuspended: "an owner of the organization can unsuspend the installation"
        case .accountSuspended: "ask GitHub's support, or the host's administrators, why"
        case .accountLocked: "wait until GitHub lets the account in again, and check the token before that"
        case .addressBlocked: "ask GitHub's support, or the host's administrators, why"
        case .addressRefused: "an owner of the organization or enterprise can add the address to its IP allow list"
        case .ssoRequired: "approve the token for the organization under \"Configure SSO\" in the token settings"
        case .tokenNotAllowed:
            "use a token as GitHub's message asks for, or ask an owner of the organization to allow it"
        case .versionRefused: "check --api-version; GET /versions lists those that this host serves"
        case .foreignPages: "check the address of the API, the proxy and the firewall"
        }
    }
}

extension ScanStop {
    package init(_ refusal: CredentialRefusal) {
        switch refusal {
        case .installationSuspended: self = .installationSuspended
        case .accountSuspended: self = .accountSuspended
        case .accountLocked: self = .accountLocked
        case .addressBlocked: self = .addressBlocked
        case .addressRefused: self = .addressRefused
        case .ssoRequired: self = .ssoRequired
        case .tokenNotAllowed: self = .tokenNotAllowed
        case .versionRefused: self = .versionRefused
        case .foreignPages: self = .foreignPages
        }
    }

    /// `nil` if it stopped for another reason.
    package var refusal: CredentialRefusal? { CredentialRefusal(rawValue: rawValue) }
}
