/// The subject that jobs of one repository present, with what varies from job to job in braces.
///
/// Source: GitHub's OIDC reference, "Customizing the subject claims": `key:value` pairs joined by `:`, `context`
/// without its own name, `:` inside a value as `%3A`.
public struct SubjectPreview: Hashable, Sendable {
    /// `nil` where the template or the format is unknown.
    public let subject: String?
    /// Whether GitHub documents how each part renders.
    public let isCertain: Bool

    public static let unknown = SubjectPreview(subject: nil, isCertain: false)

    public init(subject: String?, isCertain: Bool) {
        self.subject = subject
        self.isCertain = isCertain
    }

    public init(
        template: SubjectTemplate?, format: SubjectFormat, setting: RepositorySetting, repository: Repository,
    ) {
        self.init(
            template: template, format: format, setting: setting,
            parts: setting.subClaimPrefix.flatMap(SubjectPrefix.init), repository: repository)
    }

    /// - Parameter parts: the setting's prefix taken apart.
    init(
        template: SubjectTemplate?, format: SubjectFormat, setting: RepositorySetting, parts: SubjectPrefix?,
        repository: Repository,
    ) {
        guard let template, format != .unknown else {
            self = .unknown
            return
        }
        // A prefix that names another repository than the listing does: it was renamed in between, or worse.
        var isCertain = parts?.names(repository) ?? true
        if case .immutable = format, !template.keys.contains("repo") {
            // NOTE: nobody has shown whether such a template gains a repo segment in front.
            isCertain = false
        }
        let parts = template.keys.map { key in
            let part = Self.part(for: key, format: format, setting: setting, repository: repository)
            isCertain = isCertain && part.isCertain
            return part.text
        }
        self.init(subject: parts.joined(separator: ":"), isCertain: isCertain)
    }

    // MARK: -

    private static func part(
        for key: ClaimKey, format: SubjectFormat, setting: RepositorySetting, repository: Repository,
    ) -> (text: String, isCertain: Bool) {
        func fixed(_ value: String, isCertain: Bool = true) -> (text: String, isCertain: Bool) {
            ("\(key):\(escaped(value))", isCertain)
        }
        switch key {
        case "repo":
            // The prefix is GitHub's own rendering of this segment.
            return setting.subClaimPrefix.map { ($0, true) } ?? fixed(repository.fullName)
        case "context":
            return ("{context}", true)
        case "repository":
            // NOTE: undocumented whether this key gains ids in the immutable format.
            return fixed(repository.fullName, isCertain: format == .legacy)
        case "repository_id":
            return fixed(String(repository.id.rawValue))
        case "repository_owner":
            return fixed(repository.owner)
        case "repository_owner_id":
            guard let ownerID = repository.ownerID else { return ("\(key):{\(key)}", false) }
            return fixed(String(ownerID))
        case "repository_visibility":
            return fixed(repository.visibility.rawValue, isCertain: repository.visibility != .unknown)
        default:
            if let name = key.customPropertyName, let value = repository.customProperties?[name], !value.isEmpty {
                // A property is a claim only where the organization includes it in tokens, which is not read here.
                return fixed(value.joined(separator: ","), isCertain: false)
            }
            let presence = ClaimCatalog.claim(for: key)?.presence
            return ("\(key):{\(key)}", presence == .always || presence == .environmentJobs)
        }
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(UInt8(ascii: ":")) else { return value }
        return value.split(separator: ":", omittingEmptySubsequences: false).joined(separator: "%3A")
    }
}

extension SubjectPrefix {
    /// Whether names and, where there are any, ids are those of the listing.
    fileprivate func names(_ repository: Repository) -> Bool {
        owner == repository.owner && self.repository == repository.name
            && (repositoryID ?? repository.id.rawValue) == repository.id.rawValue
            && (repository.ownerID == nil || (ownerID ?? repository.ownerID) == repository.ownerID)
    }
}
