/// The subject that jobs of one repository present, with what varies from job to job in braces.
///
/// Source: GitHub's OIDC reference, "Customizing the subject claims": `key:value` pairs joined by `:`, `context`
/// without its own name, `:` inside a value as `%3A`.
public struct SubjectPreview: Hashable, Sendable {
    /// `nil` where the template or the format is unknown.
    public let subject: String?
    /// Whether GitHub documents how each part renders.
    public let isCertain: Bool
    /// Characters that every job's subject has; one of an undocumented rendering counts with all that it may have.
    let fixedLength: Int
    /// How many values vary from job to job.
    let varyingCount: Int

    public static let unknown = SubjectPreview(subject: nil, isCertain: false, fixedLength: 0, varyingCount: 0)

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
        var fixedLength = max(0, template.keys.count - 1)
        var varyingCount = 0
        if case .immutable = format, !template.keys.contains("repo") {
            // NOTE: nobody has shown whether such a template gains a repo segment in front.
            isCertain = false
            fixedLength += (setting.subClaimPrefix?.unicodeScalars.count ?? 0) + 1
        }
        let texts = template.keys.map { key in
            let part = Self.part(for: key, format: format, setting: setting, repository: repository)
            isCertain = isCertain && part.isCertain
            fixedLength += part.fixedLength
            varyingCount += part.isVarying ? 1 : 0
            return part.text
        }
        self.init(
            subject: texts.joined(separator: ":"), isCertain: isCertain, fixedLength: fixedLength,
            varyingCount: varyingCount)
    }

    /// Each key's share of the subject, in the order of the template; joined by `:` they are the subject.
    ///
    /// - Parameter format: not `unknown`.
    public static func parts(
        of template: SubjectTemplate, format: SubjectFormat, setting: RepositorySetting, repository: Repository,
    ) -> [String] {
        template.keys.map { part(for: $0, format: format, setting: setting, repository: repository).text }
    }

    private init(subject: String?, isCertain: Bool, fixedLength: Int, varyingCount: Int) {
        self.subject = subject
        self.isCertain = isCertain
        self.fixedLength = fixedLength
        self.varyingCount = varyingCount
    }

    // MARK: -

    /// One key's share of the subject.
    private struct Part {
        let text: String
        let isCertain: Bool
        /// Whether the value differs from job to job, and so stands in braces.
        var isVarying = false
        let fixedLength: Int

        /// A value that is the same for every job.
        static func fixed(_ text: String, isCertain: Bool = true) -> Part {
            Part(text: text, isCertain: isCertain, fixedLength: text.unicodeScalars.count)
        }

        static func fixed(_ key: ClaimKey, _ value: String, isCertain: Bool = true) -> Part {
            fixed("\(key):\(escaped(value))", isCertain: isCertain)
        }

        static func varying(_ key: ClaimKey, isCertain: Bool) -> Part {
            Part(
                text: "\(key):{\(key)}", isCertain: isCertain, isVarying: true,
                fixedLength: key.rawValue.unicodeScalars.count + 1)
        }
    }

    private static func part(
        for key: ClaimKey, format: SubjectFormat, setting: RepositorySetting, repository: Repository,
    ) -> Part {
        switch key {
        case "repo":
            // The prefix is GitHub's own rendering of this segment.
            return setting.subClaimPrefix.map { .fixed($0) } ?? .fixed(key, repository.fullName)
        case "context":
            return Part(text: "{context}", isCertain: true, isVarying: true, fixedLength: 0)
        case "repository":
            // NOTE: undocumented whether this key gains ids in the immutable format.
            return .fixed(key, repository.fullName, isCertain: format == .legacy)
        case "repository_id":
            return .fixed(key, String(repository.id.rawValue))
        case "repository_owner":
            return .fixed(key, repository.owner)
        case "repository_owner_id":
            return repository.ownerID.map { .fixed(key, String($0)) } ?? .varying(key, isCertain: false)
        case "repository_visibility":
            return repository.visibility.known.map { .fixed(key, $0.rawValue) } ?? .varying(key, isCertain: false)
        default:
            if let name = key.customPropertyName, let value = repository.customProperties?[name], !value.isEmpty {
                // A property is a claim only where the organization includes it in tokens, which is not read here.
                return .fixed(key, value.joined(separator: ","), isCertain: false)
            }
            let presence = ClaimCatalog.claim(for: key)?.presence
            return .varying(key, isCertain: presence == .always || presence == .environmentJobs)
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
