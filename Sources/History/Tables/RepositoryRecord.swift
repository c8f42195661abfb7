import AuditCore
import GRDB

/// What an organization's listing said of a repository.
struct RepositoryRecord: StoredRecord {
    static let databaseTableName = "repositoryObservation"

    var id: Int64?
    var repositoryRowID: Int64 = 0
    var scanID: Int64 = 0
    var organizationRowID: Int64 = 0
    var presence = "listed"
    var owner = ""
    var ownerGithubID: Int64?
    var name = ""
    var visibility = ""
    var isArchived: Bool?
    var isFork: Bool?
    var topics: String?
    var customProperties: String?

    static let columns: [StoredColumn<Self>] = [
        .key("id", \.id),
        .init("repositoryID", \.repositoryRowID, .repository),
        .key("scanID", \.scanID),
        .init("organizationID", \.organizationRowID, .organization),
        .init("presence", \.presence, .text("presence")),
        .init("owner", \.owner, .text("owner")),
        .init("ownerGithubID", \.ownerGithubID, .integer("owner_id")),
        .init("name", \.name, .text("name")),
        .init("visibility", \.visibility, .text("visibility")),
        .init("isArchived", \.isArchived, .boolean("archived")),
        .init("isFork", \.isFork, .boolean("fork")),
        .init("topics", \.topics, .names("topics")),
        .init("customProperties", \.customProperties, .properties("custom_properties")),
    ]
}

extension RepositoryRecord {
    init(
        _ repository: Repository, rowID: Int64, scanID: Int64, organizationRowID: Int64, _ json: inout JSONTextWriter,
    ) {
        repositoryRowID = rowID
        self.scanID = scanID
        self.organizationRowID = organizationRowID
        owner = repository.owner
        ownerGithubID = repository.ownerID
        name = repository.name
        visibility = repository.visibility.rawValue
        isArchived = repository.isArchived
        isFork = repository.isFork
        topics = repository.topics.map { json.text(of: $0) }
        customProperties = repository.customProperties.map { JSONColumn.of($0) }
    }

    func repository(githubID: Int64, _ reader: inout JSONTextReader) throws -> Repository {
        Repository(
            id: RepositoryID(rawValue: githubID), owner: owner, ownerID: ownerGithubID, name: name,
            visibility: .init(rawValue: visibility) ?? .unknown, isArchived: isArchived, isFork: isFork,
            topics: try topics.map { try reader.strings($0) },
            customProperties: try customProperties.map { try reader.properties($0) })
    }

    var fullName: String { "\(owner)/\(name)" }
}
