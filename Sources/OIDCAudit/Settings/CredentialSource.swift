import GitHubAPI

/// Finds the token or the app that belongs to a host: one of github.com never goes to another one.
struct CredentialSource {
    let endpoint: GitHubEndpoint
    let context: CommandContext

    /// An app beats tokens of the environment.
    ///
    /// - Returns: `nil` if nothing was given.
    func credential(_ options: ConnectionOptions) throws(CommandFailure) -> Credential? {
        guard let app = try AppSource(source: self, options: options).app() else {
            return try token(file: options.tokenFile).map(Credential.token)
        }
        guard options.tokenFile == nil else {
            throw .usage("an app and --token-file exclude each other", hint: "give one of them")
        }
        return .app(app)
    }

    /// Whether the host is github.com or a tenant of ghe.com.
    var isGitHub: Bool { endpoint.hostname == "api.github.com" || endpoint.hostname.hasSuffix(".ghe.com") }

    /// Whether it is the host that a workflow runs on.
    var isWorkflowHost: Bool {
        guard let address = context.environment["GITHUB_API_URL"] else { return false }
        return (try? GitHubEndpoint(apiURL: address))?.origin == endpoint.origin
    }

    // MARK: -

    /// - Parameter file: a path, or `-` for standard input; it is used or is an error, and nothing else is tried.
    /// - Returns: `nil` if no token was given.
    private func token(file: String?) throws(CommandFailure) -> AccessToken? {
        guard let file else { return try environmentToken() }
        let text: String
        if file == "-" {
            guard let input = context.readStandardInput() else {
                throw .usage("the token file - can't be read", hint: "write the token to standard input")
            }
            text = input
        } else {
            text = try SecretFile(path: file, what: "token file").text(context)
        }
        guard let token = AccessToken(text) else {
            throw .usage("the token file \(file) holds no token", hint: "it must hold the token alone, on one line")
        }
        return token
    }

    private func environmentToken() throws(CommandFailure) -> AccessToken? {
        for name in names {
            guard let text = context.environment[name], !text.isEmpty else { continue }
            guard let token = AccessToken(text) else {
                throw .usage("\(name) holds no token", hint: "a token is one word without spaces or line breaks")
            }
            return token
        }
        return nil
    }

    /// As `gh` reads them, except that `GITHUB_TOKEN` also serves the host that a workflow runs on.
    private var names: [String] {
        if isGitHub { return ["GH_TOKEN", "GITHUB_TOKEN"] }
        return ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"] + (isWorkflowHost ? ["GITHUB_TOKEN"] : [])
    }
}
