import AuditCore
import Foundation

/// The text of a waiver file, into which a waiver is put without touching anything else.
struct WaiverFileEditor {
    let path: String
    /// `nil`: there is no file yet.
    let old: DocumentFile?

    /// - Returns: the whole new text.
    func adding(_ waiver: Waiver) throws(CommandFailure) -> String {
        let isYAML = DocumentFile.isYAML(path)
        guard let old else { return isYAML ? Self.newYAML(waiver) : Self.newJSON(waiver) }
        guard case .object(let members) = old.document.value,
            let place = members.firstIndex(where: { $0.key == "waivers" })
        else { throw .usage("\(path): the file has no \"waivers\"", hint: "add \"waivers\": []") }
        let text = String(decoding: old.bytes, as: UTF8.self)
        let list = members[place].value
        let next = members.indices.contains(place + 1) ? members[place + 1].keyPosition : nil
        return isYAML
            ? try addingYAML(waiver, to: text, key: members[place].keyPosition, list, next)
            : try addingJSON(waiver, to: text, list)
    }

    // MARK: - YAML

    private static func newYAML(_ waiver: Waiver) -> String {
        """
        # Accepted findings: each has an owner, a reason, and a last day on which it holds.
        version: 1
        waivers:
        \(yaml(waiver, indent: "  ").joined(separator: "\n"))

        """
    }

    private func addingYAML(
        _ waiver: Waiver, to text: String, key: SourcePosition, _ list: Document, _ next: SourcePosition?,
    ) throws(CommandFailure) -> String {
        var lines = Self.lines(text)
        let newline = lines.first?.last.map(String.init) ?? "\n"
        let elements: [Document] = if case .array(let elements) = list.value { elements } else { [] }
        let keyLine = key.line - 1
        guard lines.indices.contains(keyLine) else { throw blockStyleWanted }
        guard let first = elements.first else {
            // `waivers:`, `waivers: []` or `waivers: null`, perhaps with a comment.
            guard let colon = lines[keyLine].firstIndex(of: ":") else { throw blockStyleWanted }
            let rest = lines[keyLine][lines[keyLine].index(after: colon)...]
            let comment = rest.firstIndex(of: "#").map { " " + rest[$0...] } ?? ""
            lines[keyLine] = String(lines[keyLine][...colon]) + (comment.isEmpty ? newline : comment)
            lines.insert(contentsOf: Self.yaml(waiver, indent: "  ").map { $0 + newline }, at: keyLine + 1)
            return lines.joined()
        }
        // The first item's dash, which can stand on a line of its own above it.
        let dashLines = lines[keyLine..<min(first.position.line, lines.count)]
        guard let firstLine = dashLines.last(where: { $0.first { $0 != " " } == "-" }),
            let dash = firstLine.firstIndex(of: "-")
        else { throw blockStyleWanted }
        // Before the next key, and before comments that stand right above it and so belong to it.
        var end = min(next.map { $0.line - 1 } ?? lines.firstIndex { $0.hasPrefix("...") } ?? lines.count, lines.count)
        while next != nil, end > 0, lines[end - 1].first(where: { !$0.isWhitespace }).map({ $0 == "#" }) ?? true {
            end -= 1
        }
        lines.insert(
            contentsOf: Self.yaml(waiver, indent: String(firstLine[..<dash])).map { $0 + newline }, at: end)
        return lines.joined()
    }

    /// The lines of a text with what ends each; YAML knows the same ends. The last one gets one where it has none.
    private static func lines(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for character in text {
            line.append(character)
            guard character.isNewline else { continue }
            lines.append(line)
            line = ""
        }
        if !line.isEmpty { lines.append(line + (lines.last?.last.map(String.init) ?? "\n")) }
        return lines
    }

    private var blockStyleWanted: CommandFailure {
        .usage(
            "\(path): the waivers are not written as a list of lines that begin with \"-\"",
            hint: "write them so, or use a JSON file")
    }

    /// Values in double quotes are JSON's strings, which YAML reads as they are.
    private static func yaml(_ waiver: Waiver, indent: String) -> [String] {
        fields(waiver).enumerated().map { index, field in
            "\(indent)\(index == 0 ? "- " : "  ")\(field.key): \(field.value)"
        }
    }

    // MARK: - JSON

    private static func newJSON(_ waiver: Waiver) -> String { json([waiver]) }

    /// A whole file.
    static func json(_ waivers: [Waiver]) -> String {
        """
        {
          "version": 1,
          "waivers": [
            \(waivers.map(json).joined(separator: ",\n    "))
          ]
        }

        """
    }

    private func addingJSON(_ waiver: Waiver, to text: String, _ list: Document) throws(CommandFailure) -> String {
        guard case .array(let elements) = list.value, let open = Self.index(of: list.position, in: text),
            let close = Self.end(ofListAt: open, in: text)
        else { throw .usage("\(path): \"waivers\" is not a list", hint: "write it as a list") }
        let indent = String(repeating: " ", count: max((elements.first?.position.column ?? 5) - 1, 0))
        let head = text[..<close]
        let tail = text[close...]
        guard let last = head.lastIndex(where: { !$0.isWhitespace }) else { return text }
        let comma = elements.isEmpty ? "" : ","
        let isOneLine = !elements.isEmpty && !head[open...].contains(where: \.isNewline)
        return isOneLine
            ? "\(head[...last]), \(Self.json(waiver))\(tail)"
            : "\(head[...last])\(comma)\n\(indent)\(Self.json(waiver))\n\(elements.isEmpty ? "  " : Self.margin(head))\(tail)"
    }

    /// The spaces that stand before the closing bracket on its line.
    private static func margin(_ head: Substring) -> Substring {
        head[(head.lastIndex(where: \.isNewline).map { head.index(after: $0) } ?? head.startIndex)...]
    }

    private static func json(_ waiver: Waiver) -> String {
        "{ " + fields(waiver).map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + " }"
    }

    private static func index(of position: SourcePosition, in text: String) -> String.Index? {
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        var line = 1
        var column = 1
        while index < scalars.endIndex {
            if line == position.line, column == position.column { return index }
            if scalars[index] == "\n" {
                line += 1
                column = 1
            } else if scalars[index] != "\u{FEFF}" {
                column += 1
            }
            index = scalars.index(after: index)
        }
        return nil
    }

    /// The closing bracket of a list; the text is known to be JSON.
    private static func end(ofListAt open: String.Index, in text: String) -> String.Index? {
        var depth = 0
        var isString = false
        var isEscaped = false
        for index in text.unicodeScalars[open...].indices {
            let scalar = text.unicodeScalars[index]
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if scalar == "\\" {
                    isEscaped = true
                } else if scalar == "\"" {
                    isString = false
                }
                continue
            }
            switch scalar {
            case "\"": isString = true
            case "[", "{": depth += 1
            case "]", "}":
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        return nil
    }

    // MARK: -

    private static func fields(_ waiver: Waiver) -> [(key: String, value: String)] {
        var fields = [(key: "rule", value: quoted(waiver.rule))]
        if let organization = waiver.target.organization { fields.append(("organization", quoted(organization))) }
        let except = waiver.target.exceptOrganizations.sorted()
        if !except.isEmpty {
            fields.append(("except_organizations", "[" + except.map(quoted).joined(separator: ", ") + "]"))
        }
        if let identity = waiver.target.identity { fields.append(("identity", quoted(identity.pattern))) }
        switch waiver.target.repository {
        case nil: break
        case .id(let id, nil): fields.append(("repository", "\(id.rawValue)"))
        case .id(let id, let name?):
            fields += [("repository", quoted(name)), ("repository_id", "\(id.rawValue)")]
        case .named(let glob): fields.append(("repository", quoted(glob.pattern)))
        }
        if !waiver.acceptsAnything {
            fields.append(("accepts", "[" + waiver.accepts.map(quoted).joined(separator: ", ") + "]"))
        }
        fields += [
            ("owner", quoted(waiver.owner)), ("reason", quoted(waiver.reason)),
            ("expires", quoted(waiver.expires.description)),
        ]
        return fields
    }

    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // A string always encodes.
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
