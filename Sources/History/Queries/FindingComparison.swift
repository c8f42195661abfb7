import AuditCore
import GRDB

/// Reads what a policy found, scan by scan.
struct FindingComparison {
    private let db: Database
    private let apiURL: String
    private let policyName: String

    init(_ db: Database, apiURL: String, policyName: String) {
        self.db = db
        self.apiURL = apiURL
        self.policyName = policyName
    }

    /// A finding that did not stand alike after two scans.
    struct Change: Sendable {
        enum Kind: Int64, Sendable {
            case appeared
            case gone
            /// It stood open after both, and may have problems by the later one that it did not have.
            case changed
        }

        var finding: StoredFinding
        var kind: Kind
        /// Problems that it did not have before, where it stood open after both scans.
        var furtherProblems: [String] = []

        /// Whether it is about an organization, or one of its repositories.
        func concerns(_ organization: OrganizationID, login: String) -> Bool {
            switch finding.key.subject {
            case .repository: finding.organization == organization
            case .organization(let id): id == organization
            case .waiver(let name): name.hasPrefix("\(login): ")
            }
        }
    }

    /// A finding's place in a report, by name and rule; a change is too large to be moved about for it.
    fileprivate struct Place {
        let order: ReportOrder
        let rule: String
        let index: Int

        func precedes(_ other: Place) -> Bool { order.precedes(other.order, or: rule < other.rule) }
    }

    /// Changes in the order of name and rule.
    struct Changes: Sendable {
        private let changes: [Change]
        private let places: [Place]

        fileprivate init(_ changes: [Change], _ places: [Place]) {
            self.changes = changes
            self.places = places.sorted { $0.precedes($1) }
        }

        /// Goes through these and others together.
        func forEach(with others: Changes, _ body: (Change) -> Void) {
            var next = 0
            for place in places {
                while next < others.places.count, others.places[next].precedes(place) {
                    body(others.changes[others.places[next].index])
                    next += 1
                }
                body(changes[place.index])
            }
            for place in others.places[next...] { body(others.changes[place.index]) }
        }
    }

    /// Findings that stood open after one scan and not after the other, or with further problems.
    ///
    /// - Parameter half: 0 or 1, by the row ids of repositories; what is about none is in the first.
    func changes(from before: ScanID, to after: ScanID, half: Int) throws -> Changes {
        let ends = try ends(before.rawValue, after.rawValue, half)
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT e.value & 3, f.ruleID, r.githubID, o.githubID, f.waiver, g.githubID, x.owner,
                    f.isWaived, f.severity, f.message, f.firstSeenAt,
                    -- Looked for where there is one alone: it takes a walk through the table.
                    CASE WHEN f.organizationID NOT NULL THEN (
                        SELECT login FROM scanOrganization WHERE organizationID = f.organizationID
                        ORDER BY id DESC LIMIT 1) END,
                    x.name, f.problems, f.id
                FROM json_each(?1) e JOIN finding f ON f.id = e.value >> 2
                LEFT JOIN repository r ON r.id = f.repositoryID
                LEFT JOIN organization o ON o.id = f.organizationID
                LEFT JOIN repositoryObservation x ON x.id = (
                    SELECT id FROM repositoryObservation
                    WHERE repositoryID = f.repositoryID AND scanID <= ?2 ORDER BY scanID DESC, id DESC LIMIT 1)
                LEFT JOIN organization g ON g.id = x.organizationID
                """,
            arguments: [
                "["
                    + ends.sorted { $0.id < $1.id }.map { "\($0.id << 2 | $0.kind.rawValue)" }.joined(
                        separator: ",") + "]",
                max(before.rawValue, after.rawValue),
            ])
        var changes: [Change] = []
        var places: [Place] = []
        var json = JSONTextReader()
        let problemsBefore = try problems(ofRowsBefore: ends, &json)
        while let row = try rows.next() {
            let finding = try finding(row, &json)
            var change = Change(finding: finding, kind: Change.Kind(rawValue: try row.decode(atIndex: 0)) ?? .appeared)
            if change.kind == .changed {
                change.furtherProblems = finding.problems(
                    beyond: problemsBefore[try row.decode(atIndex: 14)] ?? finding.problems)
                guard !change.furtherProblems.isEmpty else { continue }
            }
            places.append(Place(order: ReportOrder(finding.name), rule: finding.key.rule, index: changes.count))
            changes.append(change)
        }
        return Changes(changes, places)
    }

    // MARK: -

    /// The last row of a finding up to a scan.
    private struct Last {
        /// Scan, id in 32 bits, and in the lowest one whether it stood open; 0 where there is none.
        private var row: Int64 = 0

        var id: Int64 { row >> 1 & 0xFFFF_FFFF }
        var isOpen: Bool { row & 1 == 1 }

        /// An import can write older scans after younger ones.
        mutating func take(_ row: Int64, upTo scan: Int64) {
            if row >> 33 <= scan { self.row = max(self.row, row) }
        }
    }

    /// A row by which a finding did not stand alike after two scans: the later one where it stood open after both.
    private struct End {
        var id: Int64
        var kind: Change.Kind
        /// The row before, where it stood open after both.
        var idBefore: Int64?
    }

    /// The problems before, by the later row, of findings that stood open after both scans.
    private func problems(ofRowsBefore ends: [End], _ json: inout JSONTextReader) throws -> [Int64: [String]] {
        let pairs = ends.compactMap { end in end.idBefore.map { "[\(end.id),\($0)]" } }
        guard !pairs.isEmpty else { return [:] }
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT json_extract(e.value, '$[0]'), f.problems
                FROM json_each(?) e JOIN finding f ON f.id = json_extract(e.value, '$[1]')
                """,
            arguments: ["[" + pairs.joined(separator: ",") + "]"])
        var problems: [Int64: [String]] = [:]
        while let row = try rows.next() {
            problems[try row.decode(atIndex: 0)] = try json.strings(row.decode(atIndex: 1))
        }
        return problems
    }

    /// The rows by which findings did not stand alike after two scans.
    ///
    /// They are gone through in the order of the index, which has those of one finding together. SQLite's own grouping
    /// takes memory for each group from an allocator that its connections share: two that group wait for each other.
    private func ends(_ before: Int64, _ after: Int64, _ half: Int) throws -> [End] {
        var ends: [End] = []
        for rule in try rules() {
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT (scanID << 33) | (id << 1) | isOpen, repositoryID, organizationID, waiver FROM finding
                    WHERE hostID = (SELECT id FROM host WHERE apiURL = ?1) AND policyName = ?2 AND ruleID = ?3
                        AND coalesce(repositoryID, 0) % 2 = ?4
                    ORDER BY repositoryID, organizationID, waiver
                    """,
                arguments: [apiURL, policyName, rule, half])
            var subject: (repository: Int64?, organization: Int64?, waiver: String?)
            var (first, last) = (Last(), Last())
            func endFinding() {
                switch (first.isOpen, last.isOpen) {
                case (false, true): ends.append(End(id: last.id, kind: .appeared))
                case (true, false): ends.append(End(id: first.id, kind: .gone))
                case (true, true) where first.id != last.id:
                    ends.append(End(id: last.id, kind: .changed, idBefore: first.id))
                case (true, true), (false, false): break
                }
                (first, last) = (Last(), Last())
            }
            while let row = try rows.next() {
                var next: (repository: Int64?, organization: Int64?, waiver: String?)
                next.repository = try row.decode(atIndex: 1)
                if next.repository == nil {
                    next.organization = try row.decode(atIndex: 2)
                    next.waiver = try row.decode(atIndex: 3)
                }
                if next != subject {
                    endFinding()
                    subject = next
                }
                let place: Int64 = try row.decode(atIndex: 0)
                first.take(place, upTo: before)
                last.take(place, upTo: after)
            }
            endFinding()
        }
        return ends
    }

    /// Ids of the rules that ever found something; one look into the index for each.
    private func rules() throws -> [String] {
        var rules: [String] = []
        while let next = try String.fetchOne(
            db,
            sql: """
                SELECT min(ruleID) FROM finding
                WHERE hostID = (SELECT id FROM host WHERE apiURL = ?1) AND policyName = ?2 AND ruleID > ?3
                """,
            arguments: [apiURL, policyName, rules.last ?? ""])
        {
            rules.append(next)
        }
        return rules
    }

    private func finding(_ row: Row, _ json: inout JSONTextReader) throws -> StoredFinding {
        let subject: FindingKey.Subject
        let name: String
        if let id: Int64 = try row.decode(atIndex: 2) {
            subject = .repository(RepositoryID(rawValue: id))
            name = try row.decode(String.self, atIndex: 6) + "/" + row.decode(String.self, atIndex: 12)
        } else if let id: Int64 = try row.decode(atIndex: 3) {
            subject = .organization(OrganizationID(rawValue: id))
            name = try row.decode(atIndex: 11) ?? "organization \(id)"
        } else {
            name = try row.decode(atIndex: 4)
            subject = .waiver(name)
        }
        return try StoredFinding(
            key: FindingKey(rule: row.decode(atIndex: 1), subject: subject),
            severity: Severity(rawValue: row.decode(atIndex: 8)) ?? .critical, message: row.decode(atIndex: 9),
            problems: json.strings(row.decode(atIndex: 13)), name: name, firstSeen: timestamp(row.decode(atIndex: 10)),
            isWaived: row.decode(atIndex: 7),
            organization: row.decode(Int64?.self, atIndex: 5).map(OrganizationID.init))
    }
}
