public import AuditCore
public import GitHubAPI

/// Works out what is to be written so that things are as they were before a set of changes.
public struct Undoing: Sendable {
    private let client: GitHubClient

    public init(client: GitHubClient) {
        self.client = client
    }

    /// The changes that were made, turned round and in the opposite order.
    ///
    /// What is there now is read anew: it is what the plan holds as *before*, where it still is what was written. The rest
    /// is left, with the reason.
    public func plan(undoing changeset: Changeset, now: Timestamp) async throws(GitHubError) -> Plan {
        var plan = changeset.plan
        plan.createdAt = now
        plan.scanID = nil
        plan.changes = []
        plan.manual = []
        plan.incomplete = nil
        let reading = TargetReading(client: client)
        // Repositories that stay as they inherit now, by organization: it must not change under them.
        var inheriting: [String: String] = [:]
        func leave(_ change: PlannedChange, _ why: String) {
            plan.leave(change, why)
            if change.after.inherits { inheriting[change.target.owner.lowercased()] = change.target.name }
        }
        for (change, entry) in zip(changeset.plan.changes, changeset.entries).reversed() where entry.mayBeWritten {
            if case .organization(let login, _) = change.target, let follower = inheriting[login.lowercased()] {
                leave(change, "\(follower) is not undone, and inherits it")
                continue
            }
            do throws(TargetReading.Obstacle) {
                let found = try await reading.current(change)
                if found.isStill(change.before), !found.satisfies(change.after) { continue }
                guard found.satisfies(change.after) else {
                    leave(change, "it is neither what was written nor what it was before")
                    continue
                }
                switch change.undone(from: found.value) {
                case .success(let undone): plan.changes.append(undone)
                case .failure(let no): leave(change, no.why)
                }
            } catch {
                if let fatal = error.error { throw fatal }
                leave(change, error.why)
            }
        }
        return plan
    }
}

extension Plan {
    fileprivate mutating func leave(_ change: PlannedChange, _ why: String) {
        manual.append(
            Manual(rule: change.rules.first ?? "", name: change.target.name, message: "it was changed", why: why))
    }
}

extension PlannedChange {
    /// The change that leads back.
    ///
    /// - Parameter found: what is there now.
    fileprivate func undone(from found: Value) -> Result<PlannedChange, NoPlan> {
        guard !mayInherit else {
            return .failure(
                NoPlan(
                    "whether it inherited its claims or held a copy of them was never told: template set with --inherit or "
                        + "--claims decides"))
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
                warnings.append("GitHub did not tell use_immutable_subject before, and has no way to unset it: false")
            }
            warnings.append("repositories that follow this template are not counted here")
            former = .organization(.set(keys, useImmutableSubject: flag))
        case (.repository(var setting), .repository(let now)):
            guard !setting.contradictsItself else {
                return .failure(
                    NoPlan(
                        "its flag for immutable subjects contradicted its prefix: to write it back could change the format"
                    ))
            }
            // To leave out a flag that is there now would leave it as it is.
            if setting.useImmutableSubject == nil, now.useImmutableSubject != nil {
                setting.useImmutableSubject = false
            }
            if setting.useDefault { setting.includeClaimKeys = nil }
            former = .repository(setting)
        default:
            former = before
        }
        // What inherits may be told with the organization's claims; kept so, undoing this again would make a copy of them.
        var found = found
        if after.inherits, case .repository(var setting) = found {
            setting.includeClaimKeys = nil
            found = .repository(setting)
        }
        return .success(
            PlannedChange(
                target: target, before: found, after: former,
                subjects: subjects.map { subject in
                    Subject(
                        repository: subject.repository, repositoryID: subject.repositoryID, before: subject.after,
                        after: subject.before)
                },
                warnings: warnings))
    }
}
