/// A cloud export as it was read.
package struct TrustExport: Hashable, Sendable {
    /// A role that could not be read.
    package struct Unread: Hashable, Sendable {
        package let identity: String
        package let pointer: String
        package let why: String

        package init(identity: String, pointer: String, why: String) {
            self.identity = identity
            self.pointer = pointer
            self.why = why
        }
    }

    package let path: String
    /// In hexadecimal, of the bytes.
    package let sha256: String
    /// Such as `aws.list-roles`.
    package let kind: String
    package var roles = 0
    package var trusts = 0
    /// Roles that trust providers other than GitHub's.
    package var otherIssuers = 0
    package var unread: [Unread] = []
    /// What is missing from the export; `nil` if nothing is known to be missing.
    package var truncation: String?
    /// When the file was last written; `nil` if that is not known.
    package var modifiedAt: Timestamp?

    /// What is said where none of the exports holds a role.
    package static let withoutRole = "the files hold no role"

    package init(path: String, sha256: String, kind: String) {
        self.path = path
        self.sha256 = sha256
        self.kind = kind
    }
}

/// Whether a trust accepts one token.
package struct TokenAnswer: Hashable, Sendable {
    /// `nil` if it is not decided.
    package let isAccepted: Bool?
    /// The claim because of which the token is refused, or `deny`; `nil` if nothing refuses it.
    package let refusedBy: String?
    /// The reason in words; `nil` if the token is accepted.
    package let why: String?

    package init(isAccepted: Bool?, refusedBy: String? = nil, why: String? = nil) {
        self.isAccepted = isAccepted
        self.refusedBy = refusedBy
        self.why = why
    }
}

/// Cloud trusts held against stored scans.
package struct TrustAudit: Sendable {
    /// What changes would do.
    package struct Change: Sendable {
        package let lost: [AccessDifference]
        package let gained: [AccessDifference]

        package init(lost: [AccessDifference], gained: [AccessDifference]) {
            self.lost = lost
            self.gained = gained
        }
    }

    package let scans: [StoredScan]
    package let files: [TrustExport]
    package let report: AccessReport
    /// Reasons why the organizations were not read completely.
    package var gaps: [String] = []
    /// The repository given by `--repository`; `nil` for all.
    package var repository: RepositoryID?
    /// How many trusts `--repository` and `--identity` leave out: nothing is known of them.
    package var leftOut = 0
    /// `nil` without `--what-if` and `--plan`.
    package var change: Change?
    /// By the trust's id; `nil` without `--token-claims`.
    package var tokens: [String: TokenAnswer]?
    /// What is new or gone since an earlier report; `nil` if none was given.
    package var news: TrustNews?
    /// The policy's findings; `nil` without a policy.
    package var judgement: TrustJudgement?

    /// In the order of identities.
    package let trusts: [JudgedTrust]
    /// How many trusts each identity has.
    package let trustCounts: [String: Int]
    /// How many repositories with unknown subjects may use a trust, by the trust's id; without an entry for zero.
    private let unknown: [String: Int]

    package init(scans: [StoredScan], files: [TrustExport], report: AccessReport) {
        self.scans = scans
        self.files = files
        self.report = report
        trusts = report.trusts.sorted {
            ($0.trust.identity.name, $0.trust.id) < ($1.trust.identity.name, $1.trust.id)
        }
        trustCounts = trusts.reduce(into: [:]) { $0[$1.trust.identity.name, default: 0] += 1 }
        let open = Set(
            report.repositories.indices.filter { index in
                report.unknownSubjects[index] != nil && report.repositories[index].repository.isArchived != true
            }.map { Int32($0) })
        var unknown: [String: Int] = [:]
        for trust in report.trusts where trust.outcomes.contains(where: { $0.entries.contains { $0.likely != nil } }) {
            let count = trust.cells.count { open.contains($0.repository) }
            if count > 0 { unknown[trust.trust.id] = count }
        }
        self.unknown = unknown
    }

    // MARK: - Results

    /// Trusts that outsiders can or may use, the worst first.
    package var outside: [JudgedTrust] {
        trusts.enumerated().compactMap { index, trust in trust.reach.outsiders.first.map { (index, trust, $0) } }
            .sorted { ($0.2.rank, $0.0) < ($1.2.rank, $1.0) }
            .map(\.1)
    }

    /// Trusts that no repository can use.
    package var unmatched: [JudgedTrust] { trusts.filter { !$0.noMatch.isEmpty } }

    /// How many repositories may use a trust, which is not certain since their subjects are unknown.
    package func unknownCount(_ trust: JudgedTrust) -> Int { unknown[trust.trust.id] ?? 0 }

    package func isDecided(_ trust: JudgedTrust) -> Bool {
        trust.isExact && unknownCount(trust) == 0 && !trust.reach.mayHaveMore
    }

    package var undecided: [JudgedTrust] { trusts.filter { !isDecided($0) } }

    /// Roles that were not read.
    package var unreadCount: Int { files.reduce(0) { $0 + $1.unread.count } }

    /// Whether all was read and decided.
    package var isComplete: Bool {
        gaps.isEmpty && undecided.isEmpty && files.allSatisfy { $0.unread.isEmpty && $0.truncation == nil }
    }

    /// The first reason why not all was read and decided; `nil` if all was.
    package var firstGap: String? {
        if let gap = gaps.first { return gap }
        for file in files {
            if let why = file.truncation { return "\(file.path): \(why)" }
            if let role = file.unread.first { return "\(role.identity): \(role.why)" }
        }
        return undecided.first.map { "\($0.trust.identity.name) is not decided" }
    }

    package var exitStatus: ExitStatus {
        if let tokens {
            if tokens.values.contains(where: { $0.isAccepted == true }) { return .success }
            let isKnown = tokens.values.allSatisfy { $0.isAccepted != nil }
            return isKnown && files.allSatisfy { $0.unread.isEmpty && $0.truncation == nil } ? .violations : .incomplete
        }
        if let judgement { return ExitStatus(rawValue: judgement.report.gate.exitStatus) ?? .violations }
        let isOpen = outside.contains { $0.reach.outsiders.contains { $0.isCertain } }
        let isBroken = unmatched.contains { $0.noMatch.contains(where: \.isBreak) }
        if isOpen || isBroken || change?.lost.isEmpty == false { return .violations }
        return isComplete ? .success : .incomplete
    }
}

extension NoMatch {
    /// Whether it matched before: a repository was renamed, or its subjects changed their format.
    package var isBreak: Bool {
        switch self {
        case .renamed, .formatFlipped: true
        default: false
        }
    }
}

extension Reach {
    /// A group of outsiders, and how it can use the trust.
    package struct Outsider: Hashable, Sendable {
        package let group: Group
        package let witness: Witness?
        /// Why the access is not certain; `nil` if it is certain.
        package let doubt: String?

        package var isCertain: Bool { doubt == nil }

        /// The smallest is the worst.
        fileprivate var rank: Int { (Group.allCases.firstIndex(of: group) ?? 0) * 2 + (isCertain ? 0 : 1) }
    }

    /// The outsiders that can or may use the trust, the worst first. If anyone certainly can, the other groups are
    /// left out.
    package var outsiders: [Outsider] {
        var outsiders: [Outsider] = []
        for (answer, group) in outside where group != .owner {
            switch answer {
            case .no: continue
            case .yes(let witness): outsiders.append(Outsider(group: group, witness: witness, doubt: nil))
            case .possible(let witness, let why):
                outsiders.append(Outsider(group: group, witness: witness, doubt: why))
            }
            if group == .anyone, outsiders.last?.isCertain == true { break }
        }
        return outsiders
    }
}
