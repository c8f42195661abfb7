/// What a rule about trusts judges: one way in, with what was decided about it.
package struct TrustSubject: Sendable {
    package let judged: JudgedTrust
    /// Whether every repository of ours is known to be listed: else one that is missing may be there all the same.
    package let isListingWhole: Bool
    /// What changes would do to this trust; `nil` if none is asked about.
    package let change: TrustAudit.Change?

    package init(judged: JudgedTrust, isListingWhole: Bool, change: TrustAudit.Change?) {
        self.judged = judged
        self.isListingWhole = isListingWhole
        self.change = change
    }

    var findings: TrustFindings { judged.findings }
    var reach: Reach { judged.reach }

    /// Values of the subject as they are written.
    var writtenSubjects: [String] {
        judged.trust.allow.claimDemands.filter { $0.claim == "sub" }.flatMap { $0.anyOf.map(\.shown) }.asProblems
    }

    /// Problems of a trust that lets somebody in, each with a part for every subject that is written, so that one that is
    /// added is a further problem.
    func spread(_ problems: [String]) -> [String] {
        let subjects = judged.trust.allow.claimDemands.filter { $0.claim == "sub" && !$0.isNegated }
            .flatMap { $0.anyOf.map(\.inWords) }.asProblems
        return problems.flatMap { problem in
            [problem] + (subjects.isEmpty ? ["any subject"] : subjects).map { String.part($0, of: problem) }
        } + narrowing
    }

    /// What is demanded beside the subject, a text for each demand: one that goes is a further problem.
    var narrowing: [String] {
        let allow = judged.trust.allow.necessary
        let isSubjectDemandedTwice = allow.count { $0.claim == "sub" && !$0.isNegated } > 1
        return allow.filter { demand in
            demand.isRead && demand.claim != "aud"
                && (demand.claim != "sub" || demand.isNegated || isSubjectDemandedTwice)
        }.map { String.narrowed(byDemandOf: $0.valuesInWords) }
            + judged.trust.denies.map { deny in
                String.narrowed(
                    byDemandOf: "a Deny of \(deny.claimDemands.map(\.valuesInWords).joined(separator: " and "))")
            }
    }

    /// A pass where there is no problem.
    ///
    /// - Parameters:
    ///   - problems: as in `Violation`.
    ///   - expected: likewise.
    func verdict(
        _ problems: [String], expected: [String], actual: [String], remediation: String,
    ) -> RuleVerdict {
        guard !problems.headlines.isEmpty else { return .pass }
        return .fail(
            Violation(
                message: problems.asProblems.headlines.joined(separator: "; "), problems: problems, expected: expected,
                actual: actual, remediation: remediation))
    }

    func verdict(_ problems: [String], expected: String, actual: [String], remediation: String) -> RuleVerdict {
        verdict(problems, expected: [expected], actual: actual, remediation: remediation)
    }

    /// A failure for each value that is written so.
    func verdict(
        _ values: [TrustFindings.Value], _ problem: (TrustFindings.Value) -> String, expected: String,
        remediation: String,
    ) -> RuleVerdict {
        verdict(
            values.map(problem) + narrowing, expected: [expected], actual: values.map(\.text).asProblems,
            remediation: remediation)
    }

    /// A failure where a group gets in, with the subject that proves it.
    func verdict(_ answer: Reach.Answer, _ problem: String, expected: String, remediation: String) -> RuleVerdict {
        switch answer {
        case .no: .pass
        case .possible(_, let why): .undecided("\(problem)? \(why)")
        case .yes(let witness):
            verdict(spread([problem]), expected: [expected], actual: [witness.subject], remediation: remediation)
        }
    }
}

extension TextPattern {
    /// As it is written, and how it is compared where that does not show.
    fileprivate var inWords: String {
        switch kind {
        case .like: shown
        case .equals: text.contains { $0 == "*" || $0 == "?" } ? "\(shown) (no wildcard)" : shown
        case .equalsIgnoringCase: "\(shown) (in any case)"
        }
    }
}

extension ClaimDemand {
    /// `StringLike sub`: the key without its provider, whose name is long and the same for all.
    var operatorAndClaim: String {
        "\(written.split(separator: " ").first.map(String.init) ?? "a condition on") \(claim.rawValue)"
    }

    /// `environment: prod, stage`. A demand that accepts more than it seems to says so.
    fileprivate var valuesInWords: String {
        let presence = isNegated == whenAbsent ? "" : whenAbsent ? " or no such claim" : " and such a claim"
        let values = anyOf.map(\.inWords).asProblems.joined(separator: ", ")
        return "\(claim.shown): \(isNegated ? "none of " : "")\(values)\(presence)"
    }
}

extension NoMatch {
    /// Whether a repository that the listing lacks would be another reason, or none.
    var hangsOnListing: Bool {
        switch self {
        case .gone, .notOurs: true
        default: false
        }
    }

    /// The reason for people, in lower case without a final stop.
    package var message: String {
        switch self {
        case .gone(let name): "\(name) is not listed"
        case .renamed(let from, let to): "\(from) is \(to) now"
        case .formatFlipped(let name, let format):
            "\(name) presents \(format.name) subjects now, and the trust demands the other format"
        case .templateDiffers(let name, let subject): "the template of \(name) makes \(subject)"
        case .caseDiffers(let written, let actual):
            "the case of letters differs: \(written) is written, \(actual) is so"
        case .colon(let written, let expected):
            "a colon within a value stands as %3A: \(written) is written, \(expected) would match"
        case .audience(let audiences): "no token has all these audiences: \(audiences.joined(separator: ", "))"
        case .keyNotRead(let key): "the cloud does not read the claim \(key), unless it does so undocumented"
        case .value(let claim, let written): "no token has this \(claim): \(written.joined(separator: ", "))"
        case .notOurs(let name): "\(name) is neither scanned nor given by --also-ours"
        case .denied: "a Deny statement refuses what the Allow accepts"
        case .unexplained: "no repository presents such a token"
        }
    }
}
