import AuditCore
import History

/// Why a command ends early: one line, a hint, and the exit status that follows.
struct CommandFailure: Error, Hashable, CustomStringConvertible {
    var message: String
    /// What to do; each further command on a line of its own.
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

    /// - Parameter more: comes after the hint that is there.
    mutating func add(hint more: String?) {
        let hints = [hint, more].compactMap(\.self)
        hint = hints.isEmpty ? nil : hints.joined(separator: "; ")
    }

    func with(_ status: ExitStatus) -> CommandFailure {
        CommandFailure(message: message, hint: hint, status: status)
    }

    init(_ error: HistoryError) {
        let isMistake =
            switch error {
            case .missing, .notACopy: true
            default: false
            }
        self.init(message: error.description, hint: error.hint, status: isMistake ? .usage : .failure)
    }
}

/// Does something with the history; what it throws becomes the command's failure.
func usingHistory<Value>(
    _ body: () async throws(HistoryError) -> Value,
) async throws(CommandFailure) -> Value {
    do throws(HistoryError) {
        return try await body()
    } catch {
        throw CommandFailure(error)
    }
}
