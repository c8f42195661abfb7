/// Which waivers there are for a finding, and which of them were used.
struct WaiverLedger {
    private let waivers: [Waiver]
    private let now: Timestamp
    /// Places in `waivers`, by rule id.
    private var byRule: [String: [Int]] = [:]
    private var isUsed: [Bool]
    /// Whether something that the waiver could cover was not judged.
    private var isOpen: [Bool]
    /// The organization of the first repository that each waiver speaks of.
    private var home: [String?]

    init(_ list: WaiverList?, now: Timestamp) {
        waivers = list?.waivers ?? []
        self.now = now
        isUsed = Array(repeating: false, count: waivers.count)
        isOpen = Array(repeating: false, count: waivers.count)
        home = Array(repeating: nil, count: waivers.count)
        for (index, waiver) in waivers.enumerated() { byRule[waiver.rule, default: []].append(index) }
    }

    /// The waiver that accepts a finding of a repository: the one that holds longest; `nil` where there is none.
    mutating func waiver(for rule: String, on repository: Repository, of organization: String) -> Waiver? {
        best(for: rule, of: organization) { $0.covers(repository, of: organization) }
    }

    /// The waiver that accepts a finding of the organization itself.
    mutating func waiver(for rule: String, on organization: String) -> Waiver? {
        best(for: rule, of: organization) { $0.covers(organization: organization) }
    }

    /// Notes that nobody knows what the rule, or any where none is named, would find.
    mutating func leaveOpen(_ repository: Repository, of organization: String, rule: String? = nil) {
        for index in places(rule) where waivers[index].covers(repository, of: organization) { isOpen[index] = true }
    }

    mutating func leaveOpen(organization: String, rule: String? = nil) {
        for index in places(rule) where waivers[index].covers(organization: organization) { isOpen[index] = true }
    }

    /// Notes that an organization was not seen whole: what it may hold beside is not known.
    mutating func leaveOpen(allOf organization: String) {
        for (index, waiver) in waivers.enumerated() where waiver.coversOrganization(organization) {
            isOpen[index] = true
        }
    }

    /// Every waiver that can speak of the scanned organizations, with its use and the organization to tell it under.
    func subjects(of organizations: [String]) -> [(organization: String, subject: WaiverSubject)] {
        waivers.enumerated().compactMap { index, waiver in
            guard let first = organizations.first(where: waiver.isAbout) else { return nil }
            let use: WaiverSubject.Use = isUsed[index] ? .used : isOpen[index] ? .unknown : .unused
            return (home[index] ?? first, WaiverSubject(waiver: waiver, use: use, now: now))
        }
    }

    // MARK: -

    private func places(_ rule: String?) -> [Int] {
        guard let rule else { return Array(waivers.indices) }
        return byRule[rule] ?? []
    }

    private mutating func best(for rule: String, of organization: String, _ covers: (Waiver) -> Bool) -> Waiver? {
        guard let places = byRule[rule] else { return nil }
        var best: Waiver?
        for index in places where covers(waivers[index]) {
            isUsed[index] = true
            home[index] = home[index] ?? organization
            let waiver = waivers[index]
            if !waiver.isExpired(at: now), best.map({ $0.expires < waiver.expires }) ?? true { best = waiver }
        }
        return best
    }
}

extension Waiver {
    /// Whether it can speak of an organization or its repositories: a full name of another organization's can't.
    fileprivate func isAbout(_ login: String) -> Bool {
        guard coversOrganization(login) else { return false }
        guard case .named(let glob) = target.repository, let slash = glob.pattern.firstIndex(of: "/") else {
            return true
        }
        return Glob(String(glob.pattern[..<slash])).matches(login)
    }
}
