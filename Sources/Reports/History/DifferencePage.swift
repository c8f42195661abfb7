public import AuditCore

/// What changed between two scans.
public enum DifferencePage {
    public static func render(_ difference: ScanDifference, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text: text(difference, style)
        case .json: json(difference)
        }
    }

    // MARK: -

    private static func text(_ difference: ScanDifference, _ style: ReportStyle) -> String {
        var page = TextPage(style: style)
        let (before, after) = (difference.before, difference.after)
        let isWhole = difference.isWhole && difference.policyName != nil
        page.line(
            !difference.isEmpty ? "CHANGED" : isWhole ? "UNCHANGED" : "NO CHANGE KNOWN",
            difference.isEmpty && isWhole ? .good : .poor,
            "from scan #\(before.id.rawValue) of \(before.startedAt) to #\(after.id.rawValue) of \(after.startedAt)")
        page.hidden(difference)
        page.coverage(difference)
        for organization in difference.organizations where !organization.hasNothingToShow {
            page.organization(organization)
        }
        page.findings("APPEARED", .bad, difference.appeared)
        page.worsened(difference.worsened)
        page.findings("GONE", .good, difference.gone)
        page.blank()
        var kinds: [RepositoryChange.Kind: Int] = [:]
        for organization in difference.organizations {
            for place in organization.changes.indices {
                for kind in organization.changes[place].kinds { kinds[kind, default: 0] += 1 }
            }
        }
        page.facts("repositories", RepositoryChange.Kind.allCases.map { (kinds[$0] ?? 0, $0.words) })
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
                    (difference.gone.count, "gone"),
                ])
        }
        return page.text
    }

    private static func json(_ difference: ScanDifference) -> String {
        CatalogPage.json { json in
            json.object { json in
                json.string("schema", "oidc-audit.diff/v1")
                json.side("before", difference.before)
                json.side("after", difference.after)
                json.bool("changed", !difference.isEmpty)
                // Whether no gap of coverage hides a change.
                json.bool("complete", difference.isWhole)
                json.object("coverage") { json in
                    json.array("lost", of: difference.coverageLost) { $0.gap($1) }
                    json.array("regained", of: difference.coverageRegained) { $0.gap($1) }
                }
                json.strings("organizations_lost", difference.lost)
                json.strings("organizations_found", difference.found)
                json.array("organizations", of: difference.organizations) { json, organization in
                    json.object { json in
                        json.string("login", organization.login)
                        json.number("id", organization.id.rawValue)
                        json.object("template") { json in
                            json.bool("changed", organization.isTemplateHidden ? nil : organization.templateChanged)
                            json.template("before", organization.templateBefore)
                            json.side("known_by", organization.templateKnownBy)
                            json.template("after", organization.templateAfter)
                            json.number("followers", organization.followers.count)
                        }
                        json.object("listing") { json in
                            json.string("before", organization.listingBefore.rawValue)
                            json.string("after", organization.listingAfter.rawValue)
                        }
                        json.number("incomparable", organization.incomparable)
                        json.array("repositories", of: organization.changes) { $0.change($1) }
                        json.array("without_effect", of: organization.withoutEffect) { $0.change($1) }
                        json.array("effect_unknown", of: organization.withHiddenEffect) { $0.change($1) }
                        json.array("followers", of: organization.followers) { $0.change($1) }
                    }
                }
                json.object("findings") { json in
                    json.string("policy", difference.policyName)
                    json.bool("policy_changed", difference.policyChanged)
                    json.array("appeared", of: difference.appeared) { $0.finding($1) }
                    json.array("worsened", of: difference.worsened) { json, worsened in
                        json.finding(worsened.finding, furtherProblems: worsened.furtherProblems)
                    }
                    json.array("gone", of: difference.gone) { $0.finding($1) }
                }
            }
        }
    }
}

extension JSONWriter {
    mutating func change(_ change: RepositoryChange) {
        object { json in
            json.string("full_name", change.repository.fullName)
            json.number("id", change.repository.id.rawValue)
            json.strings("changed", change.kinds.map(\.rawValue))
            let keys = change.keys
            json.strings("claims_added", keys?.added.map(\.rawValue))
            json.strings("claims_removed", keys?.removed.map(\.rawValue))
            json.side("known_by", change.knownBy)
            json.state("before", change.before)
            json.state("after", change.after)
        }
    }
}

extension RepositoryChange {
    /// Keys that the effective template gained and lost, where it is known on both sides.
    var keys: (added: [ClaimKey], removed: [ClaimKey])? {
        guard let old = effective.before?.template?.keys, let new = effective.after?.template?.keys else { return nil }
        return (new.filter { !old.contains($0) }, old.filter { !new.contains($0) })
    }
}

extension RepositoryChange {
    /// What changes that are told together have in common.
    fileprivate var likeness: Likeness {
        let (kinds, effective) = (self.kinds, self.effective)
        return Likeness(
            kinds: kinds, before: effective.before, after: effective.after,
            formats: kinds.contains(.immutability) ? [before?.format.name, after?.format.name] : [],
            // Old names, visibilities and topics are each repository's own.
            name: kinds.contains { [Kind.renamed, .visibility, .facts].contains($0) } ? repository.fullName : nil,
            settings: kinds.contains(.setting) ? settingsInWords : [], knownBy: knownBy)
    }

    fileprivate struct Likeness: Hashable {
        let kinds: [Kind]
        let before: EffectiveTemplate?
        let after: EffectiveTemplate?
        let formats: [String?]
        let name: String?
        let settings: [String]
        let knownBy: ScanDifference.Side?
    }
}

extension Array {
    /// Places of elements of a like key together, in the order of the first of each: where there are ten thousand, the
    /// elements themselves are too large to be moved about.
    fileprivate func grouped<Key: Hashable>(_ places: [Int], by key: (Element) -> Key) -> [[Int]] {
        var known: [Key: Int] = [:]
        var first: [Key] = []
        var groups: [[Int]] = []
        for place in places {
            let key = key(self[place])
            // Most are like one of the first few, and to compare what shares its storage takes less than to hash it.
            if let group = first.firstIndex(of: key) ?? known[key] {
                groups[group].append(place)
            } else {
                known[key] = groups.count
                if first.count < 4 { first.append(key) }
                groups.append([place])
            }
        }
        return groups
    }
}

extension RepositoryChange.Kind {
    /// For people.
    var words: String {
        switch self {
        case .immutability: "subject format"
        case .visibility: "visibility"
        case .facts: "topics or properties"
        default: rawValue
        }
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
        if let flag = organization.flagChange {
            wrapped(
                "use_immutable_subject of its template: \(flag.before) → \(flag.after): no change by itself", indent: 2)
        }
        groups(organization.changes) { "\($0.words) (\($1))" }
        groups(organization.withoutEffect) { "\($0.words) (\($1), no change of what jobs present)" }
        groups(organization.withHiddenEffect) { "\($0.words) (\($1), effect on what jobs present not known)" }
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
        let others = first.kinds.dropFirst().map(\.words)
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
        wrapped(before.words, label: "before:", indent: 4)
        wrapped(after.words, label: "after: ", indent: 4)
    }

    /// One repository's change: what it was, and what it is.
    private mutating func change(_ change: RepositoryChange) {
        let others = change.kinds.dropFirst().map(\.words)
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
            case .renamed where example == nil: wrapped(before.repository.fullName, label: "was:", indent: indent)
            case .visibility:
                plain("\(before.repository.visibility.words) → \(after.repository.visibility.words)", indent: indent)
            case .template: templates(before, after, change.keys, indent: indent)
            case .immutability: plain("\(before.format.name) → \(after.format.name)", indent: indent)
            case .setting: for words in change.settingsInWords { wrapped(words, indent: indent) }
            case .facts: facts(before.repository, after.repository, indent: indent)
            case .renamed, .subject, .added, .removed, .archived, .unarchived: break
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
        wrapped(before.effective?.words ?? "unknown", label: "before: ", indent: indent)
        wrapped(after.effective?.words ?? "unknown", label: "after:  ", indent: indent)
        guard let keys, before.effective?.template != after.effective?.template else { return }
        let changes = keys.removed.map { "- \($0.rawValue)" } + keys.added.map { "+ \($0.rawValue)" }
        wrapped(changes.isEmpty ? "another order" : changes.joined(separator: ", "), label: "claims: ", indent: indent)
    }

    fileprivate mutating func worsened(_ worsened: [ScanDifference.Worsened]) {
        findings(
            "WORSENED", .bad,
            worsened.map { worsened in
                var finding = worsened.finding
                finding.message = "now also \(worsened.furtherProblems.joined(separator: "; "))"
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
        }
        let groups = findings.grouped(Array(findings.indices)) {
            Words(rule: $0.key.rule, severity: $0.severity, message: $0.message, isWaived: $0.isWaived)
        }.enumerated().sorted { one, other in
            let severities = (findings[one.element[0]].severity, findings[other.element[0]].severity)
            return severities.0 == severities.1 ? one.offset < other.offset : severities.0 > severities.1
        }.map(\.element)
        for group in groups {
            guard let first = group.first.map({ findings[$0] }) else { continue }
            blank()
            wrapped(
                "\(first.key.rule), \(first.severity.rawValue)\(first.isWaived ? ", waived" : ""): \(first.message)",
                indent: 2, .strong)
            for place in group.prefix(Self.namesMax) { plain(findings[place].name, indent: 4) }
            if group.count > Self.namesMax {
                plain("and \(group.count - Self.namesMax) more; --format json names all", indent: 4)
            }
        }
    }
}

extension OrganizationTemplate {
    /// For people.
    var words: String {
        switch self {
        case .set(let template, let flag):
            template.keys.map(\.rawValue).joined(separator: ", ") + (flag == true ? " (immutable subjects)" : "")
        case .neverSet: "never set"
        case .unreadable(let reason): "unreadable: \(reason.message)"
        }
    }
}

extension EffectiveTemplate {
    /// For people.
    var words: String {
        "\(template.map { $0.keys.map(\.rawValue).joined(separator: ", ") } ?? "unknown") (\(source.rawValue))"
    }
}
