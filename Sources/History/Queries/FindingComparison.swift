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
        enum Kind: Sendable {
            case appeared
            case gone
            /// It stood open after both, and may have problems by the later one that it did not have.
            case changed
        }

        var finding: StoredFinding
        var kind: Kind
        /// Problems that it did not have before, where it stood open after both scans.
        var furtherProblems: [String] = []
        /// Problems that it had before alone, likewise.
        var fixedProblems: [String] = []
        /// Whether a waiver covered it before alone, likewise.
        var isNoLongerAccepted = false

        /// Whether somebody would call it another finding than before.
        fileprivate var isChange: Bool {
            kind != .changed || !furtherProblems.isEmpty || !fixedProblems.isEmpty || isNoLongerAccepted
                || finding.isMoreSevere
        }

        /// Whether it is about an organization, or one of its repositories.
        func concerns(_ organization: OrganizationID, login: String) -> Bool {
            switch finding.key.subject {
            case .repository: finding.organization == organization
            case .organization(let id): id == organization
            case .waiver(let name): name.hasPrefix("\(login): ")
            case .identity: false
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

    /// Findings that stood open after one scan and not after the other, or with further problems, or as more severe.
    ///
    /// - Parameter half: 0 or 1, by the row ids of repositories; what is about none is in the first.
    func changes(from before: ScanID, to after: ScanID, half: Int) throws -> Changes {
        let ends = try ends(before.rawValue, after.rawValue, half)
        let endsByID = Dictionary(uniqueKeysWithValues: ends.map { ($0.id, $0) })
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT r.githubID, o.githubID, g.githubID, x.owner || '/' || x.name,
                    -- Looked for where there is one alone: it takes a walk through the table.
                    CASE WHEN f.organizationID NOT NULL THEN (
                        SELECT login FROM scanOrganization WHERE organizationID = f.organizationID
                        ORDER BY id DESC LIMIT 1) END,
                    \(FindingRecord.selection("f"))
                FROM json_each(?1) e JOIN finding f ON f.id = e.value
                LEFT JOIN repository r ON r.id = f.repositoryID
                LEFT JOIN organization o ON o.id = f.organizationID
                LEFT JOIN repositoryObservation x ON x.id = \(RepositoryRecord.last(of: "f.repositoryID", upTo: "?2"))
                LEFT JOIN organization g ON g.id = x.organizationID
                """,
            arguments: [
                "[" + ends.map(\.id).sorted().map(String.init).joined(separator: ",") + "]",
                max(before.rawValue, after.rawValue),
            ])
        var changes: [Change] = []
        var places: [Place] = []
        var json = JSONTextReader()
        let before = try states(ofRowsBefore: ends, &json)
        while let row = try rows.next() {
            let (id, finding) = try finding(row, &json)
            var change = Change(finding: finding, kind: endsByID[id]?.kind ?? .appeared)
            change.finding.isBack = endsByID[id]?.isBack ?? false
            if change.kind == .changed {
                guard let before = before[id] else { continue }
                change.furtherProblems = finding.problems(beyond: before.problems)
                change.fixedProblems = before.problems.fixed(by: finding.problems)
                change.isNoLongerAccepted = before.isWaived && !finding.isWaived
                if before.severity != finding.severity { change.finding.severityBefore = before.severity }
            }
            guard change.isChange else { continue }
            places.append(Place(order: ReportOrder(finding.name), rule: finding.key.rule, index: changes.count))
            changes.append(change)
        }
        return Changes(changes, places)
    }

    // MARK: -

    /// The last row of a finding up to a scan.
    private struct Last {
        private var scanID: Int64 = 0
        private(set) var id: Int64 = 0
        private(set) var isOpen = false
        /// Whether one of the rows says that it was fixed.
        private(set) var wasFixed = false

        /// An import can write older scans after younger ones.
        mutating func take(_ id: Int64, of scanID: Int64, isOpen: Bool, departure: String?, upTo scan: Int64) {
            guard scanID <= scan else { return }
            // What went with its repository or its rule was not seen fixed.
            wasFixed = wasFixed || !isOpen && departure == nil
            if (scanID, id) > (self.scanID, self.id) {
                (self.scanID, self.id, self.isOpen) = (scanID, id, isOpen)
            }
        }
    }

    /// A row by which a finding did not stand alike after two scans: the later one where it stood open after both.
    private struct End {
        var id: Int64
        var kind: Change.Kind
        /// The row before, where it stood open after both.
        var idBefore: Int64?
        /// Whether it was fixed before the later one.
        var isBack = false
    }

    private struct State {
        var problems: [String]
        var isWaived: Bool
        var severity: Severity
    }

    /// How findings that stood open after both scans stood before, by the later row.
    private func states(ofRowsBefore ends: [End], _ json: inout JSONTextReader) throws -> [Int64: State] {
        let pairs = ends.compactMap { end in end.idBefore.map { "[\(end.id),\($0)]" } }
        guard !pairs.isEmpty else { return [:] }
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT json_extract(e.value, '$[0]') AS id, f.problems, f.isWaived, f.severity
                FROM json_each(?) e JOIN finding f ON f.id = json_extract(e.value, '$[1]')
                """,
            arguments: ["[" + pairs.joined(separator: ",") + "]"])
        var states: [Int64: State] = [:]
        while let row = try rows.next() {
            states[try row.decode(forColumn: "id")] = try State(
                problems: json.strings(row.decode(forColumn: "problems")), isWaived: row.decode(forColumn: "isWaived"),
                severity: Severity(rawValue: row.decode(forColumn: "severity")) ?? .critical)
        }
        return states
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
                    SELECT repositoryID, organizationID, waiver, id, scanID, isOpen, departure FROM finding
                    WHERE hostID = (SELECT id FROM host WHERE apiURL = ?1) AND policyName = ?2 AND ruleID = ?3
                        AND coalesce(repositoryID, 0) % 2 = ?4
                    ORDER BY repositoryID, organizationID, waiver
                    """,
                arguments: [apiURL, policyName, rule, half])
            var subject: (repository: Int64?, organization: Int64?, waiver: String?)
            var (first, last) = (Last(), Last())
            func endFinding() {
                switch (first.isOpen, last.isOpen) {
                case (false, true): ends.append(End(id: last.id, kind: .appeared, isBack: last.wasFixed))
                case (true, false): ends.append(End(id: first.id, kind: .gone))
                case (true, true) where first.id != last.id:
                    ends.append(End(id: last.id, kind: .changed, idBefore: first.id))
                case (true, true), (false, false): break
                }
                (first, last) = (Last(), Last())
            }
            while let row = try rows.next() {
                var columns = RowReader(row)
                let next: (repository: Int64?, organization: Int64?, waiver: String?) =
                    try (columns.next(), columns.next(), columns.next())
                if next != subject {
                    endFinding()
                    subject = next
                }
                let (id, scanID, isOpen): (Int64, Int64, Bool) = try (columns.next(), columns.next(), columns.next())
                let departure: String? = try columns.next()
                first.take(id, of: scanID, isOpen: isOpen, departure: departure, upTo: before)
                last.take(id, of: scanID, isOpen: isOpen, departure: departure, upTo: after)
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

    private func finding(_ row: Row, _ json: inout JSONTextReader) throws -> (id: Int64, finding: StoredFinding) {
        var columns = RowReader(row)
        let repositoryID: Int64? = try columns.next()
        let organizationID: Int64? = try columns.next()
        let owner = try columns.next(Int64?.self).map(OrganizationID.init)
        let fullName: String? = try columns.next()
        let login: String? = try columns.next()
        let stored: FindingRecord = try columns.next()
        let (subject, name): (FindingKey.Subject, String) =
            if let repositoryID {
                (.repository(RepositoryID(rawValue: repositoryID)), fullName ?? "repository \(repositoryID)")
            } else if let organizationID {
                (.organization(OrganizationID(rawValue: organizationID)), login ?? "organization \(organizationID)")
            } else {
                (.waiver(stored.waiver ?? ""), stored.waiver ?? "")
            }
        return try (stored.id ?? 0, stored.finding(subject, name: name, organization: owner, &json))
    }
}
