import AuditCore

/// A waiver file as the command line names it.
enum WaiverFile {
    static func load(_ path: String) throws(CommandFailure) -> WaiverList { try list(read(path)) }

    static func read(_ path: String) throws(CommandFailure) -> DocumentFile {
        try DocumentFile(path: path, what: "waiver file")
    }

    /// Reads the file for all organizations, and those of single ones: together they are as one file, which the history can
    /// keep. Where a single one's waiver has the rule and the target of one for all, it takes its place.
    ///
    /// - Returns: `nil` if none was given.
    static func read(
        _ path: String?, and own: [OrganizationSettings], against policy: Policy, now: Timestamp,
    ) throws(CommandFailure) -> DocumentFile? {
        let common = try path.map { path throws(CommandFailure) in try read(path) }
        let single = own.compactMap { settings in settings.waivers.map { (settings, $0) } }
        guard !single.isEmpty else { return common }
        var names = common.map { [$0.name] } ?? []
        var waivers = try common.map { file throws(CommandFailure) in try list(file).waivers } ?? []
        for (settings, path) in single {
            let file: DocumentFile
            do throws(CommandFailure) { file = try read(path) } catch {
                throw .usage(
                    "\(settings.origin): \(settings.login): \(error.message)", hint: error.hint ?? "correct it")
            }
            let list = try list(file)
            let confined = try list.waivers.map { waiver throws(CommandFailure) in
                try waiver.confined(to: settings.login.rawValue, in: file)
            }
            // In a text that is made of several a position helps nobody.
            try check(list, against: policy, now: now)
            waivers = waivers.compactMap(OwnWaivers(confined, of: settings.login.rawValue).rest) + confined
            names.append(file.name)
        }
        if let common { try check(list(common), against: policy, now: now) }
        // One path can serve several organizations.
        var seen: Set<String> = []
        return try DocumentFile(
            bytes: Array(WaiverFileEditor.json(waivers).utf8),
            name: names.filter { seen.insert($0).inserted }.joined(separator: ", "), what: "waiver file")
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

extension Waiver {
    /// The same for one organization alone, as a waiver of that organization's file is.
    fileprivate func confined(to login: String, in file: DocumentFile) throws(CommandFailure) -> Waiver {
        guard target.identity == nil, target.organization.map({ $0.isExactlyIgnoringCase(login) }) ?? true else {
            throw .usage(
                "\(file.name):\(position): the \(self) is not about \(login), whose waivers these are",
                hint: "put it in the file of --waivers")
        }
        var target = target
        target.organization = target.organization ?? login
        return about(target)
    }
}
