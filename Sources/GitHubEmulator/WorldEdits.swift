/// Changes of a world as people make them at GitHub. Names are `ORGANIZATION/NAME`; a name that the world does not have
/// changes nothing.
extension WorldFile {
    package mutating func editOrganization(_ login: String, _ body: (inout Organization) -> Void) {
        guard let index = organizations.firstIndex(where: { $0.login == login }) else { return }
        body(&organizations[index])
    }

    package mutating func editRepository(_ fullName: String, _ body: (inout Repository) -> Void) {
        guard let index = index(of: fullName) else { return }
        body(&organizations[index.organization].repositories[index.repository])
    }

    /// Gives a repository claims of its own.
    package mutating func customize(_ fullName: String, claims: [String]) {
        editRepository(fullName) { repository in
            repository.setting?.useDefault = false
            repository.setting?.includeClaimKeys = claims
        }
    }

    /// Creates a private repository that is on GitHub's default. Its subjects are immutable, as those of all that were
    /// created after 2026-07-15.
    package mutating func create(_ fullName: String, id: Int64) {
        let (login, name) = Self.split(fullName)
        editOrganization(login) { organization in
            let setting = Setting(
                useDefault: true, useImmutableSubject: false,
                subClaimPrefix: "repo:\(login)@\(organization.id)/\(name)@\(id)")
            organization.repositories.append(Repository(name: name, id: id, setting: setting, immutable: true))
        }
    }

    /// Renames a repository, which makes its subjects immutable.
    package mutating func rename(_ fullName: String, to name: String) {
        move(fullName, to: Self.split(fullName).login, as: name)
    }

    /// Transfers a repository to another organization of this world, which makes its subjects immutable.
    package mutating func transfer(_ fullName: String, to login: String) {
        move(fullName, to: login, as: Self.split(fullName).name)
    }

    /// Opts a repository in to immutable subjects.
    package mutating func optInToImmutableSubjects(_ fullName: String) {
        let (login, name) = Self.split(fullName)
        guard let owner = organizations.first(where: { $0.login == login })?.id else { return }
        editRepository(fullName) { repository in
            repository.setting?.useImmutableSubject = true
            repository.setting?.subClaimPrefix = "repo:\(login)@\(owner)/\(name)@\(repository.id)"
        }
    }

    package mutating func delete(_ fullName: String) {
        guard let index = index(of: fullName) else { return }
        organizations[index.organization].repositories.remove(at: index.repository)
    }

    /// Renames an organization; prefixes without ids follow its name.
    package mutating func renameOrganization(_ login: String, to newLogin: String) {
        editOrganization(login) { organization in
            organization.login = newLogin
            for index in organization.repositories.indices {
                let repository = organization.repositories[index]
                guard let prefix = repository.setting?.subClaimPrefix else { continue }
                organization.repositories[index].setting?.subClaimPrefix =
                    prefix.contains("@")
                    ? "repo:\(newLogin)@\(organization.id)/\(repository.name)@\(repository.id)"
                    : "repo:\(newLogin)/\(repository.name)"
            }
        }
    }

    // MARK: -

    private mutating func move(_ fullName: String, to login: String, as name: String) {
        guard let index = index(of: fullName), let owner = organizations.first(where: { $0.login == login }) else {
            return
        }
        var repository = organizations[index.organization].repositories.remove(at: index.repository)
        repository.name = name
        repository.immutable = true
        repository.setting?.subClaimPrefix = "repo:\(login)@\(owner.id)/\(name)@\(repository.id)"
        editOrganization(login) { $0.repositories.append(repository) }
    }

    private func index(of fullName: String) -> (organization: Int, repository: Int)? {
        let (login, name) = Self.split(fullName)
        guard let organization = organizations.firstIndex(where: { $0.login == login }),
            let repository = organizations[organization].repositories.firstIndex(where: { $0.name == name })
        else { return nil }
        return (organization, repository)
    }

    private static func split(_ fullName: String) -> (login: String, name: String) {
        let parts = fullName.split(separator: "/", maxSplits: 1).map(String.init)
        return (parts[0], parts.count > 1 ? parts[1] : "")
    }
}
