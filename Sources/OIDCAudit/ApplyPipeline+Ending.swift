import AuditCore
import GitHubAPI
import Remediation

/// What came of an apply or rollback, as the exit status and the hint.
extension ApplyPipeline {
    func status(
        of result: Applier.Result, _ changeset: Changeset?, _ id: ChangesetID, _ stop: ScanStop?,
    ) throws(CommandFailure) -> Int32 {
        let entries = changeset?.entries ?? []
        let done = entries.count { $0.outcome?.isDone == true }
        guard done < entries.count || result.stop != nil else { return ExitStatus.success.rawValue }
        let isWritten = result.hasWritten || done > 0 || entries.contains(where: \.mayBeWritten)
        let advice = advice(changeset, id, result.stop)
        let tally = Self.tally(changeset, done)
        func failure(_ message: String, hint: String? = nil, otherwise status: ExitStatus) -> CommandFailure {
            CommandFailure(message: message, hint: hint ?? advice, status: isWritten ? .partial : status)
        }
        // Nothing was written: for want of a permission, for a fault, or since nothing could be taken as it was planned.
        let otherwise: ExitStatus =
            isForbidden(entries) ? .permission : result.fault != nil || entries.isEmpty ? .failure : .partial
        switch result.stop {
        case .interrupted:
            throw CommandFailure(
                message: "interrupted; \(tally)", hint: advice,
                status: stop == .terminated ? .terminated : .interrupted)
        case .refused(let error) where !isWritten:
            throw failure(
                "nothing was written: \(error)", hint: error.hint,
                otherwise: CommandFailure(error).status == .permission ? .permission : .failure)
        case .failed(let error) where !isWritten:
            throw failure("nothing was written: \(error)", hint: error.hint, otherwise: .failure)
        case .canary(let name, let outcome):
            throw failure(
                "\(name): \(outcome.sentence); \(tally), and no more was written", otherwise: otherwise)
        case .journal(let why):
            throw failure("the journal failed: \(why); \(tally), and no more was written", otherwise: .failure)
        case .refused(.credentialRefused(let refusal, let status, let message)):
            throw failure(
                "\(GitHubError.credentialRefused(refusal, status: status, message)); \(tally), and no more was written",
                hint: "\(refusal.hint)\n\(advice)", otherwise: .permission)
        case .refused(let error), .failed(let error):
            throw failure("\(error); \(tally)", otherwise: .failure)
        case .prefixChanged(let why):
            throw failure("\(why); \(tally), and no more was written", otherwise: .partial)
        case .declined:
            throw failure("stopped after the canary; \(tally)", otherwise: .partial)
        case nil where otherwise == .permission && !isWritten:
            throw failure(
                "GitHub allowed none of the changes",
                hint: "the token needs write access to the organization's administration and to Actions",
                otherwise: .permission)
        case nil:
            throw failure(tally, otherwise: otherwise)
        }
    }

    /// How many changes are made, and which are not, with why.
    private static func tally(_ changeset: Changeset?, _ done: Int) -> String {
        guard let changeset else { return "the changes made are unknown" }
        let entries = changeset.entries
        let partly = entries.count { $0.outcome?.found != nil }
        let open = zip(changeset.plan.changes, entries).filter { $0.1.outcome?.isDone != true }
        return "\(done) of \(entries.count) changes were made"
            + (partly > 0 ? ", \(partly) written otherwise than planned" : "")
            + (open.isEmpty ? "" : ", not \(names(of: open.map { ($0.target.name, $1.outcome?.sentence) }))")
    }

    /// The first few, each with why it was not made; those that failed alike have that in common.
    private static func names(of open: [(name: String, why: String?)]) -> String {
        var parts: [String] = []
        for (place, one) in open.prefix(3).enumerated() {
            let isSaidWithTheNext = place < min(open.count, 3) - 1 && open[place + 1].why == one.why
            parts.append(one.name + (isSaidWithTheNext ? "" : one.why.map { " (\($0))" } ?? ""))
        }
        return parts.joined(separator: ", ") + (open.count > 3 ? " and \(open.count - 3) more" : "")
    }

    /// One line for all that failed alike, and no more than ten lines.
    static func names(ofAlike failed: [(name: String, why: String)]) -> [String] {
        let groups = Dictionary(grouping: failed, by: \.why)
        let order = failed.map(\.why).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let lines = order.prefix(10).map { why in
            let names = (groups[why] ?? []).map(\.name)
            return names.prefix(3).joined(separator: ", ")
                + (names.count > 3 ? " and \(names.count - 3) more" : "") + ": \(why)"
        }
        return lines + (order.count > 10 ? ["and \(order.count - 10) more reasons"] : [])
    }

    static let afterUnplannedPrefix = "write nothing more by this plan: scan again, and see what the subjects are"

    /// What to do next, one command a line. What GitHub rejected is not to be sent again.
    private func advice(_ changeset: Changeset?, _ id: ChangesetID, _ stop: Applier.Stop?) -> String {
        let entries = changeset?.entries ?? []
        let open = entries.filter(\.isOpen)
        let undone = entries.filter { $0.outcome?.isDone != true }
        let isIneffective =
            !undone.isEmpty && undone.allSatisfy { if case .ineffective? = $0.outcome { true } else { false } }
        let isForbidden =
            !open.isEmpty
            && open.allSatisfy { entry in if case .forbidden? = entry.outcome { true } else { false } }
        var resumption = changeset?.resumption(options: options(for: ApplyCommand.self))
            .map { "\(Tool.name) \($0) resumes" }
        // What is left would change other subjects than planned as well.
        if case .prefixChanged? = stop { resumption = nil }
        let next: String
        if isIneffective {
            next = "GitHub would do the same again: keep the old subjects allowed, and change the policy"
        } else if let resumption {
            next = isForbidden ? "give the token what is missing, then \(resumption)" : resumption
        } else if open.isEmpty {
            next = "make a new plan"
        } else {
            next = Self.afterUnplannedPrefix
        }
        let rollback = changeset?.rollback(options: options(for: RollbackCommand.self))
            .map { "\(Tool.name) \($0) restores what was there" }
        return [next, rollback].compactMap(\.self).joined(separator: "\n")
    }

    /// Whether a permission was missing for all that was tried.
    private func isForbidden(_ entries: [Changeset.Entry]) -> Bool {
        let outcomes = entries.compactMap(\.outcome)
        return !outcomes.isEmpty
            && outcomes.allSatisfy { outcome in if case .forbidden = outcome { true } else { false } }
    }
}
