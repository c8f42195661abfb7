/// In which jobs repositories of one shape can use a trust. Shared by all of them, since a token's text differs by names alone.
package struct AccessOutcome: Hashable, Sendable {
    /// One context in which a token is accepted.
    package struct Entry: Hashable, Sendable {
        package let context: JobContext
        /// Texts by hole, which make a token together with the repository's names.
        package let holes: [String: String]
        /// The claims of the witness that such a token carries though it is not known that it does.
        package let optional: Set<ClaimKey>
        /// The texts of the environment, branch or tag that are accepted; `nil` if they are not a short list.
        package let only: [String]?
        /// Why it is not certain; `nil` if it is.
        package let doubt: Doubt?
        /// The number of the language that is taken as likely where nothing is known of the subjects; `nil` if something is.
        package let likely: Int?

        package init(
            context: JobContext, holes: [String: String], optional: Set<ClaimKey>, only: [String]?, doubt: Doubt?,
            likely: Int? = nil,
        ) {
            self.likely = likely
            self.context = context
            self.holes = holes
            self.optional = optional
            self.only = only
            self.doubt = doubt
        }

        package var isCertain: Bool { doubt == nil }
    }

    /// Why it is not certain that a token is accepted.
    package enum Doubt: Hashable, Sendable {
        /// It is not known whether such tokens have a claim that is read.
        case optional
        case unknownOwnerID
        /// Two claims of one token could not be decided together.
        case entangled
        /// GitHub does not document that there are such tokens; the text says of what.
        case undocumented(String)

        package var text: String {
            switch self {
            case .optional: "it is not known whether its tokens carry a claim that is read"
            case .unknownOwnerID: "the id of its owner is not known"
            case .entangled: "two claims of one token could not be decided together"
            case .undocumented(let why): why
            }
        }
    }

    package let entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries }

    /// The first that was decided, if one was. An outcome without entries is never kept.
    var best: Entry { entries.first { $0.isCertain } ?? entries[0] }

    package var isNothing: Bool { entries.isEmpty }

    /// Whether each token was decided, and GitHub documents that there are some.
    package var isCertain: Bool {
        undocumented == nil
            && entries.allSatisfy { entry in
                if case .undocumented = entry.doubt { true } else { entry.isCertain }
            }
    }

    /// Why there may be no token of its at all, as far as GitHub's documentation says; `nil` if there are tokens.
    package var undocumented: String? {
        for entry in entries {
            guard case .undocumented = entry.doubt else { return nil }
        }
        return entries.first?.doubt?.text
    }

    /// The kinds of context, in their order.
    package var kinds: [JobContext.Kind] {
        JobContext.Kind.allCases.filter { kind in entries.contains { $0.context.kind == kind } }
    }

    /// The texts to which a kind is narrowed: names of branches, tags or environments; `nil` if it is not.
    package func only(_ kind: JobContext.Kind) -> [String]? {
        var texts: [String] = []
        for entry in entries where entry.context.kind == kind {
            guard let only = entry.only else { return nil }
            texts += only.filter { !texts.containsExactly($0) }
        }
        return texts
    }

    /// Whether jobs of every branch, tag, pull request and environment are accepted.
    package var isAnyContext: Bool {
        [.branch, .tag, .pullRequest, .environment].allSatisfy { kind in
            entries.contains { $0.context.kind == kind && $0.only == nil }
        }
    }
}

/// Whether one repository can use one trust.
package struct Access: Hashable, Sendable {
    package enum Certainty: String, Hashable, Sendable {
        case certain
        /// It hangs on the request, or on something that was not decided.
        case possible
        /// The repository's subjects are not known.
        case unknown
    }

    /// In which jobs, and how sure it is.
    package struct Terms: Hashable, Sendable {
        package let contexts: [JobContext.Kind]
        /// Names by kind of context, where it is narrowed to a short list.
        package let only: [JobContext.Kind: [String]]
        package let certainty: Certainty
        /// Why it is not certain; `nil` if it is.
        package let reason: String?

        package init(
            contexts: [JobContext.Kind], only: [JobContext.Kind: [String]], certainty: Certainty, reason: String?,
        ) {
            self.contexts = contexts
            self.only = only
            self.certainty = certainty
            self.reason = reason
        }
    }

    package let repository: Repository
    package let identity: String
    package let trust: String
    package let terms: Terms
    package let witness: Witness

    package var contexts: [JobContext.Kind] { terms.contexts }
    package var only: [JobContext.Kind: [String]] { terms.only }
    package var certainty: Certainty { terms.certainty }
    package var reason: String? { terms.reason }

    package init(repository: Repository, identity: String, trust: String, terms: Terms, witness: Witness) {
        self.repository = repository
        self.identity = identity
        self.trust = trust
        self.terms = terms
        self.witness = witness
    }
}

/// Why no repository can use a trust.
package enum NoMatch: Hashable, Sendable {
    /// The repository is not listed.
    case gone(String)
    case renamed(from: String, to: String)
    /// The repository presents subjects of the other format: `immutable` where the trust wants legacy ones.
    case formatFlipped(repository: String, presents: SubjectFormat)
    /// The repository's template does not yield such a subject.
    case templateDiffers(repository: String, subject: String)
    /// But for the case of letters it would match.
    case caseDiffers(written: String, actual: String)
    /// A colon within a value stands as `%3A` in a subject.
    case colon(written: String, expected: String)
    /// No provider's or trust's audience is one that tokens carry together.
    case audience([String])
    /// The cloud does not read that claim.
    case keyNotRead(String)
    /// A claim demands a value that no token of those repositories has.
    case value(claim: String, written: [String])
    /// What it names is nobody's that is known here.
    case notOurs(String)
    /// A Deny statement refuses what the Allow accepts.
    case denied
    /// None of the above.
    case unexplained

    /// For the JSON and for filters.
    package var word: String {
        switch self {
        case .gone: "gone"
        case .renamed: "renamed"
        case .formatFlipped: "format_flipped"
        case .templateDiffers: "template_differs"
        case .caseDiffers: "case"
        case .colon: "colon"
        case .audience: "audience"
        case .keyNotRead: "key_not_read"
        case .value: "value"
        case .notOurs: "not_ours"
        case .denied: "denied"
        case .unexplained: "unexplained"
        }
    }
}
