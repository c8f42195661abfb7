import AuditCore
import CloudTrust

/// What changes of templates do to who can assume what, by cloud exports.
struct ChangeAccess {
    let exports: TrustFileOptions
    let console: ConsoleSettings
    let context: CommandContext

    /// How old an export may be before a person is warned.
    static let ageMaxDays: Int64 = 7

    init?(_ exports: TrustFileOptions, _ console: ConsoleSettings, _ context: CommandContext) {
        guard !exports.trust.isEmpty else { return nil }
        self.exports = exports
        self.console = console
        self.context = context
    }

    /// Ends the command where an export can't be read, before anything is requested.
    func check() throws(CommandFailure) { _ = try TrustFiles(paths: exports.trust, issuers: exports.issuer) }

    /// - Parameters:
    ///   - plan: changes to come.
    ///   - made: those that were made since the scan, in their order.
    ///   - snapshot: of the scan.
    ///   - roles: names of roles that the exports must hold.
    func access(
        of plan: Plan, after made: [PlannedChange] = [], in snapshot: Snapshot, with roles: Set<String> = [],
    ) throws(CommandFailure) -> PlannedAccess {
        let files = try exports.files(of: snapshot, console, context)
        for file in files.exports { warn(of: file) }
        var world = TrustWorld(snapshot)
        var templates = snapshot.templates
        if !made.isEmpty {
            var earlier = plan
            earlier.changes = made
            world = world.applying(earlier.worldChanges(world.repositories, templates: templates))
            for change in made {
                if case .organization(let template) = change.after {
                    templates[change.target.owner.lowercased()] = template
                }
            }
        }
        let changes = plan.worldChanges(world.repositories, templates: templates)
        let result = WhatIf(changes, in: world, trusts: files.trusts)
        let unread = Self.unread(files, roles)
        var access = PlannedAccess(
            files: files.exports.map { PlannedAccess.File(path: $0.path, sha256: $0.sha256) }, lost: result.lost,
            gained: result.gained, gaps: unread + Self.undecided(files))
        access.unread = unread
        return access
    }

    // MARK: -

    private func warn(of file: TrustExport) {
        guard let written = file.modifiedAt else { return }
        let days = context.now().seconds(since: written) / 86_400
        guard days >= Self.ageMaxDays else { return }
        context.console.note("warning: \(file.path) is \(days) days old: export it again")
    }

    /// What the exports lack, so that more access may be lost than they show.
    private static func unread(_ files: TrustFiles, _ roles: Set<String>) -> [String] {
        var gaps: [String] = []
        for file in files.exports {
            if let why = file.truncation { gaps.append("\(file.path): \(why)") }
            for role in file.unread { gaps.append("\(role.identity): \(role.why)") }
        }
        if files.exports.allSatisfy({ $0.roles == 0 }) { gaps.append("the files hold no role") }
        let unread = Set(files.exports.flatMap { $0.unread.map(\.identity) })
        gaps += roles.subtracting(files.roles).subtracting(unread).sorted().map {
            "\($0): the plan was made with this role, and no file holds it"
        }
        return gaps
    }

    private static func undecided(_ files: TrustFiles) -> [String] {
        files.trusts.filter { !$0.isExact }.flatMap { trust in
            trust.undecided.filter { $0.kind != .request }.map { "\(trust.identity.name): \($0.what): \($0.why)" }
        }
    }
}
