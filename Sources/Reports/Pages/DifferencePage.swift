package import AuditCore

/// What changed between two scans.
package enum DifferencePage: Page {
    package static let formats = PageFormat.ofDocuments

    package static func write(_ difference: ScanDifference, to page: inout TextPage) {
        let (before, after) = (difference.before, difference.after)
        let isWhole = difference.isKnown
        page.line(
            !difference.isEmpty ? "CHANGED" : isWhole ? "UNCHANGED" : "NO CHANGE KNOWN",
            difference.isEmpty && isWhole ? .good : .poor,
            "from scan #\(before.id.rawValue) of \(before.startedAt) to #\(after.id.rawValue) of \(after.startedAt)")
        page.hidden(difference)
        page.coverage(difference)
        page.scope(difference)
        for organization in difference.organizations where !organization.hasNothingToShow {
            page.organization(organization)
        }
        page.findings("APPEARED", .bad, difference.appeared)
        page.worsened(difference.worsened)
        page.findings("NO LONGER ACCEPTED", .bad, difference.noLongerAccepted)
        page.findings("FIRST READ", .poor, difference.firstRead)
        page.findings("GONE", .good, difference.gone)
        page.improved(difference.improved)
        page.blank()
        var kinds: [RepositoryChange.Kind: Int] = [:]
        for organization in difference.organizations {
            for place in organization.changes.indices {
                for kind in organization.changes[place].kinds { kinds[kind, default: 0] += 1 }
            }
        }
        page.facts("repositories", RepositoryChange.Kind.allCases.map { (kinds[$0] ?? 0, $0.displayText) })
        if difference.policyChanged {
            page.line("policy", .poor, "another text by the later scan; check --at judges both by one", column: 14)
        }
        if difference.policyName == nil {
            page.line("findings", .faint, "another policy judged each scan; check --at judges both by one", column: 14)
        } else {
            page.facts(
                "findings",
                [
                    (difference.appeared.count, "appeared"), (difference.worsened.count, "worsened"),
                    (difference.noLongerAccepted.count, "no longer accepted"),
                    (difference.firstRead.count, "first read"), (difference.gone.count, "gone"),
                    (difference.improved.count, "with fewer problems"),
                ])
        }
    }

    package static let document = JSONDocument<ScanDifference>("diff") {
        Member("before", .side) { $0.before }
        Member("after", .side) { $0.after }
        Member("changed", .boolean) { !$0.isEmpty }
        Member("complete", .boolean, "no gap of coverage hides a change, but for what a waiver accepts") {
            $0.isWhole
        }
        Member("coverage", coverage, "what only one of the two scans could read") { $0 }
        Member("organizations_lost", .strings, "found by the earlier scan alone") { $0.lost }
        Member("organizations_found", .strings, "found by the later scan alone") { $0.found }
        Member("organizations", .list(organization), "those of both scans") { $0.organizations }
        Member("findings", findings) { $0 }
    }

    private static let coverage = Shape<ScanDifference>.object {
        Member("lost", .list(.gap), "what the later scan could not read") { $0.coverageLost }
        Member("regained", .list(.gap), "what the earlier scan could not read") { $0.coverageRegained }
    }

    private static let organization = Shape<OrganizationDifference>.object {
        Member("login", .string) { $0.login }
        Member("id", .id) { $0.id }
        Member("template", template) { $0 }
        Member("listing", listing) { $0 }
        Member("incomparable", .integer, "repositories of which it is unknown whether they changed") {
            $0.incomparable
        }
        Member("repositories", .list(.change), "those that changed themselves") { $0.changes }
        Member("without_effect", .list(.change), "those whose setting changed, and not what jobs present") {
            $0.withoutEffect
        }
        Member("effect_unknown", .list(.change), "those whose setting changed, with an effect that a gap hides") {
            $0.withHiddenEffect
        }
        Member("scope", scope, "what only one of the scans read by its scope: no change") { $0 }
        Member("followers", .list(.change), "those that changed with the organization's template alone") {
            $0.followers
        }
    }

    private static let scope = Shape<OrganizationDifference>.object {
        Member("left", .list(scopeMove), "repositories that the later scan alone left out") { $0.left }
        Member("entered", .list(scopeMove), "repositories that the earlier scan alone left out") { $0.entered }
    }

    private static let scopeMove = Shape<ScopeMove>.object {
        Member("full_name", .string) { $0.repository.fullName }
        Member("id", .id) { $0.repository.id }
        Member("why", .string, "why that scan left it out, such as: archived") { $0.why }
    }

    private static let template = Shape<OrganizationDifference>.object {
        Member("changed", .maybe(.boolean), "null if a gap hides it") {
            $0.isTemplateHidden ? nil : $0.templateChanged
        }
        Member("before", .template) { $0.templateBefore }
        Member("known_by", .maybe(.side), "the scan that read it last; null if the earlier one did") {
            $0.templateKnownBy
        }
        Member("after", .template) { $0.templateAfter }
        Member("followers", .integer, "repositories that changed with it") { $0.followers.count }
    }

    private static let listing = Shape<OrganizationDifference>.object {
        Member("before", .word) { $0.listingBefore }
        Member("after", .word) { $0.listingAfter }
    }

    private static let findings = Shape<ScanDifference>.object {
        Member("policy", .maybe(.string), "null if another policy judged each scan") { $0.policyName }
        Member("policy_changed", .boolean, "it was another text by the later scan") { $0.policyChanged }
        Member("appeared", .list(.storedFinding)) { $0.appeared }
        Member("worsened", .list(.worsened)) { $0.worsened }
        Member("no_longer_accepted", .list(.storedFinding), "a waiver covered them by the earlier scan alone") {
            $0.noLongerAccepted
        }
        Member("improved", .list(.improved), "those that lost problems and did not worsen") { $0.improved }
        Member("first_read", .list(.storedFinding), "a gap hides whether they were there before") { $0.firstRead }
        Member("gone", .list(.storedFinding)) { $0.gone }
    }
}

extension RepositoryChange {
    /// What changes of one group have in common.
    var likeness: Likeness {
        let (kinds, effective) = (self.kinds, self.effective)
        return Likeness(
            kinds: kinds, before: effective.before, after: effective.after,
            formats: kinds.contains(.immutability) ? [before?.format.name, after?.format.name] : [],
            // Old names, visibilities and topics are each repository's own.
            name: kinds.contains { [Kind.transferred, .renamed, .visibility, .facts].contains($0) }
                ? repository.fullName : nil,
            settings: kinds.contains(.setting) ? settingsInWords : [], knownBy: knownBy)
    }

    struct Likeness: Hashable {
        let kinds: [Kind]
        let before: EffectiveTemplate?
        let after: EffectiveTemplate?
        let formats: [String?]
        let name: String?
        let settings: [String]
        let knownBy: ScanDifference.Side?
    }
}

extension TextPage {
    fileprivate mutating func organization(_ organization: OrganizationDifference) {
        blank()
        line("ORGANIZATION", .strong, organization.login)
        if organization.templateChanged {
            organizationTemplate(
                from: organization.templateBefore, to: organization.templateAfter, knownBy: organization.templateKnownBy
            )
            let count = organization.followers.count
            wrapped(
                "\(counted(count, "repository")) that \(count == 1 ? "follows" : "follow") it changed with it",
                indent: 4)
        }
        for change in organization.templateChangesWithoutEffect { wrapped(change, indent: 2) }
        groups(organization.changes) { "\($0.displayText) (\($1))" }
        groups(organization.withoutEffect) { "\($0.displayText) (\($1), no change of what jobs present)" }
        groups(organization.withHiddenEffect) { "\($0.displayText) (\($1), effect on what jobs present not known)" }
    }

    /// - Parameter title: of a kind and the number of its repositories.
    private mutating func groups(
        _ changes: [RepositoryChange], _ title: (RepositoryChange.Kind, String) -> String,
    ) {
        let places = Dictionary(grouping: changes.indices) { changes[$0].kinds.first }
        for kind in RepositoryChange.Kind.allCases {
            guard let places = places[kind] else { continue }
            blank()
            wrapped(title(kind, counted(places.count, "repository")), indent: 2, .strong)
            // Thousands can change alike: what they have in common is said once.
            for alike in changes.grouped(places, by: \.likeness) { self.changes(alike, of: changes) }
        }
    }

    private mutating func changes(_ alike: [Int], of changes: [RepositoryChange]) {
        guard alike.count > 2, let first = alike.first.map({ changes[$0] }) else {
            for place in alike { change(changes[place]) }
            return
        }
        let others = first.kinds.dropFirst().map(\.displayText)
        wrapped(
            "\(alike.count) alike" + (others.isEmpty ? ":" : " (also: \(others.joined(separator: ", "))):"), indent: 4)
        details(of: first, indent: 6, example: first.repository.name)
        for place in alike.prefix(Self.namesMax) { plain(changes[place].repository.fullName, indent: 6) }
        if alike.count > Self.namesMax {
            plain("and \(alike.count - Self.namesMax) more; --format json names all", indent: 6)
        }
    }

    private static let namesMax = 10

    mutating func organizationTemplate(
        from before: OrganizationTemplate, to after: OrganizationTemplate, knownBy: ScanDifference.Side? = nil,
    ) {
        wrapped("organization template", indent: 2, .strong)
        comparedWith(knownBy, indent: 4)
        wrapped(before.displayText, label: "before:", indent: 4)
        wrapped(after.displayText, label: "after: ", indent: 4)
    }

    /// One repository's change: what it was, and what it is.
    private mutating func change(_ change: RepositoryChange) {
        let others = change.kinds.dropFirst().map(\.displayText)
        plain(
            change.repository.fullName + (others.isEmpty ? "" : " (also: \(others.joined(separator: ", ")))"), indent: 4
        )
        details(of: change, indent: 6)
    }

    /// - Parameter example: the repository whose subject stands for that of others.
    mutating func details(of change: RepositoryChange, indent: Int, example: String? = nil) {
        comparedWith(change.knownBy, indent: indent)
        guard let before = change.before, let after = change.after else { return }
        for kind in change.kinds {
            switch kind {
            case .transferred where example == nil, .renamed where example == nil:
                wrapped(before.repository.fullName, label: "was:", indent: indent)
            case .visibility:
                plain("\(before.repository.visibility.words) → \(after.repository.visibility.words)", indent: indent)
            case .template: templates(before, after, change.keys, indent: indent)
            case .immutability: plain("\(before.format.name) → \(after.format.name)", indent: indent)
            case .setting: for words in change.settingsInWords { wrapped(words, indent: indent) }
            case .facts: facts(before.repository, after.repository, indent: indent)
            case .transferred, .renamed, .subject, .added, .removed, .archived, .unarchived: break
            }
        }
        let (old, new) = (before.preview.subject, after.preview.subject)
        // A subject that a gap hides has not changed by that.
        guard old != new, (old != nil && new != nil) || change.kinds.contains(.template) else { return }
        // A subject stays on a line of its own: it is there to be copied.
        if let example { wrapped("subjects, \(example) for example:", indent: indent) }
        plain("subject: \(old ?? "unknown")", indent: indent)
        plain("      →  \(new ?? "unknown")", indent: indent)
    }

    private mutating func facts(_ before: Repository, _ after: Repository, indent: Int) {
        func words(_ values: [String]?) -> String {
            values.map { $0.isEmpty ? "none" : $0.joined(separator: ", ") } ?? "unknown"
        }
        if before.topics?.map(ExactText.init) != after.topics?.map(ExactText.init) {
            wrapped("\(words(before.topics)) → \(words(after.topics))", label: "topics:", indent: indent)
        }
        let (old, new) = (before.customProperties ?? [:], after.customProperties ?? [:])
        for name in Set(old.keys).union(new.keys).sorted()
        where old[name]?.map(ExactText.init) != new[name]?.map(ExactText.init) {
            wrapped("property \(name): \(words(old[name] ?? [])) → \(words(new[name] ?? []))", indent: indent)
        }
    }

    private mutating func templates(
        _ before: RepositoryState, _ after: RepositoryState, _ keys: (added: [ClaimKey], removed: [ClaimKey])?,
        indent: Int,
    ) {
        wrapped(before.effective?.displayText ?? "unknown", label: "before: ", indent: indent)
        wrapped(after.effective?.displayText ?? "unknown", label: "after:  ", indent: indent)
        guard let keys, before.effective?.template != after.effective?.template else { return }
        let changes =
            keys.removed.map { "- \($0.shown)" }
            + keys.added.map { "+ \($0.shown)" }
        wrapped(changes.isEmpty ? "another order" : changes.joined(separator: ", "), label: "claims: ", indent: indent)
    }

    fileprivate mutating func worsened(_ worsened: [ScanDifference.Worsened]) {
        findings(
            "WORSENED", .bad,
            worsened.map { worsened in
                var finding = worsened.finding
                finding.message = worsened.words
                return finding
            })
    }

    fileprivate mutating func improved(_ improved: [ScanDifference.Improved]) {
        findings(
            "BETTER", .good,
            improved.map { improved in
                var finding = improved.finding
                finding.message = "no longer \(improved.fixedProblems.joined(separator: "; "))"
                return finding
            })
    }

    /// Worst first; those that say the same stand together.
    fileprivate mutating func findings(_ title: String, _ tone: Tone, _ findings: [StoredFinding]) {
        guard !findings.isEmpty else { return }
        blank()
        line(title, tone, counted(findings.count, "finding"))
        struct Words: Hashable {
            let rule: String
            let severity: Severity
            let message: String
            let isWaived: Bool
            let isBack: Bool
        }
        let groups = findings.grouped(Array(findings.indices)) {
            Words(
                rule: $0.key.rule, severity: $0.severity, message: $0.message, isWaived: $0.isWaived,
                isBack: $0.isBack)
        }.enumerated().sorted { one, other in
            let severities = (findings[one.element[0]].severity, findings[other.element[0]].severity)
            return severities.0 == severities.1 ? one.offset < other.offset : severities.0 > severities.1
        }.map(\.element)
        for group in groups {
            guard let first = group.first.map({ findings[$0] }) else { continue }
            blank()
            wrapped(
                "\(first.key.rule), \(first.notes): \(first.message)",
                indent: 2, .strong)
            for place in group.prefix(Self.namesMax) { plain(findings[place].name, indent: 4) }
            if group.count > Self.namesMax {
                plain("and \(group.count - Self.namesMax) more; --format json names all", indent: 4)
            }
        }
    }
}
