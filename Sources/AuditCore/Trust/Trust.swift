/// The clouds whose trusts are read.
package enum Cloud: String, Hashable, Sendable, CaseIterable {
    case aws
}

/// What can be assumed: in AWS a role.
package struct Identity: Hashable, Sendable {
    package let cloud: Cloud
    /// In AWS the role's ARN.
    package let name: String
    /// `nil` if the export does not say, or the identity was never used; likewise below.
    package var lastUsed: String?
    package var createdAt: String?
    /// Values by key; `nil` if the export does not say.
    package var tags: [String: String]?
    package var attachedPolicies: [String] = []

    package init(cloud: Cloud, name: String) {
        self.cloud = cloud
        self.name = name
    }
}

/// Where something stands in an export.
package struct TrustSource: Hashable, Sendable {
    package let file: String
    /// A JSON pointer (RFC 6901); for a file of several documents preceded by the line where the document begins and `:`, of
    /// a further one on that line also by its column and `:`.
    package let pointer: String

    package init(file: String, pointer: String) {
        self.file = file
        self.pointer = pointer
    }
}

/// A part of a trust that is not decided.
package struct Undecided: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// It is about the request and not about the token. It can only narrow access.
        case request
        /// It is outside of what this program evaluates. An Allow is taken without it, a Deny that holds it is not applied.
        case unsupported
        /// The cloud's own documentation leaves it open.
        case undocumented
        /// It was too much to decide.
        case intricate
        /// Exports of the same differ, and which of them holds is not known.
        case severalExports = "several_exports"
        /// What tokens of some repositories say is not known. Of the others everything is as it is.
        case repositories
    }

    package let kind: Kind
    /// The key, operator or value.
    package let what: String
    package let why: String

    package init(_ kind: Kind, _ what: String, _ why: String) {
        self.kind = kind
        self.what = what
        self.why = why
    }

    package static let requestReason = "about the request, not the token"
}

/// One way in that a cloud grants: in AWS an Allow statement of a role for one provider, with the role's Deny statements.
package struct Trust: Hashable, Sendable {
    /// Unique in a report: `aws:ARN#STATEMENT`, with `@NUMBER` behind it where exports differ.
    package var id: String
    package var identity: Identity
    package let source: TrustSource
    /// `https://token.actions.githubusercontent.com`, with the enterprise behind it where it is one of its own.
    package let issuer: String
    /// The provider as it is written: its ARN, or `*`.
    package let provider: String
    /// What the statement demands of a token, without its Deny statements.
    package let allow: Demand
    /// What each Deny statement demands: a token that meets one is refused.
    package let denies: [Demand]
    package var undecided: [Undecided]
    /// Why the cloud would not accept this trust if it were written today; `nil` if it would.
    package let creationRefusal: String?
    /// Audiences of the provider; `nil` if no export says.
    package var audiences: [String]?

    package init(
        id: String, identity: Identity, source: TrustSource, issuer: String, provider: String, allow: Demand,
        denies: [Demand], undecided: [Undecided], creationRefusal: String? = nil, audiences: [String]? = nil,
    ) {
        self.id = id
        self.identity = identity
        self.source = source
        self.issuer = issuer
        self.provider = provider
        self.allow = allow
        self.denies = denies
        self.undecided = undecided
        self.creationRefusal = creationRefusal
        self.audiences = audiences
    }

    /// What a token must be to be accepted.
    package var demand: Demand {
        let audience: [Demand] =
            audiences.map { audiences in
                let patterns = audiences.map { TextPattern(.equals, $0) }
                return [.claim(ClaimDemand("aud", anyOf: patterns, written: "audiences of the provider"))]
            } ?? []
        return .all([allow] + audience + denies.map { .not($0) })
    }

    /// The issuer of github.com.
    ///
    /// Source: GitHub's OIDC reference.
    package static let gitHubIssuer = "https://token.actions.githubusercontent.com"

    /// The condition key on a claim of its issuer's tokens, as AWS writes it: the issuer without its scheme, and the claim.
    package func conditionKey(_ claim: ClaimKey) -> String {
        let host = issuer.firstRange(of: "://").map { issuer[$0.upperBound...] } ?? issuer[...]
        return "\(host):\(claim)"
    }

    /// The enterprise whose jobs alone have the issuer; `nil` if it is everybody's.
    ///
    /// Source: GitHub's OIDC reference, "Customizing the issuer value for an enterprise".
    package var enterprise: String? {
        let everybodys = "\(Self.gitHubIssuer)/"
        return issuer.hasPrefix(everybodys) ? String(issuer.dropFirst(everybodys.count)) : nil
    }

    /// Whether every part that decides something was evaluated. What is about the request can only narrow, and is said beside.
    package var isExact: Bool { undecided.allSatisfy { $0.kind == .request } }

    /// Whether it hangs on more than the token.
    package var dependsOnRequest: Bool { undecided.contains { $0.kind == .request } }
}

/// The claims of a token that proves something.
package struct Witness: Hashable, Sendable {
    package let context: JobContext
    /// `sub`, and what else the trust reads, as far as such a token carries it.
    package let claims: [ClaimKey: String]
    /// What has to be so for that token to exist, beyond a job that asks for it; empty: nothing.
    package let provided: [String]

    package init(context: JobContext, claims: [ClaimKey: String], provided: [String] = []) {
        self.context = context
        self.claims = claims
        self.provided = provided
    }

    package var subject: String { claims["sub"] ?? "" }
}
