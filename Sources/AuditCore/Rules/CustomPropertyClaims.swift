/// Custom properties that the template names are in the repository's tokens.
package struct CustomPropertyClaims: RepositoryRule {
    package static let name = "custom-property-claims"
    package static let summary = "Custom properties in the template are included in tokens, and have a value here."
    package static let rationale = """
        A property is a claim only where the organization or its enterprise includes it in tokens, and only for a \
        repository that has a value. Otherwise the template names a claim that is not there. Sources: GitHub's OIDC \
        reference on custom properties, and GET /orgs/{org}/actions/oidc/customization/properties/repo.
        """
    package static let remediation =
        "Include the property in tokens, give the repository a value, or leave the claim out."
    package static let needs: Set<RuleNeed> = [.includedProperties, .propertyValues]
    package static let examples = [
        RuleExample(setting: .gitHubDefault, includedProperties: nil, customProperties: nil, expected: .pass),
        RuleExample(
            setting: .own(["repo", "repo_property_tier"]), includedProperties: ["tier"],
            customProperties: ["tier": ["production"]], expected: .pass),
        RuleExample(
            setting: .own(["repo", "repo_property_tier"]), customProperties: ["tier": ["production"]],
            expected: .fail("repo_property_tier: not included in tokens")),
        RuleExample(
            setting: .own(["repo", "repo_property_tier"]), includedProperties: ["tier"],
            expected: .fail("repo_property_tier: no value on this repository")),
        RuleExample(
            setting: .own(["repo", "repo_property_tier"]), includedProperties: nil,
            customProperties: ["tier": ["production"]], expected: .undecided),
        RuleExample(
            setting: .own(["repo", "repo_property_tier"]), includedProperties: ["tier"], customProperties: nil,
            expected: .undecided),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        let keys = subject.keys.filter(\.isCustomProperty)
        guard !keys.isEmpty else { return .pass }
        var absent: [(key: ClaimKey, why: String)] = []
        var lacking: String?
        for key in keys {
            switch verdict(of: key, subject) {
            case .fail(let why): absent.append((key, why))
            case .lacking(let what): lacking = lacking ?? what
            case .pass: break
            }
        }
        guard !absent.isEmpty else { return lacking.map { .undecided($0) } ?? .pass }
        return subject.violation(
            absent.prefix(ClaimKey.shownMax).map { "\($0.key): \($0.why)" }.joined(separator: "; "),
            // Whatever keeps it out of tokens.
            problems: absent.map { "claim that tokens do not have: \($0.key.shown)" },
            expected: keys.map(\.rawValue),
            remediation: Self.remediation)
    }

    // MARK: -

    private enum PropertyVerdict {
        case pass
        case fail(String)
        case lacking(String)
    }

    private func verdict(of key: ClaimKey, _ subject: RuleSubject) -> PropertyVerdict {
        guard let name = key.customPropertyName else { return .pass }
        switch subject.organization.includedProperties {
        case nil: return .lacking("the scan did not ask which custom properties are included in tokens")
        case .unreadable(let reason):
            return .lacking("which custom properties are included in tokens could not be read: \(reason.message)")
        case .read(let included):
            guard included.containsExactly(name) else { return .fail("not included in tokens") }
        }
        guard let values = subject.repository.customProperties else {
            return .lacking("the host did not send custom properties")
        }
        return values.values(of: name).isEmpty ? .fail("no value on this repository") : .pass
    }
}
