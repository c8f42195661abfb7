public import AuditCore
import GRDB

extension HistoryStore {
    /// What one scan knew otherwise than another, in the organizations that both hold.
    ///
    /// - Parameter logins: of which organizations, without case; `nil`: all.
    public func difference(
        from before: StoredScan, to after: StoredScan, of logins: [String]? = nil,
    ) async throws(HistoryError) -> ScanDifference {
        try await read { db in
            try DifferenceReader(db, before, after).difference(of: logins)
        }
    }
}

/// Reads two scans as far as they may differ.
private struct DifferenceReader {
    private let db: Database
    private let before: StoredScan
    private let after: StoredScan
    /// From the older scan's rows to the newer one's.
    private let span: Range<Int64>

    init(_ db: Database, _ before: StoredScan, _ after: StoredScan) {
        self.db = db
        self.before = before
        self.after = after
        span = min(before.id.rawValue, after.id.rawValue)..<max(before.id.rawValue, after.id.rawValue)
    }

    func difference(of logins: [String]?) throws -> ScanDifference {
        let changed = try canSkipUnchanged() ? span : nil
        var first = SnapshotReader(
            db, scanID: before.id.rawValue, organizations: logins, changedBetween: changed)
        var second = SnapshotReader(
            db, scanID: after.id.rawValue, organizations: logins, changedBetween: changed)
        let (old, new) = try (first.snapshot(), second.snapshot())
        let organizations = new.organizations.compactMap { organization -> OrganizationDifference? in
            guard let id = organization.id, let earlier = old.organizations.first(where: { $0.id == id }) else {
                return nil
            }
            return OrganizationDifference(
                from: earlier, to: organization, id: id, wasEnterpriseServer: old.isEnterpriseServer,
                isEnterpriseServer: new.isEnterpriseServer)
        }
        let isSamePolicy = before.policyName == after.policyName
        var appeared: [StoredFinding] = []
        var gone: [StoredFinding] = []
        if isSamePolicy {
            let reader = FindingReader(db, apiURL: after.apiURL, policyName: after.policyName)
            for change in try reader.changes(from: before.id, to: after.id, of: organizations) {
                switch (change.before, change.after) {
                case (nil, let found?): appeared.append(found)
                case (let found?, nil): gone.append(found)
                default: break
                }
            }
        }
        return ScanDifference(
            before: before.side, after: after.side, organizations: organizations,
            policyName: isSamePolicy ? after.policyName : nil, appeared: appeared, gone: gone)
    }

    /// Whether only repositories of which something was written can differ: not where an organization's template did, or
    /// where a scan had another scope or lost a page.
    private func canSkipUnchanged() throws -> Bool {
        let differs = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM scanProgress WHERE scanID IN (?1, ?2))
                    OR EXISTS (
                        SELECT 1 FROM scan a JOIN scan b WHERE a.id = ?1 AND b.id = ?2
                            AND (a.scope <> b.scope OR a.isEnterpriseServer <> b.isEnterpriseServer))
                    OR EXISTS (
                        SELECT 1 FROM scanOrganization a JOIN scanOrganization b ON b.organizationID = a.organizationID
                        WHERE a.scanID = ?1 AND b.scanID = ?2 AND (a.templateStatus <> b.templateStatus
                            OR a.templateClaimKeys IS NOT b.templateClaimKeys
                            OR a.templateErrorCode IS NOT b.templateErrorCode))
                """,
            arguments: [before.id.rawValue, after.id.rawValue])
        return differs != true
    }
}
