package import AuditCore

/// What is ours: the repositories and owners that trusts are held against.
package struct TrustWorld: Sendable {
    package struct Owner: Hashable, Sendable {
        package var login: String
        /// `nil` if it is not known.
        package var id: Int64?
        /// Whether its repositories are known; those of an owner that was declared are not.
        package var isListed: Bool

        package init(login: String, id: Int64?, isListed: Bool = true) {
            self.login = login
            self.id = id
            self.isListed = isListed
        }
    }

    /// In report order.
    package var repositories: [RepositoryState]
    /// Scanned or declared.
    package var owners: [Owner]
    /// Full names that repositories of ours had, with those that they have now; `nil` if they are gone.
    package var formerRepositories: [String: String?]
    /// Logins that owners of ours had, with those that they have now.
    package var formerOwners: [String: String]

    package init(
        repositories: [RepositoryState], owners: [Owner], formerRepositories: [String: String?] = [:],
        formerOwners: [String: String] = [:],
    ) {
        self.repositories = repositories
        self.owners = owners
        self.formerRepositories = formerRepositories
        self.formerOwners = formerOwners
    }

    /// What a scan saw.
    ///
    /// - Parameters:
    ///   - declared: owners of ours that were not scanned.
    ///   - formerRepositories: as above, from a history.
    ///   - formerOwners: likewise.
    package init(
        _ snapshot: Snapshot, declared: [Owner] = [], formerRepositories: [String: String?] = [:],
        formerOwners: [String: String] = [:],
    ) {
        repositories = []
        owners = declared.filter { one in
            !snapshot.organizations.contains { $0.login.isExactlyIgnoringCase(one.login) }
        }.map { Owner(login: $0.login, id: $0.id, isListed: false) }
        self.formerRepositories = formerRepositories
        self.formerOwners = formerOwners
        for organization in snapshot.organizations {
            owners.append(Owner(login: organization.login, id: organization.id?.rawValue))
            for former in [organization.askedLogin, organization.formerLogin].compactMap({ $0 })
            where !former.isExactlyIgnoringCase(organization.login) {
                self.formerOwners[former] = organization.login
            }
            for name in organization.listing.removed where self.formerRepositories[name] == nil {
                self.formerRepositories.updateValue(nil, forKey: name)
            }
            repositories += organization.repositories.map {
                RepositoryState(
                    $0.repository, $0.reading, under: organization.template,
                    isEnterpriseServer: snapshot.isEnterpriseServer)
            }
        }
    }

    /// Logins that were ours and are nobody's that is known here.
    var freeOwners: [String: String] {
        formerOwners.filter { former, _ in !owners.contains { $0.login.isExactlyIgnoringCase(former) } }
    }
}
