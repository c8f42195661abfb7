/// What GitHub answered for one repository's subject-claim template.
///
/// Source: `GET /repos/{owner}/{repo}/actions/oidc/customization/sub`, schema `OidcCustomSubRepo`.
package struct RepositorySetting: Hashable, Sendable {
    package var useDefault: Bool
    /// Keys in GitHub's order; `nil` if the field was absent.
    package var includeClaimKeys: [ClaimKey]?
    /// Whether the repository opted in to immutable subjects; `nil` if the field was absent. Says nothing sure
    /// about the format in use: `subClaimPrefix` does.
    package var useImmutableSubject: Bool?
    /// The start of the subjects that GitHub mints now, such as `repo:acme@77/api@1001`; `nil` if absent.
    package var subClaimPrefix: String?

    package init(
        useDefault: Bool, includeClaimKeys: [ClaimKey]? = nil, useImmutableSubject: Bool? = nil,
        subClaimPrefix: String? = nil,
    ) {
        self.useDefault = useDefault
        self.includeClaimKeys = includeClaimKeys
        self.useImmutableSubject = useImmutableSubject
        self.subClaimPrefix = subClaimPrefix
    }

    package static func == (left: RepositorySetting, right: RepositorySetting) -> Bool {
        left.useDefault == right.useDefault && left.includeClaimKeys == right.includeClaimKeys
            && left.useImmutableSubject == right.useImmutableSubject
            && left.subClaimPrefix.map(ExactText.init) == right.subClaimPrefix.map(ExactText.init)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(useDefault)
        hasher.combine(includeClaimKeys)
        hasher.combine(useImmutableSubject)
        hasher.combine(subClaimPrefix)
    }

    /// Resolves which template applies: the one truth table of this program.
    ///
    /// - Returns: a `nil` template where the answer hangs on an organization template that is unreadable, that changed
    ///   while the scan ran, or that is set without any key, a state whose meaning GitHub does not document.
    package func effectiveTemplate(organization: OrganizationTemplate) -> EffectiveTemplate {
        if useDefault { return EffectiveTemplate(.gitHubDefault, from: .gitHubDefault) }
        let ownKeys = includeClaimKeys ?? []
        switch (organization, ownKeys.isEmpty) {
        case (.set(let template, _), false) where template.keys == ownKeys:
            return EffectiveTemplate(template, from: .organizationOrCopy)
        case (.set, false), (.neverSet, false):
            return EffectiveTemplate(SubjectTemplate(ownKeys), from: .repository)
        // GitHub echoes inherited keys: these may be what the organization had before.
        case (.unreadable(let reason), false) where reason.code == .changed:
            return EffectiveTemplate(nil, from: .unknown)
        case (.unreadable, false):
            return EffectiveTemplate(SubjectTemplate(ownKeys), from: .unknown)
        case (.set(let template, _), true) where !template.keys.isEmpty:
            return EffectiveTemplate(template, from: .organization)
        case (.neverSet, true):
            return EffectiveTemplate(.gitHubDefault, from: .gitHubDefault)
        case (.set, true), (.unreadable, true):
            return EffectiveTemplate(nil, from: .unknown)
        }
    }
}
