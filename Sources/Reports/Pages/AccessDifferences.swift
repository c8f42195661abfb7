import AuditCore

extension TextPage {
    /// Access that a change takes away or gives.
    ///
    /// - Parameters:
    ///   - what: such as `that the change takes away`.
    ///   - isWhole: whether all was read and decided.
    mutating func differences(
        _ word: String, _ rows: [AccessDifference], _ what: String, _ tone: Tone, isWhole: Bool = true,
    ) {
        blank()
        guard !rows.isEmpty else {
            return isWhole
                ? line(word, .good, "nothing") : line(word, .poor, "nothing in what was read and decided")
        }
        line(word, tone, "\(counted(rows.count, "row")) of access \(what)")
        for alike in rows.grouped(by: \.likeness) { differences(alike) }
    }

    /// Changes of one kind: the first in full, of the others the value or the repositories.
    private mutating func differences(_ alike: [AccessDifference]) {
        let roles = alike.grouped(by: \.trust)
        let isKept = !alike[0].add.isEmpty
        if roles.count > 1 { plain(counted(roles.count, "role") + (isKept ? ", each with its value" : ""), indent: 2) }
        for (number, rows) in roles.prefix(Self.rolesMax).enumerated() {
            let row = rows[0]
            plain(row.identity, indent: 2)
            guard number == 0 else {
                // A value names its repository.
                if rows.count > 1 || !isKept { wrapped(names(rows), indent: 4) }
                for one in row.add { plain("\"\(one.value)\"", indent: 4) }
                continue
            }
            wrapped("\(names(rows)): \(row.jobs)", indent: 4)
            if let before = row.before { plain("subject: \(before)", indent: 4) }
            if let after = row.after { plain("      →  \(after)", indent: 4) }
            for one in row.add { addition(one, indent: 4) }
            obstacle(row, indent: 4)
            if rows.count > 1, isKept {
                plain("and such a value for each of the others; --format json names all", indent: 4)
            }
        }
        let rest = roles.count - Self.rolesMax
        if rest > 0 { plain("and \(counted(rest, "role")) more; --format json names all", indent: 2) }
    }

    private func names(_ rows: [AccessDifference]) -> String {
        let names = rows.prefix(Self.namesMax).map(\.repository.fullName).joined(separator: ", ")
        return rows.count > Self.namesMax ? "\(counted(rows.count, "repository")), such as \(names)" : names
    }

    /// What a plan does to access, what it takes away first.
    mutating func access(of plan: Plan) {
        guard let access = plan.access else { return }
        differences("LOST", access.lost, "that the plan takes away", .bad, isWhole: access.gaps.isEmpty)
        differences("GAINED", access.gained, "that the plan gives", .poor, isWhole: access.gaps.isEmpty)
        if !plan.knowsSubjects {
            wrapped(
                "whose subject changes is not known of every change, and what that loses or gains is not listed",
                indent: 2, .poor)
        }
        guard !access.gaps.isEmpty else { return }
        blank()
        line("UNREAD", .poor, "what could not be read")
        for gap in access.gaps { wrapped(gap, indent: 2) }
    }

    /// The values to add in each role before a plan is applied.
    mutating func patches(_ access: PlannedAccess) {
        blank()
        guard !access.lost.isEmpty else {
            return access.gaps.isEmpty
                ? line("ROLES", .good, "no access is lost: no value is to be added")
                : line("ROLES", .poor, "no value is to be added in what was read and decided")
        }
        line("ROLES", .strong, "add these values before the plan is applied")
        let trusts = access.lost.grouped(by: \.trust)
        for rows in trusts {
            plain(rows[0].identity, indent: 2)
            // Its id names the statement.
            if trusts.count(where: { $0[0].identity == rows[0].identity }) > 1 { plain(rows[0].trust, indent: 4) }
            var written: Set<AccessDifference.Addition> = []
            for one in rows.flatMap(\.add) where written.insert(one).inserted { addition(one, indent: 4) }
            for row in rows where row.add.isEmpty || row.obstacle != nil {
                let why = row.obstacle.map { ": \($0)" } ?? ""
                let all = row.add.isEmpty ? "" : "all of "
                wrapped("no value keeps \(all)the access of \(row.repository.fullName)\(why)", indent: 4, .poor)
            }
        }
    }

    private mutating func addition(_ one: AccessDifference.Addition, indent: Int) {
        if let before = one.insteadOf {
            plain("move \(one.key)", indent: indent)
            plain("from \(before) to \(one.comparison), and add:", indent: indent)
        } else {
            plain("add to \(one.comparison) \(one.key):", indent: indent)
        }
        plain("\"\(one.value)\"", indent: indent + 2)
    }

    private mutating func obstacle(_ row: AccessDifference, indent: Int) {
        guard let why = row.obstacle else { return }
        wrapped("no value keeps \(row.add.isEmpty ? "it" : "all of it"): \(why)", indent: indent, .poor)
    }

    private static let rolesMax = 10
    private static let namesMax = 3
}

extension AccessDifference {
    /// In which jobs, and how sure it is.
    fileprivate var jobs: String {
        let isAny = contexts.count == JobContext.Kind.allCases.count
        return (isAny ? "any job" : contexts.map(\.displayText).joined(separator: ", "))
            + (isCertain ? "" : " (not certain)")
    }

    /// Changes of the same are of one kind: kept by values of the same keys or by none, for the same reason, and as sure.
    fileprivate var likeness: [String] {
        add.map { "\($0.insteadOf ?? "") \($0.comparison) \($0.key)" }
            + [
                "", obstacle ?? "", isCertain ? "certain" : "", before == nil ? "" : "before",
                after == nil ? "" : "after",
            ]
    }
}
