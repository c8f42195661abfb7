import AuditCore
import History

extension CommandContext {
    /// Opens a history for as long as a command uses it, and closes it whatever came of that: what was written is then in
    /// the file itself, and a copy of the one file holds everything.
    ///
    /// Commands open a history here alone, so that none can forget to close it.
    func withHistory<Value>(
        _ path: String, for access: HistoryStore.Access,
        _ body: (HistoryStore) async throws(CommandFailure) -> Value,
    ) async throws(CommandFailure) -> Value {
        let history = try await usingHistory { () throws(HistoryError) in try HistoryStore(path: path, for: access) }
        let result: Result<Value, CommandFailure>
        do throws(CommandFailure) {
            result = .success(try await body(history))
        } catch {
            result = .failure(error)
        }
        if let obstacle = await history.shutDown(waitingAtMost: logWait) { say(obstacle, path) }
        return try result.get()
    }

    /// Nothing is lost, but whoever copies the file alone would not have it all. Said to the quiet too.
    private func say(_ obstacle: LogObstacle, _ path: String) {
        let why =
            switch obstacle {
            case .otherProgram: "another program is using the history"
            case .failed(let why): "the log of the history could not be emptied (\(why))"
            }
        console.note("warning: \(why): its newest records are still in \(path)-wal")
        let file = path.shellQuoted
        console.note(" hint: copy it by sqlite3 \(file) \".backup FILE\" or oidc-audit history export --db \(file)")
    }
}

extension String {
    /// As one word of a shell's command line.
    var shellQuoted: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
    }
}
