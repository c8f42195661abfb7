/// Paths of files, taken apart by bytes. Foundation's way through `NSString` traps on a name of one letter.
extension String {
    /// The folder of a file, as `dirname` says it: `.` for a name alone.
    package var parentFolder: String {
        let parts = pathParts
        guard let end = parts.folderEnd else { return parts.name.isEmpty && hasPrefix("/") ? "/" : "." }
        return end == startIndex ? "/" : String(self[..<end])
    }

    /// The name of a file without its folders.
    package var fileName: String { String(pathParts.name) }

    /// What stands behind the last full stop of a file's name; empty if it has none, or begins with it.
    package var fileExtension: String {
        let name = pathParts.name
        guard let stop = name.utf8.lastIndex(of: UInt8(ascii: ".")), stop != name.startIndex else { return "" }
        return String(name[name.utf8.index(after: stop)...])
    }

    /// The path less its file's extension.
    package var withoutFileExtension: String {
        let ending = fileExtension
        return ending.isEmpty || !hasSuffix("." + ending) ? self : String(utf8.dropLast(ending.utf8.count + 1)) ?? self
    }

    /// Where the folder ends, and the name behind it; slashes at the end are part of neither.
    private var pathParts: (folderEnd: Index?, name: Substring) {
        let slash = UInt8(ascii: "/")
        var end = utf8.endIndex
        while end > utf8.startIndex, utf8[utf8.index(before: end)] == slash { end = utf8.index(before: end) }
        guard let last = utf8[..<end].lastIndex(of: slash) else { return (nil, self[..<end]) }
        var folderEnd = last
        while folderEnd > utf8.startIndex, utf8[utf8.index(before: folderEnd)] == slash {
            folderEnd = utf8.index(before: folderEnd)
        }
        return (folderEnd, self[utf8.index(after: last)..<end])
    }
}
