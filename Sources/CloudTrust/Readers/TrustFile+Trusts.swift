package import AuditCore

extension TrustFile {
    /// The trusts of several files, each with the audiences that its provider allows, as far as a file says.
    ///
    /// No file says which of two is the newer, nor of which account a role without ARN is: where a role's trusts differ, all
    /// are kept, and that they do is said of each.
    package static func trusts(of files: [TrustFile]) -> [Trust] {
        let providers = files.flatMap(\.providers)
        var trusts: [TrustSource: [Trust]] = [:]
        for trust in files.flatMap(\.trusts) { trusts[trust.source.policy, default: []].append(trust) }
        var roles: [String: [TrustSource]] = [:]
        var names: [String] = []
        for file in files {
            for role in file.read {
                if roles[role.name] == nil { names.append(role.name) }
                roles[role.name, default: []].append(TrustSource(file: file.path, pointer: role.pointer))
            }
        }
        let all = names.flatMap { name in
            Self.trusts((roles[name] ?? []).sorted { ($0.file, $0.pointer) < ($1.file, $1.pointer) }, trusts)
        }
        let accounts = Set(all.compactMap { AWSProvider.account(ofARN: $0.provider) })
        return all.map { trust in
            var trust = trust
            trust.audiences = audiences(of: trust, providers, isOneAccount: accounts.count < 2)
            return trust
        }
    }

    /// Most exports of a role that are named.
    private static let placesMax = 5

    /// The trusts of one role, by where its policies stand.
    private static func trusts(_ places: [TrustSource], _ trusts: [TrustSource: [Trust]]) -> [Trust] {
        var variants: [(trusts: [Trust], place: TrustSource)] = []
        var known: [Set<Content>: Int] = [:]
        for place in places {
            let found = trusts[place] ?? []
            let content = Set(found.map(Content.init))
            if let index = known[content] {
                guard let identity = found.first?.identity else { continue }
                variants[index].trusts = variants[index].trusts.map { $0.knowing(identity) }
            } else {
                known[content] = variants.count
                variants.append((found, place))
            }
        }
        guard variants.count > 1 else { return variants.flatMap(\.trusts) }
        let shown = variants.prefix(placesMax).map { "\($0.place.file) \($0.place.pointer)" }
        let more = variants.count - shown.count
        let listed = shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
        // What all of them allow is allowed, unless one allows nothing.
        let kind: Undecided.Kind = variants.allSatisfy { !$0.trusts.isEmpty } ? .severalExports : .unsupported
        let open = Undecided(
            kind, "its trust policy",
            "it is exported several times, and not alike: \(listed); give the newest export of this role alone")
        return variants.enumerated().flatMap { number, variant in
            variant.trusts.map { trust in
                var trust = trust
                if number > 0 { trust.id += "@\(number + 1)" }
                trust.undecided.append(open)
                return trust
            }
        }
    }

    /// What a trust says, wherever it stands.
    private struct Content: Hashable {
        let provider: String
        let issuer: String
        let allow: Demand
        let denies: [Demand]
        let undecided: [Undecided]

        init(_ trust: Trust) {
            (provider, issuer, allow) = (trust.provider, trust.issuer, trust.allow)
            (denies, undecided) = (trust.denies, trust.undecided)
        }
    }

    /// An export without ARN may be any account's: it says nothing where the roles are of several, and of several for one
    /// account what each allows counts.
    private static func audiences(
        of trust: Trust, _ providers: [CloudProvider], isOneAccount: Bool,
    ) -> [String]? {
        guard trust.provider != "*" else { return nil }
        let own = providers.filter { $0.arn == trust.provider && $0.audiences != nil }
        let host = "https://"
        let same =
            own.isEmpty && isOneAccount
            ? providers.filter { $0.arn == nil && host + $0.url == trust.issuer } : own
        return same.isEmpty ? nil : Array(Set(same.flatMap { $0.audiences ?? [] })).sorted()
    }
}

extension TrustSource {
    /// Where the policy of a statement stands.
    var policy: TrustSource {
        guard let end = pointer.ranges(of: "/Statement/").last else { return self }
        return TrustSource(file: file, pointer: String(pointer[..<end.lowerBound]))
    }
}

extension Trust {
    /// The same with what another export says of the role besides.
    fileprivate func knowing(_ other: Identity) -> Trust {
        var trust = self
        trust.identity.lastUsed = [identity.lastUsed, other.lastUsed].compactMap { $0 }.max()
        trust.identity.createdAt = identity.createdAt ?? other.createdAt
        trust.identity.tags = identity.tags ?? other.tags
        if identity.attachedPolicies.isEmpty { trust.identity.attachedPolicies = other.attachedPolicies }
        return trust
    }
}
