/// A repository's full name, `OWNER/NAME`, checked for the characters that GitHub allows.
package struct RepositoryName: Hashable, Sendable, CustomStringConvertible {
    package let owner: OrganizationLogin
    package let name: String

    /// - Returns: `nil` for anything that could change the meaning of a URL's path.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let owner = OrganizationLogin(parts[0]), Self.isName(parts[1]) else { return nil }
        self.owner = owner
        name = parts[1]
    }

    package var description: String { "\(owner)/\(name)" }

    private static func isName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}

/// Repositories that are named one by one: of their owners, nothing else is in scope. Owners of whom none is named are not
/// concerned. GitHub keeps the case of names and goes by none.
package struct NamedRepositories: Hashable, Sendable {
    /// In the order in which they were named.
    package let names: [RepositoryName]
    /// In lower case, by the owner's login in lower case.
    private let byOwner: [String: Set<String>]

    package init(_ names: [RepositoryName] = []) {
        var byOwner: [String: Set<String>] = [:]
        self.names = names.filter {
            byOwner[$0.owner.rawValue.lowercased(), default: []].insert($0.name.lowercased()).inserted
        }
        self.byOwner = byOwner
    }

    package var isEmpty: Bool { names.isEmpty }

    /// Their owners, each once.
    package var owners: [OrganizationLogin] {
        var seen: Set<String> = []
        return names.map(\.owner).filter { seen.insert($0.rawValue.lowercased()).inserted }
    }

    /// Those of an owner; empty: all of the owner's are meant.
    package func names(of login: String) -> [RepositoryName] {
        guard isNarrow(login) else { return [] }
        return names.filter { $0.owner.rawValue.lowercased() == login.lowercased() }
    }

    /// Whether some of an owner's repositories are named, and the others are not meant.
    package func isNarrow(_ login: String) -> Bool { !isEmpty && byOwner[login.lowercased()] != nil }

    /// Whether others of the same owner are named, and this one is not.
    package func leavesOut(_ repository: Repository) -> Bool {
        guard !isEmpty, let named = byOwner[repository.owner.lowercased()] else { return false }
        return !named.contains(repository.name.lowercased())
    }
}
