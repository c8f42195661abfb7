/// A demand of the policy that a repository, or an organization, does not meet.
public struct Finding: Hashable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        /// The last scan that judged this did not find it.
        case new
        case recurring
        /// Accepted by a waiver.
        case waived
    }

    /// The rule entry's id.
    public var rule: String
    public var severity: Severity
    /// The organization's login.
    public var organization: String
    /// `nil` where the finding is about the organization itself; likewise the id.
    public var repository: String?
    public var repositoryID: RepositoryID?
    public var violation: Violation
    public var state: State
    /// Start of the scan that first found it, without a scan in between that found it mended.
    public var firstSeen: Timestamp

    /// What makes it the same finding from night to night, across renames.
    public var key: FindingKey { FindingKey(rule: rule, repositoryID: repositoryID) }

    /// Whether it counts as a violation.
    public var isOpen: Bool { state != .waived }
}

/// The identity of a finding on one API host under one policy.
public struct FindingKey: Hashable, Sendable {
    public let rule: String
    /// `nil` for a finding about the organization itself.
    public let repositoryID: RepositoryID?

    public init(rule: String, repositoryID: RepositoryID?) {
        self.rule = rule
        self.repositoryID = repositoryID
    }
}
