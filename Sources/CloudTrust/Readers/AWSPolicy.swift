import AuditCore

/// A trust policy of a role: statements that let in, and statements that refuse.
struct AWSPolicy {
    private let statements: [AWSStatement]
    /// Whether `${…}` in values is replaced.
    private let hasVariables: Bool

    /// Most characters of all texts of a policy: eight times what AWS accepts.
    private static let lengthMax = 65_536

    init(_ document: Document) throws(DocumentError) {
        guard document.isShorter(than: Self.lengthMax) else {
            throw DocumentError(at: document.position, "it is longer than AWS accepts")
        }
        guard let members = document.members else {
            throw DocumentError(at: document.position, "a policy must be an object, not \(document.kind)")
        }
        hasVariables = members.value("Version")?.text == "2012-10-17"
        guard let list = members.value("Statement") else {
            throw DocumentError(at: document.position, "a policy has no \"Statement\"")
        }
        var statements: [AWSStatement] = []
        for statement in list.array ?? [list] { statements.append(try AWSStatement(statement)) }
        self.statements = statements
    }

    /// - Parameter pointer: of the policy.
    func trusts(
        of identity: Identity, file: String, pointer: String, issuers: [String],
    ) -> (trusts: [Trust], trustsOthers: Bool) {
        var trusts: [Trust] = []
        var trustsOthers = statements.contains { $0.isAllow && $0.trustsSAML }
        for (index, statement) in statements.enumerated() where statement.isAllow && statement.coversWebIdentity {
            let (providers, others) = statement.providers(issuers: issuers)
            trustsOthers = trustsOthers || others
            for (number, provider) in providers.enumerated() {
                let id = "aws:\(identity.name)#\(index)" + (number == 0 ? "" : ".\(number)")
                let source = TrustSource(file: file, pointer: "\(pointer)/Statement/\(index)")
                trusts.append(trust(id, identity, source, statement, provider))
            }
        }
        return (trusts, trustsOthers)
    }

    // MARK: -

    private func trust(
        _ id: String, _ identity: Identity, _ source: TrustSource, _ statement: AWSStatement, _ provider: AWSProvider,
    ) -> Trust {
        let conditions = AWSConditions(statement.conditions, provider: provider.url, hasVariables: hasVariables)
        var undecided = conditions.undecided
        var refusal = conditions.creationRefusal
        if statement.hasNotPrincipal {
            undecided.append(Undecided(.unsupported, "NotPrincipal", "AWS does not allow it in a trust policy"))
            refusal = "NotPrincipal is not allowed in a trust policy"
        }
        if provider.written == "*", !statement.hasNotPrincipal {
            undecided.append(
                Undecided(.request, "Principal *", "everybody: it is not read which providers the account has"))
        }
        var denies: [Demand] = []
        for deny in statements where !deny.isAllow && deny.coversWebIdentity && deny.mayRefuse(provider) {
            let conditions = AWSConditions(deny.conditions, provider: provider.url, hasVariables: hasVariables)
            let open = (conditions.undecided + conditions.refusesByUnreadKey).map {
                Undecided($0.kind, "Deny: \($0.what)", $0.why)
            }
            if open.isEmpty, !deny.hasNotPrincipal {
                denies.append(conditions.demand)
            } else {
                undecided +=
                    deny.hasNotPrincipal
                    ? [Undecided(.unsupported, "Deny: NotPrincipal", "AWS does not allow it in a trust policy")] : open
            }
        }
        return Trust(
            id: id, identity: identity, source: source, issuer: "https://\(provider.url)", provider: provider.written,
            allow: conditions.demand, denies: denies, undecided: undecided, creationRefusal: refusal)
    }
}

/// One statement of a trust policy.
struct AWSStatement {
    let isAllow: Bool
    let coversWebIdentity: Bool
    let hasNotPrincipal: Bool
    /// Members of `Condition`.
    let conditions: [Document.Member]
    private let isEverybody: Bool
    private let federated: [String]

    init(_ document: Document) throws(DocumentError) {
        guard let members = document.members else {
            throw DocumentError(at: document.position, "a statement must be an object, not \(document.kind)")
        }
        switch members.value("Effect")?.text {
        case "Allow": isAllow = true
        case "Deny": isAllow = false
        default: throw DocumentError(at: document.position, "\"Effect\" must be Allow or Deny")
        }
        coversWebIdentity = try Self.covers(members, at: document.position)
        hasNotPrincipal = members.value("NotPrincipal") != nil
        if let condition = members.value("Condition"), !condition.isNull {
            guard let operators = condition.members else {
                throw DocumentError(at: condition.position, "\"Condition\" must be an object, not \(condition.kind)")
            }
            conditions = operators
        } else {
            conditions = []
        }
        let principal = members.value("Principal")
        let aws = principal?.member("AWS")?.texts ?? []
        federated = principal?.member("Federated")?.texts ?? []
        isEverybody = principal?.text == "*" || aws.contains("*") || federated.contains("*") || hasNotPrincipal
    }

    /// Providers of GitHub that it lets in, and whether it lets others in, too.
    func providers(issuers: [String]) -> (providers: [AWSProvider], others: Bool) {
        if isEverybody { return (issuers.map(AWSProvider.init(everyoneOf:)), false) }
        var providers: [AWSProvider] = []
        for written in federated where !providers.contains(where: { $0.written.isExactly(written) }) {
            if let provider = AWSProvider(written, issuers: issuers) { providers.append(provider) }
        }
        return (providers, providers.count < Set(federated).count)
    }

    /// Whether a SAML provider is named.
    var trustsSAML: Bool { federated.contains { $0.contains(":saml-provider/") } }

    /// Whether a Deny is about that provider.
    func mayRefuse(_ provider: AWSProvider) -> Bool {
        isEverybody || federated.contains { $0.isExactly(provider.written) }
    }

    // MARK: -

    private static func covers(_ members: [Document.Member], at position: SourcePosition) throws(DocumentError) -> Bool
    {
        func matches(_ document: Document) throws(DocumentError) -> Bool {
            guard let texts = document.texts else {
                throw DocumentError(at: document.position, "an action must be a string or a list of strings")
            }
            return texts.contains {
                LiteralMatcher.matches(TextPattern(.like, $0.lowercasedASCII), "sts:assumerolewithwebidentity")
            }
        }
        if let action = members.value("Action") { return try matches(action) }
        if let others = members.value("NotAction") { return try !matches(others) }
        throw DocumentError(at: position, "a statement has neither \"Action\" nor \"NotAction\"")
    }
}
