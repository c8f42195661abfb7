/// What one scan knew of one repository, with the template that follows from it.
public struct RepositoryState: Hashable, Sendable {
    public var repository: Repository
    public var reading: Reading<RepositorySetting>
    /// `nil` where the setting was not read.
    public var effective: EffectiveTemplate?
    private let isEnterpriseServer: Bool

    public init(
        _ repository: Repository, _ reading: Reading<RepositorySetting>, under organization: OrganizationTemplate,
        isEnterpriseServer: Bool,
    ) {
        self.repository = repository
        self.reading = reading
        self.isEnterpriseServer = isEnterpriseServer
        effective = reading.value?.effectiveTemplate(organization: organization)
    }

    /// Whether both know enough to tell if the template changed. What could not be read is a change of its own.
    func isComparable(with other: RepositoryState) -> Bool {
        switch (reading, other.reading) {
        case (.read, .read): (effective?.template == nil) == (other.effective?.template == nil)
        case (.unreadable(let one), .unreadable(let two)): (one.code == .notRead) == (two.code == .notRead)
        case (.unreadable(let reason), .read), (.read, .unreadable(let reason)): reason.code != .notRead
        }
    }

    /// The same, with a visibility that says more and tells of no change.
    fileprivate func seeing(_ visibility: Repository.Visibility) -> RepositoryState {
        guard !repository.visibility.isKnownToDiffer(from: visibility) else { return self }
        var state = self
        state.repository.visibility = visibility
        return state
    }

    // Format and subject are worked out when they are asked for, since few of very many are shown.

    /// What subjects are made of; `nil` where that is not known.
    public var language: SubjectLanguage? {
        guard let setting = reading.value, let template = effective?.template else { return nil }
        return SubjectLanguage(template, of: setting, in: repository, isEnterpriseServer: isEnterpriseServer)
    }

    public var format: SubjectFormat { language?.format ?? .unknown }

    /// The subject that jobs present.
    public var preview: SubjectPreview { SubjectPreview(language) }

    /// Whether the organization's template decides: it is inherited, or was copied from it.
    public var followsOrganization: Bool {
        effective?.source == .organization || effective?.source == .organizationOrCopy
    }
}

/// A repository that one scan knew otherwise than an earlier one.
public struct RepositoryChange: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case added
        /// Gone from a complete listing.
        case removed
        /// Gone from a listing that is not known to be complete.
        case missing
        case renamed
        case archived
        case unarchived
        case visibility
        /// The effective template, or where it comes from.
        case template
        /// Between subjects with names alone and those with ids.
        case immutability
        /// What jobs present, the same template and format notwithstanding.
        case subject
        /// The repository's answer, without an effect on its tokens.
        case setting
        case unreadable
        case readable
        /// Topics, custom properties and the like.
        case facts
    }

    public var before: RepositoryState? { content.before }
    public var after: RepositoryState? { content.after }
    /// As it is known last.
    public var repository: Repository { content.repository }
    /// In the order of `Kind`; never empty.
    public var kinds: [Kind] { content.kinds }
    /// Effective templates, without the states around them; `nil` where the setting was not read.
    public var effective: (before: EffectiveTemplate?, after: EffectiveTemplate?) {
        (content.before?.effective, content.after?.effective)
    }

    /// Apart, since tens of thousands are sorted and grouped.
    private let content: Content

    private final class Content: Sendable {
        let before: RepositoryState?
        let after: RepositoryState?
        let repository: Repository
        let kinds: [Kind]

        init(_ before: RepositoryState?, _ after: RepositoryState?, _ repository: Repository, _ kinds: [Kind]) {
            self.before = before
            self.after = after
            self.repository = repository
            self.kinds = kinds
        }
    }

    /// - Parameter isGone: what a missing `after` means.
    /// - Returns: `nil` where nothing changed.
    public init?(from before: RepositoryState?, to after: RepositoryState?, isGone: Kind = .removed) {
        guard let last = after ?? before else { return nil }
        let kinds: [Kind]
        switch (before, after) {
        case (nil, _): kinds = [.added]
        case (_, nil): kinds = [isGone]
        case (let before?, let after?): kinds = Self.kinds(before, after)
        }
        guard !kinds.isEmpty else { return nil }
        content = Content(before, after, last.repository, kinds)
    }

    // MARK: -

    private static func kinds(_ before: RepositoryState, _ after: RepositoryState) -> [Kind] {
        var kinds: [Kind] = []
        let (old, new) = (before.repository, after.repository)
        if old != new {
            if !old.hasName(of: new) { kinds.append(.renamed) }
            if old.isArchived != new.isArchived, new.isArchived == true { kinds.append(.archived) }
            if old.isArchived == true, new.isArchived != true { kinds.append(.unarchived) }
            if old.visibility.isKnownToDiffer(from: new.visibility) { kinds.append(.visibility) }
        }
        switch (before.reading, after.reading) {
        case (.read(let oldSetting), .read(let newSetting)):
            // Where the organization's can't be read it is not known whether another one applies.
            let sameTemplate =
                before.effective == after.effective
                || (oldSetting == newSetting && !before.isComparable(with: after))
            if !sameTemplate { kinds.append(.template) }
            if oldSetting.subClaimPrefix != newSetting.subClaimPrefix, before.format.name != after.format.name {
                kinds.append(.immutability)
            } else if sameTemplate, oldSetting != newSetting || old != new,
                before.seeing(new.visibility).preview.subject != after.preview.subject
            {
                kinds.append(.subject)
            }
            if oldSetting != newSetting, kinds.allSatisfy({ !$0.isOfTemplate }) { kinds.append(.setting) }
        case (.read, .unreadable(let reason)):
            // What the scan had no turn for says nothing.
            if reason.code != .notRead { kinds.append(.unreadable) }
        case (.unreadable(let reason), .read):
            if reason.code != .notRead { kinds.append(.readable) }
        case (.unreadable, .unreadable): break
        }
        if kinds.isEmpty, old.isKnownToDiffer(from: new) { kinds.append(.facts) }
        return kinds
    }
}

extension RepositoryChange.Kind {
    fileprivate var isOfTemplate: Bool {
        switch self {
        case .template, .immutability, .subject: true
        default: false
        }
    }
}
