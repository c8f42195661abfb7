import AuditCore

// What scans could not read is a gap of coverage, and no change.

extension OrganizationDifference {
    /// How many repositories of which a waiver accepts it could be read by the earlier scan.
    fileprivate var newlyAccepted: Int {
        lost.count { gap in
            if case .repository(let repository) = gap.what { acceptedUnread.contains(repository.id) } else { false }
        }
    }

    var hasNothingToShow: Bool {
        isEmpty && withoutEffect.isEmpty && withHiddenEffect.isEmpty && templateChangesWithoutEffect.isEmpty
    }

    /// What of its template changed and changes no subject by itself.
    var templateChangesWithoutEffect: [String] {
        var changes: [String] = []
        if let claims = spellingChange {
            changes.append(
                "claims of its template: \(claims.before.keys.joinedNames) → \(claims.after.keys.joinedNames): the same to GitHub"
            )
        }
        if let flag = flagChange {
            changes.append("use_immutable_subject of its template: \(flag.before) → \(flag.after): no change by itself")
        }
        return changes
    }
}

extension ScanDifference {
    /// What gaps hide, each as a noun: `the template of acme`, `3 repositories`.
    var hiddenInWords: [String] { hiddenInWords(incomparable) }

    /// The same for a nightly report: of a repository of which a waiver accepts that it can't be read, the first time alone.
    var hiddenInWordsOnce: [String] {
        let unaccepted = organizations.map { $0.incomparableIDs.subtracting($0.acceptedUnread).count }.reduce(0, +)
        let newlyAccepted = organizations.map(\.newlyAccepted).reduce(0, +)
        return hiddenInWords(unaccepted)
            + (newlyAccepted > 0 ? ["\(counted(newlyAccepted, "repository")) (accepted)"] : [])
    }

    private func hiddenInWords(_ incomparable: Int) -> [String] {
        lost + found.filter { login in !organizations.contains { $0.login == login } }
            + organizations.filter(\.isTemplateHidden).map { "the template of \($0.login)" }
            + organizations.filter { $0.listingAfter == .partial }.map { "what the listing of \($0.login) left out" }
            + (incomparable > 0 ? [counted(incomparable, "repository")] : [])
    }
}

extension ScanDifference {
    /// Whether it is known of everything whether it changed.
    var isKnown: Bool { isWhole && policyName != nil && hiddenInWords.isEmpty }
}

extension CoverageGap {
    private var subject: String {
        switch what {
        case .organization: organization
        case .organizationTemplate: "the template of \(organization)"
        case .listing: "the listing of \(organization)"
        case .repository(let repository): repository.fullName
        }
    }

    /// On one line, but for repositories, which are many.
    fileprivate var words: String { "\(subject): \(reason.message)" + knownInWords }

    fileprivate var knownInWords: String {
        knownBy.map { "; compared with scan #\($0.id.rawValue), the last that knew it" } ?? ""
    }
}

extension Timeline.Event.Gap {
    /// Such as `could not be read from #18 to #20: forbidden (403)`.
    ///
    /// - Parameter first: the first scan of the gap.
    func words(from first: ScanDifference.Side) -> String {
        "could not be read \(span(from: first)): \(reason.message)"
    }

    /// Such as `from #18 to #20, the last scan`.
    func span(from first: ScanDifference.Side) -> String {
        let (start, end) = (first.id.rawValue, last.id.rawValue)
        let when = start == end ? "by #\(start)" : "from #\(start) to #\(end)"
        return when + (regainedBy == nil ? ", the last scan" : "")
    }
}

extension RepositoryChange {
    /// What the repository's own answer says otherwise, such as `use_immutable_subject: false → true, the prefix stays`.
    var settingsInWords: [String] {
        guard let old = before?.reading.value, let new = after?.reading.value else { return [] }
        func words(_ keys: [ClaimKey]?) -> String {
            keys.map { $0.isEmpty ? "none" : $0.map(\.rawValue).joined(separator: ", ") } ?? "not sent"
        }
        var said: [String] = []
        if old.useDefault != new.useDefault { said.append("use_default: \(old.useDefault) → \(new.useDefault)") }
        if old.includeClaimKeys != new.includeClaimKeys {
            said.append("include_claim_keys: \(words(old.includeClaimKeys)) → \(words(new.includeClaimKeys))")
        }
        if let flag = old.useImmutableSubject, let now = new.useImmutableSubject, flag != now {
            let stays = old.subClaimPrefix.flatMap { prefix in new.subClaimPrefix?.isExactly(prefix) } ?? false
            said.append("use_immutable_subject: \(flag) → \(now)\(stays ? ", the prefix stays" : "")")
        }
        if let prefix = old.subClaimPrefix, let now = new.subClaimPrefix, !prefix.isExactly(now) {
            said.append("sub_claim_prefix: \(prefix) → \(now)")
        }
        return said
    }
}

extension TextPage {
    /// What is not known of the comparison.
    mutating func hidden(_ difference: ScanDifference) {
        let hidden = difference.hiddenInWords
        guard !hidden.isEmpty else { return }
        wrapped(
            "\(hidden.joined(separator: ", ")): whether there is a change is not known", label: "but for", indent: 2,
            .poor)
    }

    mutating func coverage(_ difference: ScanDifference) {
        let gaps = (lost: difference.coverageLost, regained: difference.coverageRegained)
        guard !gaps.lost.isEmpty || !gaps.regained.isEmpty else { return }
        blank()
        line("COVERAGE", .poor, "what only one of the two scans could read; no change by itself")
        self.gaps("could not be read by #\(difference.after.id.rawValue)", gaps.lost)
        self.gaps("could not be read by #\(difference.before.id.rawValue), and can again", gaps.regained)
    }

    /// What only one of the two scans had in its scope.
    mutating func scope(_ difference: ScanDifference) {
        let (left, entered) = (
            difference.organizations.flatMap(\.left), difference.organizations.flatMap(\.entered)
        )
        guard !left.isEmpty || !entered.isEmpty else { return }
        blank()
        line("SCOPE", .faint, "what only one of the two scans read, as the other left it out; no change by itself")
        moves("left out by #\(difference.after.id.rawValue)", left)
        moves("left out by #\(difference.before.id.rawValue), and not any more", entered)
    }

    private mutating func moves(_ title: String, _ moves: [ScopeMove]) {
        guard !moves.isEmpty else { return }
        wrapped(title, indent: 2, .strong)
        for alike in moves.grouped(Array(moves.indices), by: \.why) {
            guard let first = alike.first else { continue }
            wrapped("\(counted(alike.count, "repository")): \(moves[first].why)", indent: 4)
            for place in alike.prefix(Self.gapsMax) { plain(moves[place].repository.fullName, indent: 6) }
            if alike.count > Self.gapsMax {
                plain("and \(alike.count - Self.gapsMax) more; --format json names all", indent: 6)
            }
        }
    }

    private mutating func gaps(_ title: String, _ gaps: [CoverageGap]) {
        guard !gaps.isEmpty else { return }
        wrapped(title, indent: 2, .strong)
        var repositories: [(reason: String, names: [String])] = []
        var places: [String: Int] = [:]
        for gap in gaps {
            guard case .repository(let repository) = gap.what else {
                wrapped(gap.words, indent: 4)
                continue
            }
            let reason = gap.reason.message + gap.knownInWords
            let place = places[reason] ?? repositories.count
            if place == repositories.count {
                repositories.append((reason, []))
                places[reason] = place
            }
            repositories[place].names.append(repository.fullName)
        }
        for (reason, names) in repositories {
            wrapped("\(counted(names.count, "repository")): \(reason)", indent: 4)
            for name in names.prefix(Self.gapsMax) { plain(name, indent: 6) }
            if names.count > Self.gapsMax {
                plain("and \(names.count - Self.gapsMax) more; --format json names all", indent: 6)
            }
        }
    }

    private static let gapsMax = 10

    /// - Parameter scan: `nil` if it is the earlier one of those that are compared.
    mutating func comparedWith(_ scan: ScanDifference.Side?, indent: Int) {
        guard let scan else { return }
        wrapped(
            "compared with #\(scan.id.rawValue) of \(scan.startedAt), the last that knew it", indent: indent, .faint)
    }
}

extension Shape where Root == CoverageGap {
    static var gap: Shape {
        .object {
            Member("kind", .word) { $0.kind }
            Member("organization", .string, "its login") { $0.organization }
            Member("organization_id", .maybe(.id)) { $0.organizationID }
            Member("full_name", .maybe(.string), "of the repository; null if it is about something else") {
                $0.repository?.fullName
            }
            Member("id", .maybe(.id), "likewise") { $0.repository?.id }
            Member("reason", .reason, "why it could not be read") { $0.reason }
            Member("known_by", .maybe(.side), "the last scan that knew it, with which it was compared") { $0.knownBy }
        }
    }
}

extension CoverageGap {
    fileprivate enum Kind: String, CaseIterable {
        case organization
        case organizationTemplate = "organization_template"
        case listing
        case repository
    }

    fileprivate var kind: Kind {
        switch what {
        case .organization: .organization
        case .organizationTemplate: .organizationTemplate
        case .listing: .listing
        case .repository: .repository
        }
    }

    fileprivate var repository: Repository? { if case .repository(let repository) = what { repository } else { nil } }
}

extension Shape where Root == UnreadableReason {
    static var reason: Shape {
        .object {
            Member("code", .string) { $0.code.rawValue }
            Member("message", .string) { $0.message }
        }
    }
}
