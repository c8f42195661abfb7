package import AuditCore

/// Holds trusts against what is ours.
package struct AccessEngine {
    private let world: TrustWorld
    private let index: RepositoryIndex
    private let matrix: AccessMatrix
    private let finder: ReachFinder
    private let reasons: NoMatchFinder
    /// Repositories whose subjects are not known, in order.
    private let unknown: [Int32]
    private let ownSubjects = OwnSubjects()

    package init(_ world: TrustWorld) {
        self.world = world
        let index = RepositoryIndex(world.repositories)
        self.index = index
        matrix = AccessMatrix(index: index)
        finder = ReachFinder(world)
        reasons = NoMatchFinder(world, index)
        // An archived repository runs no job, so it has no token whose subject would have to be known.
        unknown = index.entriesOf.indices.filter { repository in
            index.entriesOf[repository].contains { index.entries[$0].likely != nil }
                && index.states[repository].repository.isArchived != true
        }.map(Int32.init)
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
        // Groups that get in by some statement of each export.
        let certain = several.mapValues { alike in
            let variants = Dictionary(grouping: alike, by: \.trust.source.policy).values
            return Reach.answers.map { group in
                variants.allSatisfy { variant in
                    variant.contains { if case .yes = $0.reach[keyPath: group] { true } else { false } }
                }
            }
        }
        return trusts.map { trust in
            guard let why = open(trust), let certain = certain[ExactText(trust.trust.identity.name)] else {
                return trust
            }
            var trust = trust
            for (group, isCertain) in zip(Reach.answers, certain) where !isCertain {
                trust.reach[keyPath: group] = trust.reach[keyPath: group].possible("\(why.what): \(why.why)")
            }
            return trust
        }
    }

    // MARK: -

    /// A trust by the keys that its cloud documents, and what would be otherwise if the cloud read the others, too.
    private func judge(_ trust: Trust) -> JudgedTrust {
        let documented = decide(trust)
        let keys = trust.undocumentedKeys
        guard !keys.isEmpty else { return documented }
        let other = decide(trust.readingEveryClaim)
        guard !documented.isUsedAlike(other) else { return documented }
        let count = other.cells.count
        let why =
            "AWS does not document that it reads \(keys.count > 1 ? "these keys" : "this key"): if it does, \(count) "
            + "\(count == 1 ? "repository" : "repositories") can use the trust, else "
            + (documented.cells.isEmpty ? "none" : "\(documented.cells.count)")
        var reach = documented.reach.possible(why: why)
        for group in Reach.answers where reach[keyPath: group].isNo {
            reach[keyPath: group] = other.reach[keyPath: group].possible(why)
        }
        return JudgedTrust(
            trust: trust, reach: reach, cells: documented.cells, outcomes: documented.outcomes,
            undecided: documented.undecided + [Undecided(.undocumented, keys.joined(separator: ", "), why)],
            noMatch: documented.noMatch, findings: documented.findings)
    }

    private func decide(_ trust: Trust) -> JudgedTrust {
        let demand = CompiledDemand(trust.demand, issuer: trust.issuer)
        let names = TrustNames(trust)
        let result = matrix.result(demand, entries: index.candidates(demand))
        let mayHaveMore =
            mayHaveMore(demand, result.cells)
            || finder.mayLetInUnlisted(names, demand)
        var undecided = trust.undecided
        var reach = finder.reach(names, demand, result, mayHaveMore: mayHaveMore)
        if result.isIntricate || !reach.isDecided {
            undecided.append(Undecided(.intricate, "its conditions", "too intricate to decide for every token"))
        }
        // Who gets in without a condition that is not evaluated may be refused by it.
        if let open = trust.undecided.first(where: { $0.kind != .request && $0.kind != .severalExports }) {
            reach = reach.possible(why: "\(open.what): \(open.why)")
        }
        if let enterprise = trust.enterprise {
            reach = reach.possible(why: "only jobs of the enterprise \(enterprise) have this issuer")
            undecided.append(
                Undecided(
                    .unsupported, "issuer", "it is not read which organizations are in the enterprise \(enterprise)"))
        }
        undecided += open(result, mayHaveMore: mayHaveMore)
        let isDead =
            result.cells.isEmpty && !mayHaveMore && !result.isIntricate && !finder.letsInUnlisted(names, demand)
        return JudgedTrust(
            trust: trust, reach: reach, cells: result.cells, outcomes: result.outcomes, undecided: undecided,
            noMatch: isDead && reach.outermost == .nobody
                ? reasons.reasons(trust, names, demand)
                : isDead ? reasons.reasons(trust, names, demand).filter { $0 != .unexplained } : [],
            findings: findings(trust, names, result, reach))
    }

    /// What is not known of some repositories alone.
    private func open(_ result: AccessMatrix.Result, mayHaveMore: Bool) -> [Undecided] {
        var undecided: [Undecided] = []
        let isLikely =
            result.outcomes.contains { $0.entries.contains { $0.likely != nil } }
            && !Set(unknown).isDisjoint(with: result.cells.map(\.repository))
        if mayHaveMore || isLikely {
            undecided.append(
                Undecided(.repositories, "sub", "repositories whose subjects are not known may use it"))
        }
        if let why = result.outcomes.lazy.compactMap(\.undocumented).first {
            undecided.append(Undecided(.repositories, "event_name", why))
        }
        return undecided
    }

    /// Whether a repository of unknown subjects that is none of the cells may use it all the same, by a template of its own.
    private func mayHaveMore(_ demand: CompiledDemand, _ cells: [JudgedTrust.Cell]) -> Bool {
        guard !unknown.isEmpty else { return false }
        let taken = Set(cells.map(\.repository))
        let open = unknown.filter { !taken.contains($0) }
        let isOfRef = demand.reads("ref") || demand.reads("job_workflow_ref")
        let contexts = isOfRef ? JobContext.allCases : [.branch, .branchEnvironment]
        for repository in open.prefix(Self.unknownMax) {
            let state = world.repositories[Int(repository)]
            let subject = ownSubjects.text(of: state)
            for language in state.tokens(of: demand.claims, in: contexts)
            where TokenQuestion.answer(language.saying(subject), demand).holes != nil {
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
            if let id = meaning.ownerID, id.isNumber, !finder.isOurs(ownerID: id) {
                findings.foreignIDs.append(value(id))
            }
            // Ids of an owner's repositories that are not known may be any.
            let isUnlisted = meaning.owner.map { finder.isOurs(owner: $0) && !finder.isListed(owner: $0) } ?? false
            if let id = meaning.repositoryID, id.isNumber, !isUnlisted, !finder.isOurs(repositoryID: id) {
                findings.foreignIDs.append(value(id))
            }
            guard let owner = meaning.owner else { continue }
            if meaning.name == nil, !isBoundByID, let former = reasons.formerName(in: written.pattern, of: owner) {
                findings.formerNames.append(value(former))
            }
            if let hyphen = hyphenForm(meaning) {
                findings.hyphenForms.append(value(hyphen))
            } else if let now = free.first(where: { $0.key.isExactlyIgnoringCase(owner) })?.value {
                let isBound = meaning.ownerID.map(finder.isOurs(ownerID:)) ?? false
                if !isBound, !reach.renamer.isNo { findings.formerNames.append(value(now)) }
            } else if !finder.isOurs(owner: owner) {
                if owner.isLogin { findings.foreignOwners.append(value(owner)) }
            } else if let fullName = meaning.fullName, !reasons.isListed(fullName) {
                guard finder.isListed(owner: owner) else {
                    findings.unknownNames.append(value(fullName))
                    continue
                }
                if let now = reasons.newName(of: fullName), !isBoundByID, meaning.repositoryID == nil {
                    findings.formerNames.append(value(now))
                }
                // Whoever takes the name has another id.
                if !isBoundByID, meaning.repositoryID == nil { findings.freeNames.append(value(fullName)) }
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
        findings.openPullRequests = pullRequests(in: .pullRequest, trust, result)
        findings.possiblePullRequests = pullRequests(in: .otherPullRequestEvent, trust, result)
        findings.sharedSubjects = index.sharedSubjects(result.cells)
        return findings
    }

    /// Values that take in the subject of a pull request's jobs, of the first repository of each outcome.
    private func pullRequests(
        in context: JobContext, _ trust: Trust, _ result: AccessMatrix.Result,
    ) -> [TrustFindings.Value] {
        var values: [TrustFindings.Value] = []
        var seen: Set<Int32> = []
        let subjects = trust.allow.claimDemands.filter { $0.isRead && $0.claim == "sub" && !$0.isNegated }
        for cell in result.cells where seen.insert(cell.outcome).inserted {
            let outcome = result.outcomes[Int(cell.outcome)]
            guard let entry = outcome.entries.first(where: { $0.context == context }) else { continue }
            let state = world.repositories[Int(cell.repository)]
            guard let subject = state.token(of: entry, keys: [])?.subject(entry.holes) else { continue }
            let patterns = subjects.flatMap(\.anyOf).filter { LiteralMatcher.matches($0, subject) }
            if patterns.contains(where: \.isOfPullRequests) { continue }
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

extension TextPattern {
    /// Whether it is written for pull requests: `…:pull_request`.
    fileprivate var isOfPullRequests: Bool {
        (kind == .equalsIgnoringCase ? text.lowercasedASCII : text).hasSuffix(":pull_request")
    }
}

extension JudgedTrust {
    /// Whether the same repositories and groups can use it, in the same jobs.
    fileprivate func isUsedAlike(_ other: JudgedTrust) -> Bool {
        func jobs(_ judged: JudgedTrust) -> [[JobContext]] {
            judged.cells.map { judged.outcomes[Int($0.outcome)].entries.map(\.context) }
        }
        return cells.map(\.repository) == other.cells.map(\.repository) && jobs(self) == jobs(other)
            && Reach.answers.allSatisfy { reach[keyPath: $0].isNo == other.reach[keyPath: $0].isNo }
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
