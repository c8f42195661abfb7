/// A finding that somebody accepts for a time.
package struct Waiver: Hashable, Sendable, CustomStringConvertible {
    /// Which findings of the rule it covers: fields are ANDed, an absent one covers all.
    ///
    /// Globs and logins compare without case.
    package struct Target: Hashable, Sendable {
        package enum Repository: Hashable, Sendable {
            /// `name`: what the repository was called when it was accepted, for people to read; `nil`: not written.
            case id(RepositoryID, name: String? = nil)
            /// A glob on the name, or on the full name where it holds a slash.
            case named(Glob)
        }

        /// Login; compared without case.
        package var organization: String?
        /// Logins of organizations of which it covers nothing, in small letters.
        package var exceptOrganizations: Set<String> = []
        /// `nil`: findings about the organization itself, or about an identity.
        package var repository: Repository?
        /// A glob on the name of what a cloud lets assume; it stands alone.
        package var identity: Glob?

        package init(organization: String? = nil, repository: Repository? = nil, identity: Glob? = nil) {
            self.organization = organization
            self.repository = repository
            self.identity = identity
        }
    }

    /// Id of the rule entry.
    package let rule: String
    package let target: Target
    package let owner: String
    package let reason: String
    /// The last day on which it holds, in UTC.
    package let expires: Day
    /// The problems that it accepts, sorted by bytes; empty: whatever the rule finds on its target.
    package let accepts: [String]
    /// Where it stands in its file.
    package let position: SourcePosition
    /// Whether another one of its list has its repository's name and another id: then the id stands with the name.
    fileprivate(set) var sharesName = false

    package init(
        rule: String, target: Target, owner: String, reason: String, expires: Day, accepts: [String] = [],
        position: SourcePosition = .start,
    ) {
        self.accepts = accepts.asProblems
        self.rule = rule
        self.target = target
        self.owner = owner
        self.reason = reason
        self.expires = expires
        self.position = position
    }

    /// The same waiver at another place of its file.
    package func placed(at position: SourcePosition) -> Waiver {
        Waiver(
            rule: rule, target: target, owner: owner, reason: reason, expires: expires, accepts: accepts,
            position: position)
    }

    /// The same waiver of another target.
    package func about(_ target: Target) -> Waiver {
        Waiver(
            rule: rule, target: target, owner: owner, reason: reason, expires: expires, accepts: accepts,
            position: position)
    }

    /// Whether it covers whatever its rule finds, being without `accepts`.
    package var acceptsAnything: Bool { accepts.isEmpty }

    /// What it is, for messages: `waiver of required-claims on legacy-*`.
    package var description: String { "waiver of \(rule) on \(targetInWords)" }

    /// What it covers, as nothing else of its list is called.
    package var targetInWords: String {
        sharesName ? target.named + target.idBesideName + target.exceptions : target.description
    }

    /// What makes it the same waiver from night to night; one that was renewed is another.
    ///
    /// - Parameter login: of the organization under which it is listed.
    package func identity(under login: String) -> String {
        // The history knows it by this text, whatever messages say.
        "\(login): \(rule) on \(target.named)\(target.exceptions)\(target.idBesideName) until \(expires)"
    }

    package func isExpired(at now: Timestamp) -> Bool { now >= expires.end }

    /// Whether it speaks of the repository, whatever the rule and the day.
    package func covers(_ repository: AuditCore.Repository, of organization: String) -> Bool {
        guard coversOrganization(organization) else { return false }
        return switch target.repository {
        case nil: false
        case .id(let id, _): id == repository.id
        case .named(let glob): glob.matches(glob.holdsSlash ? repository.fullName : repository.name)
        }
    }

    /// Whether it speaks of the organization itself.
    package func covers(organization login: String) -> Bool {
        target.repository == nil && target.identity == nil && coversOrganization(login)
    }

    /// Whether it speaks of what a cloud lets assume.
    package func covers(_ identity: Identity) -> Bool { target.identity.map(identity.isMatched) ?? false }

    /// Whether it speaks of what a finding is about, whatever the rule and the day.
    ///
    /// - Parameters:
    ///   - name: full name of the repository.
    ///   - login: of the organization; `nil`: not known.
    package func covers(_ key: FindingKey, name: String, of login: String?) -> Bool {
        switch key.subject {
        case .waiver: return false
        case .identity(let cloud, let name): return covers(Identity(cloud: cloud, name: name))
        case .organization: return login.map { covers(organization: $0) } ?? false
        case .repository(let id):
            let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return false }
            return covers(
                AuditCore.Repository(id: id, owner: parts[0], name: parts[1], visibility: .unknown),
                of: login ?? parts[0])
        }
    }

    /// Whether the repositories of the organization, or it itself, can be meant.
    func coversOrganization(_ login: String) -> Bool {
        !target.exceptOrganizations.contains(login.lowercased())
            && target.organization.map { $0.lowercased() == login.lowercased() } ?? true
    }
}

extension Waiver.Target {
    /// Whether it says which organization it is of.
    var isOfOneOrganization: Bool {
        if organization != nil || identity != nil { return true }
        if case .named(let glob) = repository, let slash = glob.pattern.firstIndex(of: "/") {
            return !Glob(String(glob.pattern[..<slash])).holdsWildcard
        }
        return false
    }
}

/// The waivers of one organization, which take the place of those that are for all.
package struct OwnWaivers: Sendable {
    private let login: String
    /// What they are about, by rule.
    private var subjects: [String: Set<String>] = [:]

    package init(_ waivers: [Waiver], of login: String) {
        self.login = login
        for waiver in waivers { subjects[waiver.rule, default: []].formUnion(waiver.target.subjects(in: login)) }
    }

    /// What is left of a waiver for all: of what one of these means too, this one takes the place.
    ///
    /// - Returns: `nil` if nothing is left of it.
    package func rest(of waiver: Waiver) -> Waiver? {
        guard let own = subjects[waiver.rule], !own.isDisjoint(with: waiver.target.subjects(in: login)) else {
            return waiver
        }
        if waiver.target.isOfOneOrganization { return nil }
        var target = waiver.target
        target.exceptOrganizations.insert(login.lowercased())
        return waiver.about(target)
    }
}

extension Waiver.Target {
    /// What it is about within an organization, in each way in which that can be written; empty: nothing there.
    fileprivate func subjects(in login: String) -> Set<String> {
        guard identity == nil, organization.map({ $0.lowercased() == login.lowercased() }) ?? true else { return [] }
        func name(_ text: String) -> String? {
            guard let slash = text.firstIndex(of: "/") else { return text.lowercased() }
            guard Glob(String(text[..<slash])).matches(login) else { return nil }
            return String(text[text.index(after: slash)...]).lowercased()
        }
        switch repository {
        case nil: return organization == nil ? [] : [""]
        case .named(let glob): return Set([name(glob.pattern)].compactMap(\.self))
        // The name is as it was when the id was written beside it.
        case .id(let id, let known): return Set(["\(id.rawValue):", known.flatMap(name)].compactMap(\.self))
        }
    }
}

extension Waiver {
    /// What it is called where ids are left out.
    fileprivate var nameInList: String { "\(rule) \(target.description.lowercased())" }
}

extension Waiver.Target: CustomStringConvertible {
    package var description: String {
        named + exceptions
    }

    /// The id that stands with a name, in brackets; otherwise empty.
    fileprivate var idBesideName: String {
        if case .id(let id, .some) = repository { " (id \(id.rawValue))" } else { "" }
    }

    fileprivate var exceptions: String {
        exceptOrganizations.isEmpty ? "" : ", except in \(exceptOrganizations.sorted().joined(separator: ", "))"
    }

    /// What it is about by names alone.
    var named: String {
        if let identity { return "identity \(identity)" }
        return switch (organization, repository) {
        case (let organization?, nil): organization
        case (_, .id(_, let name?)): Self(organization: organization, repository: .named(Glob(name))).named
        case (let organization?, .id(let id, nil)): "\(organization) repository \(id.rawValue)"
        case (let organization?, .named(let glob)):
            glob.holdsSlash ? "\(glob) of \(organization)" : "\(organization)/\(glob)"
        case (nil, .id(let id, nil)): "repository \(id.rawValue)"
        case (nil, .named(let glob)): glob.pattern
        case (nil, nil): "nothing"
        }
    }
}

extension Glob {
    /// Whether it is matched with full names.
    package var holdsSlash: Bool { pattern.utf8.contains(UInt8(ascii: "/")) }
    /// Whether several names can match it.
    package var holdsWildcard: Bool { pattern.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } }
}

/// A day in UTC.
package struct Day: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Its first second.
    package let start: Timestamp

    /// Reads `YYYY-MM-DD`; `nil` for anything else.
    package init?(_ text: String) {
        guard let start = Timestamp("\(text)T00:00:00Z") else { return nil }
        self.start = start
    }

    /// The day on which a moment lies.
    package init(of moment: Timestamp) {
        let seconds = moment.secondsSince1970
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        self.start = Timestamp(secondsSince1970: day * 86_400)
    }

    /// The first second of the next day.
    package var end: Timestamp { Timestamp(secondsSince1970: start.secondsSince1970 + 86_400) }

    package var description: String { String(start.description.prefix(10)) }

    package static func < (left: Day, right: Day) -> Bool { left.start < right.start }

    /// Whole days from the other day to this one.
    package func days(since other: Day) -> Int { Int(start.seconds(since: other.start) / 86_400) }

    package func adding(days: Int) -> Day {
        Day(of: Timestamp(secondsSince1970: start.secondsSince1970 + Int64(days) * 86_400))
    }
}

/// The waivers of one file.
package struct WaiverList: Sendable {
    /// In the file's order; no two of the same rule and target.
    package let waivers: [Waiver]
    /// Where they came from, as the person named it.
    package let source: String

    package init(_ waivers: [Waiver], source: String) {
        let names = Dictionary(waivers.map { ($0.nameInList, 1) }, uniquingKeysWith: +)
        self.waivers = waivers.map { waiver in
            var waiver = waiver
            waiver.sharesName = names[waiver.nameInList] != 1
            return waiver
        }
        self.source = source
    }

    /// What is wrong with a waiver, and where it stands.
    package struct Problem: Hashable, Sendable {
        package let position: SourcePosition
        package let message: String
        package let hint: String
    }

    /// What a reader of the file alone can find wrong: waivers that have expired, name no entry of the policy, or reach
    /// further than it allows.
    package func problems(under policy: Policy?, now: Timestamp) -> [Problem] {
        waivers.flatMap { waiver in
            var problems: [Problem] = []
            if waiver.isExpired(at: now) {
                problems.append(
                    Problem(
                        position: waiver.position, message: "the \(waiver) expired on \(waiver.expires)",
                        hint: "remove it, or have \(waiver.owner) renew it"))
            }
            guard let policy else { return problems }
            if waiver.rule != RuleEntry.reservedID, !policy.rules.contains(where: { $0.id == waiver.rule }) {
                problems.append(
                    Problem(
                        position: waiver.position, message: "the policy \(policy.name) has no entry \"\(waiver.rule)\"",
                        hint: NearestWord.hint(for: waiver.rule, among: policy.rules.map(\.id))))
            }
            return problems + breaches(of: policy, waiver, now: now)
        }
    }

    /// Refuses waivers that reach further than the policy allows.
    package func check(against policy: Policy, now: Timestamp) throws(DocumentError) {
        for waiver in waivers {
            guard let problem = breaches(of: policy, waiver, now: now).first else { continue }
            throw DocumentError(at: problem.position, problem.message, hint: problem.hint)
        }
    }

    private func breaches(of policy: Policy, _ waiver: Waiver, now: Timestamp) -> [Problem] {
        [overlong(waiver, under: policy, now: now), unnamed(waiver, under: policy), misplaced(waiver, under: policy)]
            .compactMap(\.self)
    }

    /// One that could cover nothing: findings about trusts are of identities, and others are not.
    private func misplaced(_ waiver: Waiver, under policy: Policy) -> Problem? {
        guard let entry = policy.rules.first(where: { $0.id == waiver.rule }) else { return nil }
        let isAboutIdentity = waiver.target.identity != nil
        guard isAboutIdentity != (entry.subject == .identity) else { return nil }
        return Problem(
            position: waiver.position,
            message: isAboutIdentity
                ? "the \(waiver) names an identity, and \(waiver.rule) is not about trusts"
                : "the \(waiver) has no identity, and \(waiver.rule) is about trusts",
            hint: isAboutIdentity ? "name a repository" : "name the role by \"identity\"")
    }

    private func unnamed(_ waiver: Waiver, under policy: Policy) -> Problem? {
        guard policy.waiversNameProblems, waiver.acceptsAnything else { return nil }
        return Problem(
            position: waiver.position,
            message: "the \(waiver) has no \"accepts\", and the policy \(policy.name) wants the problems named",
            hint: "name them as the report's \"problems\" do; oidc-audit waiver add writes them")
    }

    private func overlong(_ waiver: Waiver, under policy: Policy, now: Timestamp) -> Problem? {
        let today = Day(of: now)
        let days = waiver.expires.days(since: today)
        guard let daysMax = policy.maxWaiverDays, days > daysMax else { return nil }
        return Problem(
            position: waiver.position,
            message: "the \(waiver) holds for \(days) more days, and the policy \(policy.name) allows \(daysMax)",
            hint: "let it expire on \(today.adding(days: daysMax)) or before")
    }
}
