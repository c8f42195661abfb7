package import AuditCore
package import GitHubAPI

/// Where intents and outcomes are noted. What it throws ends the apply before anything more is written.
package protocol ChangeJournal: Sendable {
    /// Returns once the intent is safe: from then on the change may be written.
    func noteIntent(_ place: Int) async throws
    func noteOutcome(_ outcome: ChangeOutcome, _ place: Int) async throws
}

/// Applies a plan's changes one after another: read, refuse what moved, write, read back, compare.
package struct Applier: Sendable {
    /// What ends an apply before its last change.
    package enum Stop: Hashable, Sendable {
        /// GitHub refused the token, or a permission of all: nothing more would be allowed.
        case refused(GitHubError)
        /// A prefix changed that was not planned to: what is known of this organization's subjects is wrong.
        case prefixChanged(String)
        /// Of the first changes, one did not come out as planned.
        case canary(String, ChangeOutcome)
        /// Whoever was asked after the canary said no.
        case declined
        case interrupted
        /// The network or GitHub failed before anything was written.
        case failed(GitHubError)
        /// What came of a change could not be noted, or that it was about to be made.
        case journal(String)
    }

    package struct Result: Sendable {
        package var stop: Stop?
        /// Whether anything was written, or may have been.
        package var hasWritten = false
        /// The last fault of GitHub's or the network's by which a target could not be read.
        package var fault: GitHubError?
    }

    /// How soon a wait ends once it is asked to stop.
    package static let attention: Duration = .seconds(1)
    /// How often a change is sent that a rate limit refuses.
    private static let triesMax = 3
    /// How many targets in a row can't be read for a fault of GitHub's or the network's before it ends.
    private static let faultsMax = 3
    /// How many writes in a row a page answers in GitHub's place before it ends, whatever is read between them.
    private static let pagesMax = 2
    /// Of how many repositories that follow an organization the prefix is held against what it was before.
    private static let followersWatched = 10

    private let client: GitHubClient
    private let writer: GitHubWriter
    private let journal: any ChangeJournal

    package init(client: GitHubClient, writer: GitHubWriter, journal: any ChangeJournal) {
        self.client = client
        self.writer = writer
        self.journal = journal
    }

    /// - Parameters:
    ///   - entries: what the journal knows of each change; those that are open are taken up.
    ///   - canaries: after how many that were written `confirm` is asked.
    ///   - confirm: whether to go on after the canaries were read back as planned.
    ///   - shouldStop: whether no further change is to be begun.
    ///   - report: receives each outcome.
    ///   - waiting: hears of each long wait for the next write, before it.
    package func apply(
        _ plan: Plan, after entries: [Changeset.Entry], canaries: Int, confirm: () async -> Bool,
        shouldStop: () -> Bool, report: (PlannedChange, ChangeOutcome) -> Void,
        waiting: (RateLimitWait) -> Void = { _ in },
    ) async -> Result {
        var result = Result()
        var written = 0
        var held = HeldBack(plan, entries)
        var isConfirmed = false
        var faultsInRow = 0
        var pagesInRow = 0
        let reading = TargetReader(client: client, organizations: plan.organizations)
        let open = plan.changes.indices.filter { entries[$0].isOpen }
        for place in open {
            let change = plan.changes[place]
            var ending: Ending
            if let held = held.why(change, place) {
                // What may have been written stays so. What waits for a change that never comes is not to be tried again.
                ending = Ending(
                    outcome: entries[place].isInDoubt
                        ? .unknown(held.why) : held.isForGood ? .skipped(held.why) : .refused(held.why))
            } else {
                if let stop = await takeTurn(unless: shouldStop, waiting) {
                    result.stop = stop
                    break
                }
                ending = await apply(
                    change, place, isBegun: entries[place].isInDoubt, reading, shouldStop, report, waiting)
            }
            held.note(change, place, ending.outcome)
            result.hasWritten = result.hasWritten || ending.outcome?.mayBeWritten == true
            if let outcome = ending.outcome {
                report(change, outcome)
                // Nothing of an intent that was never noted is in the journal, and an outcome says what was found.
                ending.stop = await noting { try await journal.noteOutcome(outcome, place) } ?? ending.stop
                if ending.wasSent, outcome.isDone { written += 1 }
            }
            result.fault = ending.fault ?? result.fault
            faultsInRow = ending.fault == nil ? 0 : faultsInRow + 1
            if let fault = ending.fault, faultsInRow >= Self.faultsMax { ending.stop = ending.stop ?? .failed(fault) }
            if ending.wasSent { pagesInRow = ending.page == nil ? 0 : pagesInRow + 1 }
            if let page = ending.page, pagesInRow >= Self.pagesMax { ending.stop = ending.stop ?? .refused(page) }
            result.stop = ending.stop
            guard result.stop == nil else { break }
            // A canary that is not well is one, whatever the others are.
            if ending.wasSent, let outcome = ending.outcome, !outcome.isDone, written < canaries {
                result.stop = .canary(change.target.name, outcome)
                break
            }
            guard written >= canaries, !isConfirmed, place != open.last else { continue }
            isConfirmed = true
            if await !confirm() {
                result.stop = .declined
                break
            }
        }
        return result
    }

    /// - Returns: what ends the apply where the journal fails.
    private func noting(_ body: () async throws -> Void) async -> Stop? {
        do { try await body() } catch { return .journal("\(error)") }
        return nil
    }

    /// - Returns: why nothing more is written; `nil` if one more may be.
    private func takeTurn(unless shouldStop: () -> Bool, _ waiting: (RateLimitWait) -> Void) async -> Stop? {
        do throws(GitHubError) {
            let isTaken = try await writer.takeTurn(attention: Self.attention, unless: shouldStop, waiting: waiting)
            return isTaken ? nil : .interrupted
        } catch .cancelled {
            return .interrupted
        } catch {
            return .refused(error)
        }
    }

    // MARK: - One change

    private struct Ending {
        var outcome: ChangeOutcome?
        var wasSent = false
        /// Where the target could not be read for a fault of GitHub's or the network's.
        var fault: GitHubError?
        /// What to say should pages go on answering writes in GitHub's place, as one did this.
        var page: GitHubError?
        var stop: Stop?
    }

    /// - Parameter isBegun: whether it may have been written before, which reading shows.
    private func apply(
        _ change: PlannedChange, _ place: Int, isBegun: Bool, _ reading: TargetReader, _ shouldStop: () -> Bool,
        _ report: (PlannedChange, ChangeOutcome) -> Void, _ waiting: (RateLimitWait) -> Void,
    ) async -> Ending {
        for tries in 1... {
            let found: TargetReader.Found
            do throws(TargetReader.Obstacle) {
                found = try await reading.current(change)
            } catch {
                // Of what may have been written that stays so, whatever keeps it from being read.
                return Ending(
                    outcome: isBegun ? .unknown(error.why) : error.outcome, fault: error.fault, stop: error.stop)
            }
            if found.inherits(otherThan: change.inherited) {
                return Ending(
                    outcome: isBegun
                        ? .different(TargetReader.Found.otherTemplate) : .moved(TargetReader.Found.otherTemplate))
            }
            if found.value.satisfies(change.after, inheriting: nil) {
                return Ending(outcome: isBegun ? .applied : .already)
            }
            guard found.isStillBefore(change) else {
                guard isBegun else {
                    return Ending(outcome: .moved("it is not as it was when the plan was made: make a new plan"))
                }
                switch ReadBack(found, of: change).verdict {
                case .asPlanned(let note): return Ending(outcome: note.map { .noted($0) } ?? .applied)
                // No one else leaves some fields as they were and the others as this plan has them.
                case .partial(let words): return Ending(outcome: .partial(words, found: found.value))
                case .unchanged, .different:
                    return Ending(
                        outcome: .different(
                            "it was about to be written, and is neither what it was nor what was planned"))
                }
            }
            let followers = await reading.prefixes(of: change.followers.prefix(Self.followersWatched))
            // Reading can have waited long for a limit.
            guard !shouldStop() else { return Ending(stop: .interrupted) }
            if let stop = await noting({ try await journal.noteIntent(place) }) { return Ending(stop: stop) }
            let isAccepted: Bool
            do throws(GitHubError) {
                isAccepted = try await write(change)
            } catch {
                if error.leavesDoubt {
                    var ending = await compare(change, followers, reading, after: error)
                    ending.page = error.ofPages
                    return ending
                }
                if case .redirectRefused = error { return await lookUp(change, error, reading) }
                return Ending(
                    outcome: error.outcome(ofWriting: change.target), wasSent: true, page: error.ofPages,
                    stop: error.endsApply ? .refused(error) : nil)
            }
            if isAccepted { return await compare(change, followers, reading) }
            // Not made. By the time it may be sent again, somebody else may have changed it.
            let refusal = ChangeOutcome.refused("a rate limit refused it (\(tries) of \(Self.triesMax) tries)")
            guard tries < Self.triesMax else {
                return Ending(outcome: refusal, stop: .refused(.rateLimited("writes are refused again and again")))
            }
            report(change, refusal)
            if let stop = await noting({ try await journal.noteOutcome(refusal, place) }) { return Ending(stop: stop) }
            if let stop = await takeTurn(unless: shouldStop, waiting) { return Ending(stop: stop) }
        }
        preconditionFailure("the last try returns")
    }

    /// Finds out by its id where a target is whose address led elsewhere.
    private func lookUp(_ change: PlannedChange, _ error: GitHubError, _ reading: TargetReader) async -> Ending {
        do throws(TargetReader.Obstacle) {
            _ = try await reading.current(change)
            return Ending(outcome: .refused("\(error)"), wasSent: true)
        } catch {
            return Ending(
                outcome: error.outcome ?? .moved("it now has another name: make a new plan"), wasSent: true,
                stop: error.stop)
        }
    }

    /// Reads what became of a write.
    ///
    /// - Parameters:
    ///   - followers: prefixes of repositories that follow an organization, as they were before.
    ///   - failure: what left in doubt whether it was made.
    private func compare(
        _ change: PlannedChange, _ followers: [RepositoryID: String], _ reading: TargetReader,
        after failure: GitHubError? = nil,
    ) async -> Ending {
        let found: TargetReader.Found
        do throws(TargetReader.Obstacle) {
            found = try await reading.current(change)
        } catch {
            let why = "it could not be read back: \(error.why)"
            return Ending(outcome: .unknown(why), wasSent: true, fault: error.fault, stop: error.stop)
        }
        func prefixChanged(_ name: String, to prefix: String?, _ found: PlannedChange.Value) -> Ending {
            let why = "the prefix of \(name) became \(prefix ?? "unknown"), which was not planned"
            return Ending(outcome: .different(why, found: found), wasSent: true, stop: .prefixChanged(why))
        }
        let back = ReadBack(found, of: change)
        if let failure, found.isStillBefore(change), !found.satisfies(change.after) {
            // It may yet be made: what GitHub did not refuse can be late.
            return Ending(outcome: .failed("failed (\(failure.inBrief)), nothing changed"), wasSent: true)
        }
        var note: String?
        switch back.verdict {
        case .asPlanned(let words): note = words
        case .unchanged:
            return Ending(outcome: .ineffective("GitHub accepted it and changed nothing"), wasSent: true)
        case .different where back.hasOtherPrefix:
            return prefixChanged(change.target.name, to: found.value.prefix, found.value)
        case .partial(let words):
            return Ending(outcome: .partial(words, found: found.value), wasSent: true)
        case .different(let words):
            return Ending(outcome: .different(words, found: found.value), wasSent: true)
        }
        if found.inherits(otherThan: change.inherited) {
            return Ending(outcome: .different(TargetReader.Found.otherTemplate), wasSent: true)
        }
        let now = await reading.prefixes(of: change.followers.filter { followers[$0.repositoryID] != nil })
        var reached = 0
        for follower in change.followers {
            guard let prefix = now[follower.repositoryID] else { continue }
            let planned = change.plannedPrefix(of: follower)
            if prefix == planned { reached += 1 }
            guard prefix == planned || prefix == followers[follower.repositoryID] else {
                return prefixChanged(follower.repository, to: prefix, found.value)
            }
        }
        if let follower = change.followers.first, change.plannedPrefix(of: follower) != nil, reached < now.count {
            note = "\(reached) of \(now.count) repositories read back follow it now: a scan counts the others"
        }
        return Ending(outcome: note.map { .noted($0) } ?? .applied, wasSent: true)
    }

    /// - Returns: false if a rate limit refused it.
    private func write(_ change: PlannedChange) async throws(GitHubError) -> Bool {
        switch (change.target, change.after) {
        case (.organization(let login, _), .organization(.set(let template, let flag))):
            guard let login = OrganizationLogin(login) else { throw .malformed("\(login) is not a login") }
            return try await writer.setTemplate(of: login, to: template, useImmutableSubject: flag)
        case (.repository(let owner, let name, _), .repository(let setting)):
            return try await writer.setSetting(of: owner, name, to: setting)
        default:
            preconditionFailure("a plan that was read holds values that its targets can have")
        }
    }
}

/// What must wait for another change of its plan.
private struct HeldBack {
    /// Organizations whose template is not what it was to become, be it since an earlier apply: what is to inherit it
    /// would inherit something else. With each, whether that is for good.
    private var unmade: [String: Bool] = [:]
    /// Repositories that inherit, and were to be made independent of their organization before it changes.
    private var inheriting: [String: (name: String, place: Int, isForGood: Bool)] = [:]

    init(_ plan: Plan, _ entries: [Changeset.Entry]) {
        for (place, entry) in entries.enumerated() where !entry.isOpen {
            note(plan.changes[place], place, entry.outcome)
        }
    }

    mutating func note(_ change: PlannedChange, _ place: Int, _ outcome: ChangeOutcome?) {
        guard outcome?.isDone != true else { return }
        let isForGood = !Changeset.Entry(outcome: outcome).isOpen
        if let organization = change.target.organization {
            unmade[organization] = isForGood
        } else if change.before.inherits, inheriting[change.target.owner.lowercased()] == nil {
            inheriting[change.target.owner.lowercased()] = (change.target.name, place, isForGood)
        }
    }

    /// Why it can't be made now; `nil` if it can.
    func why(_ change: PlannedChange, _ place: Int) -> (why: String, isForGood: Bool)? {
        if let organization = change.target.organization {
            guard let follower = inheriting[organization], follower.place < place else { return nil }
            return (
                "\(follower.name), which was to be changed before it, still inherits it: not written",
                follower.isForGood
            )
        }
        guard change.after.inherits, let isForGood = unmade[change.target.owner.lowercased()] else { return nil }
        return ("the organization's template is not what the plan wants: not written", isForGood)
    }
}

extension PlannedChange {
    /// Repositories whose subject changes with their organization's template.
    fileprivate var followers: [Subject] { target.organization == nil ? [] : subjects }
}

extension PlannedChange.Target {
    /// Login of the organization whose template it is, in lower case; `nil`: it is a repository's.
    fileprivate var organization: String? {
        if case .organization(let login, _) = self { login.lowercased() } else { nil }
    }
}

extension GitHubError {
    /// Whether it is for want of a permission; what does not exist looks the same.
    var isOfPermission: Bool {
        switch self {
        case .forbidden, .notFound, .ssoRequired: true
        default: false
        }
    }

    /// Whether a write that ended so may have been made.
    fileprivate var leavesDoubt: Bool {
        switch self {
        case .timeout, .connectionLost, .serverFault, .cancelled, .malformed, .unexpected(200..<300, _),
            .foreignPage(200..<300):
            true
        default: false
        }
    }

    /// That a page answers in GitHub's place; `nil` if none did.
    fileprivate var ofPages: GitHubError? {
        guard case .foreignPage(let status) = self else { return nil }
        return .credentialRefused(.foreignPages, status: status, "a page, not JSON")
    }

    /// Whether no other change would fare better.
    fileprivate var endsApply: Bool {
        switch self {
        case .unauthorized, .rateLimited, .unavailable, .credentialRefused, .appRefused, .ssoRequired: true
        default: false
        }
    }

    fileprivate func outcome(ofWriting target: PlannedChange.Target) -> ChangeOutcome {
        let usual =
            target.organization == nil
            ? "write access to the repository's Actions" : "write access to the organization's administration"
        switch self {
        case .forbidden(let message, _) where message.contains("archived"):
            return .skipped("the repository is archived, and so read-only")
        case .forbidden(let message, let permissions):
            return .forbidden("the token needs \(permissions ?? usual) (403\(message.isEmpty ? "" : ": \(message)"))")
        case .notFound(let message): return .forbidden("it is gone, or the token needs \(usual) (404: \(message))")
        case .rejected(let status, let message),
            .unexpected(let status, let message) where (400..<500).contains(status):
            return .rejected("\(status): \(message)")
        case .gone(let message): return .rejected("410: \(message)")
        // No token changes that.
        case .blocked: return .skipped("\(self)")
        default: return isOfPermission ? .forbidden("\(self)") : .refused("\(self)")
        }
    }
}
