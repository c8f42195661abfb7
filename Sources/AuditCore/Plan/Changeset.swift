/// The history's number for a set of changes that was applied, or begun.
package struct ChangesetID: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// Changes that were applied together, as the journal holds them.
package struct Changeset: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case apply
        /// One template that a person set.
        case set
        case rollback
    }

    /// What the journal knows of one change of the plan.
    package struct Entry: Hashable, Sendable {
        /// When it was last about to be written.
        package var intendedAt: Timestamp?
        package var concludedAt: Timestamp?
        /// `nil` if it was not concluded: nobody knows whether it was written.
        package var outcome: ChangeOutcome?
        /// Whether it was written once, or may have been, whatever was found out later.
        package var wasWritten: Bool
        /// What its write was last read back as, where that is neither what was planned nor what it was before.
        package var found: PlannedChange.Value?

        package init(
            intendedAt: Timestamp? = nil, concludedAt: Timestamp? = nil, outcome: ChangeOutcome? = nil,
            wasWritten: Bool = false, found: PlannedChange.Value? = nil,
        ) {
            self.intendedAt = intendedAt
            self.concludedAt = concludedAt
            self.outcome = outcome
            self.wasWritten = wasWritten
            self.found = found ?? outcome?.found
        }

        /// Whether going on with the changes takes it up: it was not done, or nobody knows.
        package var isOpen: Bool {
            switch outcome {
            case nil, .failed, .unknown, .refused, .forbidden: true
            case .applied, .noted, .already, .moved, .skipped, .rejected, .ineffective, .partial, .different: false
            }
        }

        /// Whether it was about to be written and nobody knows what came of it, which reading shows.
        package var isInDoubt: Bool {
            switch outcome {
            case nil, .failed, .unknown: intendedAt != nil || wasWritten
            case .applied, .noted, .already, .moved, .skipped, .refused, .rejected, .forbidden, .ineffective, .partial,
                .different:
                false
            }
        }

        /// Whether the target may be other than it was.
        package var mayBeWritten: Bool { wasWritten || (outcome?.mayBeWritten ?? (intendedAt != nil)) }

        /// Whether a rollback may have something to write: not where what was read back is still as it was.
        package var isWorthRollback: Bool {
            switch outcome {
            case .ineffective, .failed: false
            default: mayBeWritten
            }
        }
    }

    /// Whether a rollback may have an organization's template to write.
    package var mayRollBackOrganizations: Bool {
        zip(plan.changes, entries).contains { change, entry in
            if case .organization = change.target { entry.isWorthRollback } else { false }
        }
    }

    package var id: ChangesetID
    package var kind: Kind
    package var startedAt: Timestamp
    /// Login of the token's owner; `nil` if it is not a user's.
    package var actor: String?
    package var planDigest: String
    package var plan: Plan
    /// One for each change of the plan, in its order.
    package var entries: [Entry]
    /// The one that it undoes.
    package var undoes: ChangesetID?

    package init(
        id: ChangesetID, kind: Kind, startedAt: Timestamp, actor: String?, planDigest: String, plan: Plan,
        entries: [Entry], undoes: ChangesetID? = nil,
    ) {
        self.id = id
        self.kind = kind
        self.startedAt = startedAt
        self.actor = actor
        self.planDigest = planDigest
        self.plan = plan
        self.entries = entries
        self.undoes = undoes
    }
}

/// What came of one change.
package enum ChangeOutcome: Hashable, Sendable {
    /// Written, and read back as planned.
    case applied
    /// Likewise, but for a field without effect on subjects; the text says which.
    case noted(String)
    /// It was so already.
    case already
    /// What was read is not what the plan was made for: nothing was written.
    case moved(String)
    /// It can't be written, such as where the repository is archived.
    case skipped(String)
    /// It was not written, and may be another time: a limit, a fault, or another change that must come before it.
    case refused(String)
    /// GitHub does not take what was sent, and would not take it again.
    case rejected(String)
    /// GitHub refused it for want of a permission, to read it or to write it.
    case forbidden(String)
    /// GitHub accepted it, and what is read back is still as it was.
    case ineffective(String)
    /// Some of it was written: each field is as it was or as planned.
    ///
    /// - Parameter found: what was read back, which a rollback takes for the outcome of this change.
    case partial(String, found: PlannedChange.Value)
    /// Written, and read back as something else.
    ///
    /// - Parameter found: as above; `nil` if somebody else may have written it.
    case different(String, found: PlannedChange.Value? = nil)
    /// The request failed, and what is read back is still as it was. GitHub may yet make it.
    case failed(String)
    /// Nobody knows whether it was written: it could not be read back.
    case unknown(String)

    /// The word for it in the journal and in documents.
    package var name: String {
        switch self {
        case .applied, .noted: "applied"
        case .already: "already"
        case .moved: "moved"
        case .skipped: "skipped"
        case .refused: "refused"
        case .rejected: "rejected"
        case .forbidden: "forbidden"
        case .ineffective: "not_effective"
        case .partial: "partial"
        case .different: "different"
        case .failed: "failed"
        case .unknown: "unknown"
        }
    }

    /// The same for people.
    package var words: String {
        if case .ineffective = self { "not effective" } else { name }
    }

    /// One line for people: the word, and why.
    package var sentence: String {
        guard let message else { return words }
        // What failed, or was forbidden, begins with that word or says more than it.
        if case .failed = self { return message }
        return message.hasPrefix(words) ? message : "\(words): \(message)"
    }

    package var message: String? {
        switch self {
        case .applied, .already: nil
        case .noted(let text), .moved(let text), .skipped(let text), .refused(let text), .rejected(let text),
            .forbidden(let text),
            .ineffective(let text), .partial(let text, _), .different(let text, _), .failed(let text),
            .unknown(let text):
            text
        }
    }

    /// What was read back where that is neither what was planned nor what it was before.
    package var found: PlannedChange.Value? {
        switch self {
        case .partial(_, let found): found
        case .different(_, let found): found
        default: nil
        }
    }

    package init?(name: String, message: String?, found: PlannedChange.Value? = nil) {
        let text = message ?? ""
        switch name {
        case "applied": self = message.map { .noted($0) } ?? .applied
        case "already": self = .already
        case "moved": self = .moved(text)
        case "skipped": self = .skipped(text)
        case "refused": self = .refused(text)
        case "rejected": self = .rejected(text)
        case "forbidden": self = .forbidden(text)
        case "not_effective": self = .ineffective(text)
        case "partial": self = found.map { .partial(text, found: $0) } ?? .different(text)
        case "different": self = .different(text, found: found)
        case "failed": self = .failed(text)
        case "unknown": self = .unknown(text)
        default: return nil
        }
    }

    /// Whether the template is as it was planned.
    package var isDone: Bool {
        switch self {
        case .applied, .noted, .already: true
        default: false
        }
    }

    /// Whether something was written, or may have been or may yet be.
    package var mayBeWritten: Bool {
        switch self {
        case .applied, .noted, .ineffective, .partial, .different, .failed, .unknown: true
        case .already, .moved, .skipped, .refused, .rejected, .forbidden: false
        }
    }
}
