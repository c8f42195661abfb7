import AuditCore

/// A file of names, one a line. Empty lines count for nothing, and `#` begins a comment.
struct NameFile {
    let path: String
    /// What messages call it.
    let what: String

    /// More than the names of 100,000 organizations take.
    static let bytesMax = 4 << 20

    func organizations(_ context: CommandContext) throws(CommandFailure) -> [OrganizationLogin] {
        try names(context) { text throws(InvalidValue) in try OrganizationLogin(option: text) }
    }

    func repositories(_ context: CommandContext) throws(CommandFailure) -> [RepositoryName] {
        try names(context) { text throws(InvalidValue) in try RepositoryName(option: text) }
    }

    // MARK: -

    private func names<Name: CustomStringConvertible>(
        _ context: CommandContext, _ read: (String) throws(InvalidValue) -> Name,
    ) throws(CommandFailure) -> [Name] {
        let bytes = try DocumentFile.bytes(of: path, what: what, bytesMax: Self.bytesMax)
        guard bytes.count <= Self.bytesMax else {
            throw .usage(
                "the \(what) \(path) is larger than \(Self.bytesMax >> 20) MiB", hint: "check that it is the right file"
            )
        }
        var names: [Name] = []
        var lines: [String: Int] = [:]
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let text = Self.text(line, isFirst: index == 0)
            guard !text.isEmpty else { continue }
            let name: Name
            do throws(InvalidValue) { name = try read(text) } catch {
                throw .usage("\(path):\(index + 1): \(error.message.singleLine)", hint: error.hint)
            }
            if let first = lines[name.description.lowercased()] {
                context.warn("\(path):\(index + 1): \(name) stands in line \(first) already")
                continue
            }
            lines[name.description.lowercased()] = index + 1
            names.append(name)
        }
        guard !names.isEmpty else {
            throw .usage("the \(what) \(path) holds no name", hint: "write one name a line")
        }
        return names
    }

    private static func text(_ line: ArraySlice<UInt8>, isFirst: Bool) -> String {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let line = isFirst && line.starts(with: byteOrderMark) ? line.dropFirst(byteOrderMark.count) : line
        let name = line.prefix { $0 != UInt8(ascii: "#") }
        let isSpace = { (byte: UInt8) in " \t\r".utf8.contains(byte) }
        let start = name.drop(while: isSpace)
        let end = start.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start.startIndex
        return String(decoding: start[..<end], as: UTF8.self)
    }
}
