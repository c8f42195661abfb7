package import AuditCore

/// Who can assume what.
package enum TrustPage: Page {
    /// Trusts that fewer repositories can use are listed row by row.
    static let rowsBelow = 50

    package static func write(_ audit: TrustAudit, to page: inout TextPage) {
        page.headline(audit)
        for scan in audit.scans {
            page.fact("scan", "#\(scan.id.rawValue) of \(scan.startedAt): \(scan.logins.joined(separator: ", "))")
        }
        for file in audit.files { page.file(file) }
        if let tokens = audit.tokens {
            page.token(audit, tokens)
        } else {
            page.outside(audit)
            page.unmatched(audit)
            page.access(audit)
            page.undecided(audit)
        }
        page.unread(audit)
        if let change = audit.change {
            page.differences("LOST", change.lost, "that the change takes away", audit, .bad)
            page.differences("GAINED", change.gained, "that the change gives", audit, .poor)
        }
    }

    package static let document = JSONDocument<TrustAudit>("trust") {
        Member("scans", .list(.side), "the newest of each organization, or the one that was named") {
            $0.scans.map(\.side)
        }
        Member("files", .list(.trustExport)) { $0.files }
        Member("trusts", .list(trust), "ways in, by identity") { audit in
            audit.trusts.map { Judged(audit: audit, trust: $0) }
        }
        Member("access", .list(.access), "rows of trusts that fewer than 50 repositories can use") { rows($0) }
        Member.optional("what_if", change, "what the changes would do") { $0.change }
        Member("gaps", .strings, "why not everything of the organizations was read") { $0.gaps }
        Member("summary", summary) { $0 }
        Member("exit_status", .integer) { $0.exitStatus.rawValue }
    }

    // MARK: -

    private struct Judged: Sendable {
        let audit: TrustAudit
        let trust: JudgedTrust
    }

    private static let trust = Shape<Judged>.object {
        Member("id", .string) { $0.trust.trust.id }
        Member("cloud", .word) { $0.trust.trust.identity.cloud }
        Member("identity", .string, "what is assumed; in AWS the ARN of the role") { $0.trust.trust.identity.name }
        Member("source", source) { $0.trust.trust.source }
        Member("issuer", .string) { $0.trust.trust.issuer }
        Member("last_used", .maybe(.string), "null where the export does not say") { $0.trust.trust.identity.lastUsed }
        Member("demands", .list(.claimDemand), "what the statement demands of a token") {
            $0.trust.trust.allow.claimDemands
        }
        Member("denies", .list(.list(.claimDemand)), "demands of each Deny statement") {
            $0.trust.trust.denies.map(\.claimDemands)
        }
        Member("reach", .reach) { $0.trust.reach }
        Member("repositories", repositories, "those that can use it") { $0 }
        Member("no_match", .list(.noMatch), "why no repository can use it; empty where one can, or may") {
            $0.trust.noMatch
        }
        Member("undecided", .list(.undecided)) { $0.trust.undecided }
        Member.optional("token", .tokenAnswer, "what it makes of the token that is asked about") {
            $0.audit.tokens?[$0.trust.trust.id]
        }
    }

    private static let source = Shape<TrustSource>.object {
        Member("file", .string) { $0.file }
        Member("pointer", .string, "where it stands there: a JSON pointer, behind the line where there are several") {
            $0.pointer
        }
    }

    private static let repositories = Shape<Judged>.object {
        Member("count", .integer) { $0.trust.cells.count }
        Member("unknown", .integer, "of these, those whose subjects are not known") {
            $0.audit.unknownCount($0.trust)
        }
        Member("all_of", .list(whole), "owners of whose repositories it takes all but a few") {
            $0.audit.report.wholes(of: $0.trust)
        }
        Member("examples", .strings) { judged in
            judged.trust.cells.prefix(3).map {
                judged.audit.report.repositories[Int($0.repository)].repository.fullName
            }
        }
    }

    private static let whole = Shape<AccessReport.Whole>.object {
        Member("owner", .string) { $0.owner }
        Member("except", .strings) { $0.except }
    }

    private static let change = Shape<TrustAudit.Change>.object {
        Member("lost", .list(.accessDifference)) { $0.lost }
        Member("gained", .list(.accessDifference)) { $0.gained }
    }

    private static let summary = Shape<TrustAudit>.object {
        Member("identities", .integer) { $0.report.identities.count }
        Member("trusts", .integer) { $0.trusts.count }
        Member("access", .integer, "pairs of a repository and a trust that it can use") { $0.report.accessCount }
        Member("outside", .integer, "trusts that somebody outside gets in through, or may") { $0.outside.count }
        Member("no_match", .integer, "trusts that no repository can use") { $0.unmatched.count }
        Member("undecided", .integer, "trusts") { $0.undecided.count }
        Member("unread", .integer, "roles") { $0.unreadCount }
    }

    /// The rows that are listed one by one.
    private static func rows(_ audit: TrustAudit) -> [Access] {
        audit.trusts.flatMap { rows(audit, $0) }
    }

    static func rows(_ audit: TrustAudit, _ trust: JudgedTrust) -> [Access] {
        if let id = audit.repository {
            return trust.cells.filter { audit.report.repositories[Int($0.repository)].repository.id == id }
                .map { audit.report.access(trust, $0) }
        }
        return trust.cells.count < rowsBelow ? Array(audit.report.access(of: trust)) : []
    }
}

// MARK: - Sections

extension TextPage {
    fileprivate mutating func headline(_ audit: TrustAudit) {
        if let tokens = audit.tokens {
            let accepted = tokens.values.count { $0.isAccepted == true }
            let open = tokens.values.count { $0.isAccepted == nil }
            let rest = "by \(accepted) of \(counted(tokens.count, "trust"))"
            if accepted > 0 { return line("ACCEPTED", .good, rest) }
            return open > 0
                ? line("UNDECIDED", .poor, "\(open) of \(counted(tokens.count, "trust"))")
                : line("REFUSED", .bad, "by \(counted(tokens.count, "trust"))")
        }
        let outside = audit.outside.count
        let parts = [
            (outside, "\(counted(outside, "trust")) open to outsiders"),
            (audit.unmatched.count, "\(counted(audit.unmatched.count, "trust")) without a repository"),
            (audit.change?.lost.count ?? 0, "\(audit.change?.lost.count ?? 0) lost"),
            (audit.undecided.count, "\(audit.undecided.count) undecided"),
            (audit.unreadCount, "\(counted(audit.unreadCount, "role")) unread"),
        ].filter { $0.0 > 0 }.map(\.1)
        let words = parts.isEmpty ? "nobody outside gets in" : parts.joined(separator: ", ")
        switch audit.exitStatus {
        case .success: line("PASSED", .good, words)
        case .violations: line("FAILED", .bad, words)
        default: line("INCOMPLETE", .poor, words)
        }
    }

    fileprivate mutating func file(_ file: TrustExport) {
        fact("file", file.path)
        var words = counted(file.roles, "role")
        if file.roles > 0 {
            words += ", \(counted(file.trusts, "trust")) for GitHub, \(file.otherIssuers) with other issuers"
        }
        fact("", "\(words); \(file.kind)")
    }

    fileprivate mutating func outside(_ audit: TrustAudit) {
        let open = audit.outside
        guard !open.isEmpty else { return }
        blank()
        line("OUTSIDE", .bad, "\(counted(open.count, "trust")) that others than your repositories can use")
        for trust in open {
            identity(trust)
            for outsider in trust.reach.outsiders {
                wrapped(outsider.displayText, indent: 4, outsider.isCertain ? .bad : .poor)
                if let witness = outsider.witness { self.witness(witness) }
            }
            for value in trust.findings.formerNames
            where trust.reach.outsiders.contains(where: { $0.group == .renamer }) {
                wrapped("\(value.text), which is \(value.about) now", label: "value:", indent: 4)
            }
            if trust.trust.dependsOnRequest {
                wrapped("conditions on the request may narrow it; they were not decided", indent: 4, .faint)
            }
        }
    }

    fileprivate mutating func unmatched(_ audit: TrustAudit) {
        let dead = audit.unmatched
        guard !dead.isEmpty else { return }
        blank()
        line("NO MATCH", .poor, "\(counted(dead.count, "trust")) that no repository can use")
        for trust in dead {
            identity(trust)
            for reason in trust.noMatch { wrapped(reason.displayText, indent: 4, reason.isBreak ? .bad : nil) }
        }
    }

    fileprivate mutating func access(_ audit: TrustAudit) {
        let used = audit.trusts.filter { !$0.cells.isEmpty }
        blank()
        guard !used.isEmpty else { return line("ACCESS", .strong, "no repository can assume anything") }
        let identities = Set(used.map(\.trust.identity.name)).count
        line("ACCESS", .strong, "what repositories can assume: \(counted(identities, "role"))")
        for trust in used {
            identity(trust)
            let rows = TrustPage.rows(audit, trust)
            for row in rows { wrapped("\(row.repository.fullName): \(row.displayText)", indent: 4) }
            if rows.isEmpty { crowd(audit, trust) }
            if let first = rows.first { plain("subject: \(first.witness.subject)", indent: 6) }
            if !trust.reach.owner.isNo {
                wrapped("and any repository that the owner makes later", indent: 4, .poor)
            }
            if case .yes = trust.reach.byName, trust.reach.outsiders.isEmpty {
                wrapped("by name alone: whoever holds the names gets in", indent: 4, .faint)
            }
            if trust.trust.dependsOnRequest {
                wrapped("conditions on the request may narrow it; they were not decided", indent: 4, .faint)
            }
        }
    }

    private mutating func crowd(_ audit: TrustAudit, _ trust: JudgedTrust) {
        let wholes = audit.report.wholes(of: trust)
        var counts: [String: Int] = [:]
        for cell in trust.cells {
            counts[audit.report.repositories[Int(cell.repository)].repository.owner, default: 0] += 1
        }
        for whole in wholes { wrapped(whole.displayText(counts.removeValue(forKey: whole.owner) ?? 0), indent: 4) }
        let rest = trust.cells.lazy.map { audit.report.repositories[Int($0.repository)].repository }
            .filter { counts[$0.owner] != nil }
        let names = rest.prefix(3).map(\.fullName)
        let count = counts.values.reduce(0, +)
        if count > 0 { wrapped("\(counted(count, "repository")), such as \(names.joined(separator: ", "))", indent: 4) }
        let unknown = audit.unknownCount(trust)
        if unknown > 0 { wrapped("of these, \(unknown) with unknown subjects", indent: 4, .poor) }
        if let cell = trust.cells.first {
            plain("subject: \(audit.report.access(trust, cell).witness.subject)", indent: 6)
        }
    }

    fileprivate mutating func undecided(_ audit: TrustAudit) {
        let open = audit.undecided
        guard !open.isEmpty else { return }
        blank()
        line("UNDECIDED", .poor, counted(open.count, "trust"))
        for trust in open {
            identity(trust)
            for one in trust.undecided where one.kind != .request { wrapped(one.displayText, indent: 4) }
            let count = audit.unknownCount(trust)
            if count > 0 { wrapped("the subjects of \(counted(count, "repository")) are not known", indent: 4) }
            if trust.reach.mayHaveMore {
                wrapped("repositories with unknown subjects may use it besides", indent: 4)
            }
        }
    }

    fileprivate mutating func unread(_ audit: TrustAudit) {
        let holed = audit.files.filter { $0.truncation != nil || !$0.unread.isEmpty }
        guard !holed.isEmpty || !audit.gaps.isEmpty else { return }
        blank()
        line("UNREAD", .poor, "what this says nothing of")
        for gap in audit.gaps { wrapped(gap, indent: 2) }
        for file in holed {
            if let why = file.truncation { wrapped("\(file.path): \(why)", indent: 2) }
            for one in file.unread.prefix(20) {
                plain(one.identity, indent: 2)
                wrapped(one.why, indent: 4)
            }
            if file.unread.count > 20 {
                plain("and \(file.unread.count - 20) more; --format json names all", indent: 2)
            }
        }
    }

    fileprivate mutating func token(_ audit: TrustAudit, _ tokens: [String: TokenAnswer]) {
        let rows = audit.trusts.compactMap { trust in tokens[trust.trust.id].map { (trust, $0) } }
        let sections: [(word: String, tone: Tone, accepted: Bool?)] = [
            ("ACCEPTED", .good, true), ("UNDECIDED", .poor, nil), ("REFUSED", .bad, false),
        ]
        for section in sections {
            let some = rows.filter { $0.1.isAccepted == section.accepted }
            guard !some.isEmpty else { continue }
            blank()
            line(section.word, section.tone, counted(some.count, "trust"))
            for (trust, answer) in some.prefix(100) {
                identity(trust)
                if let why = answer.why { wrapped(why, indent: 4) }
            }
            if some.count > 100 { plain("and \(some.count - 100) more; --format json names all", indent: 2) }
        }
    }

    fileprivate mutating func differences(
        _ word: String, _ rows: [AccessDifference], _ what: String, _ audit: TrustAudit, _ tone: Tone,
    ) {
        blank()
        guard !rows.isEmpty else { return line(word, .good, "nothing") }
        let keys = Dictionary(
            audit.trusts.map { ($0.trust.id, $0.trust.issuer.split(separator: "/", maxSplits: 1).last ?? "") },
            uniquingKeysWith: { first, _ in first })
        line(word, tone, "\(counted(rows.count, "row")) of access \(what)")
        for row in rows {
            plain(row.identity, indent: 2)
            let doubt = row.isCertain ? "" : " (not certain)"
            wrapped(
                "\(row.repository.fullName): \(row.contexts.map(\.displayText).joined(separator: ", "))\(doubt)",
                indent: 4)
            if let before = row.before { plain("subject: \(before)", indent: 4) }
            if let after = row.after { plain("      →  \(after)", indent: 4) }
            let host = keys[row.trust].map { $0.drop { $0 == "/" } } ?? ""
            for one in row.add {
                plain("add to StringLike \(host):\(one.claim):", indent: 4)
                plain("\"\(one.value)\"", indent: 6)
            }
        }
    }

    // MARK: -

    private mutating func identity(_ trust: JudgedTrust) {
        plain(trust.trust.identity.name, indent: 2)
        let source = trust.trust.source
        plain("\(source.file) \(source.pointer)", indent: 4)
    }

    private mutating func witness(_ witness: Witness) {
        plain("subject: \(witness.subject)", indent: 6)
        for (key, value) in witness.sortedClaims where key != "sub" { plain("\(key): \(value)", indent: 6) }
        for condition in witness.provided { wrapped(condition, label: "provided", indent: 6) }
    }
}
