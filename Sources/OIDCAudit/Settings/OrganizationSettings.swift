import AuditCore

/// What the configuration file says of one organization alone: a credential of its own, and waivers.
struct OrganizationSettings: Sendable {
    let login: OrganizationLogin
    let tokenFile: String?
    let appID: AppID?
    let appKeyFile: String?
    /// A waiver file of its own, which holds beside the one for all.
    let waivers: String?
    /// Where it stands, for messages.
    let origin: String

    private static let keys = ["login", "token-file", "app-id", "app-key-file", "waivers"]

    /// Whether a credential is given.
    var hasCredential: Bool { tokenFile != nil || appID != nil || appKeyFile != nil }

    /// - Parameters:
    ///   - document: an object of the list of organizations.
    ///   - path: of the configuration file.
    init(_ document: Document, in path: String) throws(DocumentError) {
        let reader = try ObjectReader(document, as: "the organization", allowing: Self.keys)
        origin = "\(path):\(document.position)"
        login = try Self.value(reader, "login", of: try reader.string("login"))
        tokenFile = try reader.optionalString("token-file")
        appKeyFile = try reader.optionalString("app-key-file")
        waivers = try reader.optionalString("waivers")
        // A number is a text here as well.
        switch reader.optional("app-id")?.value {
        case .number(let text): appID = try Self.value(reader, "app-id", of: text)
        case nil: appID = nil
        default: appID = try Self.value(reader, "app-id", of: try reader.string("app-id"))
        }
    }

    private static func value<Value: OptionValue>(
        _ reader: ObjectReader, _ key: String, of text: String,
    ) throws(DocumentError) -> Value {
        do throws(InvalidValue) { return try Value(option: text) } catch {
            throw DocumentError(at: reader.position(of: key), "\(key): \(error.message)", hint: error.hint)
        }
    }
}

/// Organizations that are asked for with another credential than the others.
struct OwnConnection: Sendable {
    var logins: [OrganizationLogin]
    var connection: ConnectionSettings
}
