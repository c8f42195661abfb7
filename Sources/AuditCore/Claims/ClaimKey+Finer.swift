extension ClaimKey {
    /// Other claims that each narrow a subject as much: tokens that are alike in one of them are alike in this one.
    ///
    /// Both are canonical. An unknown claim has none.
    var finerClaims: [ClaimKey] {
        if isCustomProperty { return Self.repositories }
        return Self.finer[self] ?? []
    }

    private static let repositories: [ClaimKey] = ["repo", "repository_id"]
    private static let owners: [ClaimKey] = ["repository_owner", "repository_owner_id"]

    private static let finer: [ClaimKey: [ClaimKey]] = [
        "repo": ["repository_id"],
        "repository_id": ["repo"],
        "repository_visibility": repositories,
        "repository_owner": repositories + ["repository_owner_id"],
        "repository_owner_id": repositories + ["repository_owner"],
        "enterprise": repositories + owners + ["enterprise_id"],
        "enterprise_id": repositories + owners + ["enterprise"],
        // Where the job has an environment, it is the context; where it has none, it gets no token.
        "environment": ["context", "environment_node_id"],
        "ref_type": ["ref"],
        "actor": ["actor_id"],
        "actor_id": ["actor"],
    ]
}
