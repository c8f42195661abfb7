import AuditCore

extension TextPage {
    mutating func headline(_ audit: TrustAudit) {
        if let tokens = audit.tokens {
            let accepted = tokens.values.count { $0.isAccepted == true }
            let open = tokens.values.count { $0.isAccepted == nil }
            let rest = "by \(accepted) of \(counted(tokens.count, "trust"))"
            if accepted > 0 { return line("ACCEPTED", .good, rest) }
            return open > 0
                ? line("UNDECIDED", .poor, "\(open) of \(counted(tokens.count, "trust"))")
                : line("REFUSED", .bad, "by \(counted(tokens.count, "trust"))")
        }
        let headline = audit.headline
        let tone: Tone =
            switch headline.verdict {
            case .passed: .good
            case .failed: .bad
            case .incomplete: .poor
            }
        line(headline.word, tone, headline.rest)
    }

    /// Of many files, how many they are: the first screen is for who gets in.
    mutating func files(_ files: [TrustExport]) {
        let alone = files.count <= Self.filesMax
        for file in alone ? files : [] { fact("file", "\(file.path): \(Self.counts([file]))") }
        if !alone { fact("files", "\(counted(files.count, "file")): \(Self.counts(files))") }
    }

    private static let filesMax = 3
    private static let namesMax = 10

    private static func counts(_ files: [TrustExport]) -> String {
        let roles = files.reduce(0) { $0 + $1.roles }
        let trusts = files.reduce(0) { $0 + $1.trusts }
        let others = files.reduce(0) { $0 + $1.otherIssuers }
        guard roles > 0 else { return "\(counted(roles, "role")) (\(files[0].kind))" }
        return "\(counted(roles, "role")), \(counted(trusts, "trust")) for GitHub, \(others) with other issuers"
    }

    // MARK: - Outside

    mutating func outside(_ audit: TrustAudit) {
        let open = audit.outside
        guard !open.isEmpty else { return }
        blank()
        line("OUTSIDE", .bad, "who gets in that is not yours: \(counted(open.count, "trust"))")
        for group in open.grouped(by: { $0.reach.outsiders[0].displayText }) {
            guard let worst = group[0].reach.outsiders.first else { continue }
            wrapped(worst.displayText, indent: 2, worst.isCertain ? .bad : .poor)
            for alike in group.grouped(by: \.openness) {
                identities(alike, audit, indent: 4)
                outsiders(alike[0])
            }
        }
    }

    /// How outsiders get in through one trust, or through those that are alike.
    private mutating func outsiders(_ trust: JudgedTrust) {
        for (index, outsider) in trust.reach.outsiders.enumerated() {
            if index > 0 { wrapped(outsider.displayText, indent: 6, outsider.isCertain ? .bad : .poor) }
            if let witness = outsider.witness { self.witness(witness) }
        }
        for value in trust.findings.formerNames
        where trust.reach.outsiders.contains(where: { $0.group == .renamer }) {
            wrapped("\(value.text), which is \(value.about) now", label: "value:", indent: 6)
        }
        if trust.trust.dependsOnRequest { request(indent: 6) }
    }

    private mutating func request(indent: Int) {
        wrapped("conditions on the request may narrow it; they were not decided", indent: indent, .faint)
    }

    // MARK: - Inside

    mutating func unmatched(_ audit: TrustAudit) {
        let dead = audit.unmatched
        guard !dead.isEmpty else { return }
        blank()
        line("NO MATCH", .poor, "\(counted(dead.count, "trust")) that no repository can use")
        for alike in dead.grouped(by: { $0.noMatch.map(\.message) }) {
            identities(alike, audit, indent: 2)
            for reason in alike[0].noMatch { wrapped(reason.message, indent: 4, reason.isBreak ? .bad : nil) }
        }
    }

    mutating func access(_ audit: TrustAudit) {
        let used = audit.trusts.filter { !$0.cells.isEmpty }
        blank()
        guard !used.isEmpty else {
            return line(
                "ACCESS", .strong,
                audit.askedAccess
                    ?? (audit.trusts.contains { $0.reach.mayHaveMore }
                        ? "no repository that is known can assume anything" : "no repository can assume anything"))
        }
        let identities = Set(used.map(\.trust.identity.name)).count
        line("ACCESS", .strong, "what repositories can assume: \(counted(identities, "role"))")
        let crowds = TrustCrowds(audit)
        for trust in used {
            self.identities([trust], audit, indent: 2)
            if let id = audit.repository {
                for row in TrustPage.rows(audit, trust) where row.repository.id == id {
                    wrapped("\(row.repository.fullName): \(row.displayText)", indent: 4)
                    plain("subject: \(row.witness.subject)", indent: 6)
                }
            } else {
                for crowd in crowds.of(trust) { wrapped("\(crowd.names): \(crowd.words)", indent: 4) }
                if let cell = trust.cells.first {
                    plain("subject: \(audit.report.access(trust, cell).witness.subject)", indent: 6)
                }
            }
            if !trust.reach.owner.isNo {
                wrapped("and any repository that the owner makes later", indent: 4, .poor)
            }
            if case .yes = trust.reach.byName, trust.reach.outsiders.isEmpty {
                wrapped("by name alone: anyone who holds the names gets in", indent: 4, .faint)
            }
            if trust.trust.dependsOnRequest { request(indent: 4) }
        }
    }

    // MARK: - What is open

    mutating func undecided(_ audit: TrustAudit) {
        let open = audit.undecided
        guard !open.isEmpty else { return }
        blank()
        line("UNDECIDED", .poor, counted(open.count, "trust"))
        for alike in open.grouped(by: { audit.whyUndecided($0) }) {
            identities(alike, audit, indent: 2)
            for why in audit.whyUndecided(alike[0]) { wrapped(why, indent: 4) }
        }
    }

    mutating func unread(_ audit: TrustAudit) {
        let holed = audit.files.filter { $0.truncation != nil || !$0.unread.isEmpty }
        guard !holed.isEmpty || !audit.gaps.isEmpty else { return }
        blank()
        line("UNREAD", .poor, "what could not be read")
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

    mutating func token(_ audit: TrustAudit, _ tokens: [String: TokenAnswer]) {
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
                identities([trust], audit, indent: 2)
                if let why = answer.why { wrapped(why, indent: 4) }
            }
            if some.count > 100 { plain("and \(some.count - 100) more; --format json names all", indent: 2) }
        }
    }

    // MARK: -

    /// Trusts of which the same is to be said, by what they let assume; where one has several, by their source, too.
    private mutating func identities(_ alike: [JudgedTrust], _ audit: TrustAudit, indent: Int) {
        for trust in alike.prefix(Self.namesMax) {
            plain(trust.trust.identity.name, indent: indent)
            if audit.hasSeveral(trust.trust.identity) { plain(trust.trust.source.pointer, indent: indent + 2) }
        }
        if alike.count > Self.namesMax {
            plain("and \(alike.count - Self.namesMax) more alike; --format json names all", indent: indent)
        }
    }

    private mutating func witness(_ witness: Witness) {
        plain("subject: \(witness.subject)", indent: 6)
        // The audience that every job for AWS asks for says nothing of who it is.
        for (key, value) in witness.sortedClaims where key != "sub" && (key, value) != ("aud", "sts.amazonaws.com") {
            plain("\(key): \(value)", indent: 6)
        }
        for condition in witness.provided { wrapped(condition, label: "provided", indent: 6) }
    }
}

extension JudgedTrust {
    /// Trusts of the same let the same outsiders in by the same tokens.
    fileprivate var openness: [[String]] {
        let outsiders = reach.outsiders.map { outsider in
            [outsider.displayText] + (outsider.witness?.sortedClaims.flatMap { [$0.key, $0.value] } ?? [])
        }
        return outsiders + [findings.formerNames.map(\.text), trust.dependsOnRequest ? ["request"] : []]
    }
}

extension TrustAudit {
    fileprivate func hasSeveral(_ identity: Identity) -> Bool { trustCounts[identity.name, default: 0] > 1 }

    func whyUndecided(_ trust: JudgedTrust) -> [String] {
        // How many repositories it hangs on is said below.
        var reasons = trust.undecided.filter { open in
            open.kind != .request && !(open.kind == .repositories && open.what == "sub")
        }.map(\.displayText)
        let count = unknownCount(trust)
        if count > 0 { reasons.append("the subjects of \(counted(count, "repository")) are not known") }
        if trust.reach.mayHaveMore {
            reasons.append("repositories that were not scanned, or whose subjects are unknown, may use it")
        }
        for outsider in trust.reach.outsiders where !outsider.isCertain { reasons.append(outsider.displayText) }
        let verdict = judgement?.identities.first { $0.identity.name.isExactly(trust.trust.identity.name) }
        return reasons + (verdict?.undecided ?? [])
    }
}
