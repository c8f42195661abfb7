/// A demand of the policy that a repository, an organization or a waiver does not meet.
package struct Finding: Hashable, Sendable {
    /// How a finding compares with earlier scans.
    package enum State: String, Sendable, CaseIterable {
        /// The scan before did not have it, and no scan found it fixed: it was never there, or went with its repository or its
        /// rule and came back with it, or the scan before left its repository out.
        case new
        /// It was found before, with fewer problems or as less severe.
        case worsened
        /// It was found before, then found fixed, and is back.
        case reappeared
        case recurring
    }

    /// Identifies the finding across scans and renames.
    package var key: FindingKey
    package var severity: Severity
    /// The organization's login.
    package var organization: String
    /// `nil` if the finding is about the organization itself, or about a waiver; likewise the id.
    package var repository: String?
    package var repositoryID: RepositoryID?
    /// The cloud identity, in AWS the ARN of a role; `nil` if the finding is about something else.
    package var identity: String?
    package var violation: Violation
    /// Compared with the baseline or waiver; without one, with the scan before.
    package var state: State
    /// Compared with the scan before, regardless of baseline and waivers.
    package var change: State
    /// Problems that the baseline or waiver does not list, or, without one, the scan before; empty unless `worsened`, or
    /// in scope again.
    package var furtherProblems: [String] = []
    /// Problems that the scan before did not find; empty unless `change` is `worsened`, or it is in scope again.
    package var problemsSinceBefore: [String] = []
    /// How severe it was when the baseline accepted it, where it is more severe by now.
    package var acceptedSeverity: Severity?
    /// How severe it was by the scan before, where it is more severe by now.
    package var severityBefore: Severity?
    /// Whether it stood open, and the scan before left its repository out of its scope.
    package var isInScopeAgain = false
    /// Problems that the scan before found and this one did not.
    package var fixedProblems: [String] = []
    /// Whether a waiver covered it at the scan before, and none does now.
    package var isNoLongerAccepted = false
    /// Start of the first scan that found it since it was last fixed.
    package var firstSeen: Timestamp
    /// `nil` if no waiver accepts it.
    package var waiver: Waiver? {
        if case .waived(let waiver) = acceptance { waiver } else { nil }
    }
    var acceptance = Acceptance.notAccepted
    /// The problems that waivers accept, if these do not cover the finding: `furtherProblems` are the others.
    package var acceptedProblems: [String] {
        if case .exceeded(let accepted) = acceptance { accepted } else { [] }
    }
    /// Whether the baseline covers it; `nil` if there is no baseline.
    package var isInBaseline: Bool?

    /// Indirect since a waiver is large, and most findings have none.
    indirect enum Acceptance: Hashable {
        case notAccepted
        case waived(Waiver)
        /// By a waiver that does not accept all of its problems.
        case exceeded(accepted: [String])
    }

    /// The rule entry's id.
    package var rule: String { key.rule }

    /// What it is about: a repository, an identity or an organization.
    package var name: String { repository ?? identity ?? organization }

    /// Whether it counts as a violation.
    package var isOpen: Bool {
        if case .waived = acceptance { false } else { true }
    }
}

/// The identity of a finding on one API host under one policy.
package struct FindingKey: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        case repository(RepositoryID)
        case organization(OrganizationID)
        /// The waiver's description.
        case waiver(String)
        /// A cloud identity, by its name in the cloud.
        case identity(Cloud, String)
    }

    package let rule: String
    package let subject: Subject

    package init(rule: String, subject: Subject) {
        self.rule = rule
        self.subject = subject
    }

    /// The identity as one text, stable across renames and the same on every machine:
    /// `api.github.com/repositories/1001/required-claims`.
    ///
    /// - Parameter apiURL: base address of the API.
    package func fingerprint(apiURL: String) -> String {
        let host = Self.host(apiURL)
        return switch subject {
        case .repository(let id): "\(host)/repositories/\(id.rawValue)/\(rule)"
        case .organization(let id): "\(host)/organizations/\(id.rawValue)/\(rule)"
        case .waiver(let name): "\(host)/waivers/\(rule)/\(name)"
        // An identity belongs to no GitHub host, and its statements have no names.
        case .identity(let cloud, let name): "trusts/\(cloud.rawValue)/\(name)/\(rule)"
        }
    }

    /// Reads a fingerprint of a repository, an organization or an identity; `nil` for any other text, and for another host's.
    package init?(fingerprint: String, apiURL: String) {
        if let key = Self.ofIdentity(fingerprint) {
            self = key
            return
        }
        let prefix = Self.host(apiURL) + "/"
        guard fingerprint.hasPrefix(prefix) else { return nil }
        let parts = fingerprint.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let id = Int64(parts[1]), id > 0, String(id) == parts[1],
            RuleEntry.isID(String(parts[2]))
        else { return nil }
        switch parts[0] {
        case "repositories": subject = .repository(RepositoryID(rawValue: id))
        case "organizations": subject = .organization(OrganizationID(rawValue: id))
        default: return nil
        }
        rule = String(parts[2])
    }

    /// The name of an identity may hold slashes.
    private static func ofIdentity(_ fingerprint: String) -> FindingKey? {
        let parts = fingerprint.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 3, parts[0] == "trusts", let cloud = Cloud(rawValue: String(parts[1])),
            let rule = parts.last.map(String.init), RuleEntry.isID(rule)
        else { return nil }
        let name = parts[2..<(parts.count - 1)].joined(separator: "/")
        return name.isEmpty ? nil : FindingKey(rule: rule, subject: .identity(cloud, name))
    }

    /// The host of an API's address, and what stands behind it.
    package static func host(_ apiURL: String) -> String {
        apiURL.split(separator: "://", maxSplits: 1).last.map(String.init) ?? apiURL
    }
}

/// A finding that was open before a scan and is not after it.
package struct GoneFinding: Hashable, Sendable {
    package enum Reason: String, Sendable, CaseIterable {
        case fixed
        /// The repository is no longer listed.
        case removed
        /// The scan's scope leaves the repository out.
        case outOfScope = "out_of_scope"
        /// The policy no longer has the entry.
        case ruleRemoved = "rule_removed"
        /// The entry says nothing of the repository any more, such as of one that is private by now.
        case notApplicable = "not_applicable"
        /// The entry finds nothing since the policy is another text, and the repository's setting is what it was.
        case policyChanged = "policy_changed"
    }

    package var key: FindingKey
    package var known: KnownFinding
    package var reason: Reason
}

/// A finding that stood open before a scan and that the scan could not judge.
package struct CarriedFinding: Hashable, Sendable {
    package var key: FindingKey
    package var known: KnownFinding

    package init(key: FindingKey, known: KnownFinding) {
        self.key = key
        self.known = known
    }
}

/// What earlier scans recorded about a finding.
package struct KnownFinding: Hashable, Sendable {
    /// A scan that found it, or one of its problems, fixed.
    package struct Fix: Hashable, Sendable {
        package var scan: ScanID
        package var startedAt: Timestamp

        package init(scan: ScanID, startedAt: Timestamp) {
            self.scan = scan
            self.startedAt = startedAt
        }
    }

    /// By what the policy judged an organization.
    package struct Judging: Hashable, Sendable {
        /// SHA-256 of the policy's text.
        package var policySHA256: String
        package var finishedAt: Timestamp
        /// The organization's, which repositories inherit.
        package var template: OrganizationTemplate

        package init(policySHA256: String, finishedAt: Timestamp, template: OrganizationTemplate) {
            self.policySHA256 = policySHA256
            self.finishedAt = finishedAt
            self.template = template
        }
    }

    /// Start of the scan that first found it, without a scan in between that found it fixed.
    package var firstSeen: Timestamp
    /// Whether the last scan that judged it found it.
    package var isOpen: Bool
    /// Why it went without having been fixed; `nil` if it stands open or was fixed.
    package var departure: GoneFinding.Reason?
    /// Whether the last scan that judged its organization left the repository out of its scope, such as an archived one.
    package var isOutOfScope: Bool
    /// Whether a waiver accepted it then.
    package var isWaived: Bool
    /// The problems in the last scan that found it.
    package var problems: [String]
    package var severity: Severity
    /// The last scan that found it fixed; `nil` if none did.
    package var lastFix: Fix?
    /// By problem, the last scan that did not find that problem, whether it found others or none.
    package var absences: [String: Fix]
    /// The repository's full name when it was last listed, or the organization's login, or the waiver.
    package var name: String
    /// The organization that it is about, or whose repository; `nil` for one about a waiver.
    package var organization: OrganizationID?
    /// By what that organization was last judged; `nil` if it is not known.
    package var judging: Judging?
    /// Start of the last scan of its organization whose result this is.
    package var lastSeen: Timestamp

    /// Login of the organization that it is about, or of the repository's owner.
    var owner: Substring { name.prefix { $0 != "/" } }

    /// Whether no scan found it fixed: it stands open, or went with its repository or its rule.
    var stands: Bool { isOpen || departure != nil }

    package init(
        firstSeen: Timestamp, isOpen: Bool = true, departure: GoneFinding.Reason? = nil, isOutOfScope: Bool = false,
        isWaived: Bool = false, problems: [String], severity: Severity,
        lastFix: Fix? = nil, absences: [String: Fix] = [:],
        name: String = "", organization: OrganizationID? = nil, judging: Judging? = nil,
        lastSeen: Timestamp? = nil,
    ) {
        self.judging = judging
        self.name = name
        self.organization = organization
        self.lastSeen = lastSeen ?? firstSeen
        self.firstSeen = firstSeen
        self.isOpen = isOpen
        self.departure = departure
        self.isOutOfScope = isOutOfScope
        self.isWaived = isWaived
        self.problems = problems
        self.severity = severity
        self.lastFix = lastFix
        self.absences = absences
    }
}
