import AuditCore

/// What stands under a command's one line of help: how it is called, what it needs and ends with, and what else a person
/// should know.
enum CommandHelp {
    /// What must be there before a command can work.
    enum Need: String {
        case token = "a token that may read the templates (see oidc-audit help token)"
        case writingToken = "a token that may write the templates (see oidc-audit help token)"
        case policy = "a policy: preset:strict, or a file (see oidc-audit policy init)"
        case scan = "a stored scan (oidc-audit scan ORG --policy FILE makes one)"
        case plan = "a plan (oidc-audit plan ORG --policy FILE -o json=plan.json makes one)"
        case changes = "a set of changes (oidc-audit history changes lists them)"
    }

    /// The exit statuses of a command that prints what the history holds.
    static let historyExits: [(ExitStatus, String)] = [
        (.success, "done"), (.usage, "a mistake, such as a scan that is missing"), (.failure, "the history failed"),
    ]

    /// - Parameters:
    ///   - examples: command lines that work, the most common one first; long ones are continued as a shell does.
    ///   - needs: what a person must have first.
    ///   - exits: the exit statuses that this command gives a meaning of its own.
    static func text(
        examples: [String], needs: [Need] = [],
        exits: [(ExitStatus, String)] = [(.success, "done"), (.usage, "a mistake on the command line or in a file")],
        details: String = "",
    ) -> String {
        var parts = ["Examples:\n" + examples.map(example).joined(separator: "\n")]
        if !needs.isEmpty { parts.append("Needed first: " + needs.map(\.rawValue).joined(separator: ", and ") + ".") }
        if !details.isEmpty { parts.append(details) }
        if !exits.isEmpty {
            let meanings = exits.map { "\($0.0.rawValue) \($0.1)" }.joined(separator: ", ")
            parts.append("Exit status: \(meanings). All of them: \(Tool.name) help exit-codes")
        }
        return parts.joined(separator: "\n\n")
    }

    /// The parser's help, whose usage is one line however long it is, no wider than a terminal, and with what the command
    /// is about before what all commands have. What the parser prints for programs, such as a completion script, stays as
    /// it is.
    static func fitted(_ help: String) -> String {
        guard help.hasPrefix("OVERVIEW: ") || help.hasPrefix("USAGE: ") else { return help }
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
            .map { broken(String($0), before: " ", by: "\n", indent: 6, width: columns) }
        return ordered(lines).joined(separator: "\n")
    }

    // MARK: - Sections

    /// Puts the subcommands and the options without a title, which the parser prints last, before the titled sections.
    private static func ordered(_ lines: [String]) -> [String] {
        let isHeader = { (line: String) in line.hasSuffix(":") && line.allSatisfy { $0.isUppercase || $0 == ":" } }
        guard let start = lines.firstIndex(where: isHeader) else { return lines }
        var sections: [[String]] = []
        for line in lines[start...] where isHeader(line) || !line.isEmpty || sections.last?.last?.isEmpty == false {
            if isHeader(line) { sections.append([]) }
            sections[sections.count - 1].append(line)
        }
        let first = ["ARGUMENTS:", "SUBCOMMANDS:", "OPTIONS:"]
        let rank = { (section: [String]) in first.firstIndex(of: section[0]) ?? first.count }
        let sorted = sections.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
        var ordered = Array(lines[..<start])
        for (_, section) in sorted {
            ordered += section
            if section.last?.isEmpty == false { ordered.append("") }
        }
        return ordered
    }

    // MARK: - Lines

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
