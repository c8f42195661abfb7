import AuditCore
import GitHubAPI

/// What a write was read back as, held against what was there before it and what was planned.
struct ReadBack {
    private enum Field {
        case planned
        /// As it was before, which is not what was planned.
        case unchanged
        case other
    }

    enum Verdict: Hashable {
        /// - Parameter note: what is otherwise and does not matter.
        case asPlanned(note: String?)
        /// All that was to change is as it was.
        case unchanged
        /// Each field is as it was or as planned; in words which.
        case partial(String)
        case different(String)
    }

    private let change: PlannedChange
    private let found: TargetReader.Found
    private let template: Field
    private let flag: Field
    private let prefix: Field

    init(_ found: TargetReader.Found, of change: PlannedChange) {
        self.change = change
        self.found = found
        template = Self.field(
            found.hasTemplate(of: change.after),
            found.hasTemplate(of: change.before, mayInherit: change.mayInherit || change.before.inherits))
        flag = Self.field(
            change.after.flag == nil || found.value.flag == change.after.flag, found.value.flag == change.before.flag)
        prefix = Self.field(found.value.prefix == change.after.prefix, found.value.prefix == change.before.prefix)
    }

    private static func field(_ isPlanned: Bool, _ isAsBefore: Bool) -> Field {
        isPlanned ? .planned : isAsBefore ? .unchanged : .other
    }

    /// Whether the prefix became one that was neither there nor planned.
    var hasOtherPrefix: Bool { prefix == .other }

    var verdict: Verdict {
        if template == .planned, prefix == .planned {
            if flag == .planned { return .asPlanned(note: nil) }
            // The prefix says what subjects are: the flag beside it says no more than who opted in.
            if found.value.prefix != nil { return .asPlanned(note: flagNote) }
        }
        if found.isStillBefore(change) { return .unchanged }
        return [template, flag, prefix].contains(.other) ? .different(words) : .partial(words)
    }

    // MARK: - In words

    private var flagNote: String {
        let why =
            change.after.flag == true && found.value.flag != true
            ? "which says only that nobody opted in" : "which says nothing of the subject: its prefix is as planned"
        return "use_immutable_subject \(verb(flag)) \(Self.word(found.value.flag)), \(why)"
    }

    /// Which fields were taken and which were not, and what subjects are now.
    private var words: String {
        var taken: [String] = []
        var left: [String] = []
        if template != .planned {
            left.append("the template \(verb(template)) \(found.value.templateWords)")
        } else if !change.keepsTemplate {
            taken.append(change.after.keys == nil ? "the template" : "the claims")
        }
        if flag != .planned {
            left.append("use_immutable_subject \(verb(flag)) \(Self.word(found.value.flag))")
        } else if change.before.flag != change.after.flag {
            taken.append("use_immutable_subject")
        }
        // With the flag goes the prefix, which GitHub computes.
        if prefix != .planned, flag == .planned || prefix == .other {
            left.append("the prefix \(verb(prefix)) \(found.value.prefix ?? "not sent")")
        }
        let form = taken.count == 1 && taken[0] != "the claims" ? "was" : "were"
        let parts = (taken.isEmpty ? [] : ["\(taken.joined(separator: " and ")) \(form) taken"]) + left
        return parts.joined(separator: ", ") + (found.subject.map { ": subjects are \($0)" } ?? "")
    }

    private func verb(_ field: Field) -> String { field == .unchanged ? "stays" : "is" }

    private static func word(_ flag: Bool?) -> String { flag.map { "\($0)" } ?? "not set" }
}

extension TargetReader.Found {
    /// Whether the template is the one that was planned, or was there.
    ///
    /// - Parameter mayInherit: whether the claims that GitHub sends may be the organization's.
    fileprivate func hasTemplate(of other: PlannedChange.Value, mayInherit: Bool = false) -> Bool {
        switch (value, other) {
        case (.organization(.set(let template, _)), .organization(.set(let wanted, _))): return template == wanted
        case (.organization(let template), .organization(let wanted)): return template == wanted
        case (.repository(let setting), .repository(let wanted)):
            guard setting.useDefault == wanted.useDefault else { return false }
            if wanted.useDefault { return true }
            if wanted.inherits { return setting.inherits || setting.includeClaimKeys == echo }
            return setting.includeClaimKeys == wanted.includeClaimKeys
                || (mayInherit && setting.includeClaimKeys == echo)
        default: return false
        }
    }
}

extension PlannedChange {
    fileprivate var keepsTemplate: Bool {
        switch (before, after) {
        case (.organization(.set(let before, _)), .organization(.set(let after, _))): before == after
        case (.repository(let before), .repository(let after)):
            before.useDefault == after.useDefault
                && (before.useDefault || (before.includeClaimKeys ?? []) == (after.includeClaimKeys ?? []))
        default: false
        }
    }
}

extension PlannedChange.Value {
    fileprivate var flag: Bool? {
        switch self {
        case .organization(.set(_, let flag)): flag
        case .organization: nil
        case .repository(let setting): setting.useImmutableSubject
        }
    }

    /// Claims that it names; `nil` if it names none.
    fileprivate var keys: [ClaimKey]? {
        switch self {
        case .organization(.set(let template, _)): template.keys
        case .organization: nil
        case .repository(let setting):
            setting.useDefault || (setting.includeClaimKeys ?? []).isEmpty ? nil : setting.includeClaimKeys
        }
    }

    fileprivate var templateWords: String {
        if let keys { return keys.map(\.rawValue).joined(separator: ", ") }
        switch self {
        case .organization(.neverSet): return "never set"
        case .organization: return "unknown"
        case .repository(let setting): return setting.useDefault ? "GitHub's default" : "the organization's"
        }
    }

    var prefix: String? {
        if case .repository(let setting) = self { setting.subClaimPrefix } else { nil }
    }
}
