import AuditCore
import Foundation
import History

extension CommandContext {
    /// Opens a history for as long as a command uses it, and closes it whatever came of that: what was written is then in
    /// the file itself, and a copy of the one file holds everything.
    ///
    /// Commands open a history here alone, so that none can forget to close it.
    ///
    /// - Parameter console: says that a new history begins, which may be a path that was mistyped; `nil` if that is no
    ///   matter.
    func withHistory<Value>(
        _ path: String, for access: HistoryStore.Access, saying console: ConsoleSettings? = nil,
        _ body: (HistoryStore) async throws(CommandFailure) -> Value,
    ) async throws(CommandFailure) -> Value {
        let isNew = access == .making && !FileManager.default.fileExists(atPath: path)
        let history = try await usingHistory { () throws(HistoryError) in
            try HistoryStore(path: path, for: access, waitingAtMost: openingWait)
        }
        if isNew, let console, !console.isQuiet { self.console.note("note: a new history begins at \(path)") }
        let result: Result<Value, CommandFailure>
        do throws(CommandFailure) {
            result = .success(try await body(history))
        } catch {
            result = .failure(error)
        }
        if let obstacle = await history.shutDown(waitingAtMost: logWait) { say(obstacle, path) }
        return try result.get()
    }

    /// The organizations that a person names, as the history knows them. Says where a name is not what it was.
    func organizations(
        _ logins: [OrganizationLogin], apiURL: String, in history: HistoryStore, _ settings: ConsoleSettings,
    ) async throws(CommandFailure) -> [OrganizationReference] {
        let known = try await usingHistory { () async throws(HistoryError) in
            try await history.organizations(named: logins.map(\.rawValue), apiURL: apiURL)
        }
        for organization in known where !settings.isQuiet {
            if organization.asked.lowercased() != organization.reference.login.lowercased() {
                console.note("note: \(organization.asked) is \(organization.reference.login) now")
            }
            if let former = organization.formerHolder {
                console.note(
                    "note: \(organization.asked) was another organization (id \(former.id.rawValue)) up to scan "
                        + "#\(former.lastSeenBy.id.rawValue) of \(former.lastSeenBy.startedAt)")
            }
        }
        return known.map(\.reference)
    }

    /// Says which organizations bear another name now than scans knew them by.
    ///
    /// - Parameter asked: logins that a person named, of which that was said.
    func sayNewNames(
        of scans: [StoredScan], asked: [OrganizationLogin] = [], in history: HistoryStore, _ settings: ConsoleSettings,
    ) async throws(CommandFailure) {
        guard !settings.isQuiet, let apiURL = scans.first?.apiURL else { return }
        let known = try await usingHistory { () async throws(HistoryError) in
            try await history.organizations(apiURL: apiURL)
        }
        let names = Dictionary(known.map { ($0.id, $0.login) }) { first, _ in first }
        var said = Set(asked.map { $0.rawValue.lowercased() })
        for organization in scans.flatMap(\.organizations) {
            guard let id = organization.id, let name = names[id], name.lowercased() != organization.login.lowercased(),
                said.insert(organization.login.lowercased()).inserted
            else { continue }
            console.note("note: \(organization.login) is \(name) now")
        }
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
        console.note(" hint: oidc-audit history copy FILE --db \(file) copies it whole")
    }
}

extension String {
    /// As one word of a shell's command line.
    var shellQuoted: String {
        let isPlain = utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/.:_-".utf8.contains(byte)
            }
        }
        return isPlain && !isEmpty ? self : "'" + replacing("'", with: "'\\''") + "'"
    }
}
