/// Access that a repository has before a change or after it, and not both.
package struct AccessDifference: Hashable, Sendable {
    /// A value to add to a trust so that access is kept and nobody gains any.
    package struct Addition: Hashable, Sendable {
        package let claim: ClaimKey
        package let value: String
        /// The condition key under which a role compares that claim.
        package let key: String
        /// The operator under which the value belongs.
        package let comparison: String
        /// The operator under which the key stands today, where its values have to move as well; `nil` if it stays.
        package let insteadOf: String?

        package init(
            claim: ClaimKey, value: String, key: String, comparison: String = "StringLike", insteadOf: String? = nil,
        ) {
            self.claim = claim
            self.value = value
            self.key = key
            self.comparison = comparison
            self.insteadOf = insteadOf
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
    /// Why no value keeps all of this access and nothing else; `nil` if `add` does, and for what is gained.
    package let obstacle: String?

    package init(
        repository: Repository, trust: String, identity: String, before: String?, after: String?,
        contexts: [JobContext.Kind], isCertain: Bool, add: [Addition], obstacle: String? = nil,
    ) {
        self.repository = repository
        self.trust = trust
        self.identity = identity
        self.before = before
        self.after = after
        self.contexts = contexts
        self.isCertain = isCertain
        self.add = add
        self.obstacle = obstacle
    }
}
