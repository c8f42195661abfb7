/// Whether the subjects of a repository contain ids.
package enum SubjectFormat: String, Hashable, Sendable, CaseIterable {
    /// Without the ids of owner and repository.
    case legacy
    /// With both ids: `repo:OWNER@ID/REPO@ID`, or as claims of the template.
    case immutable
    /// It is unknown which subject GitHub builds from the template.
    case unknown

    /// Reads the format from the template and the prefix that GitHub computes, never from the opt-in flag beside it: a
    /// repository whose flag is `false` can have immutable subjects all the same. The prefix is part of the subject only
    /// where the template holds `repo` or `repository`.
    ///
    /// - Parameters:
    ///   - prefix: the parsed prefix; `nil` if there is none, or if it has neither form.
    ///   - isSent: whether GitHub sent a prefix.
    ///   - isEnterpriseServer: whether the host is GitHub Enterprise Server, which sends no prefix and has no ids in
    ///     subjects.
    init(of template: SubjectTemplate, _ prefix: SubjectPrefix?, isSent: Bool, isEnterpriseServer: Bool) {
        let isPrefixKnown = prefix != nil || (!isSent && isEnterpriseServer)
        // Where the template names the repository too, the prefix is what GitHub makes of that.
        if template.holdsBothIDs, isPrefixKnown || !template.holdsRepository {
            self = .immutable
        } else if let prefix {
            self = prefix.ownerID == nil ? .legacy : template.holdsRepository ? .immutable : .unknown
        } else {
            self = isPrefixKnown ? .legacy : .unknown
        }
    }

    /// The word for it in reports.
    package var name: String { rawValue }
}

/// A parsed `sub_claim_prefix`: `repo:OWNER/REPO` or `repo:OWNER@ID/REPO@ID`.
package struct SubjectPrefix: Hashable, Sendable {
    package let owner: String
    package let ownerID: Int64?
    package let repository: String
    package let repositoryID: Int64?

    /// - Returns: `nil` unless the text has one of the two forms, with ids on both sides or on neither.
    package init?(_ text: String) {
        guard text.utf8.starts(with: "repo:".utf8) else { return nil }
        let rest = text.utf8.dropFirst(5)
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")),
            let (owner, ownerID) = Self.nameAndID(rest[..<slash], isNameByte: Self.isOwnerByte),
            let (repository, repositoryID) = Self.nameAndID(
                rest[slash...].dropFirst(), isNameByte: Self.isRepositoryByte),
            (ownerID == nil) == (repositoryID == nil)
        else { return nil }
        self.owner = owner
        self.ownerID = ownerID
        self.repository = repository
        self.repositoryID = repositoryID
    }

    // MARK: -

    private static func nameAndID(
        _ text: Substring.UTF8View, isNameByte: (UInt8) -> Bool,
    ) -> (name: String, id: Int64?)? {
        let end = text.firstIndex(of: UInt8(ascii: "@")) ?? text.endIndex
        let name = text[..<end]
        guard !name.isEmpty, name.allSatisfy(isNameByte) else { return nil }
        guard end < text.endIndex else { return (String(Substring(name)), nil) }
        let digits = text[end...].dropFirst()
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let id = Int64(Substring(digits))
        else { return nil }
        return (String(Substring(name)), id)
    }

    /// Names of managed users contain `_`.
    private static func isOwnerByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isRepositoryByte(_ byte: UInt8) -> Bool {
        isOwnerByte(byte) || byte == UInt8(ascii: ".")
    }
}
