/// What the organization's listing says of one repository.
package struct Repository: Hashable, Sendable {
    package enum Visibility: String, Sendable, CaseIterable {
        case `public`
        case `private`
        case `internal`
        /// Private or internal: the host sent `private` alone, which is true of both.
        case notPublic = "not_public"
        /// The host sent neither a word that is known nor a flag that decides.
        case unknown

        /// What may be so. Of a known visibility that is itself alone.
        package var candidates: [Visibility] {
            switch self {
            case .public, .private, .internal: [self]
            case .notPublic: [.private, .internal]
            case .unknown: [.public, .private, .internal]
            }
        }

        /// Itself where it is one of the three that repositories have; else `nil`.
        package var known: Visibility? { candidates.count == 1 ? self : nil }

        /// Whether it is known that not everybody may read the repository.
        package var isKnownNotPublic: Bool { !candidates.contains(.public) }

        /// Whether no visibility could be both: a host that says more than before shows no change by that.
        package func isKnownToDiffer(from other: Visibility) -> Bool {
            !candidates.contains(where: other.candidates.contains)
        }

        /// For people.
        package var words: String { self == .notPublic ? "private or internal" : rawValue }
    }

    package var id: RepositoryID
    package var owner: String
    /// The owner's numeric id, as immutable subjects carry it; `nil` if the host did not send it.
    package var ownerID: Int64?
    package var name: String
    package var visibility: Visibility
    /// `nil` if the host did not send it; likewise below.
    package var isArchived: Bool?
    package var isFork: Bool?
    package var topics: [String]?
    /// Values by property name; several where the property allows it, none if it is not set.
    package var customProperties: [String: [String]]?

    package init(
        id: RepositoryID, owner: String, ownerID: Int64? = nil, name: String, visibility: Visibility,
        isArchived: Bool? = false, isFork: Bool? = nil, topics: [String]? = nil,
        customProperties: [String: [String]]? = nil,
    ) {
        self.id = id
        self.owner = owner
        self.ownerID = ownerID
        self.name = name
        self.visibility = visibility
        self.isArchived = isArchived
        self.isFork = isFork
        self.topics = topics
        self.customProperties = customProperties
    }

    /// Whether owner and name are such that no address changes its meaning by them: what GitHub and a history say is
    /// somebody else's word.
    package var isAddressable: Bool {
        OrganizationLogin(owner) != nil && (1...255).contains(name.utf8.count) && name != "." && name != ".."
            && !name.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    }

    /// Whether something is known of both, and not the same: what one of two scans did not ask for, or the host did not
    /// send, has not changed by that.
    func isKnownToDiffer(from other: Repository) -> Bool {
        func differ<Value: Equatable>(_ one: Value?, _ two: Value?) -> Bool { one != nil && two != nil && one != two }
        return !hasName(of: other) || visibility.isKnownToDiffer(from: other.visibility)
            || differ(ownerID, other.ownerID)
            || differ(isArchived, other.isArchived) || differ(isFork, other.isFork)
            || differ(exactTopics, other.exactTopics) || differ(exactProperties, other.exactProperties)
    }

    /// Whether that is its owner's login: GitHub keeps case and goes by none.
    package func belongs(to login: String) -> Bool { owner.isExactlyIgnoringCase(login) }

    /// Whether owner and name are the same, byte for byte.
    package func hasName(of other: Repository) -> Bool {
        name.isExactly(other.name) && owner.isExactly(other.owner)
    }

    /// `OWNER/NAME`, in the case that GitHub stores.
    package var fullName: String { "\(owner)/\(name)" }
}

// MARK: - Equal byte for byte

extension Repository {
    package static func == (left: Repository, right: Repository) -> Bool {
        left.id == right.id && left.hasName(of: right) && left.ownerID == right.ownerID
            && left.visibility == right.visibility && left.isArchived == right.isArchived
            && left.isFork == right.isFork && left.exactTopics == right.exactTopics
            && left.exactProperties == right.exactProperties
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(name)
    }

    private var exactTopics: [ExactText]? { topics?.map(ExactText.init) }

    private var exactProperties: [ExactText: [ExactText]]? {
        customProperties.map { properties in
            Dictionary(
                properties.map { (ExactText($0.key), $0.value.map(ExactText.init)) },
                uniquingKeysWith: { first, _ in first })
        }
    }
}
