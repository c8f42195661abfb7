/// Finds the waivers for each finding, and records which were used.
struct WaiverLedger {
    private let waivers: [Waiver]
    private let now: Timestamp
    /// By rule id.
    private var indexes: [String: Index] = [:]
    private var isUsed: [Bool]
    /// Whether something that the waiver could cover was not judged.
    private var isOpen: [Bool]
    /// The organization of the first finding that each waiver covered.
    private var home: [String?]

    /// Indexes in `waivers`, by target, so that a finding is compared with few of many waivers.
    private struct Index {
        var byID: [RepositoryID: [Int]] = [:]
        /// By name in lower case.
        var byName: [String: [Int]] = [:]
        var byGlob: [Int] = []
        /// Those about organizations themselves.
        var others: [Int] = []

        mutating func insert(_ waiver: Waiver, at place: Int) {
            switch waiver.target.repository {
            case nil: others.append(place)
            case .id(let id, _): byID[id, default: []].append(place)
            case .named(let glob) where !glob.holdsWildcard && !glob.holdsSlash:
                byName[glob.pattern.lowercased(), default: []].append(place)
            case .named: byGlob.append(place)
            }
        }

        func places(_ repository: Repository) -> [Int] {
            (byID[repository.id] ?? []) + (byName.isEmpty ? [] : byName[repository.name.lowercased()] ?? []) + byGlob
        }
    }

    init(_ list: WaiverList?, now: Timestamp) {
        waivers = list?.waivers ?? []
        self.now = now
        isUsed = Array(repeating: false, count: waivers.count)
        isOpen = Array(repeating: false, count: waivers.count)
        home = Array(repeating: nil, count: waivers.count)
        for (place, waiver) in waivers.enumerated() { indexes[waiver.rule, default: Index()].insert(waiver, at: place) }
    }

    /// How waivers apply to a finding.
    enum Answer {
        case notAccepted
        /// By the waiver that expires last. If several waivers are needed together, by the one that expires first.
        case accepted(Waiver)
        /// A waiver targets it, but does not accept all of its problems.
        ///
        /// - accepted: the accepted problems; if none is accepted, the problems that the waivers list.
        case exceeded(accepted: [String], further: [String])
    }

    /// How waivers apply to a finding about a repository.
    mutating func answer(
        to violation: Violation, of rule: String, on repository: Repository, of organization: String,
    ) -> Answer {
        guard let places = indexes[rule]?.places(repository) else { return .notAccepted }
        return answer(to: violation.problems, places, of: organization) { $0.covers(repository, of: organization) }
    }

    /// How waivers apply to a finding about the organization itself.
    mutating func answer(to violation: Violation, of rule: String, on organization: String) -> Answer {
        guard let places = indexes[rule]?.others else { return .notAccepted }
        return answer(to: violation.problems, places, of: organization) { $0.covers(organization: organization) }
    }

    /// How waivers apply to a finding about an identity.
    mutating func answer(to violation: Violation, of rule: String, on identity: Identity) -> Answer {
        guard let places = indexes[rule]?.others else { return .notAccepted }
        return answer(to: violation.problems, places, of: identity.name) { $0.covers(identity) }
    }

    mutating func leaveOpen(_ identity: Identity, rule: String) {
        for place in indexes[rule]?.others ?? [] where waivers[place].covers(identity) { isOpen[place] = true }
    }

    /// Every waiver that targets identities, with its use.
    ///
    /// - Parameter rules: as below.
    func identitySubjects(rules: Set<String>) -> [WaiverSubject] {
        waivers.enumerated().filter { $1.target.identity != nil }.map { place, waiver in
            WaiverSubject(waiver: waiver, use: use(of: place, waiver, rules), now: now)
        }
    }

    /// Records that it is unknown what the rule would find; without a rule, what any rule would find.
    mutating func leaveOpen(_ repository: Repository, of organization: String, rule: String? = nil) {
        for index in indexes where rule == nil || index.key == rule {
            for place in index.value.places(repository) where waivers[place].covers(repository, of: organization) {
                isOpen[place] = true
            }
        }
    }

    mutating func leaveOpen(organization: String, rule: String) {
        for place in indexes[rule]?.others ?? [] where waivers[place].covers(organization: organization) {
            isOpen[place] = true
        }
    }

    /// Records that an organization was not read completely: it may have further repositories.
    mutating func leaveOpen(allOf organization: String) {
        for (place, waiver) in waivers.enumerated() where waiver.coversOrganization(organization) {
            isOpen[place] = true
        }
    }

    /// Every waiver that can target the scanned organizations, with its use and the organization to report it under.
    ///
    /// - Parameter rules: ids of the policy; taking a rule out of the policy does not fix what it found.
    func subjects(of organizations: [String], rules: Set<String>) -> [(organization: String, subject: WaiverSubject)] {
        waivers.enumerated().compactMap { place, waiver in
            guard waiver.target.identity == nil, let first = organizations.first(where: waiver.isAbout) else {
                return nil
            }
            return (home[place] ?? first, WaiverSubject(waiver: waiver, use: use(of: place, waiver, rules), now: now))
        }
    }

    private func use(of place: Int, _ waiver: Waiver, _ rules: Set<String>) -> WaiverSubject.Use {
        let isUnknown = isOpen[place] || !rules.contains(waiver.rule)
        return isUsed[place] ? .used : isUnknown ? .unknown : .unused
    }

    // MARK: -

    private mutating func answer(
        to problems: [String], _ places: [Int], of organization: String, _ covers: (Waiver) -> Bool,
    ) -> Answer {
        var whole: Waiver?
        var parts: [Waiver] = []
        for place in places where covers(waivers[place]) {
            isUsed[place] = true
            home[place] = home[place] ?? organization
            let waiver = waivers[place]
            guard !waiver.isExpired(at: now) else { continue }
            if waiver.acceptsAnything || problems.beyond(waiver.accepts).isEmpty {
                if whole.map({ $0.expires < waiver.expires }) ?? true { whole = waiver }
            } else {
                parts.append(waiver)
            }
        }
        if let whole { return .accepted(whole) }
        let bad = problems.filter { $0.withoutNarrowing == nil }
        let helpful = parts.filter { bad.without($0.accepts).count < bad.count }
        // A waiver none of whose problems is left accepts nothing of a finding with other problems.
        guard let first = (helpful.isEmpty ? parts : helpful).min(by: { $0.expires < $1.expires }) else {
            return .notAccepted
        }
        let further = problems.beyond(helpful.flatMap(\.accepts))
        guard !further.isEmpty else { return .accepted(first) }
        let accepted = bad.without(further)
        return .exceeded(
            accepted: accepted.isEmpty ? parts.flatMap(\.accepts).asProblems : accepted, further: further)
    }
}

extension Waiver {
    /// Whether it can target an organization or its repositories. A full name in another organization can't.
    func isAbout(_ login: String) -> Bool {
        guard coversOrganization(login) else { return false }
        guard case .named(let glob) = target.repository, let slash = glob.pattern.firstIndex(of: "/") else {
            return true
        }
        return Glob(String(glob.pattern[..<slash])).matches(login)
    }
}
