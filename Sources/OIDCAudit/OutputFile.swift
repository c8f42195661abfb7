import AuditCore
import Foundation
import Reports

/// A file that gets the report in one format.
struct OutputFile {
    let reporter: any Reporter.Type
    let path: String

    /// Reads `KIND=FILE` settings and checks that each file can be written, before anything is asked of GitHub.
    static func all(_ values: [SettingValue]) throws(CommandFailure) -> [OutputFile] {
        var outputs: [OutputFile] = []
        for value in values {
            let parts = value.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty else {
                throw value.invalid("is no KIND=FILE", hint: "for example json=report.json")
            }
            let kind = SettingValue(text: String(parts[0]), origin: value.origin)
            guard let reporter = try Settings.reporter(named: kind) else { continue }
            let output = OutputFile(reporter: reporter, path: String(parts[1]))
            guard !outputs.contains(where: { $0.path == output.path }) else {
                throw value.invalid("names a file twice", hint: "name another file for each format")
            }
            if let why = output.obstacle {
                throw value.invalid("can't be written: \(why)", hint: "make the folder first, or name another file")
            }
            outputs.append(output)
        }
        return outputs
    }

    /// Writes the report under a temporary name and renames it, so that nobody reads half a report. What is no regular
    /// file is written directly.
    func write(_ report: AuditReport) throws(CommandFailure) {
        do {
            if let descriptor = Self.openDescriptor(path) {
                try write(report, to: descriptor)
            } else if isSpecial {
                try write(report, to: path, flags: O_WRONLY)
            } else {
                let target = realTarget
                // Two jobs in containers can have the same process id, so chance makes the name.
                let temporary = "\(target).\(UInt64.random(in: .min ... .max)).tmp"
                do {
                    try write(report, to: temporary, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
                    guard rename(temporary, target) == 0 else { throw SystemError(errno) }
                } catch {
                    unlink(temporary)
                    throw error
                }
            }
        } catch {
            throw CommandFailure(
                message: "cannot write the report \(path): \(error)", hint: "the scan itself is stored",
                status: .failure)
        }
    }

    // MARK: -

    private func write(_ report: AuditReport, to path: String, flags: Int32) throws {
        let descriptor = open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError(errno) }
        defer { close(descriptor) }
        try write(report, to: descriptor)
        // A pipe or terminal can't be synced, and need not be.
        if !isSpecial, fsync(descriptor) != 0 { throw SystemError(errno) }
    }

    private func write(_ report: AuditReport, to descriptor: Int32) throws {
        var output = ReportOutput { bytes in try writeAll(bytes, to: descriptor) }
        reporter.init().render(report, style: ReportStyle(), to: &output)
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

    private var kind: Kind {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return .nothing }
        if isFolder.boolValue { return .folder }
        // A link to a pipe, as /dev/stdout can be, leads to something without a path.
        guard let target = resolvedPath,
            let type = try? FileManager.default.attributesOfItem(atPath: target)[.type] as? FileAttributeType
        else { return .special }
        return type == .typeRegular ? .file : .special
    }

    private var isSpecial: Bool { kind == .special }

    private var resolvedPath: String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Where a link leads, so that the link stays.
    private var realTarget: String { resolvedPath ?? path }

    private var obstacle: String? {
        if let descriptor = Self.openDescriptor(path) {
            return fcntl(descriptor, F_GETFD) >= 0 ? nil : SystemError(errno).description
        }
        if kind == .folder { return "it is a folder" }
        if isSpecial { return access(path, W_OK) == 0 ? nil : SystemError(errno).description }
        let folder = (realTarget as NSString).deletingLastPathComponent
        guard access(folder.isEmpty ? "." : folder, W_OK) != 0 else { return nil }
        return "the folder \(folder): \(SystemError(errno))"
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
