package import AuditCore
import GRDB

/// Writes one running scan to the history, batch by batch, and ends it.
package actor ScanRecorder {
    package nonisolated let scanID: ScanID
    /// When it began, or the interrupted scan that goes on.
    package nonisolated let startedAt: Timestamp
    /// When the interrupted scan began that goes on; `nil` for a new one.
    package nonisolated let resumedFrom: Timestamp?
    /// Why no interrupted scan goes on, where one was to.
    package nonisolated let notResumed: NotResumable?
    private let store: HistoryStore
    private let hostID: Int64
    /// Who asks.
    private let credential: CredentialID?
    private let keepsValidators: Bool
    /// Organizations that another credential reads, whose validators are not this one's.
    private var ofOtherCredentials: Set<OrganizationID> = []
    /// What the scan asked before it was interrupted.
    private let requestsBefore: RequestCounts
    /// Row ids of repositories that this scan listed, and of those whose setting it asked for.
    private var listed = RowIDSet()
    private var read: RowIDSet
    /// Held until the scan is over.
    private var locks: [HistoryLock]
    /// Whether every listing so far was read to its end.
    private var isWhole = true
    /// Of the organizations that are being read.
    private var pages: [OrganizationID: [ListedPage]] = [:]

    init(store: HistoryStore, _ begun: OpenScan, _ start: ScanStart) {
        self.store = store
        credential = start.credential
        keepsValidators = start.keepsValidators
        scanID = ScanID(rawValue: begun.scanID)
        hostID = begun.hostID
        startedAt = begun.resumedFrom ?? start.startedAt
        resumedFrom = begun.resumedFrom
        notResumed = begun.notResumed
        requestsBefore = begun.requests
        read = begun.read
        locks = [begun.lock]
    }

    /// Takes the organization for this scan, before anything of it is stored.
    ///
    /// - Parameters:
    ///   - withLastReads: whether to add which scan last read each repository, as where the one before ended early.
    ///   - keepsValidators: whether the scan's own credential reads it, so that validators hold the next time.
    /// - Returns: what earlier reads spare this one.
    /// - Throws: `.scanRunning` where another scan has it; `.overtaken` where one that began later has been through with
    ///   it already: what this scan wrote now would change what that one saw.
    package func begin(
        _ organization: OrganizationID, login: String, withLastReads: Bool = false, keepsValidators: Bool = true,
    ) async throws(HistoryError) -> PriorKnowledge {
        if !keepsValidators { ofOtherCredentials.insert(organization) }
        let (scan, host, path) = (scanID.rawValue, hostID, store.path)
        let credential = validatorCredential(of: organization)
        let read = resumedFrom == nil ? nil : self.read
        let (lock, row) = try await store.write { db in
            let row = try organizationRowID(organization, hostID: host, db)
            let lock = try HistoryLock(database: path, organization: row, login: login)
            let isOvertaken = try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM scanOrganization WHERE organizationID = ?1 AND scanID > ?2)
                        OR EXISTS (SELECT 1 FROM repositoryObservation WHERE organizationID = ?1 AND scanID > ?2)
                        OR EXISTS (
                            SELECT 1 FROM (
                                SELECT repositoryID FROM settingObservation WHERE scanID > ?2
                                UNION SELECT repositoryID FROM coverage WHERE scanID > ?2) younger
                            JOIN repositoryObservation o ON o.repositoryID = younger.repositoryID
                            WHERE o.organizationID = ?1)
                    """,
                arguments: [row, scan])
            guard isOvertaken != true else { throw HistoryError.overtaken(path: path, organization: login) }
            return (lock, row)
        }
        locks.append(lock)
        // Nobody else writes of it now: others need not wait while it is read.
        return try await store.read { db in
            var reader = KnowledgeReader(db, scanID: scan, hostID: host, organizationRowID: row)
            return try reader.knowledge(of: credential, resuming: read, withLastReads: withLastReads)
        }
    }

    /// Keeps the organization's template as it was first read, should the scan be interrupted. Where an interrupted one
    /// read another, or none, what that read of repositories no longer counts as read.
    ///
    /// - Parameter template: set or never set.
    package func begin(with template: OrganizationTemplate, of organization: OrganizationID) async throws(HistoryError)
    {
        let (scan, host) = (scanID.rawValue, hostID)
        let read = resumedFrom == nil ? nil : self.read
        let stillRead = try await store.write { db -> RowIDSet? in
            let row = try organizationRowID(organization, hostID: host, db)
            var first = ScanTemplateRecord(scanID: scan, organizationID: row)
            if case .set(let template, let useImmutableSubject) = template {
                first.claimKeys = JSONColumn.of(template.keys.map(\.rawValue))
                first.useImmutableSubject = useImmutableSubject
            }
            let known = try ScanTemplateRecord.fetchOne(db, key: ["scanID": scan, "organizationID": row])
            guard known != first else { return nil }
            try first.save(db)
            guard var read else { return nil }
            for repository in try Int64.fetchAll(
                db, sql: "SELECT DISTINCT repositoryID FROM repositoryObservation WHERE organizationID = ?",
                arguments: [row])
            {
                read.remove(repository)
            }
            if var progress = try ProgressRecord.fetchOne(db, key: scan) {
                progress.readRows = read
                try progress.update(db)
            }
            return read
        }
        if let stillRead { self.read = stillRead }
    }

    private func validatorCredential(of organization: OrganizationID) -> CredentialID? {
        keepsValidators && !ofOtherCredentials.contains(organization) ? credential : nil
    }

    /// Keeps a page of the listing for the next scan, once its repositories are stored.
    package func note(_ page: ListedPage, of organization: OrganizationID) {
        if validatorCredential(of: organization) != nil { pages[organization, default: []].append(page) }
    }

    /// Stores a batch in one transaction: rows for what differs from what was known, and how far the scan has come.
    ///
    /// - Parameter wasRefused: whether a secondary rate limit has refused the scan's token.
    package func record(
        _ observations: [Observation], of organization: OrganizationID, wasRefused: Bool = false,
    ) async throws(HistoryError) {
        let (scan, host, listed, read) = (scanID.rawValue, hostID, listed, read)
        let (credential, path) = (credential, store.path)
        let validatorCredential = validatorCredential(of: organization)
        (self.listed, self.read) = try await store.write { db in
            var writer = try BatchWriter(
                db, path: path, scanID: scan, hostID: host, organization: organization, credential: validatorCredential)
            var progress = (listed, read)
            for (observation, row) in try writer.write(observations) {
                progress.0.insert(row)
                if observation.reading != nil { progress.1.insert(row) }
            }
            try ProgressRecord(scanID: scan, listed: progress.0, read: progress.1).update(db)
            // Should the scan be killed, the next one knows that the token was in use until now.
            if let credential, let last = observations.map(\.observedAt).max() {
                try db.execute(
                    sql: """
                        UPDATE credential SET usedAt = max(usedAt, ?1),
                            refusedAt = CASE WHEN ?2 THEN ?1 ELSE refusedAt END
                        WHERE id = ?3
                        """,
                    arguments: [last.description, wasRefused, credential.rawValue])
            }
            return progress
        }
    }

    /// Stores what the scan saw of an organization itself.
    package func record(_ organization: OrganizationObservation) async throws(HistoryError) {
        isWhole = isWhole && organization.isListingWhole
        let (scan, host, listed) = (scanID.rawValue, hostID, listed)
        let credential = organization.id.flatMap { validatorCredential(of: $0) }
        let pages = organization.id.flatMap { self.pages.removeValue(forKey: $0) } ?? []
        try await store.write { db in
            var row = OrganizationRecord(organization, scanID: scan)
            if let id = organization.id {
                let rowID = try organizationRowID(id, hostID: host, db)
                row.organizationRowID = rowID
                if let credential {
                    try PageWriter(db, hostID: host, organizationRowID: rowID, credential).write(pages)
                }
                // A listing that lost a page says nothing of what it lacks.
                if organization.isListingWhole {
                    let isComplete = organization.listing.status == .complete
                    let gone = try GoneRepository.all(
                        of: rowID, before: scan, listed: listed, withMissing: isComplete, db)
                    try GoneRepository.mark(gone, as: isComplete ? "removed" : "missing", of: rowID, scanID: scan, db)
                    let names = JSONColumn.of(gone.map(\.fullName))
                    if isComplete { row.removed = names } else { row.missing = names }
                }
            }
            try row.insert(db)
        }
    }

    /// Notes how the requests went and why the scan stopped early, if it did. A scan with a stop stays unsealed.
    package func finish(
        at finishedAt: Timestamp, stop: ScanStop?, requests: RequestCounts,
    ) async throws(HistoryError) {
        let (scan, before) = (scanID.rawValue, requestsBefore)
        let requests = RequestCounts(
            sent: before.sent + requests.sent, notModified: before.notModified + requests.notModified,
            retried: before.retried + requests.retried, waited: before.waited + requests.waited)
        try await store.write { db in
            guard var record = try ScanRecord.fetchOne(db, key: scan), record.state != "sealed" else { return }
            record.end(at: finishedAt, stop, requests)
            try record.update(db)
        }
        if stop != nil { locks = [] }
    }

    /// Removes the scan, which found none of its organizations: there is nothing to remember.
    package func discard() async throws(HistoryError) {
        let scan = scanID.rawValue
        try await store.write { db in
            for table in ["scanOrganization", "scanProgress", "scanTemplate"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE scanID = ?", arguments: [scan])
            }
            try db.execute(sql: "DELETE FROM scan WHERE id = ?", arguments: [scan])
        }
        locks = []
    }

    /// Removes organizations that no scan ever found, as if nobody had asked for them.
    ///
    /// - Parameter logins: as they were asked for.
    package func forget(_ logins: [String]) async throws(HistoryError) {
        let scan = scanID.rawValue
        let forgotten = Set(logins.map { $0.lowercased() })
        try await store.write { db in
            for login in forgotten {
                try db.execute(
                    sql:
                        "DELETE FROM scanOrganization WHERE scanID = ? AND organizationID IS NULL AND lower(login) = ?",
                    arguments: [scan, login])
            }
            guard var record = try ScanRecord.fetchOne(db, key: scan), record.state != "sealed" else { return }
            var json = JSONTextReader()
            record.requested = JSONColumn.of(
                try json.strings(record.requested).filter { !forgotten.contains($0.lowercased()) })
            try record.update(db)
        }
    }

    /// Stores the judgement and closes the scan for good, in one transaction.
    ///
    /// - Parameter texts: the policy, and the waiver file where one was given.
    /// - Returns: the digest of the scan's link in the chain.
    @discardableResult
    package func seal(_ report: AuditReport, judgedBy texts: [JudgingText] = []) async throws(HistoryError) -> String {
        let (scan, host, isWhole, path) = (scanID.rawValue, hostID, isWhole, store.path)
        let digest = try await store.write { db in
            for (organization, tally) in report.tallies {
                var record = TallyRecord()
                record.scanID = scan
                record.organizationRowID = try organizationRowID(organization, hostID: host, db)
                record.tally = tally
                try record.insert(db)
            }
            try FindingLog(db, scanID: scan, hostID: host).write(report)
            for text in texts where try JudgingTextRecord.fetch(text.kind, text.sha256, db) == nil {
                try JudgingTextRecord(text).insert(db)
            }
            if var record = try ScanRecord.fetchOne(db, key: scan), record.state == "running" {
                record.seal(report, waivers: texts.first { $0.kind == .waivers }?.sha256)
                try record.update(db)
            }
            // Where a page was lost, what the listing lacked is marked nowhere: the bits alone say what was met.
            try db.execute(sql: "DELETE FROM scanTemplate WHERE scanID = ?", arguments: [scan])
            if isWhole { try db.execute(sql: "DELETE FROM scanProgress WHERE scanID = ?", arguments: [scan]) }
            return try Sealer(db, path: path).seal(scan).digest
        }
        locks = []
        return digest
    }
}

/// The local row of an organization, made where there is none.
func organizationRowID(_ id: OrganizationID, hostID: Int64, _ db: Database) throws -> Int64 {
    let arguments: StatementArguments = [hostID, id.rawValue]
    try db.execute(sql: "INSERT OR IGNORE INTO organization (hostID, githubID) VALUES (?, ?)", arguments: arguments)
    return try Int64.fetchOne(
        db, sql: "SELECT id FROM organization WHERE hostID = ? AND githubID = ?", arguments: arguments) ?? 0
}

/// A repository that the scan before listed and this one did not.
private struct GoneRepository {
    /// The last row of it.
    let last: RepositoryRecord

    var fullName: String { last.fullName }

    /// In report order.
    ///
    /// - Parameter withMissing: whether those count that an earlier scan missed already, without knowing them gone.
    static func all(
        of organization: Int64, before scan: Int64, listed: RowIDSet, withMissing: Bool, _ db: Database,
    ) throws -> [GoneRepository] {
        // An interrupted scan that went on may have met it before. One that was killed has reported nothing of what it found gone.
        let isReported = "(presence = 'listed' OR scanID IN (SELECT id FROM scan WHERE state = 'sealed'))"
        let rows = try RepositoryRecord.fetchCursor(
            db,
            sql: """
                SELECT \(RepositoryRecord.selection("o"))
                FROM (SELECT DISTINCT repositoryID FROM repositoryObservation WHERE organizationID = ?1) known
                JOIN repositoryObservation o
                    ON o.id = \(RepositoryRecord.last(of: "known.repositoryID", upTo: "?2", where: isReported))
                WHERE o.organizationID = ?1 AND (o.presence = 'listed' OR (?3 AND o.presence = 'missing'))
                """,
            arguments: [organization, scan, withMissing])
        var gone: [GoneRepository] = []
        while let last = try rows.next() {
            if !listed.contains(try RowIDSet.checked(last.repositoryRowID)) { gone.append(GoneRepository(last: last)) }
        }
        return gone.sorted { $0.fullName.lowercased() < $1.fullName.lowercased() }
    }

    /// Repeats the last row with another presence, unless this scan has met the repository in another organization.
    static func mark(
        _ gone: [GoneRepository], as presence: String, of organizationRowID: Int64, scanID: Int64, _ db: Database,
    ) throws {
        for repository in gone {
            let id = repository.last.repositoryRowID
            let last = try RepositoryRecord.fetchOne(
                db,
                sql: """
                    SELECT \(RepositoryRecord.selection("o")) FROM repositoryObservation o
                    WHERE o.id = \(RepositoryRecord.last(of: "?1")) AND o.organizationID = ?2
                        -- What an interrupted scan marked was never reported.
                        AND (o.presence <> ?3 OR o.scanID NOT IN (SELECT id FROM scan WHERE state = 'sealed'))
                    """,
                arguments: [id, organizationRowID, presence])
            if var row = last {
                (row.id, row.scanID, row.presence) = (nil, scanID, presence)
                try row.insert(db)
            }
            try SettingValidatorRecord.filter(Column("repositoryID") == id).deleteAll(db)
        }
    }
}
