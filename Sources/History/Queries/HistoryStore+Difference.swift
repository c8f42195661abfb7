public import AuditCore
import GRDB

extension HistoryStore {
    /// What one scan knew otherwise than another, in the organizations that both hold.
    ///
    /// - Parameters:
    ///   - logins: of which organizations, without case; `nil`: all.
    ///   - followers: whether repositories are told that changed with their organization's template alone; they can be
    ///     very many.
    public func difference(
        from before: StoredScan, to after: StoredScan, of logins: [String]? = nil, withFollowers followers: Bool = true,
    ) async throws(HistoryError) -> ScanDifference {
        let reader = DifferenceReader(before, after, logins, followers)
        // At once: what is sealed does not change between one read and the other.
        async let old = result { db in try reader.snapshot(of: before, db) }
        async let findings = result { db in try reader.findings(db) }
        let new = try await read { db in try reader.snapshot(of: after, db) }
        return try reader.difference(from: await old.get(), to: new, await findings.get())
    }

    /// A read that can go on beside another one.
    private func result<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value,
    ) async -> Result<Value, HistoryError> {
        do throws(HistoryError) { return .success(try await read(body)) } catch { return .failure(error) }
    }
}

/// Reads two scans as far as they may differ.
private struct DifferenceReader {
    private let before: StoredScan
    private let after: StoredScan
    private let logins: [String]?
    private let withFollowers: Bool
    /// From the older scan's rows to the newer one's.
    private let span: Range<Int64>

    init(_ before: StoredScan, _ after: StoredScan, _ logins: [String]?, _ withFollowers: Bool) {
        self.withFollowers = withFollowers
        self.before = before
        self.after = after
        self.logins = logins
        span = min(before.id.rawValue, after.id.rawValue)..<max(before.id.rawValue, after.id.rawValue)
    }

    func snapshot(of scan: StoredScan, _ db: Database) throws -> Snapshot {
        var reader = SnapshotReader(
            db, scanID: scan.id.rawValue, organizations: logins, changedBetween: try canSkipUnchanged(db) ? span : nil)
        return try reader.snapshot()
    }

    /// Findings that stood open after one scan alone; `nil` where another policy judged each.
    func findings(_ db: Database) throws -> [FindingReader.Change]? {
        guard before.policyName == after.policyName else { return nil }
        return try FindingReader(db, apiURL: after.apiURL, policyName: after.policyName)
            .changes(from: before.id, to: after.id)
    }

    func difference(from old: Snapshot, to new: Snapshot, _ findings: [FindingReader.Change]?) -> ScanDifference {
        let organizations = new.organizations.compactMap { organization -> OrganizationDifference? in
            guard let id = organization.id, let earlier = old.organizations.first(where: { $0.id == id }) else {
                return nil
            }
            return OrganizationDifference(
                from: earlier, to: organization, id: id, wasEnterpriseServer: old.isEnterpriseServer,
                isEnterpriseServer: new.isEnterpriseServer)
        }
        func missing(_ first: Snapshot, _ second: Snapshot) -> [String] {
            first.organizations.filter { organization in
                organization.id != nil
                    && second.organizations.contains {
                        $0.id == nil && $0.login.lowercased() == organization.login.lowercased()
                    }
            }.map(\.login)
        }
        let concerned = (findings ?? []).filter { change in organizations.contains { change.concerns($0) } }
        var difference = ScanDifference(
            before: before.side, after: after.side, organizations: organizations,
            policyName: findings == nil ? nil : after.policyName,
            appeared: concerned.filter { !$0.wasOpen }.map(\.finding), gone: concerned.filter(\.wasOpen).map(\.finding))
        difference.policyChanged = findings != nil && before.policySHA256 != after.policySHA256
        difference.lost = missing(old, new)
        difference.found = missing(new, old)
        return difference
    }

    // MARK: -

    /// Whether only repositories of which something was written can differ: not where an organization's template did, or
    /// where a scan had another scope or lost a page.
    private func canSkipUnchanged(_ db: Database) throws -> Bool {
        let differs = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM scanProgress WHERE scanID IN (?1, ?2))
                    OR EXISTS (
                        SELECT 1 FROM scan a JOIN scan b WHERE a.id = ?1 AND b.id = ?2
                            AND (a.scope <> b.scope OR a.isEnterpriseServer <> b.isEnterpriseServer))
                    OR ?3 AND EXISTS (
                        SELECT 1 FROM scanOrganization a JOIN scanOrganization b ON b.organizationID = a.organizationID
                        WHERE a.scanID = ?1 AND b.scanID = ?2 AND (a.templateStatus <> b.templateStatus
                            OR a.templateClaimKeys IS NOT b.templateClaimKeys
                            OR a.templateErrorCode IS NOT b.templateErrorCode))
                """,
            arguments: [before.id.rawValue, after.id.rawValue, withFollowers])
        return differs != true
    }
}
