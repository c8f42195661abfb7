import AuditCore
import GRDB

/// Finds out what a scan and those before it knew of repositories, for what that scan could not read.
struct KnowledgeBefore {
    private let db: Database
    private let organization: Int64
    private let last: Int64
    private let scans: OrganizationScans

    /// - Parameters:
    ///   - organization: its row id.
    ///   - last: the scan from which on is looked back.
    init(_ db: Database, of organization: Int64, upTo last: Int64) throws {
        self.db = db
        self.organization = organization
        self.last = last
        scans = try OrganizationScans(db, of: organization, upTo: last)
    }

    /// - Parameter repositories: by their row ids.
    func knowledge(of repositories: [(rowID: Int64, id: RepositoryID)]) throws -> [Int64: RepositoryKnowledge] {
        var known: [Int64: RepositoryKnowledge] = [:]
        for start in stride(from: 0, to: repositories.count, by: Self.batch) {
            let wanted = repositories[start..<min(start + Self.batch, repositories.count)]
            let list = "[" + wanted.map { String($0.rowID) }.joined(separator: ",") + "]"
            let facts = try rows(RepositoryRecord.self, list) { ($0.repositoryRowID, $0.scanID) }
            let settings = try rows(SettingRecord.self, list) { ($0.repositoryRowID, $0.scanID) }
            let coverage = try rows(CoverageRecord.self, list) { ($0.repositoryRowID, $0.scanID) }
            for (rowID, id) in wanted {
                known[rowID] = try knowledge(
                    of: rowID, id, Moments(facts[rowID]), Moments(settings[rowID]), Moments(coverage[rowID]))
            }
        }
        return known
    }

    private static let batch = 1000

    // MARK: -

    /// Rows of one repository, gone through from the last to the first.
    private struct Moments<Value> {
        private var rows: [(scanID: Int64, value: Value)]

        init(_ rows: [(scanID: Int64, value: Value)]?) { self.rows = rows ?? [] }

        /// The last one at or before a scan; 0 and `nil` if there is none.
        mutating func last(upTo scanID: Int64) -> (scanID: Int64, value: Value?) {
            while let last = rows.last, last.scanID > scanID { rows.removeLast() }
            return rows.last.map { ($0.scanID, $0.value) } ?? (0, nil)
        }
    }

    private func rows<Record: StoredRecord>(
        _ table: Record.Type, _ list: String, _ key: (Record) -> (rowID: Int64, scanID: Int64),
    ) throws -> [Int64: [(scanID: Int64, value: Record)]] {
        let cursor = try Record.fetchCursor(
            db,
            sql: """
                SELECT \(Record.selection("e"))
                FROM json_each(?1) wanted CROSS JOIN \(Record.databaseTableName) e ON e.repositoryID = wanted.value
                WHERE e.scanID <= ?2 ORDER BY e.repositoryID, e.scanID, e.id
                """,
            arguments: [list, last])
        var found: [Int64: [(scanID: Int64, value: Record)]] = [:]
        while let record = try cursor.next() {
            let (rowID, scanID) = key(record)
            found[rowID, default: []].append((scanID, record))
        }
        return found
    }

    private func knowledge(
        of rowID: Int64, _ id: RepositoryID, _ facts: Moments<RepositoryRecord>, _ settings: Moments<SettingRecord>,
        _ coverage: Moments<CoverageRecord>,
    ) throws -> RepositoryKnowledge {
        var (facts, settings, coverage) = (facts, settings, coverage)
        var json = JSONTextReader()
        var knowledge = RepositoryKnowledge()
        var place = scans.all.count - 1
        while place >= 0 {
            let scan = scans.all[place]
            let (factsID, columns) = facts.last(upTo: scan.id)
            let (settingID, setting) = settings.last(upTo: scan.id)
            let (coverageID, trouble) = coverage.last(upTo: scan.id)
            var looked = false
            let seen: RepositoryKnowledge.SeenState
            switch columns {
            case nil: seen = scan.listing == .partial ? .unknown : .absent
            case let columns? where columns.organizationRowID != organization || columns.presence == "removed":
                seen = .absent
            case let columns? where columns.presence != "listed" || !scan.view.lists(rowID):
                seen = .unknown
            case let columns?:
                let repository = try columns.repository(githubID: id.rawValue, &json)
                looked = scan.view.looked(at: rowID, repository)
                let reading = scan.view.reading(
                    of: repository, rowID: rowID, try setting?.setting(&json),
                    trouble?.reason)
                seen = .listed(
                    RepositoryState(
                        repository, reading, under: scan.template, isEnterpriseServer: scan.isEnterpriseServer))
            }
            guard knowledge.add(seen, by: scan.side) else { break }
            // Back to the last moment at which something was seen otherwise: in between, scans that looked saw the same.
            let moment = looked ? max(factsID, settingID, coverageID, scans.templateStart(place)) : scan.id
            place = min(scans.place(from: moment), place) - 1
        }
        return knowledge
    }
}
