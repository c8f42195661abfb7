import AuditCore

/// A waiver file as the command line names it.
enum WaiverFile {
    static func load(_ path: String) throws(CommandFailure) -> WaiverList { try list(read(path)) }

    static func read(_ path: String) throws(CommandFailure) -> DocumentFile {
        try DocumentFile(path: path, what: "waiver file")
    }

    /// Reads what is to become the file.
    static func load(bytes: [UInt8], name: String) throws(CommandFailure) -> WaiverList {
        try list(DocumentFile(bytes: bytes, name: name, what: "waiver file"))
    }

    static func check(_ list: WaiverList, against policy: Policy, now: Timestamp) throws(CommandFailure) {
        do throws(DocumentError) {
            try list.check(against: policy, now: now)
        } catch {
            throw DocumentFile.failure(error, in: list.source)
        }
    }

    static func list(_ file: DocumentFile) throws(CommandFailure) -> WaiverList {
        do throws(DocumentError) {
            return try WaiverList(file.document, source: file.name)
        } catch {
            throw DocumentFile.failure(error, in: file.name)
        }
    }
}
