import Foundation
import GRDB

/// A folder of its own for each test, gone with it.
final class Folder: Sendable {
    let path = NSTemporaryDirectory() + "oidc-audit-history-\(UUID().uuidString)"
    var file: String { path + "/deep/history.sqlite" }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension Database {
    /// What somebody does first who means to change evidence.
    func dropTriggers() throws {
        for name in try String.fetchAll(self, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
            try execute(sql: "DROP TRIGGER \(name.quotedDatabaseIdentifier)")
        }
    }
}
