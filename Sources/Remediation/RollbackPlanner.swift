package import AuditCore
package import GitHubAPI

/// Works out what is to be written so that things are as they were before a set of changes.
package struct RollbackPlanner: Sendable {
    private let client: GitHubClient

    package init(client: GitHubClient) {
        self.client = client
    }

    /// The changes that were made, turned round and in the opposite order.
    ///
    /// What is there now is read anew: it is what the plan holds as *before*, where it still is what was written. The rest
    /// is left, with the reason.
    ///
    /// - Parameter read: hears of each target and follower that was read.
    package func plan(
        undoing changeset: Changeset, now: Timestamp, read: () -> Void = {},
    ) async throws(GitHubError) -> Plan {
        var plan = changeset.plan
        plan.createdAt = now
        plan.scanID = nil
        plan.changes = []
        plan.manual = []
        plan.incomplete = nil
        plan.access = nil
        plan.scannedAt = nil
        var readBack: [PlannedChange.Target: PlannedChange.Value] = [:]
        for (change, entry) in zip(changeset.plan.changes, changeset.entries) {
            readBack[change.target] = entry.found
        }
        let written = zip(changeset.plan.changes, changeset.entries).reversed().filter(\.1.mayBeWritten).map(\.0)
        // Who inherits now stops first, then the organizations are put back, then who is to inherit them again: nobody
        // ever inherits what no plan knew.
        let order =
            written.filter { !$0.isOfOrganization && $0.after.inherits } + written.filter(\.isOfOrganization)
            + written.filter { !$0.isOfOrganization && !$0.after.inherits }
        let reader = TargetReader(client: client, organizations: plan.organizations)
        let readings = await readings(of: order, reader, read)
        var inheriting: [String: String] = [:]
        var unmade: Set<String> = []
        for change in order {
            let owner = change.target.owner.lowercased()
            if change.isOfOrganization, let follower = inheriting[owner] {
                plan.leave(change, "\(follower) is not undone, and may inherit it")
                unmade.insert(owner)
                continue
            }
            if !change.isOfOrganization, change.before.inherits, unmade.contains(owner) {
                plan.leave(change, "the organization's template is not undone, which it would inherit")
                continue
            }
            switch try await undo(change, readings[change.target], reader, readBackAs: readBack[change.target], read) {
            case .change(let undone): plan.changes.append(undone)
            case .nothing: break
            case .left(let why, let mayInherit):
                plan.leave(change, why)
                if change.isOfOrganization {
                    unmade.insert(owner)
                } else if mayInherit {
                    inheriting[owner] = change.target.name
                }
            }
        }
        return plan
    }

    private typealias Reading = Result<TargetReader.Found, TargetReader.Obstacle>

    /// Reads every target, some at a time; no further one once it is clear that none can be read.
    private func readings(
        of changes: [PlannedChange], _ reader: TargetReader, _ read: () -> Void,
    ) async -> [PlannedChange.Target: Reading] {
        let readings = await TargetReader.concurrently(changes) { change -> Reading in
            do throws(TargetReader.Obstacle) { return .success(try await reader.current(change)) } catch {
                return .failure(error)
            }
        } done: { reading in
            read()
            if case .failure(let obstacle) = reading { return !obstacle.isFatal }
            return true
        }
        var known: [PlannedChange.Target: Reading] = [:]
        for (change, reading) in zip(changes, readings) { known[change.target] = reading }
        return known
    }

    private enum Undone {
        case change(PlannedChange)
        /// It is as it was before.
        case nothing
        /// - Parameter mayInherit: whether it may still inherit its organization's template.
        case left(String, mayInherit: Bool)
    }

    /// - Parameter readBack: what its write was read back as, where that was not as planned.
    private func undo(
        _ change: PlannedChange, _ reading: Reading?, _ reader: TargetReader,
        readBackAs readBack: PlannedChange.Value?, _ read: () -> Void,
    ) async throws(GitHubError) -> Undone {
        let found: TargetReader.Found
        switch reading {
        case .success(let value): found = value
        case .failure(let obstacle):
            // Of one target alone, the others can be undone all the same.
            if obstacle.isFatal, let fatal = obstacle.error { throw fatal }
            return .left(obstacle.why, mayInherit: true)
        // Another one's fault ended the reading, and is thrown when its turn comes.
        case nil: return .left("it was not read", mayInherit: true)
        }
        if found.isStillBefore(change), !found.satisfies(change.after) { return .nothing }
        let isOurs =
            found.satisfies(change.after, ignoringFlag: true) || readBack.map { found.satisfies($0) } ?? false
        guard isOurs else {
            return .left(
                "it is neither what was written nor what it was before", mayInherit: found.value.inherits)
        }
        var presented: [RepositoryID: String] = [:]
        if case .organization(let template) = found.value, change.subjects.count <= PlannedChange.followersReadMax {
            presented = await reader.presented(by: change.subjects, under: template, read: read)
        }
        switch change.undone(from: found, presented) {
        // Of a flag without effect nothing may be left to write.
        case .success(let undone): return undone.before == undone.after ? .nothing : .change(undone)
        case .failure(let no): return .left(no.why, mayInherit: found.value.inherits)
        }
    }
}

extension Plan {
    fileprivate mutating func leave(_ change: PlannedChange, _ why: String) {
        manual.append(
            Manual(rule: change.rules.first ?? "", name: change.target.name, message: "it was changed", why: why))
    }
}

extension PlannedChange {
    /// Most followers of an organization that are read before its change is undone: who undoes one is in a hurry, and each
    /// costs two requests.
    fileprivate static let followersReadMax = 100

    /// The change that leads back.
    ///
    /// - Parameters:
    ///   - now: what is there.
    ///   - presented: subjects of the repositories that follow an organization, as they were read.
    fileprivate func undone(
        from now: TargetReader.Found, _ presented: [RepositoryID: String],
    ) -> Result<PlannedChange, PlanRefused> {
        let found = now.inheriting(after)
        guard !mayInherit else {
            return .failure(
                PlanRefused(
                    "whether it inherited its claims or held a copy of them is unknown: template set with --inherit or "
                        + "--claims decides" + (losesIDs(to: found) ? ", beside --immutable for the ids it had" : "")))
        }
        guard !before.inherits || inheritedBefore != nil else {
            return .failure(
                PlanRefused("it inherited a template that is unknown: template set with --inherit decides"))
        }
        var warnings: [String] = []
        let former: Value
        switch (before, found) {
        case (.organization(let template), .organization(.set)):
            var keys = SubjectTemplate.gitHubDefault
            var flag: Bool?
            if case .set(let set, let useImmutableSubject) = template { (keys, flag) = (set, useImmutableSubject) }
            if template == .neverSet {
                warnings = ["GitHub has no way to unset an organization's template: it becomes repo, context"]
            }
            // To leave out a flag that was written would leave it as it was written.
            if flag == nil, case .organization(.set(_, .some)) = after {
                flag = false
                warnings.append("GitHub did not send use_immutable_subject before, and has no way to unset it: false")
            }
            warnings.append(
                !knowsSubjects || subjects.isEmpty
                    ? "repositories that follow this template are not counted here"
                    : "counted are those that the changes reached: others that follow this template now are not")
            let unread = knowsSubjects ? subjects.count { presented[$0.repositoryID] == nil } : 0
            if unread > 0 {
                warnings.append(
                    "what \(unread) of \(subjects.count) followers present now was not read: it is taken to be what was "
                        + "planned")
            }
            former = .organization(.set(keys, useImmutableSubject: flag))
        case (.repository(var setting), .repository(let present)):
            guard !setting.contradictsItself else {
                return .failure(
                    PlanRefused(
                        "it had opted in to immutable subjects beside a prefix without ids: to write that back could change the format"
                    ))
            }
            // To leave out a flag that is there now would leave it as it is.
            if setting.useImmutableSubject == nil, present.useImmutableSubject != nil {
                setting.useImmutableSubject = false
            }
            if setting.useDefault { setting.includeClaimKeys = nil }
            if setting.hasImmutablePrefix, !present.hasImmutablePrefix, present.subClaimPrefix != nil,
                setting.useImmutableSubject != true
            {
                // As it was before would not bring back the ids that it took away.
                setting.useImmutableSubject = true
                warnings.append(
                    "use_immutable_subject was not true before and is written as true: nothing else brings the ids back"
                )
            }
            former = .repository(setting)
        default:
            former = before
        }
        var undone = PlannedChange(
            target: target, before: found, after: former, inherited: before.inherits ? inheritedBefore : nil,
            inheritedBefore: inherited,
            subjects: subjects.compactMap { $0.undone(presenting: presented[$0.repositoryID]) },
            knowsSubjects: knowsSubjects)
        if let repository = now.repository, case .repository(let setting) = found,
            case .repository(let earlier) = former
        {
            // Not the plan's subjects turned round: what is there now may be only a part of it.
            let direct = PlannedChange.of(
                repository, from: setting, to: earlier,
                // What it inherits then, which may be about to be put back too.
                under: (before.inherits ? inheritedBefore : nil).map {
                    .set(SubjectTemplate($0), useImmutableSubject: nil)
                }
                    ?? now.organization ?? .unreadable(GitHubError.cancelled.reason),
                isEnterpriseServer: now.isEnterpriseServer)
            undone.subjects = direct.subjects
            undone.warnings = direct.warnings
        } else if undone.dropsIDs {
            warnings.append(Self.idsMayStay)
        }
        undone.warnings += warnings
        return .success(undone)
    }
}

extension PlannedChange {
    /// Whether it had ids in its subjects that it has no longer.
    private func losesIDs(to found: Value) -> Bool {
        guard case .repository(let setting) = before, case .repository(let present) = found else { return false }
        return setting.hasImmutablePrefix && !present.hasImmutablePrefix && present.subClaimPrefix != nil
    }
}

extension PlannedChange.Subject {
    /// What becomes of it when the change is undone; `nil` if it does not change.
    ///
    /// - Parameter now: what jobs present, as it was read; `nil`: it is taken to be what was planned.
    fileprivate func undone(presenting now: String?) -> Self? {
        var undone = Self(
            repository: repository, repositoryID: repositoryID, before: now ?? after, after: before,
            isCertain: isCertain)
        // The change did not reach it.
        if let now, now == before { return nil }
        // Somebody else's change did, and nobody knows what it does without this one.
        if let now, now != after { (undone.after, undone.isCertain) = (nil, false) }
        return undone
    }
}

extension TargetReader.Obstacle {
    /// Whether no other target would fare better.
    fileprivate var isFatal: Bool { outcome == nil && error != nil }
}

extension PlannedChange {
    fileprivate var isOfOrganization: Bool {
        if case .organization = target { true } else { false }
    }
}
