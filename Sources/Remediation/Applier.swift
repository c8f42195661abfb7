public import AuditCore
public import GitHubAPI

/// Where intents and outcomes are noted. What it throws ends the apply before anything more is written.
public protocol ChangeJournal: Sendable {
    /// Returns once the intent is safe: from then on the change may be written.
    func noteIntent(_ place: Int) async throws
    func noteOutcome(_ outcome: ChangeOutcome, _ place: Int) async throws
}

/// Applies a plan's changes one after another: read, refuse what moved, write, read back, compare.
public struct Applier: Sendable {
    /// What ends an apply before its last change.
    public enum Stop: Hashable, Sendable {
        /// GitHub refused the token, or a permission of all: nothing more would be allowed.
        case refused(GitHubError)
        /// A prefix changed that was not planned to: what is known of this organization's subjects is wrong.
        case prefixChanged(String)
        /// Of the first changes, one was not read back as planned.
        case canary(String)
        /// Whoever was asked after the canary said no.
        case declined
        case interrupted
        /// The network or GitHub failed before anything was written.
        case failed(GitHubError)
    }

    public struct Result: Sendable {
        /// Of the changes that were taken up, by their place in the plan.
        public var outcomes: [Int: ChangeOutcome]
        public var stop: Stop?
        /// Whether anything was written, or may have been.
        public var hasWritten: Bool
    }

    private let client: GitHubClient
    private let writer: GitHubWriter
    private let journal: any ChangeJournal

    public init(client: GitHubClient, writer: GitHubWriter, journal: any ChangeJournal) {
        self.client = client
        self.writer = writer
        self.journal = journal
    }

    /// - Parameters:
    ///   - places: which changes, in this order.
    ///   - begun: those that an earlier apply was about to write, and of which it did not find out what came of it.
    ///   - canaries: after how many that were written `confirm` is asked.
    ///   - confirm: whether to go on after the canaries were read back as planned.
    ///   - shouldStop: whether no further change is to be begun.
    ///   - tell: hears of each outcome.
    /// - Throws: what the journal throws.
    public func apply(
        _ plan: Plan, _ places: [Int], begun: Set<Int> = [], canaries: Int, confirm: () async -> Bool,
        shouldStop: () -> Bool, tell: (Int, ChangeOutcome) -> Void,
    ) async throws -> Result {
        var result = Result(outcomes: [:], stop: nil, hasWritten: false)
        var written = 0
        // Organizations whose template is not what it was to become: what is to inherit it would inherit something else.
        var left: Set<String> = []
        for place in places {
            let change = plan.changes[place]
            let owner = change.target.owner.lowercased()
            if case .repository = change.target, left.contains(owner) {
                let outcome = ChangeOutcome.refused(
                    "the organization's template is not what the plan wants: not written")
                result.outcomes[place] = outcome
                tell(place, outcome)
                try await journal.noteOutcome(outcome, place)
                continue
            }
            do throws(GitHubError) { try await writer.takeTurn() } catch {
                result.stop = .interrupted
                break
            }
            guard !shouldStop() else {
                result.stop = .interrupted
                break
            }
            let ending = try await apply(change, place, isBegun: begun.contains(place))
            if case .organization = change.target, ending.outcome?.isDone != true { left.insert(owner) }
            result.hasWritten = result.hasWritten || ending.outcome?.mayBeWritten == true
            if let outcome = ending.outcome {
                result.outcomes[place] = outcome
                tell(place, outcome)
                // Nothing of an intent that was never noted is in the journal, and an outcome says what was found.
                try await journal.noteOutcome(outcome, place)
                if ending.wasSent, outcome == .applied { written += 1 }
            }
            result.stop = ending.stop
            guard result.stop == nil else { break }
            // A canary that is not well is one, whatever the others are.
            if ending.wasSent, ending.outcome != .applied, written < canaries {
                result.stop = .canary(change.target.name)
                break
            }
            if ending.wasSent, written == canaries, place != places.last, await !confirm() {
                result.stop = .declined
                break
            }
        }
        return result
    }

    // MARK: - One change

    private struct Ending {
        var outcome: ChangeOutcome?
        var wasSent = false
        var stop: Stop?
    }

    /// - Parameter isBegun: whether it may have been written before, which reading tells.
    private func apply(_ change: PlannedChange, _ place: Int, isBegun: Bool) async throws -> Ending {
        let found: TargetReading.Found
        do throws(TargetReading.Obstacle) {
            found = try await TargetReading(client: client).current(change)
        } catch {
            return Ending(outcome: error.outcome, stop: error.stop)
        }
        if found.value.satisfies(change.after, inheriting: nil) {
            return Ending(outcome: isBegun ? .applied : .already)
        }
        guard found.isStill(change.before) else {
            if isBegun {
                return Ending(
                    outcome: found.satisfies(change.after)
                        ? .applied
                        : .different("it was about to be written, and is neither what it was nor what was planned"))
            }
            return Ending(outcome: .moved("it is not as it was when the plan was made: make a new plan"))
        }
        try await journal.noteIntent(place)
        var failure: GitHubError?
        var isAccepted = false
        do throws(GitHubError) {
            isAccepted = try await write(change)
        } catch {
            failure = error
        }
        if failure == nil, !isAccepted {
            // Refused for now: by the time it may be sent, somebody else may have changed it.
            do throws(GitHubError) { try await writer.takeTurn() } catch { return Ending(stop: .interrupted) }
            return try await apply(change, place, isBegun: false)
        }
        if let failure, !failure.leavesDoubt {
            return Ending(
                outcome: failure.outcomeOfWrite, wasSent: true, stop: failure.endsApply ? .refused(failure) : nil)
        }
        return await compare(change, failure)
    }

    /// Reads what became of a write.
    ///
    /// - Parameter failure: what left in doubt whether it was made.
    private func compare(_ change: PlannedChange, _ failure: GitHubError?) async -> Ending {
        let found: TargetReading.Found
        do throws(TargetReading.Obstacle) {
            found = try await TargetReading(client: client).current(change)
        } catch {
            let why = "it could not be read back: \(error.why)"
            return Ending(outcome: .unknown(why), wasSent: true, stop: error.stop)
        }
        if found.satisfies(change.after) { return Ending(outcome: .applied, wasSent: true) }
        if let failure, found.isStill(change.before) {
            return Ending(outcome: .refused("it was not made: \(failure)"), wasSent: true)
        }
        if let prefix = found.value.prefix, prefix != change.after.prefix {
            let why = "the prefix became \(prefix), which was not planned"
            return Ending(
                outcome: .different(why), wasSent: true, stop: .prefixChanged("\(change.target.name): \(why)"))
        }
        return Ending(outcome: .different("what is read back is not what was written"), wasSent: true)
    }

    /// - Returns: false where a rate limit refused it.
    private func write(_ change: PlannedChange) async throws(GitHubError) -> Bool {
        switch (change.target, change.after) {
        case (.organization(let login, _), .organization(.set(let template, let flag))):
            guard let login = OrganizationLogin(login) else { throw .malformed("\(login) is no login") }
            return try await writer.setTemplate(of: login, to: template, useImmutableSubject: flag)
        case (.repository(let owner, let name, _), .repository(let setting)):
            return try await writer.setSetting(of: owner, name, to: setting)
        default:
            preconditionFailure("a plan that was read holds values that its targets can have")
        }
    }
}

extension ChangeOutcome {
    fileprivate var mayBeWritten: Bool {
        switch self {
        case .applied, .different, .unknown: true
        case .already, .moved, .skipped, .refused: false
        }
    }
}

extension GitHubError {
    /// Whether a write that ended so may have been made.
    fileprivate var leavesDoubt: Bool {
        switch self {
        case .timeout, .connectionLost, .serverFault, .cancelled, .malformed, .unexpected(200..<300, _): true
        default: false
        }
    }

    /// Whether no other change would fare better.
    fileprivate var endsApply: Bool {
        switch self {
        case .unauthorized, .rateLimited, .ssoRequired: true
        default: false
        }
    }

    fileprivate var outcomeOfWrite: ChangeOutcome {
        switch self {
        case .forbidden(let message, _) where message.contains("archived"):
            .skipped("the repository is archived, and so read-only")
        case .redirectRefused: .moved("it has another name by now: make a new plan")
        default: .refused("\(self)")
        }
    }
}
