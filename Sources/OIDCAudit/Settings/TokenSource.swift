import GitHubAPI

/// Finds the token that belongs to a host: a github.com token never goes to another one.
struct TokenSource {
    let endpoint: GitHubEndpoint
    let context: CommandContext

    /// - Parameter file: a path, or `-` for standard input; it is used or is an error, and nothing else is tried.
    /// - Returns: `nil` where no token was given.
    func token(file: String?) throws(CommandFailure) -> AccessToken? {
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

    // MARK: -

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
        let host = endpoint.hostname
        if host == "api.github.com" || host.hasSuffix(".ghe.com") { return ["GH_TOKEN", "GITHUB_TOKEN"] }
        var names = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]
        if let address = context.environment["GITHUB_API_URL"],
            let workflowHost = try? GitHubEndpoint(apiURL: address), workflowHost.origin == endpoint.origin
        {
            names.append("GITHUB_TOKEN")
        }
        return names
    }
}
