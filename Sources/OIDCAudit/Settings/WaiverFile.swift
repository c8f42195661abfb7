import AuditCore

/// A waiver file as the command line names it.
enum WaiverFile {
    static func load(_ path: String) throws(CommandFailure) -> WaiverList {
        try list(DocumentFile(path: path, what: "waiver file"))
    }

    /// Reads what is to become the file.
    static func load(bytes: [UInt8], name: String) throws(CommandFailure) -> WaiverList {
        try list(DocumentFile(bytes: bytes, name: name, what: "waiver file"))
    }

    /// Loads the file and refuses waivers that reach further than the policy allows.
    static func load(_ path: String, for policy: Policy, now: Timestamp) throws(CommandFailure) -> WaiverList {
        let list = try load(path)
        try check(list, against: policy, now: now)
        return list
    }

    static func check(_ list: WaiverList, against policy: Policy, now: Timestamp) throws(CommandFailure) {
        do throws(DocumentError) {
            try list.check(against: policy, now: now)
        } catch {
            throw DocumentFile.failure(error, in: list.source)
        }
    }

    // MARK: -

    private static func list(_ file: DocumentFile) throws(CommandFailure) -> WaiverList {
        do throws(DocumentError) {
            return try WaiverList(file.document, source: file.name)
        } catch {
            throw DocumentFile.failure(error, in: file.name)
        }
    }
}
