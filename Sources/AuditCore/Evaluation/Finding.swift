/// A demand of the policy that a repository, an organization or a waiver does not meet.
public struct Finding: Hashable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        /// The last scan that judged this did not find it.
        case new
        case recurring
        /// Accepted by a waiver.
        case waived
    }

    /// What makes it the same finding from night to night, across renames.
    public var key: FindingKey
    public var severity: Severity
    /// The organization's login.
    public var organization: String
    /// `nil` where the finding is about the organization itself, or about a waiver; likewise the id.
    public var repository: String?
    public var repositoryID: RepositoryID?
    public var violation: Violation
    public var state: State
    /// Start of the scan that first found it, without a scan in between that found it mended.
    public var firstSeen: Timestamp
    /// `nil` where nothing accepts it.
    public var waiver: Waiver? {
        if case .some(let waiver) = acceptance { waiver } else { nil }
    }
    var acceptance = Acceptance.none
    /// Whether the baseline holds it; `nil` where there is no baseline.
    public var isInBaseline: Bool?

    /// A waiver is large, and most of very many findings have none.
    indirect enum Acceptance: Hashable {
        case none
        case some(Waiver)
    }

    /// The rule entry's id.
    public var rule: String { key.rule }

    /// Whether it counts as a violation.
    public var isOpen: Bool { state != .waived }
}

/// The identity of a finding on one API host under one policy.
public struct FindingKey: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case repository(RepositoryID)
        case organization(OrganizationID)
        /// The waiver as its description names it.
        case waiver(String)
    }

    public let rule: String
    public let subject: Subject

    public init(rule: String, subject: Subject) {
        self.rule = rule
        self.subject = subject
    }

    /// The identity as one text, stable across renames and the same on every machine:
    /// `api.github.com/repositories/1001/required-claims`.
    ///
    /// - Parameter apiURL: base address of the API.
    public func fingerprint(apiURL: String) -> String {
        let host = apiURL.split(separator: "://", maxSplits: 1).last.map(String.init) ?? apiURL
        return switch subject {
        case .repository(let id): "\(host)/repositories/\(id.rawValue)/\(rule)"
        case .organization(let id): "\(host)/organizations/\(id.rawValue)/\(rule)"
        case .waiver(let name): "\(host)/waivers/\(rule)/\(name)"
        }
    }
}
