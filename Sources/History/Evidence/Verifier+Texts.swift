import AuditCore
import Foundation
import GRDB

/// Holds the stored texts of policies and waivers against the digests that scans have of them.
extension Verifier {
    func textProblem() throws -> VerificationResult.Problem? { try alteredText() ?? missingText() }

    func textsNotKept() throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                WITH named AS (
                    SELECT 'policy' AS kind, policySHA256 AS sha256 FROM scan UNION SELECT 'waivers', waiversSHA256 FROM scan)
                SELECT count(*) FROM named n WHERE n.sha256 <> ''
                    AND NOT EXISTS (SELECT 1 FROM judgingText t WHERE t.kind = n.kind AND t.sha256 = n.sha256)
                """) ?? 0
    }

    private func alteredText() throws -> VerificationResult.Problem? {
        let texts = try JudgingTextRecord.order(Column("id")).fetchCursor(db)
        while let record = try texts.next() {
            guard let kind = JudgingText.Kind(rawValue: record.kind),
                JudgingText(kind, name: record.name, bytes: Array(record.text)).sha256 == record.sha256
            else {
                return try problem(
                    record.kind, record.sha256, "the text of \(record.name) is not what its digest says")
            }
        }
        return nil
    }

    private func missingText() throws -> VerificationResult.Problem? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT x.kind, x.sha256, x.name FROM storedText x
                WHERE NOT EXISTS (SELECT 1 FROM judgingText t WHERE t.kind = x.kind AND t.sha256 = x.sha256)
                ORDER BY x.kind, x.sha256
                """)
        guard let row else { return nil }
        let name: String = try row.decode(forColumn: "name")
        return try problem(
            row.decode(forColumn: "kind"), row.decode(forColumn: "sha256"),
            "the text of \(name) was stored and is missing")
    }

    /// With the first scan that was judged by the text.
    private func problem(_ kind: String, _ digest: String, _ message: String) throws -> VerificationResult.Problem {
        let scan = try Int64.fetchOne(
            db,
            sql: """
                SELECT min(id) FROM scan WHERE CASE ?1 WHEN 'policy' THEN policySHA256 ELSE waiversSHA256 END = ?2
                """,
            arguments: [kind, digest])
        return .init(scanID: scan.map(ScanID.init), field: "\(kind)_sha256", message: message)
    }
}
