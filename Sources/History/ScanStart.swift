package import AuditCore

/// What a scan is begun with.
package struct ScanStart: Sendable {
    package var apiURL: String
    package var isEnterpriseServer: Bool
    package var startedAt: Timestamp
    package var toolVersion: String
    /// Logins as they were asked for.
    package var requested: [String]
    package var scope: Scope
    /// Who asks, where that is known.
    package var credential: CredentialID?
    /// Whether validators are kept for it.
    package var keepsValidators: Bool

    package init(
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
