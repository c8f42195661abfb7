public import AuditCore

/// What a scan is begun with.
public struct ScanStart: Sendable {
    public var apiURL: String
    public var isEnterpriseServer: Bool
    public var startedAt: Timestamp
    public var toolVersion: String
    /// Logins as they were asked for.
    public var requested: [String]
    public var scope: Scope
    /// Who asks, where that is known.
    public var credential: CredentialID?
    /// Whether validators are kept for it.
    public var keepsValidators: Bool

    public init(
        apiURL: String, isEnterpriseServer: Bool, startedAt: Timestamp, toolVersion: String, requested: [String],
        scope: Scope, credential: CredentialID? = nil, keepsValidators: Bool = true,
    ) {
        self.apiURL = apiURL
        self.isEnterpriseServer = isEnterpriseServer
        self.startedAt = startedAt
        self.toolVersion = toolVersion
        self.requested = requested
        self.scope = scope
        self.credential = credential
        self.keepsValidators = keepsValidators
    }
}
