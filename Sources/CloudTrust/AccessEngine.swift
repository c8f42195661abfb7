package import AuditCore

/// Holds trusts against what is ours.
package struct AccessEngine {
    private let world: TrustWorld
    private let index: RepositoryIndex
    private let matrix: AccessMatrix
    private let finder: ReachFinder
    private let reasons: NoMatchFinder
    private let unknown: [Int]

    package init(_ world: TrustWorld) {
        self.world = world
        let index = RepositoryIndex(world.repositories)
        self.index = index
        matrix = AccessMatrix(index: index)
        finder = ReachFinder(world)
        reasons = NoMatchFinder(world, index)
        // An archived repository runs no job, so it has no token whose subject would have to be known.
        unknown = index.entries.indices.filter { number in
            let entry = index.entries[number]
            return entry.assumed != nil && index.states[entry.repository].repository.isArchived != true
        }
    }

    package func report(_ trusts: [Trust]) -> AccessReport {
        AccessReport(repositories: world.repositories, trusts: Self.agreeing(trusts.map(judge)))
    }

    /// Where exports of a role differ, whoever gets in by each of them gets in; of others it is not known.
    private static func agreeing(_ trusts: [JudgedTrust]) -> [JudgedTrust] {
        func open(_ trust: JudgedTrust) -> Undecided? {
            trust.trust.undecided.first { $0.kind == .severalExports }
        }
        let several = Dictionary(grouping: trusts.filter { open($0) != nil }) { ExactText($0.trust.identity.name) }
        guard !several.isEmpty else { return trusts }
        return trusts.map { trust in
            guard let why = open(trust), let alike = several[ExactText(trust.trust.identity.name)] else { return trust }
            let variants = Dictionary(grouping: alike, by: \.trust.source.policy).values
            var trust = trust
            for group in Reach.answers {
                let isCertain = variants.allSatisfy { variant in
                    variant.contains { if case .yes = $0.reach[keyPath: group] { true } else { false } }
                }
                if !isCertain {
                    trust.reach[keyPath: group] = trust.reach[keyPath: group].possible("\(why.what): \(why.why)")
                }
            }
            return trust
        }
    }

    // MARK: -

    private func judge(_ trust: Trust) -> JudgedTrust {
        let demand = CompiledDemand(trust.demand, issuer: trust.issuer)
        let names = TrustNames(trust)
        let result = matrix.result(demand, entries: index.candidates(demand))
        let mayHaveMore =
            mayHaveMore(demand, result.cells)
            || finder.mayLetInUnlisted(names, demand)
        var undecided = trust.undecided
        var reach = finder.reach(names, demand, result, mayHaveMore: mayHaveMore)
        if result.isIntricate || !reach.isExact {
            undecided.append(Undecided(.intricate, "its conditions", "too intricate to decide for every token"))
        }
        // Who gets in without a condition that is not evaluated may be refused by it.
        if let open = trust.undecided.first(where: { $0.kind != .request && $0.kind != .severalExports }) {
            reach = reach.possible(why: "\(open.what): \(open.why)")
        }
        if let enterprise = trust.enterprise {
            reach = reach.outsidersPossible(why: "only jobs of the enterprise \(enterprise) have this issuer")
        }
        let isDead = result.cells.isEmpty && !mayHaveMore && !result.isIntricate
        return JudgedTrust(
            trust: trust, reach: reach, cells: result.cells, outcomes: result.outcomes, undecided: undecided,
            noMatch: isDead && reach.outermost == .nobody
                ? reasons.reasons(trust, names, demand)
                : isDead ? reasons.reasons(trust, names, demand).filter { $0 != .unexplained } : [],
            findings: findings(trust, names, result, reach))
    }

    /// Whether a repository of unknown subjects that is none of the cells may use it all the same, by a template of its own.
    private func mayHaveMore(_ demand: CompiledDemand, _ cells: [JudgedTrust.Cell]) -> Bool {
        guard !unknown.isEmpty else { return false }
        let taken = Set(cells.map(\.repository))
        let open = unknown.filter { !taken.contains(Int32(index.entries[$0].repository)) }
        for number in open.prefix(Self.unknownMax) {
            // Any subject whatever: a repository of unknown template.
            let tokens = world.repositories[index.entries[number].repository].tokens
            for language in tokens.prefix(1) + tokens.suffix(1)
            where TokenQuestion.answer(language, demand).holes != nil {
                return true
            }
        }
        return open.count > Self.unknownMax
    }

    /// Most repositories that are asked for that.
    private static let unknownMax = 20

    // MARK: - Findings

    private func findings(
        _ trust: Trust, _ names: TrustNames, _ result: AccessMatrix.Result, _ reach: Reach,
    ) -> TrustFindings {
        var findings = TrustFindings()
        // Ids keep out whoever takes a name.
        let isBoundByID = trust.allow.necessary.contains { demand in
            demand.isRead && demand.claim == "repository_id" && !demand.isNegated && !demand.whenAbsent
                && demand.anyOf.allSatisfy(\.isLiteral)
        }
        let free = world.freeOwners
        for written in names.written {
            func value(_ about: String) -> TrustFindings.Value {
                TrustFindings.Value(claim: written.claim, text: written.pattern.shown, about: about)
            }
            let meaning = written.meaning
            if let id = meaning.ownerID, !finder.isOurs(ownerID: id) { findings.foreignIDs.append(value(id)) }
            // Ids of an owner's repositories that are not known may be any.
            let isUnlisted = meaning.owner.map { finder.isOurs(owner: $0) && !finder.isListed(owner: $0) } ?? false
            if let id = meaning.repositoryID, !isUnlisted, !finder.isOurs(repositoryID: id) {
                findings.foreignIDs.append(value(id))
            }
            guard let owner = meaning.owner else { continue }
            if let hyphen = hyphenForm(meaning) {
                findings.hyphenForms.append(value(hyphen))
            } else if let now = free.first(where: { $0.key.isExactlyIgnoringCase(owner) })?.value {
                let isBound = meaning.ownerID.map(finder.isOurs(ownerID:)) ?? false
                if !isBound, !reach.renamer.isNo { findings.formerNames.append(value(now)) }
            } else if !finder.isOurs(owner: owner) {
                findings.foreignOwners.append(value(owner))
            } else if let fullName = meaning.fullName, !reasons.isListed(fullName) {
                guard finder.isListed(owner: owner) else {
                    findings.unknownNames.append(value(fullName))
                    continue
                }
                if let now = reasons.newName(of: fullName), !isBoundByID, meaning.repositoryID == nil {
                    findings.formerNames.append(value(now))
                }
                findings.freeNames.append(value(fullName))
            } else if let fullName = meaning.fullName, let now = reasons.newName(of: fullName),
                !now.isExactlyIgnoringCase(fullName), !isBoundByID, meaning.repositoryID == nil
            {
                // Another repository has the name now, and the trust was written for the one that had it.
                findings.formerNames.append(value(now))
            } else if let fullName = meaning.fullName, !meaning.hasIDs, written.claim == "sub",
                let number = reasons.repository(fullName),
                result.cells.contains(where: { $0.repository == Int32(number) }),
                world.repositories[number].language?.startsWithIDs == true
            {
                findings.leftoverLegacy.append(value(fullName))
            }
        }
        for demand in trust.allow.claimDemands {
            if !demand.isRead { findings.unreadDemands.append(demand) }
            let isAlwaysThere = demand.isRead && demand.claim != "environment" && demand.claim != "enterprise_id"
            if demand.whenAbsent, !isAlwaysThere { findings.absentDemands.append(demand) }
        }
        findings.hasAudience = trust.demand.necessary.contains { demand in
            demand.isRead && demand.claim == "aud" && !demand.isNegated
                && !demand.anyOf.contains(where: \.isOnlyWildcards)
        }
        findings.openPullRequests = openPullRequests(trust, result)
        findings.sharedSubjects = index.sharedSubjects(result.cells)
        return findings
    }

    /// Values that take in a pull request's subject, of the first repository of each outcome.
    private func openPullRequests(_ trust: Trust, _ result: AccessMatrix.Result) -> [TrustFindings.Value] {
        var values: [TrustFindings.Value] = []
        var seen: Set<Int32> = []
        let subjects = trust.allow.claimDemands.filter { $0.isRead && $0.claim == "sub" && !$0.isNegated }
        for cell in result.cells where seen.insert(cell.outcome).inserted {
            let outcome = result.outcomes[Int(cell.outcome)]
            guard let entry = outcome.entries.first(where: { $0.context == .pullRequest }) else { continue }
            let state = world.repositories[Int(cell.repository)]
            guard let subject = state.token(of: entry, keys: [])?.subject(entry.holes) else { continue }
            let patterns = subjects.flatMap(\.anyOf).filter { LiteralMatcher.matches($0, subject) }
            if patterns.contains(where: { $0.text.hasSuffix(":pull_request") }) { continue }
            if patterns.isEmpty {
                let value = Self.unwritten(trust, subject)
                if !values.contains(value) { values.append(value) }
            }
            for pattern in patterns where !values.contains(where: { $0.text.isExactly(pattern.shown) }) {
                values.append(TrustFindings.Value(claim: "sub", text: pattern.shown, about: subject))
            }
        }
        return values
    }

    /// Where no value of the subject lets pull requests in: the first other value that says who gets in.
    private static func unwritten(_ trust: Trust, _ subject: String) -> TrustFindings.Value {
        let other = trust.allow.necessary.first { demand in
            demand.isRead && !demand.isNegated && demand.claim != "aud" && demand.claim != "sub"
                && !demand.anyOf.isEmpty
        }
        return TrustFindings.Value(
            claim: other?.claim ?? "sub", text: other?.anyOf.first?.shown ?? "a condition without a subject",
            about: subject)
    }

    /// The value that was meant where names carry ids behind a hyphen; `nil` if they don't.
    private func hyphenForm(_ meaning: SubjectMeaning) -> String? {
        guard let owner = meaning.owner?.beforeNumber, let name = meaning.name?.beforeNumber,
            finder.isOurs(ownerID: owner.number) || finder.isOurs(owner: owner.text)
        else { return nil }
        return "repo:\(owner.text)@\(owner.number)/\(name.text)@\(name.number)"
    }
}

extension NoMatchFinder {
    func isListed(_ fullName: String) -> Bool { repository(fullName) != nil }
}

extension String {
    /// `acme-77` taken apart at its last hyphen.
    fileprivate var beforeNumber: (text: String, number: String)? {
        guard let hyphen = lastIndex(of: "-") else { return nil }
        let number = self[hyphen...].dropFirst()
        guard !number.isEmpty, number.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return (String(self[..<hyphen]), String(number))
    }
}

extension SubjectLanguage {
    /// Whether the names in its subjects carry ids.
    fileprivate var startsWithIDs: Bool { segments.contains { $0.key.rendersAsRepository && $0.text.contains("@") } }
}
