import AuditCore

/// The conditions of one statement, as demands of a token.
///
/// Source: IAM user guide, "Condition operators", "Conditions with multiple context keys or values" and "Available keys for AWS
/// OIDC federation", read in September 2026.
struct AWSConditions {
    private(set) var demands: [ClaimDemand] = []
    private(set) var undecided: [Undecided] = []
    /// Whether `sub` is demanded by something that was not decided.
    private var hasOpenSubject = false

    /// - Parameters:
    ///   - provider: host and path of the provider, which begin its keys.
    ///   - hasVariables: whether the policy's version has them.
    init(_ conditions: [Document.Member], provider: String, hasVariables: Bool) {
        for condition in conditions {
            for key in condition.value.members ?? [] {
                take(condition.key, key, provider: provider, hasVariables: hasVariables)
            }
            if condition.value.members == nil {
                undecided.append(Undecided(.unsupported, condition.key, "its keys are not an object"))
            }
        }
    }

    var demand: Demand { .all(demands.map { .claim($0) }) }

    /// Of a Deny: keys that AWS documents for no token, where the Deny refuses tokens because these keys are missing. If
    /// AWS reads the key after all, it refuses others or none.
    var refusesByUnreadKey: [Undecided] {
        guard demands.allSatisfy({ $0.isRead || $0.whenAbsent }) else { return [] }
        return demands.filter { !$0.isRead }.map {
            Undecided(
                .undocumented, $0.written,
                "AWS does not document that it reads this key, so that it is not certain whom the Deny refuses")
        }
    }

    /// Since about June 2025 IAM looks at the first value of `sub` alone.
    var creationRefusal: String? {
        let subjects = demands.filter { $0.claim == "sub" && !$0.isNegated && !$0.anyOf.isEmpty }
        if hasOpenSubject { return nil }
        guard !subjects.isEmpty else { return "the subject is not demanded" }
        return subjects.allSatisfy { $0.anyOf[0].isOnlyWildcards } ? "the subject's first value is only wildcards" : nil
    }

    // MARK: - Keys

    /// Claims of GitHub's tokens that AWS reads, by key.
    private static let claims: [String: ClaimKey] = {
        var claims: [String: ClaimKey] = ["oaud": "aud"]
        for name in [
            "sub", "aud", "actor", "actor_id", "job_workflow_ref", "repository", "repository_id", "repository_owner_id",
            "workflow", "ref", "environment", "enterprise_id",
        ] { claims[name] = ClaimKey(name) }
        return claims
    }()

    private enum Meaning {
        case claim(ClaimKey)
        /// A key that requests by GitHub's tokens lack.
        case absent(ClaimKey)
        case request
        case unsupported(String)
    }

    private static func meaning(of key: String, provider: String) -> Meaning {
        let lower = key.lowercasedASCII
        let prefix = provider.lowercasedASCII + ":"
        if lower.hasPrefix(prefix) {
            let name = String(lower.dropFirst(prefix.count))
            if name == "amr" { return .unsupported("what AWS puts into amr is not evaluated") }
            return claims[name].map { .claim($0) } ?? .absent(ClaimKey(name))
        }
        // Keys of AWS's own have a service in front; those of a provider have its host.
        let service = lower.prefix { $0 != ":" }
        return service.contains(".") || service.contains("/") ? .absent(ClaimKey(key)) : .request
    }

    // MARK: - Operators

    private struct Operator {
        enum Base { case string(TextPattern.Kind, isNegated: Bool), null, other }
        enum Quantifier { case none, all, any }

        let base: Base
        let quantifier: Quantifier
        let isIfExists: Bool

        /// - Returns: `nil` if it is not spelled as documented.
        init?(_ written: String) {
            var name = written[...]
            if name.hasPrefix("ForAllValues:") {
                quantifier = .all
                name = name.dropFirst("ForAllValues:".count)
            } else if name.hasPrefix("ForAnyValue:") {
                quantifier = .any
                name = name.dropFirst("ForAnyValue:".count)
            } else {
                quantifier = .none
            }
            isIfExists = name.hasSuffix("IfExists")
            if isIfExists { name = name.dropLast("IfExists".count) }
            guard let base = Self.bases[String(name)] else { return nil }
            if case .null = base, isIfExists || quantifier != .none { return nil }
            self.base = base
        }

        private static let bases: [String: Base] = {
            var bases: [String: Base] = [
                "StringEquals": .string(.equals, isNegated: false),
                "StringNotEquals": .string(.equals, isNegated: true),
                "StringEqualsIgnoreCase": .string(.equalsIgnoringCase, isNegated: false),
                "StringNotEqualsIgnoreCase": .string(.equalsIgnoringCase, isNegated: true),
                "StringLike": .string(.like, isNegated: false), "StringNotLike": .string(.like, isNegated: true),
                "Null": .null,
            ]
            for name in [
                "Bool", "BinaryEquals", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
                "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan",
                "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "IpAddress", "NotIpAddress",
                "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike",
            ] { bases[name] = .other }
            return bases
        }()
    }

    // MARK: - Clauses

    private mutating func take(
        _ written: String, _ key: Document.Member, provider: String, hasVariables: Bool,
    ) {
        let name = "\(written) \(key.key)"
        let claim: ClaimKey
        let isRead: Bool
        switch Self.meaning(of: key.key, provider: provider) {
        case .claim(let key): (claim, isRead) = (key, true)
        case .absent(let key): (claim, isRead) = (key, false)
        case .request:
            undecided.append(Undecided(.request, key.key, Undecided.requestReason))
            return
        case .unsupported(let why):
            undecided.append(Undecided(.unsupported, key.key, why))
            return
        }
        func leaveOpen(_ kind: Undecided.Kind, _ why: String) {
            undecided.append(Undecided(kind, name, why))
            if claim == "sub" { hasOpenSubject = true }
        }
        guard let parsed = Operator(written) else { return leaveOpen(.unsupported, "no operator that is documented") }
        guard let values = key.value.texts else { return leaveOpen(.unsupported, "its values are not texts") }
        switch parsed.base {
        case .other: leaveOpen(.unsupported, "the operator is not evaluated on a claim")
        case .null: takeNull(claim, isRead, values, name)
        case .string(let kind, let isNegated):
            if !key.value.areStrings {
                leaveOpen(.undocumented, "how AWS compares a text with a number or a boolean is not documented")
                // At most they are taken as texts.
                if isNegated { return }
            }
            let mayBeAbsent = !isRead || claim == "environment" || claim == "enterprise_id"
            if parsed.quantifier == .any, parsed.isIfExists, mayBeAbsent {
                leaveOpen(.undocumented, "what ForAnyValue with IfExists comes to without the key is not documented")
            }
            var patterns: [TextPattern] = []
            for value in values {
                guard let (undecidedKind, why) = Self.obstacle(in: value, kind, hasVariables: hasVariables, provider)
                else {
                    patterns.append(TextPattern(kind, value, hasVariables: hasVariables))
                    continue
                }
                guard undecidedKind == .unsupported, hasVariables, !isNegated, kind != .equalsIgnoringCase,
                    let widest = Self.widest(value, kind)
                else { return leaveOpen(undecidedKind, why) }
                // What is written around a variable is demanded whatever the variable stands for.
                leaveOpen(undecidedKind, why)
                patterns.append(TextPattern(.like, widest, hasVariables: true, written: value))
            }
            let whenAbsent =
                switch parsed.quantifier {
                case .none: isNegated || parsed.isIfExists
                case .all: true
                case .any: parsed.isIfExists
                }
            demands.append(
                ClaimDemand(
                    claim, anyOf: patterns, isNegated: isNegated, whenAbsent: whenAbsent, isRead: isRead, written: name)
            )
        }
    }

    /// `"true"`: the claim must be absent; `"false"`: it must be there.
    private mutating func takeNull(_ claim: ClaimKey, _ isRead: Bool, _ values: [String], _ name: String) {
        let words = values.map { $0.lowercasedASCII }
        guard words.allSatisfy({ $0 == "true" || $0 == "false" }) else {
            undecided.append(Undecided(.unsupported, name, "a value is neither true nor false"))
            return
        }
        let (absent, present) = (words.contains("true"), words.contains("false"))
        // No value of the claim is one of none; negated, any is.
        demands.append(
            ClaimDemand(claim, anyOf: [], isNegated: present, whenAbsent: absent, isRead: isRead, written: name))
    }

    /// The value under `StringLike` with `*` for each variable; `nil` if it is not evaluated for another reason.
    private static func widest(_ value: String, _ kind: TextPattern.Kind) -> String? {
        guard value.utf8.count <= valueLengthMax else { return nil }
        var widest = ""
        var rest = value[...]
        while let first = rest.first {
            if rest.hasPrefix("${") {
                guard let end = endOfVariable(rest) else { return nil }
                let name = String(rest[..<end].dropFirst(2))
                widest += ["*", "?", "$"].contains(name) ? "${\(name)}" : "*"
                rest = rest[end...].dropFirst()
                continue
            }
            widest += kind != .like && (first == "*" || first == "?") ? "${\(first)}" : String(first)
            rest = rest.dropFirst()
        }
        return widest
    }

    /// The brace that closes the variable at the start of a text: one in quotation marks is of its default value.
    ///
    /// Source: AWS, IAM User Guide, "IAM policy elements: Variables and tags", specifying default values.
    private static func endOfVariable(_ text: Substring) -> Substring.Index? {
        var isQuoted = false
        return text.indices.first { index in
            if text[index] == "'" { isQuoted.toggle() }
            return text[index] == "}" && !isQuoted
        }
    }

    /// Longest value that is evaluated, in bytes; a trust policy of AWS has at most 8,192 characters.
    private static let valueLengthMax = 16_384

    /// Why a value is not evaluated; `nil` if it is.
    private static func obstacle(
        in value: String, _ kind: TextPattern.Kind, hasVariables: Bool, _ provider: String,
    ) -> (Undecided.Kind, String)? {
        guard value.utf8.count <= valueLengthMax else {
            return (.unsupported, "a value is longer than a policy can be")
        }
        if kind == .equalsIgnoringCase, value.utf8.contains(where: { $0 >= 0x80 }) {
            return (.undocumented, "how case is ignored beyond ASCII is not documented")
        }
        guard hasVariables else { return nil }
        var rest = value[...]
        while let start = rest.firstRange(of: "${") {
            let variable = rest[start.lowerBound...]
            guard variable.contains("}") else { return nil }
            guard let end = endOfVariable(variable) else { return (.unsupported, "a variable has no end") }
            let name = rest[start.upperBound..<end]
            rest = rest[end...].dropFirst()
            if ["*", "?", "$"].contains(String(name)) { continue }
            if String(name).lowercasedASCII.hasPrefix(provider.lowercasedASCII + ":") {
                return (.undocumented, "${\(name)} compares the token with itself: it may admit everyone")
            }
            return (.unsupported, "the variable ${\(name)} is not evaluated")
        }
        return nil
    }
}
