import AuditCore
import Foundation
import Reports
import Synchronization

/// The two streams that a person or a program reads: results go to standard output, everything else to standard error.
/// The only thing in the program that prints.
final class Console: Sendable {
    /// What one stream leads to.
    struct Stream: Sendable {
        var isTerminal: Bool
        /// Columns; `nil` if it is not a terminal.
        var width: Int?
        var write: @Sendable ([UInt8]) throws -> Void

        /// A stream of this process.
        static func descriptor(_ descriptor: Int32) -> Stream {
            let isTerminal = isatty(descriptor) == 1
            var size = winsize()
            let hasSize = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
            return Stream(isTerminal: isTerminal, width: hasSize ? Int(size.ws_col) : nil) { bytes in
                try writeAll(bytes, to: descriptor)
            }
        }
    }

    private let output: Stream
    private let error: Stream
    private let environment: [String: String]
    /// The line that is drawn over and over, while there is one.
    private let progress = Mutex("")

    init(output: Stream, error: Stream, environment: [String: String]) {
        self.output = output
        self.error = error
        self.environment = environment
    }

    /// Writes to standard output.
    func write(_ bytes: [UInt8]) throws(CommandFailure) {
        do {
            try output.write(bytes)
        } catch let error as SystemError where error.code == EPIPE {
            // The reader has seen enough, as `head` does: nothing is wrong.
            return
        } catch {
            let isClosed = (error as? SystemError)?.code == EBADF
            throw CommandFailure(
                message: "cannot write to standard output: \(error)",
                hint: isClosed
                    ? "it is closed; redirect it to a file, or to /dev/null"
                    : "redirect it to a file on a disk with space",
                status: .failure)
        }
    }

    func print(_ text: String) throws(CommandFailure) {
        try write(Array((text + "\n").utf8))
    }

    /// Prints a message on standard error, above the progress line.
    func note(_ text: String) {
        let text = text.singleLine
        let label = ["note: ", "warning: "].first(where: text.hasPrefix) ?? ""
        clearProgress()
        say(label, String(text.dropFirst(label.count)), margin: label.isEmpty ? 2 : label.count)
    }

    /// Prints a command to paste on standard error: on one line, however long it is.
    func suggest(_ command: String) {
        clearProgress()
        say(" next: \(command.singleLine)\n")
    }

    func fail(_ failure: CommandFailure, _ settings: ConsoleSettings = ConsoleSettings()) {
        let isColored = isColored(error, settings.color)
        clearProgress()
        say(paint("error:", "1;31", isColored) + " ", failure.message.singleLine, margin: 7)
        if let hint = failure.hint {
            let label = paint(" hint:", "1;36", isColored) + " "
            // Each command on a line of its own, which it keeps, however long: it is to be pasted.
            for hint in hint.split(separator: "\n").map(String.init) {
                if hint.contains("\(Tool.name) ") {
                    say("\(label)\(hint.singleLine)\n")
                } else {
                    say(label, hint.singleLine, margin: 7)
                }
            }
        }
    }

    /// Draws the progress line anew.
    func show(progress line: String) {
        progress.withLock { current in
            guard current != line else { return }
            current = line
            say("\r\u{1B}[K" + String(line.prefix((error.width ?? 80) - 1)))
        }
    }

    func clearProgress() {
        progress.withLock { current in
            if !current.isEmpty { say("\r\u{1B}[K") }
            current = ""
        }
    }

    /// Whether a person reads standard output as it comes, and control characters of others' texts would reach a terminal.
    var isTerminal: Bool { output.isTerminal }

    /// Whether a person follows the command, and reads what it says beside its results.
    var isWatched: Bool { output.isTerminal && error.isTerminal }

    /// Whether a progress line would be seen.
    var canShowProgress: Bool { error.isTerminal && environment["TERM"] != "dumb" }

    func reportStyle(_ color: ConsoleSettings.Color) -> ReportStyle {
        ReportStyle(
            isColored: isColored(output, color), width: Self.columns(output.width ?? 80),
            checkout: Checkout(environment))
    }

    // MARK: -

    /// How wide lines of text are made where a stream has so many columns.
    private static func columns(_ width: Int) -> Int { min(max(width, 40), 120) }

    /// A message after its label: in lines that fit a terminal, the further ones below the first. Elsewhere it stays one
    /// line, so that a search in a log finds all of it.
    private func say(_ label: String, _ text: String, margin: Int) {
        let lines = error.width.map { text.wrapped(to: Self.columns($0) - margin) } ?? [text]
        say(label + lines.joined(separator: "\n" + String(repeating: " ", count: margin)) + "\n")
    }

    /// A message that can't be delivered is lost: there is nowhere else to say so.
    private func say(_ text: String) {
        try? error.write(Array(text.utf8))
    }

    private func paint(_ text: String, _ code: String, _ isColored: Bool) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// `--color`, then `CLICOLOR_FORCE`, `NO_COLOR` and `CLICOLOR`, then whether the stream is a terminal.
    private func isColored(_ stream: Stream, _ color: ConsoleSettings.Color) -> Bool {
        switch color {
        case .always: return true
        case .never: return false
        case .auto:
            if let force = environment["CLICOLOR_FORCE"], !force.isEmpty, force != "0" { return true }
            if let no = environment["NO_COLOR"], !no.isEmpty { return false }
            if environment["CLICOLOR"] == "0" || environment["TERM"] == "dumb" { return false }
            return stream.isTerminal
        }
    }
}
