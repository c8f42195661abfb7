import AuditCore
import GRDB

/// A row of a table whose columns are declared once: what is selected, read, inserted and compared, and what of it is
/// sealed, exported and imported, follows from `columns`.
protocol StoredRecord: FetchableRecord, PersistableRecord, Sendable {
    /// In the order in which they are selected and read. A new column goes to the end, as in its table.
    static var columns: [StoredColumn<Self>] { get }

    init()
}

/// One column of a table.
struct StoredColumn<Record>: Sendable {
    let name: String
    /// How the column is exported as evidence; `nil`: it is not.
    let evidence: EvidenceField?
    /// Whether another value makes it another row.
    let isCompared: Bool
    fileprivate let read: @Sendable (inout Record, Row, _ index: Int) throws -> Void
    fileprivate let value: @Sendable (Record) -> DatabaseValue

    init<Value: DatabaseValueConvertible & StatementColumnConvertible & SendableMetatype>(
        _ name: String, _ path: any WritableKeyPath<Record, Value> & Sendable, _ evidence: EvidenceField? = nil,
        isCompared: Bool = true,
    ) {
        self.name = name
        self.evidence = evidence?.of(name)
        self.isCompared = isCompared
        read = { record, row, index in record[keyPath: path] = try row.decode(atIndex: index) }
        value = { record in record[keyPath: path].databaseValue }
    }
}

extension StoredColumn {
    /// Columns that say which row it is, and nothing of what was seen.
    static func key<Value: DatabaseValueConvertible & StatementColumnConvertible & SendableMetatype>(
        _ name: String, _ path: any WritableKeyPath<Record, Value> & Sendable,
    ) -> Self {
        StoredColumn(name, path, isCompared: false)
    }

    /// A count, read within bounds in which sums don't overflow, whatever stands there.
    static func count(_ name: String, _ path: any WritableKeyPath<Record, Int> & Sendable, _ evidence: EvidenceField)
        -> Self
    {
        StoredColumn(
            name: name, evidence: evidence.of(name), isCompared: true,
            read: { record, row, index in
                record[keyPath: path] = min(max(try row.decode(Int?.self, atIndex: index) ?? 0, 0), 1 << 40)
            },
            value: { record in record[keyPath: path].databaseValue })
    }

    private init(
        name: String, evidence: EvidenceField?, isCompared: Bool,
        read: @escaping @Sendable (inout Record, Row, Int) throws -> Void,
        value: @escaping @Sendable (Record) -> DatabaseValue,
    ) {
        self.name = name
        self.evidence = evidence
        self.isCompared = isCompared
        self.read = read
        self.value = value
    }
}

extension StoredRecord {
    /// The columns, separated by commas.
    ///
    /// - Parameter alias: of the table in the query.
    static func selection(_ alias: String) -> String {
        columns.map { "\(alias).\($0.name)" }.joined(separator: ", ")
    }

    /// What GRDB selects.
    static var databaseSelection: [any SQLSelectable] { columns.map { Column($0.name) } }

    /// - Parameter row: what `databaseSelection` or `selection` selects of one table; `RowReader` reads rows of several.
    init(row: Row) throws {
        var reader = RowReader(row)
        self = try reader.next()
    }

    func encode(to container: inout PersistenceContainer) throws {
        for column in Self.columns { container[column.name] = column.value(self) }
    }

    /// Whether it says the same. Two spellings that Unicode takes for the same are two texts.
    func isSame(as other: Self?) -> Bool {
        guard let other else { return false }
        return Self.columns.allSatisfy { column in
            !column.isCompared || column.value(self).isExactly(column.value(other))
        }
    }

    /// SQL for a column of the last row that a scan or one before it wrote of something: how that stood at the scan.
    ///
    /// - Parameters:
    ///   - column: of the row.
    ///   - subject: SQL for the row id of what it is about.
    ///   - key: the column that holds the subject.
    ///   - scan: SQL for the number of the scan; `nil`: as it stands now.
    ///   - condition: which rows count.
    static func last(
        _ column: String = "id", of subject: String, by key: String = "repositoryID", upTo scan: String? = nil,
        where condition: String? = nil,
    ) -> String {
        LastRow.sql(column, in: databaseTableName, of: subject, by: key, upTo: scan, where: condition)
    }
}

enum LastRow {
    /// As `StoredRecord.last`, in a table of that name.
    static func sql(
        _ column: String = "id", in table: String, of subject: String, by key: String = "repositoryID",
        upTo scan: String? = nil, where condition: String? = nil,
    ) -> String {
        let conditions = ["\(key) = \(subject)", scan.map { "scanID <= \($0)" }, condition].compactMap(\.self)
        return """
            (SELECT \(column) FROM \(table) WHERE \(conditions.joined(separator: " AND "))
                ORDER BY scanID DESC, id DESC LIMIT 1)
            """
    }
}

/// Reads what a query selects, in the order in which it selects it: columns of its own, and lists of tables' columns.
///
/// By position and not by name: joined tables have columns of the same name.
struct RowReader {
    private let row: Row
    private var index = 0

    init(_ row: Row) {
        self.row = row
    }

    mutating func next<Value: DatabaseValueConvertible & StatementColumnConvertible>(
        _ type: Value.Type = Value.self,
    ) throws -> Value {
        defer { index += 1 }
        return try row.decode(atIndex: index)
    }

    mutating func next<Record: StoredRecord>(_ type: Record.Type = Record.self) throws -> Record {
        var record = Record()
        for column in Record.columns {
            try column.read(&record, row, index)
            index += 1
        }
        return record
    }

    /// - Returns: `nil` if an outer join found no row, so that even its id is null.
    mutating func nextIfPresent<Record: StoredRecord>(_ type: Record.Type = Record.self) throws -> Record? {
        guard row.hasNull(atIndex: index) else { return try next(type) }
        index += Record.columns.count
        return nil
    }
}

extension Row {
    /// A time, as this program writes it.
    func time(_ column: String) throws -> Timestamp { try timestamp(decode(forColumn: column)) }
}

extension DatabaseValue {
    fileprivate func isExactly(_ other: DatabaseValue) -> Bool {
        if case .string(let text) = storage, case .string(let otherText) = other.storage {
            return text.isExactly(otherText)
        }
        return self == other
    }
}
