/// Every waiver still covers something.
package struct UnusedWaivers: WaiverRule {
    package static let name = "unused-waivers"
    package static let summary = "Every waiver of the file covers a finding."
    package static let rationale = """
        A waiver that covers nothing would silently accept the next repository of that name. It is reported only if \
        everything that it could cover was judged. Source: what users of other scanners report of suppressions that no \
        longer match (aquasecurity/trivy#1758, #2312).
        """
    package static let remediation = "Remove the waiver."
    package static let examples = [
        RuleExample(waiverExpires: RuleExample.day(30), expected: .pass),
        RuleExample(waiverExpires: RuleExample.day(30), use: .unknown, expected: .notApplicable),
        RuleExample(
            waiverExpires: RuleExample.day(30), use: .unused,
            expected: .fail("waiver of required-claims on legacy-* covers no finding")),
        RuleExample(waiverExpires: RuleExample.day(-1), use: .unused, expected: .pass),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package init() {}

    package func judge(_ subject: WaiverSubject) -> RuleVerdict {
        // Another rule reports expired waivers.
        guard !subject.waiver.isExpired(at: subject.now) else { return .pass }
        return switch subject.use {
        case .used: .pass
        case .unknown: .notApplicable
        case .unused:
            subject.violation(
                subject.acceptsUnread ? "covers no unread repository" : "covers no finding",
                expected: subject.acceptsUnread ? "an unread repository" : "a finding of \(subject.waiver.rule)",
                remediation: subject.waiver.target.isOfOneOrganization
                    ? Self.remediation
                    : "Remove the waiver, or add the organization that it is for where that is another.")
        }
    }
}

extension WaiverSubject {
    /// Whether it accepts that a repository can't be read, which makes no finding.
    fileprivate var acceptsUnread: Bool { waiver.rule == RuleEntry.reservedID }
}
