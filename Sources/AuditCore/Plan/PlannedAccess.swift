/// What a plan does to who can assume what, by the cloud exports that were given.
package struct PlannedAccess: Hashable, Sendable {
    /// An export as it was when the plan was held against it.
    package struct File: Hashable, Sendable {
        package var path: String
        package var sha256: String

        package init(path: String, sha256: String) {
            self.path = path
            self.sha256 = sha256
        }
    }

    package let files: [File]
    package let lost: [AccessDifference]
    package let gained: [AccessDifference]
    /// Why not everything of the exports was read or decided.
    package let gaps: [String]
    /// Those of them because of which more may be lost. No part of the plan's file: whoever applies it reads the exports anew.
    package var unread: [String] = []

    package init(files: [File], lost: [AccessDifference], gained: [AccessDifference], gaps: [String]) {
        self.files = files
        self.lost = lost.map(\.bare)
        self.gained = gained.map(\.bare)
        self.gaps = gaps
    }
}

extension AccessDifference {
    /// With no more of the repository than its names and id, which is all that a plan's file holds.
    fileprivate var bare: AccessDifference {
        AccessDifference(
            repository: Repository(
                id: repository.id, owner: repository.owner, name: repository.name, visibility: .unknown), trust: trust,
            identity: identity, before: before, after: after, contexts: contexts, isCertain: isCertain, add: add,
            obstacle: obstacle)
    }
}
