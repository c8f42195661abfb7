import Foundation

/// A small file that holds a secret: a token, or a key. It may be a pipe, such as that of `<(gh auth token)`.
struct SecretFile {
    let path: String
    /// What messages call it, such as "token file".
    let what: String

    /// No token and no key is longer. `/dev/zero` never ends.
    static let bytesMax = 64 << 10

    /// Reads the file, and warns if others may read it too.
    func text(_ context: CommandContext) throws(CommandFailure) -> String {
        let descriptor = try open()
        defer { close(descriptor) }
        let kind = FileManager.default.kindAndMode(of: path)
        if kind?.type == .typeDirectory { throw failure("it is a folder") }
        if let kind, kind.type == .typeRegular, kind.mode & 0o077 != 0 {
            context.warn(
                "the \(what) \(path) may be read by others (mode 0\(String(kind.mode & 0o777, radix: 8))): "
                    + "chmod 600 \(path.shellQuoted)")
        }
        return String(decoding: try bytes(of: descriptor, context.secretWait), as: UTF8.self)
    }

    // MARK: -

    /// A pipe without a writer would hold up `open` itself, without a time limit.
    private func open() throws(CommandFailure) -> Int32 {
        // A socket can't be opened by its name.
        let isStandardInput = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].contains(path)
        let descriptor =
            isStandardInput ? dup(STDIN_FILENO) : Foundation.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno == ENOENT ? "no such file" : SystemError(errno).description) }
        return descriptor
    }

    private func bytes(of descriptor: Int32, _ wait: Duration) throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        let deadline = ContinuousClock.now + wait
        while bytes.count <= Self.bytesMax {
            let left = max(.zero, deadline - ContinuousClock.now)
            var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
            let ready = poll(&descriptors, 1, Int32(clamping: Int64(left / .milliseconds(1))))
            if ready < 0, errno == EINTR { continue }
            guard ready != 0 else { throw failure("nothing more came in time") }
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count >= 0 else { throw failure(SystemError(errno).description) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
        throw failure("it is larger than \(Self.bytesMax >> 10) KiB")
    }

    private func failure(_ why: String) -> CommandFailure {
        .usage("the \(what) \(path) can't be read: \(why)", hint: "name a file that holds the \(noun) alone")
    }

    private var noun: String { String(what.dropLast(" file".count)) }
}

extension FileManager {
    /// What a path leads to, through links, and its permissions; `nil` if nothing is there.
    func kindAndMode(of path: String) -> (type: FileAttributeType, mode: UInt16)? {
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        guard let attributes = try? attributesOfItem(atPath: target),
            let type = attributes[.type] as? FileAttributeType,
            let mode = attributes[.posixPermissions] as? NSNumber
        else { return nil }
        return (type, mode.uint16Value)
    }
}
