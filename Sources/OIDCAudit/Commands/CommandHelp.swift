import AuditCore

/// What stands under a command's one line of help: how it is called, what it ends with, and what else a person should know.
enum CommandHelp {
    /// - Parameters:
    ///   - examples: command lines that work, the most common one first; long ones are continued as a shell does.
    ///   - exits: the exit statuses that this command gives a meaning of its own.
    static func text(examples: [String], exits: [(ExitStatus, String)] = [], details: String = "") -> String {
        var parts = ["Examples:\n" + examples.map(example).joined(separator: "\n")]
        if !details.isEmpty { parts.append(details) }
        if !exits.isEmpty {
            let meanings = exits.map { "\($0.0.rawValue) \($0.1)" }.joined(separator: ", ")
            parts.append("Exit status: \(meanings). All of them: \(Tool.name) help exit-codes")
        }
        return parts.joined(separator: "\n\n")
    }

    /// The parser's help, whose usage is one line however long it is, no wider than a terminal. What the parser prints for
    /// programs, such as a completion script, stays as it is.
    static func fitted(_ help: String) -> String {
        guard help.hasPrefix("OVERVIEW: ") || help.hasPrefix("USAGE: ") else { return help }
        return help.split(separator: "\n", omittingEmptySubsequences: false)
            .map { broken(String($0), before: " ", by: "\n", indent: 6, width: columns) }.joined(separator: "\n")
    }

    // MARK: -

    private static let columns = 80

    private static func example(_ line: String) -> String {
        broken("  " + line, before: " -", by: " \\\n", indent: 4, width: columns - 2)
    }

    /// Breaks a line before the last `mark` that fits, and indents what follows.
    private static func broken(
        _ line: String, before mark: String, by end: String, indent: Int, width: Int,
    ) -> String {
        guard line.count > width else { return line }
        let head = line.prefix(width)
        guard let cut = head.ranges(of: mark).last?.lowerBound, !head[..<cut].allSatisfy({ $0 == " " }) else {
            return line
        }
        let rest = String(repeating: " ", count: indent) + line[cut...].drop { $0 == " " }
        return line[..<cut] + end + broken(rest, before: mark, by: end, indent: indent, width: width)
    }
}
