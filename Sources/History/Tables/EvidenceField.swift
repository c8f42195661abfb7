/// How a column is written in records of evidence, outside the file.
struct EvidenceField: Sendable {
    enum Form: Sendable {
        case text
        case integer
        case boolean
        /// `YYYY-MM-DDTHH:MM:SSZ`
        case time
        /// JSON that stands in the column as text: a list of strings, an object of such lists, or a scope.
        case names
        case properties
        case scope
    }

    /// A table of what the rows of others are about. They hold its row id; records hold what it is known by.
    enum Identity: String, Sendable {
        case host, organization, repository

        /// What it is known by in every file.
        var key: String { self == .host ? "apiURL" : "githubID" }
    }

    let name: String
    /// Its name in records of version 1; `nil`: the same.
    private var former: String?
    let form: Form
    /// The first version of the records that has it.
    let since: Int
    /// What the column refers to; `nil` if it says something by itself.
    var identity: Identity?
    /// Whether a row can be about none of these.
    var isOptional = false
    private(set) var column = ""

    static func text(_ name: String, since: Int = 1) -> Self { Self(name, .text, since: since) }
    static func integer(_ name: String, since: Int = 1) -> Self { Self(name, .integer, since: since) }
    static func boolean(_ name: String, since: Int = 1) -> Self { Self(name, .boolean, since: since) }
    static func time(_ name: String, since: Int = 1) -> Self { Self(name, .time, since: since) }
    static func names(_ name: String, since: Int = 1) -> Self { Self(name, .names, since: since) }
    static func properties(_ name: String, since: Int = 1) -> Self { Self(name, .properties, since: since) }
    static func scope(_ name: String, since: Int = 1) -> Self { Self(name, .scope, since: since) }

    static let host = Self("api_url", .text, identity: .host)
    static let repository = Self("repository_id", .integer, identity: .repository)
    static let organization = Self("organization_id", .integer, identity: .organization)

    func name(in version: Int) -> String { version == 1 ? former ?? name : name }

    /// The same, of another name in records of version 1.
    func formerly(_ name: String) -> Self {
        var field = self
        field.former = name
        return field
    }

    /// The same where a row can be about none.
    var orNone: Self {
        var field = self
        field.isOptional = true
        return field
    }

    /// The same, exported from a column.
    func of(_ column: String) -> Self {
        var field = self
        field.column = column
        return field
    }

    private init(_ name: String, _ form: Form, since: Int = 1, identity: Identity? = nil) {
        self.name = name
        self.form = form
        self.since = since
        self.identity = identity
    }
}
