import AuditCore

extension Trust {
    /// Keys on claims that GitHub's tokens carry and that the cloud does not document that it reads, as they are written, each
    /// once.
    var undocumentedKeys: [String] {
        var seen: Set<String> = []
        return demand.claimDemands.filter { $0.isUndocumented && seen.insert($0.written).inserted }.map(\.written)
    }

    /// The same for a cloud that reads these claims, too.
    var readingEveryClaim: Trust {
        func reading(_ demand: Demand) -> Demand {
            demand.mapped { one in
                var one = one
                one.isRead = one.isRead || one.isUndocumented
                return one
            }
        }
        return Trust(
            id: id, identity: identity, source: source, issuer: issuer, provider: provider, allow: reading(allow),
            denies: denies.map(reading), undecided: undecided, creationRefusal: creationRefusal, audiences: audiences)
    }
}

extension ClaimDemand {
    /// Whether tokens carry a claim that the cloud does not document that it reads.
    fileprivate var isUndocumented: Bool {
        // Keys of a template, and no claims.
        let others: [ClaimKey] = ["repo", "context"]
        return !isRead && !others.contains(claim) && ClaimCatalog.all.contains { $0.key == claim }
    }
}
