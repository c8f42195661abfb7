import AuditCore
import GRDB

/// The columns of `repositoryObservation` that say something of the repository, as they are stored.
struct RepositoryColumns: Equatable {
    var organizationRowID: Int64
    var presence: String
    var owner: String
    var ownerGithubID: Int64?
    var name: String
    var visibility: String
    var isArchived: Bool?
    var isFork: Bool?
    var topics: String?
    var customProperties: String?

    /// The columns of a row `o`, in the order of this type.
    static let selection = """
        o.organizationID, o.presence, o.owner, o.ownerGithubID, o.name, o.visibility, o.isArchived, o.isFork, o.topics,
        o.customProperties
        """

    static let insertion = """
        INSERT INTO repositoryObservation (repositoryID, scanID, organizationID, presence, owner, ownerGithubID, name,
            visibility, isArchived, isFork, topics, customProperties)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    init(_ repository: Repository, organizationRowID: Int64, _ json: inout JSONTextWriter) {
        self.organizationRowID = organizationRowID
        presence = "listed"
        owner = repository.owner
        ownerGithubID = repository.ownerID
        name = repository.name
        visibility = repository.visibility.rawValue
        isArchived = repository.isArchived
        isFork = repository.isFork
        topics = repository.topics.map { json.text(of: $0) }
        customProperties = repository.customProperties.map { JSONColumn.of($0) }
    }

    /// - Parameter start: index of `organizationID`; the others follow in the order of this type.
    init(_ row: Row, at start: Int) throws {
        organizationRowID = try row.decode(atIndex: start)
        presence = try row.decode(atIndex: start + 1)
        owner = try row.decode(atIndex: start + 2)
        ownerGithubID = try row.decode(atIndex: start + 3)
        name = try row.decode(atIndex: start + 4)
        visibility = try row.decode(atIndex: start + 5)
        isArchived = try row.decode(atIndex: start + 6)
        isFork = try row.decode(atIndex: start + 7)
        topics = try row.decode(atIndex: start + 8)
        customProperties = try row.decode(atIndex: start + 9)
    }

    var values: [(any DatabaseValueConvertible)?] {
        [
            organizationRowID, presence, owner, ownerGithubID, name, visibility, isArchived, isFork, topics,
            customProperties,
        ]
    }

    /// Two spellings that Unicode takes for the same are two texts.
    static func == (left: RepositoryColumns, right: RepositoryColumns) -> Bool {
        left.organizationRowID == right.organizationRowID && left.presence == right.presence
            && left.owner.isExactly(right.owner) && left.ownerGithubID == right.ownerGithubID
            && left.name.isExactly(right.name) && left.visibility == right.visibility
            && left.isArchived == right.isArchived && left.isFork == right.isFork
            && left.topics.map(ExactText.init) == right.topics.map(ExactText.init)
            && left.customProperties.map(ExactText.init) == right.customProperties.map(ExactText.init)
    }

    func repository(githubID: Int64, _ reader: inout JSONTextReader) throws -> Repository {
        Repository(
            id: RepositoryID(rawValue: githubID), owner: owner, ownerID: ownerGithubID, name: name,
            visibility: .init(rawValue: visibility) ?? .unknown, isArchived: isArchived, isFork: isFork,
            topics: try topics.map { try reader.strings($0) },
            customProperties: try customProperties.map { try reader.properties($0) })
    }
}

extension EvidenceRecord {
    /// What a record of the kind `repository` tells of it.
    func repository(_ reader: inout JSONTextReader) throws -> Repository {
        Repository(
            id: RepositoryID(rawValue: integer("repository_id") ?? 0), owner: text("owner") ?? "",
            ownerID: integer("owner_id"), name: text("name") ?? "",
            visibility: text("visibility").flatMap(Repository.Visibility.init) ?? .unknown,
            isArchived: Bool.fromDatabaseValue(self["archived"]), isFork: Bool.fromDatabaseValue(self["fork"]),
            topics: try text("topics").map { try reader.strings($0) },
            customProperties: try text("custom_properties").map { try reader.properties($0) })
    }
}
