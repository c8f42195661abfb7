/// Every rule, in the order in which documents list them.
package enum RuleCatalog {
    package static let all: [any Rule.Type] = [
        RequireClaims.self,
        ForbidClaims.self,
        AllowClaims.self,
        ExactTemplate.self,
        TemplateSourceRule.self,
        OrganizationTemplateRule.self,
        DormantOrganizationTemplate.self,
        AnchoredSubject.self,
        NamesRepository.self,
        LeadingClaim.self,
        BoundContext.self,
        ReusableWorkflowAnchor.self,
        StableIdentity.self,
        ImmutableSubject.self,
        ImmutablePrefixMismatch.self,
        FlipsOnRename.self,
        KnownClaims.self,
        DuplicateClaims.self,
        PerRunClaims.self,
        ClaimsThatFailJobs.self,
        CustomPropertyClaims.self,
        SubjectLength.self,
        ConsumerCompatibility.self,
        TrustAnyone.self,
        TrustForeignID.self,
        TrustFormerName.self,
        TrustAbsentClaim.self,
        TrustForeignOwner.self,
        TrustWholeOrganization.self,
        TrustNameFree.self,
        TrustPullRequest.self,
        TrustAnyContext.self,
        TrustByName.self,
        TrustLeftoverLegacy.self,
        TrustHyphenForm.self,
        TrustMatchesNothing.self,
        TrustSharedSubject.self,
        TrustInvalid.self,
        TrustAudience.self,
        TrustLostAccess.self,
        TrustGainedAccess.self,
        ExpiredWaivers.self,
        ExpiringWaivers.self,
        UnusedWaivers.self,
    ]

    /// The rules about waivers; a policy without one of them gets an entry of it as soon as waivers are given.
    package static let waiverRules: [any WaiverRule.Type] = [
        ExpiredWaivers.self,
        ExpiringWaivers.self,
        UnusedWaivers.self,
    ]

    /// The rule that a policy names; `nil` if there is none.
    package static func rule(named name: String) -> (any Rule.Type)? {
        all.first { $0.name == name }
    }
}
