import AuditCore

/// Whom a subject that is written in a trust means, as far as it is written without wildcards.
struct SubjectMeaning: Hashable {
    var owner: String?
    var ownerID: String?
    var name: String?
    var repositoryID: String?
    /// Keys in their order, `context` for the tail of a default subject.
    var keys: [String] = []
    /// Whether the names carry ids, or wildcards for them.
    var hasIDs = false

    init(_ pattern: TextPattern) {
        var segments = pattern.text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)[...]
        while var key = segments.popFirst() {
            if pattern.kind == .equalsIgnoringCase { key = key.lowercasedASCII }
            if key == "pull_request" {
                keys.append("context")
                continue
            }
            guard let value = segments.popFirst() else { break }
            keys.append(key == "ref" || key == "environment" ? "context" : key)
            let isEnd = segments.isEmpty && !pattern.text.hasSuffix("*")
            let isClosed = !segments.isEmpty || isEnd
            switch key {
            case "repo", "repository": take(value, isClosed: isClosed)
            case "repository_owner": owner = Self.literal(value, isClosed)
            case "repository_owner_id": ownerID = Self.literal(value, isClosed)
            case "repository_id": repositoryID = Self.literal(value, isClosed)
            default: continue
            }
        }
    }

    /// - Parameter repository: a value of the claim `repository`.
    init(repository: String) { take(repository, isClosed: true) }

    var fullName: String? { owner.flatMap { owner in name.map { "\(owner)/\($0)" } } }

    // MARK: -

    private mutating func take(_ value: String, isClosed: Bool) {
        let halves = value.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let first = halves[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        hasIDs = hasIDs || first.count > 1
        // A wildcard in the owner's id may take in the slash, and what is behind it is as written all the same.
        owner = Self.literal(first[0], halves.count > 1 || first.count > 1)
        ownerID = first.count > 1 ? Self.literal(first[1], halves.count > 1) : ownerID
        guard halves.count > 1 else { return }
        let second = halves[1].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        hasIDs = hasIDs || second.count > 1
        name = Self.literal(second[0], isClosed || second.count > 1)
        repositoryID = second.count > 1 ? Self.literal(second[1], isClosed) : repositoryID
    }

    private static func literal(_ text: String, _ isClosed: Bool) -> String? {
        isClosed && !text.isEmpty && !text.contains("*") && !text.contains("?") && !text.contains("$") ? text : nil
    }
}

/// Names and ids that a trust writes out.
struct TrustNames {
    struct Written {
        let claim: ClaimKey
        let pattern: TextPattern
        let meaning: SubjectMeaning
    }

    /// Values that admit: of demands that are no negations, the trust's Deny statements left out.
    private(set) var written: [Written] = []
    private(set) var enterpriseIDs: [String] = []

    init(_ trust: Trust) {
        namesOwner = Self.names(trust, repository: false)
        namesRepository = Self.names(trust, repository: true)
        for demand in trust.allow.claimDemands where demand.isRead && !demand.isNegated {
            for pattern in demand.anyOf {
                switch demand.claim {
                case "sub": add(demand.claim, pattern, SubjectMeaning(pattern))
                case "repository": add(demand.claim, pattern, SubjectMeaning(repository: pattern.text))
                case "repository_id" where pattern.isLiteral:
                    add(demand.claim, pattern, SubjectMeaning(TextPattern(.equals, "repository_id:" + pattern.text)))
                case "repository_owner_id" where pattern.isLiteral:
                    add(
                        demand.claim, pattern,
                        SubjectMeaning(TextPattern(.equals, "repository_owner_id:" + pattern.text)))
                case "enterprise_id": enterpriseIDs.append(pattern.text)
                default: continue
                }
            }
        }
    }

    /// Whether every token that is accepted is of an owner, or of a repository, whose name or id is written out: a demand that
    /// every token meets has no other values.
    let namesOwner: Bool
    let namesRepository: Bool

    private static func names(_ trust: Trust, repository: Bool) -> Bool {
        trust.allow.necessary.contains { demand in
            guard demand.isRead, !demand.isNegated, !demand.whenAbsent || demand.claim == "sub" else { return false }
            switch demand.claim {
            case "sub": return demand.anyOf.allSatisfy { names($0, after: "repo:", repository: repository) }
            case "repository": return demand.anyOf.allSatisfy { names($0, after: "", repository: repository) }
            case "repository_id": return demand.anyOf.allSatisfy(\.isLiteral)
            case "repository_owner_id": return !repository && demand.anyOf.allSatisfy(\.isLiteral)
            default: return false
            }
        }
    }

    private static func names(_ pattern: TextPattern, after prefix: String, repository: Bool) -> Bool {
        var start = pattern.isLiteral ? pattern.text + ":" : pattern.literalStart
        if pattern.kind == .equalsIgnoringCase { start = start.lowercasedASCII }
        guard !pattern.hasVariables || !pattern.text.contains("$"), start.hasPrefix(prefix) else { return false }
        let names = start.dropFirst(prefix.count)
        guard repository else { return names.contains { $0 == "/" || $0 == "@" } }
        // Names that an @ closes are these, whatever the ids are.
        let meaning = SubjectMeaning(pattern)
        if let owner = meaning.owner, meaning.name != nil, meaning.hasIDs, start.hasPrefix("repo:\(owner)@") {
            return true
        }
        // The ids are no matter: another repository has another name.
        guard let slash = names.firstIndex(of: "/") else { return false }
        return names[slash...].dropFirst().contains { $0 == ":" || $0 == "@" }
    }

    // Nobody has a login or an id of other characters.
    var owners: [String] { unique(\.owner).filter(\.isLogin) }
    var ownerIDs: [String] { unique(\.ownerID).filter(\.isNumber) }
    var names: [String] { unique(\.name) }
    var repositoryIDs: [String] { unique(\.repositoryID).filter(\.isNumber) }

    private mutating func add(_ claim: ClaimKey, _ pattern: TextPattern, _ meaning: SubjectMeaning) {
        written.append(Written(claim: claim, pattern: pattern, meaning: meaning))
    }

    private func unique(_ part: (SubjectMeaning) -> String?) -> [String] {
        var seen: Set<ExactText> = []
        return written.compactMap { part($0.meaning) }.filter { seen.insert(ExactText($0)).inserted }
    }
}

extension String {
    /// Whether a user or an organization can have that login; old ones have hyphens where new ones can't.
    var isLogin: Bool {
        !isEmpty && utf8.count <= TokenAlphabet.login.lengthMax
            && utf8.allSatisfy { byte in
                byte == 0x2D || byte == 0x5F || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte)
            }
    }

    /// Whether GitHub writes an id like that.
    var isNumber: Bool { TokenAlphabet.number.contains(self) }
}
