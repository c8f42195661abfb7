import AuditCore
import Foundation
import GRDB

/// One record as a line holds it.
struct EvidenceRecord {
    let kind: EvidenceKind
    /// In the order of the kind's fields, as many as the version has.
    let values: [DatabaseValue]
    /// The last version of the records whose line this can be.
    let version: Int

    init(kind: EvidenceKind, values: [DatabaseValue], version: Int = EvidenceKind.version) {
        self.kind = kind
        self.values = values
        self.version = version
    }

    func isOf(version other: Int) -> Bool {
        version == other || kind.names(in: version) == kind.names(in: other)
    }

    /// - Parameter field: its present name.
    subscript(_ field: String) -> DatabaseValue {
        zip(kind.fields, values).first { $0.0.name == field }?.1 ?? .null
    }

    func integer(_ field: String) -> Int64? { Int64.fromDatabaseValue(self[field]) }
    func text(_ field: String) -> String? { String.fromDatabaseValue(self[field]) }
}

/// Reads lines as `EvidenceLines` writes them, and no others: what is read gives the same line again.
struct EvidenceParser {
    /// Why a line is not ours.
    struct Failure: Error {
        let why: String
    }

    private let decoder = JSONDecoder()

    func record(_ line: ArraySlice<UInt8>) throws -> EvidenceRecord {
        let record: EvidenceRecord
        do {
            record = try decoder.decode(DecodedRecord.self, from: Data(line)).record
        } catch let error as Failure {
            throw error
        } catch {
            throw Failure(why: "it is not a record")
        }
        // Foundation takes the first of two members, and other spellings of the same value.
        guard EvidenceLines.line(of: record).dropLast().elementsEqual(line) else {
            throw Failure(why: "it is not written as a record is")
        }
        return record
    }
}

/// The fields of a record, by the names of its kind.
private struct DecodedRecord: Decodable {
    let record: EvidenceRecord

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        let name = try container.decode(String.self, forKey: Name(stringValue: "record"))
        guard let kind = EvidenceKind.all.first(where: { $0.name == name }) else {
            throw EvidenceParser.Failure(why: "this version does not know its kind of record")
        }
        // Whether it is the version that the scan's seal says is checked there.
        let version = (1...EvidenceKind.version).last { version in
            kind.names(in: version).allSatisfy { container.contains(Name(stringValue: $0)) }
        }
        guard let version else { throw EvidenceParser.Failure(why: "it has not the fields of its kind") }
        var values: [DatabaseValue] = []
        for field in kind.fields.prefix(kind.fieldCount(in: version)) {
            let key = Name(stringValue: field.name(in: version))
            do {
                values.append(try container.decodeNil(forKey: key) ? .null : Self.value(field, container, key))
            } catch {
                throw EvidenceParser.Failure(why: "\(field.name) is not of its form")
            }
        }
        record = EvidenceRecord(kind: kind, values: values, version: version)
    }

    private static func value(
        _ field: EvidenceField, _ container: KeyedDecodingContainer<Name>, _ key: Name,
    ) throws -> DatabaseValue {
        func check(_ isRight: Bool) throws {
            if !isRight { throw EvidenceParser.Failure(why: field.name) }
        }
        switch field.form {
        case .integer:
            let number = try container.decode(Int64.self, forKey: key)
            // Sums of counts must not overflow; ids are GitHub's.
            try check(number >= 0 && number < (field.name.hasSuffix("_id") ? .max : 1 << 40))
            return number.databaseValue
        case .boolean:
            return try container.decode(Bool.self, forKey: key).databaseValue
        case .text:
            let text = try container.decode(String.self, forKey: key)
            // What is read as one of a few words must be one.
            try check(field.name != "severity" || Severity(rawValue: text) != nil)
            try check(field.name != "state" || ["sealed", "interrupted"].contains(text))
            return text.databaseValue
        case .time:
            let text = try container.decode(String.self, forKey: key)
            try check(Timestamp(text) != nil)
            return text.databaseValue
        case .names:
            return try JSONColumn.of(container.decode([String].self, forKey: key)).databaseValue
        case .properties:
            return try JSONColumn.of(container.decode([String: [String]].self, forKey: key)).databaseValue
        case .scope:
            return try JSONColumn.of(container.decode(JSONColumn.ScopeText.self, forKey: key)).databaseValue
        }
    }
}
