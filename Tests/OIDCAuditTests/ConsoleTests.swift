import AuditCore
import Testing

@testable import OIDCAudit

/// Messages fit the terminal that they are read on, and stay one line elsewhere.
@Suite struct ConsoleTests {
    private static let words = (1...40).map { "word\($0)" }.joined(separator: " ")
    private static let failure = CommandFailure(message: words, hint: "do \(words)", status: .usage)

    private static func lines(width: Int?, _ print: (Console) -> Void) -> [String] {
        let sinks = CommandRun.Sinks()
        print(
            Console(
                output: .init(isTerminal: false, width: nil) { _ in },
                error: .init(isTerminal: width != nil, width: width) { sinks.append($0, isError: true) },
                environment: ["NO_COLOR": "1"]))
        return sinks.texts.error.split(separator: "\n").map(String.init)
    }

    @Test(arguments: [60, 80, 100]) func messagesFitATerminal(width: Int) {
        let lines = Self.lines(width: width) { console in
            console.fail(Self.failure)
            console.note("warning: \(Self.words)")
            console.note(Self.words)
        }
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        // No word is lost or cut, and what continues a message stands below its first word.
        let labels = ["error: ", " hint: do ", "warning: ", ""]
        #expect(
            lines.joined(separator: " ").split(separator: " ")
                == labels.map { $0 + Self.words }.joined(separator: " ").split(separator: " "))
        let margins = lines.filter { line in !["error", " hint", "warning", "word1 "].contains(where: line.hasPrefix) }
            .map { $0.prefix { $0 == " " }.count }
        #expect(Set(margins) == [2, 7, 9])
    }

    @Test func aLogGetsOneLineForEachMessage() {
        let lines = Self.lines(width: nil) { console in
            console.fail(Self.failure)
            console.note("note: \(Self.words)")
        }
        #expect(lines == ["error: \(Self.words)", " hint: do \(Self.words)", "note: \(Self.words)"])
    }

    /// Each command is a line to copy; what is no command fits the terminal.
    @Test func eachHintStandsOnALineOfItsOwn() {
        let failure = CommandFailure(
            message: "x", hint: "\(Self.words)\noidc-audit \(Self.words)\noidc-audit b", status: .usage)
        let hints = Self.lines(width: 80) { $0.fail(failure) }.filter { $0.hasPrefix(" hint: ") }
        #expect(hints.count == 3)
        #expect(hints.suffix(2) == [" hint: oidc-audit \(Self.words)", " hint: oidc-audit b"])
    }

    /// It is copied as a whole.
    @Test func aCommandToPasteIsNeverBroken() {
        let command = "oidc-audit plan \(Self.words)"
        #expect(Self.lines(width: 60) { $0.suggest(command) } == [" next: \(command)"])
    }
}
