/// What an earlier report said of trusts, as far as a later one is compared with it.
package struct EarlierTrusts: Sendable {
    package struct Access: Hashable, Sendable {
        package let repository: RepositoryID
        package let identity: String

        package init(repository: RepositoryID, identity: String) {
            self.repository = repository
            self.identity = identity
        }
    }

    package struct Finding: Hashable, Sendable {
        package let rule: String
        package let name: String
        package let message: String

        package init(rule: String, name: String, message: String) {
            self.rule = rule
            self.name = name
            self.message = message
        }
    }

    /// Full names by what is listed row by row.
    package var access: [Access: String] = [:]
    /// In which jobs, by the same: a kind of context, with a name behind it where it is narrowed to names.
    package var jobs: [Access: Set<String>] = [:]
    /// Farthest group that gets in, by identity.
    package var reach: [String: Reach.Group] = [:]
    /// How many repositories each identity lets in, whose rows are not listed.
    package var wide: [String: Int] = [:]
    /// By fingerprint; `nil` if no policy judged it.
    package var findings: [String: Finding]?
    /// Identities that could not be read.
    package var unread: Set<String> = []
    /// Whether pages of an export are missing, so that an identity that is not there may be on one of them.
    package var isPartial = false

    package init() {}

    /// Adds jobs of a row of access.
    ///
    /// - Parameter only: names to which contexts are narrowed.
    package mutating func note(_ contexts: [String], only: [String: [String]], of access: Access) {
        for context in contexts {
            let names = only[context].map { names in names.map { "\(context) \($0)" } } ?? [context]
            jobs[access, default: []].formUnion(names)
        }
    }

    /// In which jobs, without those that others take in.
    fileprivate func jobs(of access: Access) -> [String] {
        let all = jobs[access] ?? []
        return all.filter { job in
            !all.contains(where: { $0 != job && job.hasPrefix($0 + " ") })
        }.sorted()
    }

    /// Whether nothing is known of an identity, so that access by it is not compared.
    fileprivate func isGap(_ identity: String) -> Bool {
        unread.contains(identity) || isPartial && reach[identity] == nil
    }
}

/// What is new or gone since an earlier report.
package struct TrustNews: Sendable {
    package struct Access: Hashable, Sendable {
        package let repository: String
        package let identity: String
    }

    /// Access that both reports know, in other jobs.
    package struct Jobs: Hashable, Sendable {
        package let repository: String
        package let identity: String
        package let before: [String]
        package let after: [String]
    }

    /// An identity that lets more or fewer in from outside, or whose many repositories are others.
    package struct Identity: Hashable, Sendable {
        package let name: String
        package let before: String?
        package let after: String?
    }

    package private(set) var newAccess: [Access] = []
    package private(set) var goneAccess: [Access] = []
    package private(set) var otherJobs: [Jobs] = []
    /// Who is farthest outside; `nil`: the identity trusts GitHub no more, or did not yet.
    package private(set) var reach: [Identity] = []
    /// Numbers of repositories.
    package private(set) var wide: [Identity] = []
    /// Empty if one of the two was not judged.
    package private(set) var newFindings: [EarlierTrusts.Finding] = []
    package private(set) var goneFindings: [EarlierTrusts.Finding] = []

    package var isEmpty: Bool {
        newAccess.isEmpty && goneAccess.isEmpty && otherJobs.isEmpty && reach.isEmpty && wide.isEmpty
            && newFindings.isEmpty
            && goneFindings.isEmpty
    }

    /// - Parameter now: of the later report.
    package init(since earlier: EarlierTrusts, now: EarlierTrusts) {
        // An identity whose rows one of the two does not list is compared by their number.
        let isWide = Set(earlier.wide.keys).union(now.wide.keys)
        func rows(_ one: EarlierTrusts, besides other: EarlierTrusts) -> [Access] {
            one.access
                .filter {
                    !isWide.contains($0.key.identity) && other.access[$0.key] == nil && !other.isGap($0.key.identity)
                }
                .map { Access(repository: $0.value, identity: $0.key.identity) }
                .sorted { ($0.identity, $0.repository) < ($1.identity, $1.repository) }
        }
        newAccess = rows(now, besides: earlier)
        goneAccess = rows(earlier, besides: now)
        otherJobs = now.access.compactMap { key, repository in
            let (before, after) = (earlier.jobs(of: key), now.jobs(of: key))
            guard earlier.access[key] != nil, !isWide.contains(key.identity), before != after, !before.isEmpty,
                !after.isEmpty
            else { return nil }
            return Jobs(repository: repository, identity: key.identity, before: before, after: after)
        }.sorted { ($0.identity, $0.repository) < ($1.identity, $1.repository) }
        for name in Set(earlier.reach.keys).union(now.reach.keys).sorted() where earlier.reach[name] != now.reach[name]
        {
            guard !earlier.isGap(name), !now.isGap(name) else { continue }
            reach.append(
                Identity(name: name, before: earlier.reach[name]?.rawValue, after: now.reach[name]?.rawValue))
        }
        for name in isWide.sorted() {
            let (before, after) = (earlier.count(of: name), now.count(of: name))
            guard before != after, !earlier.isGap(name), !now.isGap(name) else { continue }
            wide.append(Identity(name: name, before: "\(before)", after: "\(after)"))
        }
        guard let old = earlier.findings, let new = now.findings else { return }
        func findings(
            _ some: [String: EarlierTrusts.Finding], besides others: [String: EarlierTrusts.Finding],
            of other: EarlierTrusts,
        ) -> [EarlierTrusts.Finding] {
            some.filter { others[$0.key] == nil && !other.isGap($0.value.name) }
                .values.sorted { ($0.name, $0.rule) < ($1.name, $1.rule) }
        }
        newFindings = findings(new, besides: old, of: earlier)
        goneFindings = findings(old, besides: new, of: now)
    }
}

extension EarlierTrusts {
    fileprivate func count(of identity: String) -> Int {
        wide[identity] ?? access.keys.count { $0.identity.isExactly(identity) }
    }

    /// What a report of today will have said.
    ///
    /// - Parameter rowsBelow: trusts that fewer repositories can use are listed row by row.
    package init(_ audit: TrustAudit, rowsBelow: Int) {
        unread = Set(audit.files.flatMap { $0.unread.map(\.identity) })
        isPartial = audit.files.contains { $0.truncation != nil }
        for trust in audit.trusts {
            let name = trust.trust.identity.name
            note(trust.reach.outermost, of: name)
            if trust.cells.count >= rowsBelow { wide[name, default: 0] += trust.cells.count }
            for cell in trust.cells where trust.cells.count < rowsBelow {
                let repository = audit.report.repositories[Int(cell.repository)].repository
                let key = Access(repository: repository.id, identity: name)
                access[key] = repository.fullName
                let outcome = trust.outcomes[Int(cell.outcome)]
                let only = outcome.kinds.compactMap { kind in outcome.only(kind).map { (kind.rawValue, $0) } }
                note(
                    outcome.kinds.map(\.rawValue), only: Dictionary(only, uniquingKeysWith: { first, _ in first }),
                    of: key)
            }
        }
        guard let report = audit.judgement?.report else { return }
        findings = Dictionary(
            report.findings.map { finding in
                (
                    finding.key.fingerprint(apiURL: report.apiURL),
                    Finding(rule: finding.rule, name: finding.name, message: finding.violation.message)
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Of an identity's statements the one that lets in whoever is farthest outside counts.
    package mutating func note(_ group: Reach.Group, of identity: String) {
        let order = Reach.Group.allCases
        guard let known = reach[identity], let place = order.firstIndex(of: known),
            let other = order.firstIndex(of: group), place <= other
        else {
            reach[identity] = group
            return
        }
    }
}
