package import AuditCore

extension Trust {
    /// Whether it accepts one token, and if not, which claim refuses it.
    ///
    /// A part that is not evaluated is left out of an Allow and of no Deny, so that a refusal is certain and an acceptance
    /// is not.
    package func answer(to claims: [ClaimKey: String]) -> TokenAnswer {
        if let given = claims["iss"], !given.isExactly(issuer) {
            return TokenAnswer(isAccepted: false, refusedBy: "iss", why: "it trusts \(issuer), and iss is \(given)")
        }
        let demand = demand
        let refusing = demand.necessary.filter { !LiteralMatcher.accepts($0, claims) }
        // Whether AWS reads a key that it does not document is not known: it may be absent or as the token has it.
        let certain = refusing.first { one in
            var read = one
            read.isRead = true
            return one.isRead || !LiteralMatcher.accepts(read, claims)
        }
        if let open = refusing.first, certain == nil {
            return TokenAnswer(
                isAccepted: nil, why: "AWS does not document that it reads \(open.claim.rawValue)")
        }
        if let refusing = certain {
            let claim = refusing.claim.rawValue
            return TokenAnswer(
                isAccepted: false, refusedBy: claim, why: Self.reason(refusing, claims[refusing.claim]))
        }
        guard !LiteralMatcher.accepts(demand, claims) else {
            // A condition on the request may refuse it as well.
            guard undecided.isEmpty else {
                let open = undecided.map { "\($0.what): \($0.why)" }
                return TokenAnswer(isAccepted: nil, why: open.joined(separator: "; "))
            }
            guard LiteralMatcher.accepts(readingEveryClaim.demand, claims) else {
                return TokenAnswer(
                    isAccepted: nil,
                    why: "AWS does not document that it reads \(undocumentedKeys.joined(separator: ", "))")
            }
            return TokenAnswer(isAccepted: true)
        }
        if let deny = denies.first(where: { LiteralMatcher.accepts($0, claims) }) {
            let keys = Set(deny.claimDemands.map(\.claim.rawValue)).sorted().joined(separator: ", ")
            return TokenAnswer(
                isAccepted: false, refusedBy: "deny",
                why: keys.isEmpty ? "a Deny statement refuses every token" : "a Deny statement refuses it by \(keys)")
        }
        return TokenAnswer(isAccepted: false, refusedBy: "conditions", why: "its conditions can't be met together")
    }

    private static func reason(_ demand: ClaimDemand, _ text: String?) -> String {
        let claim = demand.claim.rawValue
        guard demand.isRead else { return "the cloud does not read \(claim)" }
        guard let text else { return "the token has no \(claim)" }
        let values = demand.anyOf.map(\.text)
        let shown =
            values.prefix(3).joined(separator: " or ") + (values.count > 3 ? " or \(values.count - 3) more" : "")
        return "\(claim) is \(text), and must \(demand.isNegated ? "not " : "")be \(shown)"
    }
}
