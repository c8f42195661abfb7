/// The texts that a hole of a token can hold, as a small automaton: which character may follow, and where the text may end.
package enum TokenAlphabet: Hashable, Sendable {
    /// A branch or tag by the rules of `git check-ref-format`.
    case refName
    /// A full ref of a reusable workflow: a branch, a tag or a commit.
    case workflowRef
    /// A full ref of any job's workflow: the same, or a pull request's merge.
    case jobWorkflowRef
    case number
    /// 40 hexadecimal digits.
    case commit
    case login
    /// A login, or an app's with `[bot]` behind it.
    case actor
    case repositoryName
    /// A branch, tag or pull request's merge in full.
    case ref
    /// A workflow file's name.
    case workflowFile
    /// Text that somebody chose: an environment, a workflow's display name.
    case freeText
    /// Small letters, digits and `_`: an event, or a key of a template.
    case word
    /// One of these words.
    case choice([String])
    /// Nothing is known of it; it may be empty.
    case anything
    /// By an automaton made for the purpose.
    case automaton(TokenAutomaton)

    /// Longest text, in Unicode scalars.
    package var lengthMax: Int {
        switch self {
        case .login: 39
        case .actor: 44
        case .repositoryName: 100
        case .number: 19
        case .commit: 40
        case .refName: 244
        case .workflowRef, .jobWorkflowRef, .ref: 255
        case .workflowFile, .freeText: 255
        case .word: 64
        case .choice(let words): words.map(\.unicodeScalars.count).max() ?? 0
        case .anything: .max
        case .automaton: 4096
        }
    }

    /// Where a text begins.
    package var start: Int { 0 }

    /// - Parameter state: what the text before came to.
    /// - Returns: what it comes to with one more character; `nil` if no text goes on like that.
    package func step(_ state: Int, _ scalar: UInt32) -> Int? {
        switch self {
        case .refName: RefNameAutomaton.step(state, scalar)
        case .workflowRef: WorkflowRefAutomaton.step(state, scalar, isPullAllowed: false)
        case .jobWorkflowRef: WorkflowRefAutomaton.step(state, scalar, isPullAllowed: true)
        case .number:
            // No number begins with zero.
            Self.isDigit(scalar) && (state > 0 || scalar != 0x30) ? 1 : nil
        case .commit: state < 40 && Self.isHexadecimal(scalar) ? state + 1 : nil
        case .login: Self.loginStep(state, scalar)
        case .actor: Self.actorStep(state, scalar)
        case .repositoryName:
            Self.isNameCharacter(scalar) ? Self.repositoryNameStep(state, scalar) : nil
        case .ref:
            state == 0 && scalar != 0x72 ? nil : WorkflowRefAutomaton.step(state, scalar, isPullAllowed: true)
        case .workflowFile:
            scalar != 0x2F && scalar != 0x40 && Self.isPrintable(scalar) && !(state == 0 && scalar == 0x20)
                ? Self.fileStep(state, scalar) : nil
        case .freeText:
            // Blanks at either end are cut off.
            !Self.isPrintable(scalar) || (scalar == 0x20 && state == 0) ? nil : scalar == 0x20 ? 2 : 1
        case .word: (0x61...0x7A).contains(scalar) || Self.isDigit(scalar) || scalar == 0x5F ? 1 : nil
        case .choice: nil
        case .anything: 0
        case .automaton(let automaton): automaton.step(state, scalar)
        }
    }

    /// Whether the text may end there.
    package func isEnd(_ state: Int) -> Bool {
        switch self {
        case .refName: RefNameAutomaton.isEnd(state)
        case .workflowRef, .jobWorkflowRef, .ref: WorkflowRefAutomaton.isEnd(state)
        case .workflowFile: state == 5 || state == 8
        case .number, .freeText, .login, .word: state == 1
        case .commit: state == 40
        case .actor: state == 1 || state == 7
        case .repositoryName: state == 3
        case .choice: false
        case .anything: true
        case .automaton(let automaton): automaton.isEnd(state)
        }
    }

    /// Whether a text is one of these.
    package func contains(_ text: String) -> Bool {
        if case .choice(let words) = self { return words.containsExactly(text) }
        var state = start
        for scalar in text.unicodeScalars {
            guard let next = step(state, scalar.value) else { return false }
            state = next
        }
        return isEnd(state) && text.unicodeScalars.count <= lengthMax
    }

    /// Whether a text may have this character somewhere.
    package func mayHold(_ scalar: UInt32) -> Bool {
        switch self {
        case .refName, .workflowRef, .jobWorkflowRef, .ref: RefNameAutomaton.mayHold(scalar)
        case .number: Self.isDigit(scalar)
        case .commit: Self.isHexadecimal(scalar)
        case .login: Self.isLetterOrDigit(scalar) || scalar == 0x2D || scalar == 0x5F
        case .actor: Self.isLetterOrDigit(scalar) || [0x2D, 0x5F, 0x5B, 0x5D].contains(scalar)
        case .repositoryName: Self.isNameCharacter(scalar)
        case .workflowFile: scalar != 0x2F && scalar != 0x40 && Self.isPrintable(scalar)
        case .freeText: Self.isPrintable(scalar)
        case .word: (0x61...0x7A).contains(scalar) || Self.isDigit(scalar) || scalar == 0x5F
        case .choice(let words): words.contains { $0.unicodeScalars.contains { $0.value == scalar } }
        case .anything, .automaton: true
        }
    }

    /// Characters that texts need, whatever characters a pattern distinguishes.
    package var structure: [UInt32] {
        switch self {
        case .workflowRef: Array("refs/headstg0".unicodeScalars).map(\.value)
        case .jobWorkflowRef, .ref: Array("refs/headstgpulm01".unicodeScalars).map(\.value)
        case .workflowFile: Array(".yaml".unicodeScalars).map(\.value)
        case .actor: Array("[bot]".unicodeScalars).map(\.value)
        case .number, .commit: [0x31, 0x37]
        case .automaton(let automaton): automaton.structure
        default: []
        }
    }

    /// A character that no pattern distinguishes is shown as the first of these that fits.
    package static let readable: [UInt32] = Array(
        "xyzabcdefghijklmnopqrstuvw0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".unicodeScalars
    )
    .map(\.value)

    // MARK: -

    fileprivate static func isDigit(_ scalar: UInt32) -> Bool { (0x30...0x39).contains(scalar) }

    fileprivate static func isHexadecimal(_ scalar: UInt32) -> Bool {
        isDigit(scalar) || (0x61...0x66).contains(scalar)
    }

    private static func isLetterOrDigit(_ scalar: UInt32) -> Bool {
        isDigit(scalar) || (0x41...0x5A).contains(scalar) || (0x61...0x7A).contains(scalar)
    }

    private static func isNameCharacter(_ scalar: UInt32) -> Bool {
        isLetterOrDigit(scalar) || scalar == 0x2D || scalar == 0x2E || scalar == 0x5F
    }

    fileprivate static func isPrintable(_ scalar: UInt32) -> Bool {
        scalar >= 0x20 && !(0x7F...0x9F).contains(scalar)
    }

    /// 1: behind a letter or digit; 2: behind a hyphen, which neither ends a login nor follows another.
    private static func loginStep(_ state: Int, _ scalar: UInt32) -> Int? {
        // Names of managed users contain `_`.
        if isLetterOrDigit(scalar) || (scalar == 0x5F && state != 0) { return 1 }
        return scalar == 0x2D && state == 1 ? 2 : nil
    }

    /// Behind 2 the text is `[bot]`.
    private static func actorStep(_ state: Int, _ scalar: UInt32) -> Int? {
        let suffix: [UInt32] = [0x5B, 0x62, 0x6F, 0x74, 0x5D]
        if state <= 2 {
            return state == 1 && scalar == suffix[0] ? 3 : loginStep(state, scalar)
        }
        return state < 7 && scalar == suffix[state - 2] ? state + 1 : nil
    }

    /// How much of `.yml` or `.yaml` has been seen: 2 to 5 and 2, 3, 6 to 8; 0 is the start, and 1 anything else.
    private static func fileStep(_ state: Int, _ scalar: UInt32) -> Int {
        switch (state, scalar) {
        case (1..., 0x2E): 2
        case (2, 0x79): 3
        case (3, 0x6D): 4
        case (4, 0x6C): 5
        case (3, 0x61): 6
        case (6, 0x6D): 7
        case (7, 0x6C): 8
        default: 1
        }
    }

    /// 1 and 2: `.` and `..`, which are no names.
    private static func repositoryNameStep(_ state: Int, _ scalar: UInt32) -> Int {
        scalar == 0x2E && state < 2 ? state + 1 : 3
    }
}

/// Branches and tags by `git check-ref-format`: no component begins with a dot or ends in `.lock`, no dot at the end, no `..`,
/// `//`, `@{`, nothing of `~^:?*[\`, no control character or blank.
private enum RefNameAutomaton {
    // The state is what came last, times 8, plus how much of `.lock` has been seen.
    private static let nothing = 0
    private static let ordinary = 1
    private static let dot = 2
    private static let at = 3
    private static let slash = 4
    private static let lock: [UInt32] = [0x2E, 0x6C, 0x6F, 0x63, 0x6B]

    static func mayHold(_ scalar: UInt32) -> Bool {
        switch scalar {
        case ...0x20, 0x7F, 0x7E, 0x5E, 0x3A, 0x3F, 0x2A, 0x5B, 0x5C: false
        default: true
        }
    }

    static func step(_ state: Int, _ scalar: UInt32) -> Int? {
        guard mayHold(scalar) else { return nil }
        let (last, seen) = (state >> 3, state & 7)
        switch scalar {
        case 0x2F: return last == nothing || last == slash || seen == lock.count ? nil : slash << 3
        case 0x2E: return last == nothing || last == slash || last == dot ? nil : dot << 3 | 1
        case 0x7B where last == at: return nil
        // GitHub refuses a branch or tag that begins with a hyphen.
        case 0x2D where state == 0: return nil
        default:
            let more = (1..<lock.count).contains(seen) && scalar == lock[seen] ? seen + 1 : 0
            return (scalar == 0x40 ? at : ordinary) << 3 | more
        }
    }

    static func isEnd(_ state: Int) -> Bool {
        let (last, seen) = (state >> 3, state & 7)
        return (last == ordinary || last == at) && seen != lock.count
    }
}

/// `refs/heads/…`, `refs/tags/…`, `refs/pull/N/merge` or a commit.
private enum WorkflowRefAutomaton {
    private static let heads = Array("refs/heads/".unicodeScalars).map(\.value)
    private static let tags = Array("refs/tags/".unicodeScalars).map(\.value)
    private static let pulls = Array("refs/pull/".unicodeScalars).map(\.value)
    private static let merge = Array("/merge".unicodeScalars).map(\.value)
    // 1 to 40: digits of a commit. From 100: of the first prefix; from 200: of the second; from 300: of the third, whose
    // number begins at 400 and goes on at 401, with what stands behind it from 402. From 1000: of the name.
    private static let shared = 5
    private static let number = 401

    static func step(_ state: Int, _ scalar: UInt32, isPullAllowed: Bool) -> Int? {
        if state >= 1000 { return RefNameAutomaton.step(state - 1000, scalar).map { $0 + 1000 } }
        if state >= number - 1 { return pullStep(state, scalar) }
        if state >= 300 { return advance(pulls, state - 300, base: 300, scalar, end: number - 1) }
        if state >= 200 { return advance(tags, state - 200, base: 200, scalar, end: 1000) }
        if state >= 100 {
            if state - 100 == shared, scalar == tags[shared] { return 200 + shared + 1 }
            if state - 100 == shared, scalar == pulls[shared] { return isPullAllowed ? 300 + shared + 1 : nil }
            return advance(heads, state - 100, base: 100, scalar, end: 1000)
        }
        if state == 0, scalar == heads[0] { return 101 }
        return state < 40 && TokenAlphabet.isHexadecimal(scalar) ? state + 1 : nil
    }

    static func isEnd(_ state: Int) -> Bool {
        state == 40 || state == number + merge.count || (state >= 1000 && RefNameAutomaton.isEnd(state - 1000))
    }

    private static func pullStep(_ state: Int, _ scalar: UInt32) -> Int? {
        if state <= number, TokenAlphabet.isDigit(scalar) {
            return state == number || scalar != 0x30 ? number : nil
        }
        let seen = state - number
        return seen >= 0 && seen < merge.count && scalar == merge[seen] ? state + 1 : nil
    }

    private static func advance(_ prefix: [UInt32], _ seen: Int, base: Int, _ scalar: UInt32, end: Int) -> Int? {
        guard scalar == prefix[seen] else { return nil }
        return seen + 1 == prefix.count ? end : base + seen + 1
    }
}

/// An automaton for texts that are put together from others.
package final class TokenAutomaton: Hashable, Sendable {
    /// - Returns: the state behind one more character; `nil` if no text goes on like that. The first state is 0.
    package let step: @Sendable (Int, UInt32) -> Int?
    package let isEnd: @Sendable (Int) -> Bool
    /// As `TokenAlphabet` has it.
    package let structure: [UInt32]

    package init(
        structure: [UInt32], step: @escaping @Sendable (Int, UInt32) -> Int?, isEnd: @escaping @Sendable (Int) -> Bool,
    ) {
        self.step = step
        self.isEnd = isEnd
        self.structure = structure
    }

    package static func == (left: TokenAutomaton, right: TokenAutomaton) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
