import AuditCore
import Crypto
import Foundation

/// A JSON or YAML file read into a tree of values with their places.
struct DocumentFile {
    let document: Document
    /// In hexadecimal, of the bytes as they were read.
    let sha256: String
    let name: String
    let bytes: [UInt8]

    /// How large a file may be.
    struct Limits {
        var bytesMax: Int
        var valuesMax: Int

        /// Far more than what a person writes, far less than would hurt.
        static let written = Limits(bytesMax: 4 << 20, valuesMax: Document.valuesMax)
        /// For what the program writes: a line for each of very many findings. JSON alone.
        static let generated = Limits(bytesMax: 64 << 20, valuesMax: 1_000_000)
    }

    init(path: String, what: String, limits: Limits = .written) throws(CommandFailure) {
        try self.init(
            bytes: Self.bytes(of: path, what: what, bytesMax: limits.bytesMax), name: path, what: what, limits: limits)
    }

    init(bytes: [UInt8], name: String, what: String, limits: Limits = .written) throws(CommandFailure) {
        guard bytes.count <= limits.bytesMax else {
            throw .usage(
                "the \(what) \(name) is larger than \(limits.bytesMax >> 20) MiB",
                hint: "check that it is the right file")
        }
        self.name = name
        self.bytes = bytes
        sha256 = Self.sha256(of: bytes)
        do throws(DocumentError) {
            document =
                try Self.isYAML(name)
                ? YAMLDocument.parse(Self.text(bytes)) : JSONParser.parse(bytes, valuesMax: limits.valuesMax)
        } catch {
            throw Self.failure(error, in: name)
        }
    }

    /// A mistake in the file as the command line prints it: `FILE:LINE:COLUMN: what`.
    static func failure(_ error: DocumentError, in name: String) -> CommandFailure {
        .usage("\(name):\(error)", hint: error.hint ?? "correct it at that position")
    }

    // MARK: -

    /// The file's bytes, and one more than are accepted where it has more: how large it is doesn't matter then.
    static func bytes(of path: String, what: String, bytesMax: Int) throws(CommandFailure) -> [UInt8] {
        guard let data = contents(path, bytesMax), !isFolder(path) else {
            let exists = FileManager.default.fileExists(atPath: path)
            throw .usage(
                "cannot read the \(what) \(path): "
                    + (isFolder(path) ? "it is a folder" : exists ? "permission denied" : "no such file"),
                hint: "check the path")
        }
        return Array(data)
    }

    /// In hexadecimal.
    static func sha256(of bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func contents(_ path: String, _ bytesMax: Int) -> Data? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: bytesMax + 1) else { return isFolder(path) ? nil : Data() }
        return data
    }

    static func isYAML(_ name: String) -> Bool {
        ["yaml", "yml"].contains(name.fileExtension.lowercased())
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func text(_ bytes: [UInt8]) throws(DocumentError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DocumentError(at: .start, "the file is not valid UTF-8")
        }
        return text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    }
}
