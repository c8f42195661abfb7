import Foundation
import GRDB

/// A policy or a waiver file that scans were judged by, each text once.
struct JudgingTextRecord: StoredRecord {
    static let databaseTableName = "judgingText"

    var id: Int64?
    var kind = ""
    var sha256 = ""
    var name = ""
    var text = Data()

    static let columns: [StoredColumn<Self>] = [
        .key("id", \.id),
        .init("kind", \.kind),
        .init("sha256", \.sha256),
        .init("name", \.name),
        .init("text", \.text),
    ]
}

extension JudgingTextRecord {
    init(_ text: JudgingText) {
        kind = text.kind.rawValue
        sha256 = text.sha256
        name = text.name
        self.text = Data(text.bytes)
    }

    static func fetch(_ kind: JudgingText.Kind, _ sha256: String, _ db: Database) throws -> JudgingTextRecord? {
        try filter(Column("kind") == kind.rawValue && Column("sha256") == sha256).fetchOne(db)
    }
}
