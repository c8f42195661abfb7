/// Access that a repository has before a change or after it, and not both.
package struct AccessDifference: Hashable, Sendable {
    /// A value to add to a trust so that nothing is lost, in AWS under `StringLike`.
    package struct Addition: Hashable, Sendable {
        package let claim: ClaimKey
        package let value: String
        /// The condition key under which a role compares that claim.
        package let key: String

        package init(claim: ClaimKey, value: String, key: String) {
            self.claim = claim
            self.value = value
            self.key = key
        }
    }

    package let repository: Repository
    package let trust: String
    package let identity: String
    /// A token's subject that is accepted before, or after.
    package let before: String?
    package let after: String?
    /// Contexts that are lost or gained.
    package let contexts: [JobContext.Kind]
    /// Whether it is sure; one of unknown subjects is not.
    package let isCertain: Bool
    /// Empty for what is gained.
    package let add: [Addition]

    package init(
        repository: Repository, trust: String, identity: String, before: String?, after: String?,
        contexts: [JobContext.Kind], isCertain: Bool, add: [Addition],
    ) {
        self.repository = repository
        self.trust = trust
        self.identity = identity
        self.before = before
        self.after = after
        self.contexts = contexts
        self.isCertain = isCertain
        self.add = add
    }
}
