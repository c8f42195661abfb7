import AuditCore
import Foundation
import History
import Reports

/// Writes files so that nobody ever reads half of one: under a temporary name, which is then renamed. What is no
/// regular file is written directly.
enum AtomicFile {
    /// - Parameters:
    ///   - mode: of a regular file; `nil`: that of the file that is there, else 644 less the umask.
    ///   - what: what is written, for messages: `report`.
    ///   - hint: the next step where it fails.
    static func write(
        to path: String, mode: FileMode? = nil, what: String,
        hint: String = "name another file, or free some space",
        _ body: (inout ReportOutput) throws -> Void,
    ) throws(CommandFailure) {
        do {
            if let descriptor = openDescriptor(path) {
                try write(body, to: descriptor)
            } else if kind(of: path) == .special {
                try write(body, to: path, flags: O_WRONLY)
            } else {
                // Where a link leads, so that the link stays.
                let target = resolvedPath(path) ?? path
                // Two jobs in containers can have the same process id, so chance makes the name.
                let temporary = "\(target).\(UInt64.random(in: .min ... .max)).tmp"
                do {
                    let present =
                        try? FileManager.default.attributesOfItem(atPath: target)[.posixPermissions] as? NSNumber
                    try write(
                        body, to: temporary, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                        mode: mode?.bits ?? present.map { mode_t($0.uint16Value) })
                    guard rename(temporary, target) == 0 else { throw SystemError(errno) }
                } catch {
                    unlink(temporary)
                    throw error
                }
            }
        } catch let error as HistoryError {
            // What was to be written could not be read.
            throw CommandFailure(error)
        } catch {
            throw CommandFailure(
                message: "cannot write the \(what) \(path): \(error)", hint: hint, status: .failure)
        }
    }

    /// Writes behind what others have written, as to the summary of a job, where steps add to one file.
    ///
    /// - Parameter body: gets how many bytes the file holds; `nil` for what is no regular file.
    static func append(
        to path: String, what: String, hint: String, _ body: (inout ReportOutput, _ size: Int?) throws -> Void,
    ) throws(CommandFailure) {
        do {
            let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw SystemError(errno) }
            defer { close(descriptor) }
            // Of what is open, and so of no other file that has come to bear the name.
            let size = Int(lseek(descriptor, 0, SEEK_END))
            let isRegular = size >= 0 && kind(of: path) != .special
            try write({ output in try body(&output, isRegular ? size : nil) }, to: descriptor)
            if isRegular, fsync(descriptor) != 0 { throw SystemError(errno) }
        } catch {
            throw CommandFailure(message: "cannot write the \(what) \(path): \(error)", hint: hint, status: .failure)
        }
    }

    /// Why the file can't be written; `nil` if it seems that it can.
    static func obstacle(to path: String) -> String? {
        if let descriptor = openDescriptor(path) {
            return fcntl(descriptor, F_GETFD) >= 0 ? nil : SystemError(errno).description
        }
        switch kind(of: path) {
        case .folder: return "it is a folder"
        case .special: return access(path, W_OK) == 0 ? nil : SystemError(errno).description
        case .nothing, .file: break
        }
        let folder = (resolvedPath(path) ?? path).parentFolder
        guard access(folder, W_OK) != 0 else { return nil }
        return "the folder \(folder): \(SystemError(errno))"
    }

    // MARK: -

    private static func write(
        _ body: (inout ReportOutput) throws -> Void, to path: String, flags: Int32, mode: mode_t? = nil,
    ) throws {
        let descriptor = open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError(errno) }
        defer { close(descriptor) }
        // Who could not read the old file can't read the new one either.
        if let mode, fchmod(descriptor, mode) != 0 { throw SystemError(errno) }
        try write(body, to: descriptor)
        // A pipe or terminal can't be synced, and need not be.
        if kind(of: path) != .special, fsync(descriptor) != 0 { throw SystemError(errno) }
    }

    private static func write(_ body: (inout ReportOutput) throws -> Void, to descriptor: Int32) throws {
        var output = ReportOutput { bytes in try writeAll(bytes, to: descriptor) }
        try body(&output)
        try output.finish()
    }

    /// The descriptor that a path such as `/dev/stdout` stands for. Opening the path anew would start at the first
    /// byte of the file that it is redirected to; renaming onto it would destroy that file.
    private static func openDescriptor(_ path: String) -> Int32? {
        switch path {
        case "/dev/stdout": return STDOUT_FILENO
        case "/dev/stderr": return STDERR_FILENO
        default:
            let prefix = ["/dev/fd/", "/proc/self/fd/"].first(where: path.hasPrefix)
            return prefix.flatMap { Int32(path.dropFirst($0.count)) }
        }
    }

    private enum Kind {
        case nothing
        case file
        case folder
        /// A pipe, a terminal, `/dev/null`: what a rename would destroy.
        case special
    }

    private static func kind(of path: String) -> Kind {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return .nothing }
        if isFolder.boolValue { return .folder }
        // A link to a pipe, as /dev/stdout can be, leads to something without a path.
        guard let target = resolvedPath(path),
            let type = try? FileManager.default.attributesOfItem(atPath: target)[.type] as? FileAttributeType
        else { return .special }
        return type == .typeRegular ? .file : .special
    }

    private static func resolvedPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

/// A refusal of the operating system.
struct SystemError: Error, CustomStringConvertible {
    let code: Int32

    init(_ code: Int32) {
        self.code = code
    }

    var description: String { String(cString: strerror(code)) }
}

/// Writes every byte, however many calls it takes.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 {
            guard errno == EINTR else { throw SystemError(errno) }
            continue
        }
        rest = rest.dropFirst(count)
    }
}
