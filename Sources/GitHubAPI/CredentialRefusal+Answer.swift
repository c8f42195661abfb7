import AuditCore

extension CredentialRefusal {
    /// Recognises a refusal by GitHub's documented texts, in lower case.
    ///
    /// Sources, read in November 2026:
    /// - installation: octokit.rb, `error.rb`, and its specification of 403 ("This installation has been suspended")
    /// - account: octokit.rb, `error.rb` (`account was suspended`); sourcegraph#16638 ("Sorry. Your account was
    ///   suspended."); Enterprise Server ("Your account is suspended. Please check with your installation administrator.")
    /// - logins: github/docs, "Other authentication methods", failed login limit ("Maximum number of login attempts exceeded.
    ///   Please try again later.")
    /// - address: github/docs, "Managing allowed IP addresses" ("… the `acme` organization has an IP allow list enabled, and
    ///   your IP address is not permitted to access this resource.")
    /// - tokens: git-town#4609 ("`acme` forbids access via a personal access token (classic). Please use a GitHub App, …"),
    ///   hub#3363 ("… with fine-grained permissions …"), NixOS/org#247 ("The 'acme' organization forbids access via a
    ///   fine-grained personal access tokens if the token's lifetime is greater than 90 days. …"); applications: github/docs,
    ///   "About OAuth app access restrictions" ("… the `acme` organization has enabled OAuth App access restrictions, …")
    /// - version: github/docs, "API versions", and a report of 2026 ("… is not a supported version."); 410 once a version is
    ///   no longer served
    init?(status: Int, _ message: String) {
        let text = message.lowercased()
        func holds(_ words: String...) -> Bool { words.allSatisfy(text.contains) }
        switch status {
        case 403 where text.hasPrefix("repository "):
            // Of one repository alone, such as "Repository access blocked".
            return nil
        case 403 where text.hasPrefix("this installation") && holds("suspended"): self = .installationSuspended
        // The account is the token's own: what an Enterprise Server says of it names an installation too.
        case 403 where holds("account", "suspended"), 403 where holds("account", "flagged"): self = .accountSuspended
        case 403 where holds("installation", "suspended"), 403 where holds("suspended your access"):
            self = .installationSuspended
        case 403 where holds("account", "locked"), 403 where holds("login attempts exceeded"): self = .accountLocked
        case 403 where holds("ip allow list"), 403 where holds("ip address", "not permitted"):
            self = .addressRefused
        case 403 where holds("ip address", "blocked"): self = .addressBlocked
        case 403 where holds("saml enforcement"): self = .ssoRequired
        case 403 where holds("forbids access"), 403 where holds("oauth app", "access restrictions"),
            403 where holds("token", "lifetime"):
            self = .tokenNotAllowed
        case 400 where holds("not a supported version"), 410 where holds("version"): self = .versionRefused
        default: return nil
        }
    }
}
