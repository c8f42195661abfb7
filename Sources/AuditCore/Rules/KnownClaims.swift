/// Every claim of the template exists.
package struct KnownClaims: RepositoryRule {
    package static let name = "known-claims"
    package static let summary = "Every claim of the template is one that the host is known to have."
    package static let rationale = """
        GitHub may accept a name that is not a claim, and a job's login then fails or the claim is missing from its subject. \
        Sources: the README of gh-oidc-sub, which shows an invented name accepted; the catalog of claims \
        (oidc-audit claims) with a source for each.
        """
    package static let remediation = "Correct the name, or add it to the option claims where GitHub has a new one."
    package static let options = [
        RuleOption("claims", .anyClaims, "further claims that you know to exist")
    ]
    package static let examples = [
        RuleExample(setting: .own(["repo", "context", "repo_property_tier"]), expected: .pass),
        RuleExample(
            setting: .own(["repo", "contxt"]), expected: .fail("unknown claim: contxt (context?)")),
        RuleExample(options: #"{"claims": ["brand_new"]}"#, setting: .own(["repo", "brand_new"]), expected: .pass),
        RuleExample(
            setting: .own(["repo", "check_run_id"]), isEnterpriseServer: true,
            expected: .fail("unknown claim: check_run_id (not on an Enterprise Server)")),
    ]

    private let further: [ClaimKey]

    package init(options: RuleOptions) throws(DocumentError) {
        further = try options.anyClaims("claims") ?? []
    }

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        var known: [ClaimKey] = []
        var unknown: [ClaimKey] = []
        for key in subject.keys.distinct {
            let isKnown = further.contains(key) || objection(to: key, subject) == nil
            if isKnown { known.append(key) } else { unknown.append(key) }
        }
        guard !unknown.isEmpty else { return .pass }
        var names = unknown.prefix(ClaimKey.shownMax).map { key in
            let nearest = objection(to: key, subject) ?? ""
            return nearest.isEmpty ? key.shown : "\(key.shown) (\(nearest))"
        }.joined(separator: ", ")
        if unknown.count > ClaimKey.shownMax { names += " and \(unknown.count - ClaimKey.shownMax) more" }
        return subject.violation(
            "unknown claim\(unknown.count == 1 ? "" : "s"): \(names)",
            problems: unknown.map { "unknown claim: \($0.shown)" }, expected: known.map(\.rawValue),
            remediation: "Correct or remove \(unknown.joinedNames) in \(subject.templateName.closed).")
    }

    /// What is wrong with a key, empty if there is nothing more to say; `nil` for a known one.
    private func objection(to key: ClaimKey, _ subject: RuleSubject) -> String? {
        guard let claim = ClaimCatalog.claim(for: key) else {
            return ClaimCatalog.nearest(to: key).map { "\($0)?" } ?? ""
        }
        guard subject.organization.isEnterpriseServer, claim.hosts.onEnterpriseServer == false else { return nil }
        return "not on an Enterprise Server"
    }
}
