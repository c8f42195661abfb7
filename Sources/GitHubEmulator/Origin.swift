/// Where a request came in. Every address in its answer begins there, as a client that follows one with its token must
/// not leave the host.
struct Origin: Sendable {
    /// Scheme and authority, such as `http://127.0.0.1:49152`: where people would look.
    var web = "http://localhost"
    /// Whether the client asked for paths below `/api/v3`, as on an Enterprise Server.
    var isEnterpriseServer = false

    /// What the paths of the API are appended to.
    var api: String { isEnterpriseServer ? web + Self.enterprisePath : web }

    static let enterprisePath = "/api/v3"
}
