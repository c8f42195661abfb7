/// The history's number for a set of changes that was applied, or begun.
public struct ChangesetID: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// Changes that were applied together, as the journal tells them.
public struct Changeset: Hashable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case apply
        /// One template that a person set.
        case set
        case rollback
    }

    /// What the journal knows of one change of the plan.
    public struct Entry: Hashable, Sendable {
        /// When it was last about to be written.
        public var intendedAt: Timestamp?
        public var concludedAt: Timestamp?
        /// `nil` where it was not concluded: nobody knows whether it was written.
        public var outcome: ChangeOutcome?
        /// Whether it was written once, or may have been, whatever was found out later.
        public var wasWritten: Bool

        public init(
            intendedAt: Timestamp? = nil, concludedAt: Timestamp? = nil, outcome: ChangeOutcome? = nil,
            wasWritten: Bool = false,
        ) {
            self.intendedAt = intendedAt
            self.concludedAt = concludedAt
            self.outcome = outcome
            self.wasWritten = wasWritten
        }

        /// Whether going on with the changes takes it up: it was not done, or nobody knows.
        public var isOpen: Bool {
            switch outcome {
            case nil, .unknown, .refused, .forbidden: true
            case .applied, .already, .moved, .skipped, .different: false
            }
        }

        /// Whether it was about to be written and nobody knows what came of it, which reading tells.
        public var isInDoubt: Bool {
            switch outcome {
            case nil, .unknown: intendedAt != nil || wasWritten
            case .applied, .already, .moved, .skipped, .refused, .forbidden, .different: false
            }
        }

        /// Whether the target may be other than it was.
        public var mayBeWritten: Bool { wasWritten || (outcome?.mayBeWritten ?? (intendedAt != nil)) }
    }

    public var id: ChangesetID
    public var kind: Kind
    public var startedAt: Timestamp
    /// Login of the token's owner; `nil` where it is no user's.
    public var actor: String?
    public var planDigest: String
    public var plan: Plan
    /// One for each change of the plan, in its order.
    public var entries: [Entry]
    /// The one that it undoes.
    public var undoes: ChangesetID?

    public init(
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
public enum ChangeOutcome: Hashable, Sendable {
    /// Written, and read back as planned.
    case applied
    /// It was so already.
    case already
    /// What was read is not what the plan was made for: nothing was written.
    case moved(String)
    /// It can't be written, such as where the repository is archived.
    case skipped(String)
    /// GitHub refused it.
    case refused(String)
    /// GitHub refused it for want of a permission, to read it or to write it.
    case forbidden(String)
    /// Written, and read back as something else.
    case different(String)
    /// Nobody knows whether it was written: it could not be read back.
    case unknown(String)

    /// The word for it in the journal and in documents.
    public var name: String {
        switch self {
        case .applied: "applied"
        case .already: "already"
        case .moved: "moved"
        case .skipped: "skipped"
        case .refused: "refused"
        case .forbidden: "forbidden"
        case .different: "different"
        case .unknown: "unknown"
        }
    }

    public var message: String? {
        switch self {
        case .applied, .already: nil
        case .moved(let text), .skipped(let text), .refused(let text), .forbidden(let text), .different(let text),
            .unknown(let text):
            text
        }
    }

    public init?(name: String, message: String?) {
        switch name {
        case "applied": self = .applied
        case "already": self = .already
        case "moved": self = .moved(message ?? "")
        case "skipped": self = .skipped(message ?? "")
        case "refused": self = .refused(message ?? "")
        case "forbidden": self = .forbidden(message ?? "")
        case "different": self = .different(message ?? "")
        case "unknown": self = .unknown(message ?? "")
        default: return nil
        }
    }

    /// Whether the template is as it was planned.
    public var isDone: Bool { self == .applied || self == .already }

    /// Whether something was written, or may have been.
    public var mayBeWritten: Bool {
        switch self {
        case .applied, .different, .unknown: true
        case .already, .moved, .skipped, .refused, .forbidden: false
        }
    }
}
