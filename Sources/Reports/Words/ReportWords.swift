import AuditCore

/// What a report says of itself in a sentence, in every format for people.
extension AuditReport {
    /// The word of the headline: what the gate makes of the scan.
    var headlineWord: String {
        switch gate.verdict {
        case .failed: "violations"
        case .incomplete: "incomplete"
        case .passed: findings.isEmpty && summary.unreadable == 0 ? "compliant" : "passed"
        }
    }

    /// The headline after its word.
    var headlineInWords: String {
        let words =
            switch gate.verdict {
            case .failed: failureInWords
            case .incomplete:
                "\(findings.contains(where: gate.counts) ? failureInWords + ", and" : "no finding counts, but") not everything "
                    + "could be judged"
            case .passed where findings.isEmpty && summary.unreadable > 0:
                "every repository that could be read meets the policy"
            case .passed where findings.isEmpty:
                summary.judged == 1
                    ? "the one repository in scope meets the policy"
                    : "all \(summary.judged) repositories in scope meet the policy"
            case .passed: "no finding counts"
            }
        let unread = summary.unreadable > 0 ? ["\(summary.unreadable) unread"] : []
        // Without --new-only, those of the baseline are among the findings that count.
        let accepted = acceptedFindingsInWords(
            baseline: gate.newOnly ? "in the baseline" : "of the findings in the baseline")
        return ([words] + unread + accepted).joined(separator: " · ")
    }

    private var failureInWords: String {
        let counting = findings.filter(gate.counts)
        let repositories = Set(counting.compactMap(\.repositoryID)).count
        let others = counting.count { $0.repositoryID == nil }
        return [
            repositories > 0 || others == 0
                ? "\(repositories) of \(counted(summary.judged + summary.unreadable, "repository")) "
                    + "\(repositories == 1 ? "breaks" : "break") the policy" : nil,
            others > 0 ? "\(counted(others, "finding")) about organizations or waivers" : nil,
        ].compactMap(\.self).joined(separator: ", besides ")
    }

    /// Critical and high findings that stood open before and could not be judged, worst first.
    var gravestNotJudged: [CarriedFinding] {
        let open = carriedOn.filter { !$0.known.isWaived }
        return [Severity.critical, .high].flatMap { severity in open.filter { $0.known.severity == severity } }
    }

    /// Which findings are let through, one phrase each: `30 in the baseline`, `2 findings waived`.
    var acceptedFindingsInWords: [String] { acceptedFindingsInWords(baseline: "in the baseline") }

    private func acceptedFindingsInWords(baseline: String) -> [String] {
        let known = findings.count { $0.isOpen && $0.isInBaseline == true }
        let minor = findings.count { $0.isOpen && !gate.isAccepted($0) && !gate.counts($0) }
        return [
            known > 0 ? "\(known) \(baseline)" : nil,
            // Repositories are counted as well, and one can have a waived finding beside others.
            summary.waivedFindings > 0 ? "\(counted(summary.waivedFindings, "finding")) waived" : nil,
            minor > 0 ? "\(minor) below --fail-on \(gate.failOn?.rawValue ?? "none")" : nil,
        ].compactMap(\.self)
    }

    /// How many findings are waived by a waiver that names no problem, for formats that show no waived finding: one phrase, or
    /// none.
    var acceptedWhateverInWords: [String] {
        let count = findings.count { $0.waiver?.acceptsAnything == true }
        return count > 0 ? ["\(count) of them by a waiver that accepts whatever its rule finds"] : []
    }

    /// Open findings that are new, worse or back since the scan before, and are not accepted: worst first, then in the
    /// report's order. `nil` if the history holds no scan before, or none that this policy judged.
    var freshFindings: [Finding]? {
        guard comparedScan != nil else { return nil }
        return findings.enumerated()
            .filter { $0.element.isFresh && !gate.isAccepted($0.element) }
            .sorted { ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset) }
            .map(\.element)
    }

    /// The scan with which findings are compared: the newest before that this policy judged.
    var comparedScan: ScanDifference.Side? {
        guard let difference = history?.difference else { return nil }
        return isJudgedAlike(difference) ? difference.before : history?.judgedBefore?.scan
    }

    /// Whether this policy judged the scan before too.
    private func isJudgedAlike(_ difference: ScanDifference) -> Bool { difference.policyName == policy.name }

    /// Whether other policies judged the scans before, and this one none: nothing of it is known to be new.
    var isFirstOfPolicy: Bool { history?.difference != nil && comparedScan == nil }

    /// Findings that went since the scan before, worst first. Those whose rule left the policy went with that change, and
    /// not again each night.
    var goneSinceBefore: [GoneFinding] {
        guard let difference = history?.difference, isJudgedAlike(difference), !difference.policyChanged else {
            return gone
        }
        return gone.filter { $0.reason != .ruleRemoved }
    }

    /// The same for people: whoever names repositories asks nothing of the others.
    var goneOfInterest: [GoneFinding] {
        guard !scope.named.isEmpty else { return goneSinceBefore }
        let listed = Set(repositories.map(\.repository.id))
        return goneSinceBefore.filter { finding in
            guard finding.reason == .outOfScope, case .repository(let id) = finding.key.subject else { return true }
            return listed.contains(id)
        }
    }

    /// Open findings that have fewer problems than the scan before found, and no other ones.
    var improvedFindings: [Finding] {
        guard history?.difference != nil else { return [] }
        return findings.filter { $0.isOpen && $0.change == .recurring && !$0.fixedProblems.isEmpty }
    }

    /// Whether a finding is new because what it is about was never read before, which is no change.
    func isFirstRead(_ finding: Finding) -> Bool {
        guard finding.change == .new, !finding.isInScopeAgain, let difference = history?.difference else {
            return false
        }
        if case .waiver = finding.key.subject { return false }
        let id = organizations.first { $0.login == finding.organization }?.id
        guard let organization = difference.organizations.first(where: { $0.id == id }) else { return true }
        return organization.hides(finding.key)
    }

    /// How a finding compares with the scan before, in a word or two; `nil` if it is the same.
    func changeInWords(_ finding: Finding) -> String? {
        isFirstRead(finding) ? Self.firstRead : finding.changeInWords
    }

    /// As `Finding.notes`, compared with the scan before, or with the last that knew what the finding is about.
    func notes(_ finding: Finding, _ known: [RepositoryID: ScanDifference.Side]) -> [String] {
        let notes = finding.notes(finding.change, isSinceBefore: true)
        return (isFirstRead(finding) ? [Self.firstRead] + notes.dropFirst() : notes)
            + [gapInWords(finding, known)].compactMap(\.self)
    }

    /// That a finding is compared with an older scan than others.
    ///
    /// - Parameter known: the report's `lastKnown`.
    func gapInWords(_ finding: Finding, _ known: [RepositoryID: ScanDifference.Side]) -> String? {
        guard let scan = finding.repositoryID.flatMap({ known[$0] }), !isFirstRead(finding) else { return nil }
        return "since scan \(scan.id.rawValue), the last that knew it"
    }

    /// Of repositories that the scan before could not judge, the last scan that could.
    var lastKnown: [RepositoryID: ScanDifference.Side] {
        guard let difference = history?.difference, isJudgedAlike(difference) else { return [:] }
        var known: [RepositoryID: ScanDifference.Side] = [:]
        let logins = Dictionary(
            organizations.compactMap { one in one.id.map { ($0, one.login) } }, uniquingKeysWith: { first, _ in first })
        for organization in difference.organizations {
            for gap in organization.regained {
                if case .repository(let repository) = gap.what { known[repository.id] = gap.knownBy }
            }
            for move in organization.entered { known[move.repository.id] = move.knownBy }
            guard let scan = organization.knownBy ?? organization.templateKnownBy else { continue }
            for member in repositories where member.organization == logins[organization.id] {
                let follows = [.organization, .organizationOrCopy].contains(member.effective?.source)
                if follows || organization.knownBy != nil, known[member.repository.id] == nil {
                    known[member.repository.id] = scan
                }
            }
        }
        return known
    }

    private static let firstRead = "first read"

    /// How many of each kind of change: `1 new, 2 worsened, 3 first read`.
    func changesInWords(_ findings: [Finding]) -> String {
        let counts = Dictionary(findings.compactMap { changeInWords($0).map { ($0, 1) } }, uniquingKeysWith: +)
        return
            (Finding.State.allCases.map(\.rawValue)
            + [Finding.inScopeAgain, Finding.noLongerAccepted, Self.firstRead])
            .compactMap { word in counts[word].map { "\($0) \(word)" } }.joined(separator: ", ")
    }

    /// That another policy judged the scan before, or this one by another text: what is new may be new in the policy.
    private func policyChangesInWords(_ difference: ScanDifference) -> [String] {
        let isAlike = isJudgedAlike(difference)
        let textBefore = isAlike ? difference.policyBefore : history?.judgedBefore?.policySHA256
        let isSame = textBefore.map { $0 == policy.sha256 } ?? !(isAlike && difference.policyChanged)
        return [
            isAlike ? nil : "another policy judged #\(difference.before.id.rawValue)",
            isSame ? nil : "the policy \(policy.name) is another text now",
        ].compactMap(\.self)
    }

    /// What changed since the scan before, in one line: `since #41 of 2026-11-20: 3 templates, 1 added; findings: 2 appeared,
    /// 1 gone`. `nil` if there is no scan before, or it was not asked for.
    var changesInWords: String? {
        guard let difference = history?.difference else { return nil }
        let since = "since #\(difference.before.id.rawValue) of \(difference.before.startedAt.day)"
        let changes = difference.organizations.flatMap(\.changes)
        let kinds = Dictionary(changes.flatMap(\.kinds).map { ($0, 1) }, uniquingKeysWith: +)
        var words = RepositoryChange.Kind.allCases.compactMap { kind in kinds[kind].map { kind.displayText($0) } }
        let tallies = tallies
        let templates = difference.organizations.filter(\.templateChanged).map { organization in
            let sources = tallies[organization.id]?.sources ?? [:]
            let followers = sources[.organization, default: 0] + sources[.organizationOrCopy, default: 0]
            return "the template of \(organization.login), which \(counted(followers, "repository")) "
                + (followers == 1 ? "follows" : "follow")
        }
        words = templates + words
        var parts = words.isEmpty ? [] : [words.joined(separator: ", ")]
        parts += policyChangesInWords(difference)
        // Where this policy judged no scan before, findings say nothing of what changed.
        if let comparedScan {
            let fresh = (freshFindings ?? []).filter { !isFirstRead($0) }
            let (gone, better) = (goneOfInterest.count, improvedFindings.count)
            let counts = [
                fresh.isEmpty ? nil : changesInWords(fresh), gone > 0 ? "\(gone) gone" : nil,
                better > 0 ? "\(better) with fewer problems" : nil,
            ].compactMap(\.self)
            if !counts.isEmpty {
                let since = isJudgedAlike(difference) ? "" : " since #\(comparedScan.id.rawValue)"
                parts.append("findings\(since): \(counts.joined(separator: ", "))")
            }
        }
        // Those that an earlier scan has not seen at all.
        let unknown = organizations.filter { organization in
            organization.id != nil && !difference.organizations.contains { $0.id == organization.id }
        }.map(\.login).filter { !difference.found.contains($0) }
        let hidden = unknown + difference.hiddenInWordsOnce
        if parts.isEmpty { parts.append(hidden.isEmpty ? "nothing" : "nothing known") }
        // What could not be read is no change, and not known to be none.
        if !hidden.isEmpty { parts.append("not known of \(hidden.joined(separator: ", "))") }
        let firstRead = (freshFindings ?? []).count(where: isFirstRead)
        if firstRead > 0 { parts.append("\(counted(firstRead, "finding")) \(Self.firstRead)") }
        return "\(since): \(parts.joined(separator: "; "))"
    }
}

extension RepositoryChange.Kind {
    fileprivate func displayText(_ count: Int) -> String {
        switch self {
        case .template, .immutability, .subject, .setting, .visibility: counted(count, displayText)
        case .added, .removed, .transferred, .renamed, .archived, .unarchived, .facts:
            "\(count) \(displayText)"
        }
    }
}

extension Finding {
    /// What a reader should know beside the message: that it is new, worse or back, and what the baseline holds; empty
    /// where there is nothing.
    ///
    /// - Parameters:
    ///   - state: the one to say: compared with the scan before, or with what was accepted.
    ///   - isSinceBefore: whether that is compared with the scan before; else with what was accepted.
    func notes(_ state: Finding.State, isSinceBefore: Bool = false) -> [String] {
        let said: String? =
            switch state {
            case .new where isInScopeAgain:
                [Self.inScopeAgain, worseInWords].compactMap(\.self).joined(separator: ", ")
            case .new: "new"
            case .worsened where !acceptedProblems.isEmpty:
                change == .worsened ? Self.worsened([severityInWords]) : nil
            case .worsened where isSinceBefore: worseningSinceBefore
            case .worsened: Self.worsened([acceptedSeverityInWords, Self.also(furtherProblems)])
            case .reappeared: "reappeared"
            case .recurring: isNoLongerAccepted && isOpen ? Self.noLongerAccepted : nil
            }
        return [said, acceptanceInWords, isInBaseline == true ? Self.inBaseline : nil].compactMap(\.self)
    }

    private var worseningSinceBefore: String { Self.worsened([worseInWords]) }

    /// How it is worse than by the scan before: `was low, now also missing claim: context`; `nil` if it is not.
    var worseInWords: String? {
        let why = [severityInWords, Self.also(problemsSinceBefore)].compactMap(\.self)
        return why.isEmpty ? nil : why.joined(separator: ", ")
    }

    private var severityInWords: String? { severityBefore.map { "was \($0.rawValue)" } }

    /// Compared with the baseline; without one, with the scan before.
    private var acceptedSeverityInWords: String? {
        acceptedSeverity.map { "accepted as \($0.rawValue), \(severity.rawValue) now" } ?? severityInWords
    }

    private static func also(_ problems: [String]) -> String? {
        problems.isEmpty ? nil : "now also \(problems.joined(separator: "; "))"
    }

    private static func worsened(_ why: [String?]) -> String {
        let why = why.compactMap(\.self)
        return why.isEmpty ? "worsened" : "worsened: \(why.joined(separator: ", "))"
    }

    static let noLongerAccepted = "no longer accepted"
    static let inScopeAgain = "in scope again"
    static let inBaseline = "in the baseline"

    /// Whether it is new, worse or back since the scan before, or its waiver has ended since.
    var isFresh: Bool { change != .recurring || isNoLongerAccepted }

    /// The same in a word, compared with what was accepted, else with the scan before; `nil` if it is none of that.
    var newsWord: String? {
        if state != .recurring { return state.rawValue }
        return isNoLongerAccepted && isInBaseline != true ? Self.noLongerAcceptedWord : nil
    }

    static let noLongerAcceptedWord = "no_longer_accepted"

    /// Whether the baseline does not hold it; where there is none, whether it is new since the scan before.
    var isNews: Bool { isInBaseline.map { !$0 } ?? isFresh }

    /// How it compares with the scan before; `nil` if it is the same.
    var changeInWords: String? {
        if isInScopeAgain { return Self.inScopeAgain }
        return change != .recurring ? change.rawValue : isNoLongerAccepted ? Self.noLongerAccepted : nil
    }

    /// What a waiver accepts of it, and what is beyond that; `nil` if that is all or nothing.
    private var acceptanceInWords: String? {
        acceptedProblems.isEmpty ? nil : Self.acceptanceInWords(acceptedProblems, beyond: furtherProblems)
    }

    fileprivate static func acceptanceInWords(_ accepted: [String], beyond further: [String]) -> String {
        "accepted: \(accepted.joined(separator: "; ")); not accepted: \(further.joined(separator: "; "))"
    }
}

extension String {
    /// The text as one of a list, in quotation marks if it could be taken for two of them, its blanks could not be seen, or
    /// it could look like another.
    var quotedIfOdd: String {
        let isOdd =
            isEmpty
            || unicodeScalars.contains { scalar in
                scalar == "," || scalar == "\"" || !scalar.isASCII || scalar.properties.isWhitespace && scalar != " "
            }
            || hasPrefix(" ") || hasSuffix(" ") || contains("  ")
        return isOdd ? quoted : self
    }
}

extension GoneFinding.Reason {
    var displayText: String {
        switch self {
        case .fixed: "fixed"
        case .removed: "the repository is no longer listed"
        case .outOfScope: "out of scope now"
        case .ruleRemoved: "the policy no longer has the rule"
        case .notApplicable: "the rule no longer applies to it"
        case .policyChanged: "the policy's text changed, not the repository"
        }
    }
}

extension Waiver {
    /// What it accepts, for people.
    var acceptsInWords: String {
        acceptsAnything ? whateverInWords : accepts.joined(separator: "; ")
    }

    /// Who accepts, until when and why; and that it is whatever is found, where it lists none.
    var acceptance: String {
        "\(owner), until \(expires): \(reason)" + (acceptsAnything ? " (accepts \(whateverInWords))" : "")
    }

    private var whateverInWords: String {
        rule == RuleEntry.reservedID ? "whatever keeps it from being read" : "whatever \(rule) finds"
    }
}

/// A number with its noun: `1 repository`, `2 repositories`, `2 days`.
func counted(_ count: Int, _ noun: String) -> String {
    let endsInIES = noun.hasSuffix("y") && !noun.hasSuffix("ay")
    return count == 1 ? "1 \(noun)" : "\(count) \(endsInIES ? noun.dropLast() + "ies" : noun + "s")"
}

extension Finding {
    /// What is there, as a list.
    var actualInWords: String {
        violation.actual.map { violation.namesClaims ? ClaimKey($0).shown : $0.quotedIfOdd }.joined(separator: ", ")
    }

    /// One finding on a line, for formats that show it alone: name, state, message, what is there, and what to do.
    var annotation: String {
        let states = notes(state).map { " (\($0))" }.joined()
        let has = actualInWords.isEmpty ? "nothing" : actualInWords
        return "\(name)\(states): \(violation.message); has: \(has). \(violation.remediation)"
    }
}

extension RepositoryReport {
    /// Why it is skipped, unreadable or undecided, and who accepts that.
    var reasonInWords: String {
        let why = reason ?? "unknown"
        if !otherwiseAccepted.isEmpty {
            return
                "\(why) (\(Finding.acceptanceInWords(otherwiseAccepted, beyond: [unreadProblem].compactMap(\.self))))"
        }
        return acceptedUnread.map { "\(why) (accepted by \($0.acceptance))" } ?? why
    }
}
