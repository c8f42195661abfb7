import HTTPTypes

/// Header fields that GitHub adds to HTTP's own.
extension HTTPField.Name {
    static let link = known("Link")
    static let xAcceptedGithubPermissions = known("X-Accepted-GitHub-Permissions")
    static let xGithubApiVersion = known("X-GitHub-Api-Version")
    static let xGithubApiVersionSelected = known("X-GitHub-Api-Version-Selected")
    static let xGithubMediaType = known("X-GitHub-Media-Type")
    static let xGithubRequestId = known("X-GitHub-Request-Id")
    static let xGithubSSO = known("X-GitHub-SSO")
    static let xOAuthScopes = known("X-OAuth-Scopes")
    static let xRatelimitLimit = known("X-RateLimit-Limit")
    static let xRatelimitRemaining = known("X-RateLimit-Remaining")
    static let xRatelimitReset = known("X-RateLimit-Reset")
    static let xRatelimitResource = known("X-RateLimit-Resource")
    static let xRatelimitUsed = known("X-RateLimit-Used")

    private static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is a field name") }
        return name
    }
}
