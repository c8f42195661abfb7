import ArgumentParser
import AuditCore

/// What a policy can be made for.
enum PolicyGoal: String, CaseIterable, ExpressibleByArgument {
    case immutable
}

/// A policy to start from, as commented YAML.
struct PolicyStarter {
    let organization: String?
    /// What the organization looked like; `nil`: not known.
    let snapshot: Snapshot?
    /// `nil`: the templates of today.
    var goal: PolicyGoal?

    var text: String {
        let keys = usualTemplate?.keys ?? SubjectTemplate.gitHubDefault.keys
        var parts = [head(keys)]
        let all = goal == .immutable ? entriesForIDs : entries(keys)
        let judged = all.filter { count(of: $0).judged != 0 }
        for entry in judged.isEmpty ? all : judged {
            let count = count(of: entry)
            let isLeftOut = entry.isGoal && count.violations != 0
            parts.append(
                """
                  # \(entry.comment)\(count.text)
                \(isLeftOut ? entry.commentedOut : entry.yaml)
                """)
        }
        parts.append(
            """
              # Further rules: oidc-audit policy rules. What one means: oidc-audit explain RULE.
              # Try a change before it gates: oidc-audit check ORG --policy OLD --compare NEW.

            """)
        return parts.joined(separator: "\n")
    }

    // MARK: -

    private struct Entry {
        let comment: String
        let yaml: String
        /// Whether it takes a migration to meet it: it is written as a comment until all do.
        var isGoal = false

        var commentedOut: String {
            "  # Left out until it is met or worked on: take the hash marks away.\n"
                + yaml.split(separator: "\n").map { "  # " + $0.dropFirst(2) }.joined(separator: "\n")
        }
    }

    private func head(_ keys: [ClaimKey]) -> String {
        var lines = ["# What the templates of \(organization ?? "an organization")'s repositories must hold."]
        if let snapshot, let counted = counted {
            lines.append("# Counts are those of scan #\(snapshot.scanID?.rawValue ?? 0), \(snapshot.startedAt).")
            lines.append(
                "# \(counted.usual) of \(counted.known) repositories have the template \(keys.joinedNames)"
                    + (counted.leftOut > 0 ? " and \(counted.leftOut) more that this version does not know." : "."))
            if counted.unread > 0 { lines.append("# \(counted.unread) more could not be read or decided.") }
        }
        return """
            # yaml-language-server: $schema=policy.schema.json
            # (oidc-audit policy schema > policy.schema.json lets editors complete and check this file)
            \(lines.joined(separator: "\n"))
            version: 1
            name: "\(organization?.lowercased() ?? "mine")\(goal.map { "-\($0.rawValue)" } ?? "")"
            description: \(goal == .immutable ? "Every subject carries ids, which nobody can take over." : Self.purpose)
            # No waiver may hold for longer than this.
            max_waiver_days: 180
            rules:
            """
    }

    private static let purpose = "Every subject names what our trust policies rely on."

    /// The move to immutable subjects: what makes it safe, then the move.
    private var entriesForIDs: [Entry] {
        [
            Entry(
                comment:
                    "Trust policies are written from the prefix: its ids must be this repository's and its owner's.",
                yaml: """
                      - id: prefix-is-its-own
                        rule: immutable-prefix-mismatch
                        severity: critical
                    """),
            Entry(
                comment: "Only repo carries the ids; a template without it must name both itself.",
                yaml: """
                      - id: subject-carries-ids
                        rule: require-claims
                        severity: high
                        any_of: [[repo, repository_id], [repo, repository_owner_id]]
                    """),
            Entry(
                comment: """
                    The organization opts in, in one write. What set the flag itself does not follow: the next plan has
                      # it, one by one. To move only some, one by one: where: { names: [...] } and, of those that inherit,
                      # fix: { inherit: true, immutable: true }.
                    """,
                yaml: """
                      - id: opted-in
                        rule: immutable-subject
                        severity: medium
                        fix: { immutable: true, organization_wide: true }
                    """),
        ]
    }

    private func entries(_ keys: [ClaimKey]) -> [Entry] {
        var entries = [
            Entry(
                comment: "The claims that trust policies match: correct them to yours.",
                yaml: """
                      - id: required-claims
                        rule: require-claims
                        severity: high
                        claims: [\(keys.map(\.rawValue).joined(separator: ", "))]
                    """),
            Entry(
                comment: "Nobody who can push or open a pull request may write the start of a subject.",
                yaml: """
                      - id: no-spoofable-start
                        rule: leading-claim
                        severity: critical
                    """),
            Entry(
                comment: "A value that changes with each run breaks exact matches.",
                yaml: """
                      - id: no-per-run-claims
                        rule: per-run-claims
                        severity: medium
                    """),
            Entry(
                comment: "Names can be taken over, ids can't; to change over takes a migration.",
                yaml: """
                      - id: immutable-subjects
                        rule: immutable-subject
                        severity: low
                    """, isGoal: true),
        ]
        if followsOrganization {
            entries.append(
                Entry(
                    comment: "The organization's template does nothing for a repository that has not opted in.",
                    yaml: """
                          - id: follows-organization
                            rule: template-source
                            severity: medium
                            allowed: [organization]
                        """))
        }
        return entries
    }

    /// How many repositories would break the entry today; `nil` if nobody knows.
    private func count(of entry: Entry) -> (judged: Int?, violations: Int?, text: String) {
        guard let snapshot else { return (nil, nil, "") }
        let yaml = "version: 1\nname: starter\nrules:\n\(entry.yaml)\n"
        guard let document = try? YAMLDocument.parse(yaml),
            let policy = try? Policy(document, source: "starter", sha256: "")
        else { return (nil, nil, "") }
        let rule = Evaluator(policy: policy, gate: Gate()).evaluate(snapshot).policy.rules[0]
        return (
            rule.judged, rule.violations, "\n  # Broken today by \(rule.violations) of \(rule.judged) repositories."
        )
    }

    private var effective: [EffectiveTemplate] {
        guard let snapshot else { return [] }
        return snapshot.organizations.flatMap { organization in
            organization.repositories.filter { !snapshot.scope.decide($0.repository).isSkipped }
                .compactMap { $0.reading.value?.effectiveTemplate(organization: organization.template) }
        }
    }

    private var templates: [SubjectTemplate: Int] {
        Dictionary(effective.compactMap(\.template).map { ($0, 1) }, uniquingKeysWith: +)
    }

    /// The template of most repositories, without what a policy can't name.
    private var usualTemplate: SubjectTemplate? {
        guard let most = mostUsual else { return nil }
        var keys: [ClaimKey] = []
        for key in most.keys where ClaimCatalog.claim(for: key) != nil && Self.isPlain(key) && !keys.contains(key) {
            keys.append(key)
        }
        return keys.isEmpty ? nil : SubjectTemplate(keys)
    }

    private var mostUsual: SubjectTemplate? {
        templates.max { ($0.value, $1.key.keys.joinedNames) < ($1.value, $0.key.keys.joinedNames) }?.key
    }

    private var counted: (usual: Int, known: Int, unread: Int, leftOut: Int)? {
        guard let snapshot, let most = mostUsual else { return nil }
        let known = templates.values.reduce(0, +)
        let inScope = snapshot.organizations.flatMap(\.repositories)
            .count { !snapshot.scope.decide($0.repository).isSkipped }
        return (
            templates[most] ?? 0, known, inScope - known, Set(most.keys).count - (usualTemplate?.keys.count ?? 0)
        )
    }

    private var followsOrganization: Bool {
        effective.contains { $0.source == .organization || $0.source == .organizationOrCopy }
    }

    /// Whether YAML reads the key as it stands.
    private static func isPlain(_ key: ClaimKey) -> Bool {
        key.rawValue.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
