package import AuditCore
import GRDB

// What a scan is compared with, and what came after a scan without coming to its end.

extension HistoryStore {
    /// A policy's findings as they stood after the scan with which another is compared: of each organization, the newest
    /// before it that has its scope. What a scan of another scope saw in between is new to whoever reads this one.
    ///
    /// - Parameter scan: the one that is compared; `nil`: one that is yet to be sealed.
    /// - Returns: `nil` if no scan came in between, so that this is what is known anyway.
    package func findingsCompared(
        with scan: StoredScan?, of organizations: [OrganizationReference], scope: Scope, apiURL: String,
        policyName: String,
    ) async throws(HistoryError) -> [FindingKey: KnownFinding]? {
        try await read { db in
            guard let host = try Self.knownHostID(apiURL, db),
                try Int.fetchOne(
                    db, sql: "SELECT count(DISTINCT scope) FROM scan WHERE hostID = ? AND state = 'sealed'",
                    arguments: [host]) ?? 0 > 1
            else { return nil }
            let names = OrganizationNames(db, apiURL: apiURL)
            var compared: [ScanID: Set<OrganizationID>] = [:]
            var isOvertaken = false
            // Those of which no scan named the same repositories: each is held against the last scan that read it.
            var newlyNamed: Set<OrganizationID> = []
            for organization in organizations {
                var search = ScanSearch(apiURL: apiURL, organizations: [organization])
                search.below = scan
                let last = try search.newest(db)
                search.scope = scope
                guard let row = try names.stored(organization).rowID,
                    let id = try Int64.fetchOne(
                        db, sql: "SELECT githubID FROM organization WHERE id = ?", arguments: [row]
                    ).map(OrganizationID.init(rawValue:))
                else { continue }
                guard let like = try search.newest(db) else {
                    if !scope.named.isEmpty { newlyNamed.insert(id) }
                    continue
                }
                compared[like.id, default: []].insert(id)
                isOvertaken = isOvertaken || like.id != last?.id
            }
            guard isOvertaken || !newlyNamed.isEmpty else { return nil }
            func known(before id: Int64) throws -> [FindingKey: KnownFinding] {
                try LastFinding.all(hostID: host, policyName: policyName, before: id, db).mapValues(\.known)
            }
            // If no scan has its scope, an organization is compared with everything that is known.
            let named = Set(newlyNamed.isEmpty ? [] : scope.named.names.map { $0.description.lowercased() })
            let settled = compared.values.reduce(into: Set()) { $0.formUnion($1) }
            var findings = try known(before: scan?.id.rawValue ?? .max)
                .filter { $1.organization.map { !settled.contains($0) } ?? true }
                .mapValues { finding in
                    guard finding.isOutOfScope, finding.organization.map(newlyNamed.contains) == true,
                        named.contains(finding.name.lowercased())
                    else { return finding }
                    var finding = finding
                    finding.isOutOfScope = false
                    return finding
                }
            for (id, organizations) in compared {
                findings.merge(
                    try known(before: id.rawValue + 1).filter { $1.organization.map(organizations.contains) == true }
                ) { _, new in new }
            }
            return findings
        }
    }

    /// The newest scan of the scope of another that began after it, asked for one of its organizations and was never
    /// finished: what it read was not judged. One that still runs is not meant, nor one that never read anything.
    package func unfinishedScan(
        after scan: StoredScan, of organization: OrganizationReference,
    ) async throws(HistoryError) -> (id: ScanID, startedAt: Timestamp)? {
        let path = path
        return try await read { db in
            let names = OrganizationNames(db, apiURL: scan.apiURL)
            let stored = try names.stored(organization)
            let logins = try [organization.login, stored.login] + (stored.rowID.map(names.logins) ?? [])
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT s.id, s.startedAt, s.state FROM scan s JOIN host h ON h.id = s.hostID
                    JOIN scanProgress p ON p.scanID = s.id
                    WHERE h.apiURL = ?1 AND s.id > ?2 AND s.state <> 'sealed' AND s.scope = ?3 AND length(p.listed) > 0
                        AND s.id NOT IN (SELECT scanID FROM seal WHERE scanID NOT NULL)
                        AND EXISTS (
                            SELECT 1 FROM json_each(s.requested) asked JOIN json_each(?4) name
                                ON name.value = asked.value COLLATE NOCASE)
                    ORDER BY s.id DESC
                    """,
                arguments: [scan.apiURL, scan.id.rawValue, JSONColumn.of(scan.scope), JSONColumn.of(logins)])
            while let row = try rows.next() {
                let id: Int64 = try row.decode(forColumn: "id")
                let state: String = try row.decode(forColumn: "state")
                // One that was killed runs no more, whatever its row says.
                if state == "running", HistoryLock.isHeld(database: path, scan: id) { continue }
                return (ScanID(rawValue: id), try row.time("startedAt"))
            }
            return nil
        }
    }
}
