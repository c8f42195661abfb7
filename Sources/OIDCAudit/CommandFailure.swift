import AuditCore
import History

/// Why a command ends early: one line, a hint, and the exit status that follows.
struct CommandFailure: Error, Hashable, CustomStringConvertible {
    var message: String
    var hint: String?
    var status: ExitStatus

    var description: String { message }

    static func usage(_ message: String, hint: String) -> CommandFailure {
        CommandFailure(message: message, hint: hint, status: .usage)
    }

    init(message: String, hint: String? = nil, status: ExitStatus) {
        self.message = message
        self.hint = hint
        self.status = status
    }

    init(_ error: HistoryError) {
        self.init(message: error.description, hint: error.hint, status: .failure)
    }
}
