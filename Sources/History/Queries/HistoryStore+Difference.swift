package import AuditCore
import GRDB

extension HistoryStore {
    /// What one scan knew otherwise than another, in the organizations that both hold.
    ///
    /// - Parameters:
    ///   - organizations: which; `nil`: all.
    ///   - followers: whether to include repositories that changed with their organization's template alone; they can be
    ///     very many.
    ///   - findings: whether findings are compared.
    ///   - scopes: whether another scope alone makes no difference: what both saw last of a repository is compared.
    package func difference(
        from before: StoredScan, to after: StoredScan, of organizations: [OrganizationReference]? = nil,
        withFollowers followers: Bool = true, withFindings findings: Bool = true,
        acrossScopes scopes: Bool = false,
    ) async throws(HistoryError) -> ScanDifference {
        let reader = try await read { db in
            try DifferenceReader(
                db, from: before, to: after, organizations, followers, findings: findings, acrossScopes: scopes)
        }
        // At once: what is sealed does not change between one read and the other.
        async let one = result { db in try reader.half(0, db) }
        let other = try await read { db in try reader.half(1, db) }
        return reader.difference(try await one.get(), other)
    }

    /// A read that can go on beside another one.
    private func result<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value,
    ) async -> Result<Value, HistoryError> {
        do throws(HistoryError) { return .success(try await read(body)) } catch { return .failure(error) }
    }
}
