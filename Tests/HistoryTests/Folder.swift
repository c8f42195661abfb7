import Foundation
import GRDB

/// A folder of its own for each test, gone with it.
final class Folder: Sendable {
    let path = NSTemporaryDirectory() + "oidc-audit-history-\(UUID().uuidString)"
    var file: String { path + "/deep/history.sqlite" }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension Database {
    /// Changes what no trigger lets through, and leaves the triggers as they were: what somebody does who means to.
    func tamper(_ change: String) throws {
        let triggers = try Row.fetchAll(self, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        for trigger in triggers {
            let name: String = trigger["name"]
            try execute(sql: "DROP TRIGGER \(name.quotedDatabaseIdentifier)")
        }
        try execute(sql: change)
        for trigger in triggers { try execute(sql: trigger["sql"]) }
    }
}
