import GRDB

/// One kind of record that a scan leaves as evidence, and how its rows are written outside the file.
///
/// A record is a line of JSON without spaces: `record`, then the fields in the order of `fields`. Repositories and
/// organizations stand in it with GitHub's ids, never with row ids, so that a record is the same in every file. What a
/// scan is sealed by is the SHA-256 of its lines in the order of `all`: names, order and form of fields are never
/// changed within a version of the records. A new field goes to the end of its table's columns, `since` the next version,
/// and a field of another name says what it was `formerly`; each seal says by which version it was made, so that older
/// seals stay true.
struct EvidenceKind: Sendable {
    /// The version of the records that are written now.
    static let version = 3

    let name: String
    let table: String
    /// In the order of the columns of `source`.
    let fields: [EvidenceField]
    /// Selects the fields of the table's rows `e`, without a condition.
    let source: String
    /// The order of a scan's records, for which row ids serve only where ids agree.
    let order: String
    /// Whether rows name a host that records do not: it is the scan's.
    let hasHost: Bool

    /// The columns of a table that are evidence.
    init<Record: StoredRecord>(_ name: String, _ record: Record.Type, order: String) {
        self.init(
            name, table: Record.databaseTableName, Record.columns.compactMap(\.evidence), order: order,
            hasHost: Record.columns.contains { $0.name == "hostID" && $0.evidence == nil })
    }

    /// - Parameter source: `nil`: the columns of the fields.
    init(
        _ name: String, table: String, _ fields: [EvidenceField], source: String? = nil, order: String,
        hasHost: Bool = false,
    ) {
        self.name = name
        self.table = table
        self.fields = fields
        self.source = source ?? Self.selection(of: fields, from: table)
        self.order = order
        self.hasHost = hasHost
    }

    private static func selection(of fields: [EvidenceField], from table: String) -> String {
        let columns = fields.map { field in
            field.identity.map { "\($0.rawValue).\($0.key)" } ?? "e.\(field.column)"
        }
        let joins = fields.compactMap { field in
            field.identity.map { identity in
                "\(field.isOptional ? "LEFT JOIN" : "JOIN") \(identity.rawValue) "
                    + "ON \(identity.rawValue).id = e.\(field.column)"
            }
        }
        return "SELECT \(columns.joined(separator: ", ")) FROM \(table) e \(joins.joined(separator: " "))"
    }

    /// How many fields a version of the records has: the first so many.
    func fieldCount(in version: Int) -> Int { fields.prefix { $0.since <= version }.count }

    /// The names of its fields in a version of the records.
    func names(in version: Int) -> [String] {
        fields.prefix(fieldCount(in: version)).map { $0.name(in: version) }
    }

    /// The fields of which the first that is there names what the record is about.
    var identities: [Int] {
        fields.indices.filter { [.repository, .organization].contains(fields[$0].identity) }
    }

    /// Rows of one scan, `?1`.
    var ofScan: String {
        "\(source) WHERE e.\(self.name == Self.scan.name ? "id" : "scanID") = ?1 ORDER BY \(order)"
    }

    /// A scan's records in the order in which they are hashed.
    static let all: [EvidenceKind] = [
        scan, organization, repository, setting, coverage, progress, finding, tally,
    ]

    static let scan = EvidenceKind("scan", ScanRecord.self, order: "e.id")
    static let organization = EvidenceKind("organization", OrganizationRecord.self, order: "e.id")
    static let repository = EvidenceKind("repository", RepositoryRecord.self, order: "repository.githubID, e.id")
    static let setting = EvidenceKind("setting", SettingRecord.self, order: "repository.githubID, e.id")
    static let coverage = EvidenceKind("coverage", CoverageRecord.self, order: "repository.githubID, e.id")
    static let finding = EvidenceKind("finding", FindingRecord.self, order: "e.id")
    static let tally = EvidenceKind("tally", TallyRecord.self, order: "organization.githubID")

    /// Which repositories a scan met whose listing was not read to its end; the first record, of none, says that it is
    /// written at all.
    static let progress = EvidenceKind(
        "progress", table: ProgressRecord.databaseTableName,
        [.repository.orNone, .boolean("was_listed").formerly("listed"), .boolean("was_read").formerly("read")],
        source: """
            SELECT repository.githubID, json_extract(met.value, '$[1]'), json_extract(met.value, '$[2]')
            FROM scanProgress e, json_each(?2) met
            LEFT JOIN repository ON repository.id = json_extract(met.value, '$[0]')
            """,
        order: "repository.githubID")
}
