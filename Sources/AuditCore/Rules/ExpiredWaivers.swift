/// No waiver has run out.
package struct ExpiredWaivers: WaiverRule {
    package static let name = "expired-waivers"
    package static let summary = "No waiver of the file has expired."
    package static let rationale = """
        A waiver is a promise with a date: it holds through the day that it names, in UTC. One that has run out waives nothing any more: what it covered counts again, \
        and the waiver itself is left over. Source: what users of other scanners report of suppressions that nobody \
        cleans up (aquasecurity/trivy#1779, #2018).
        """
    package static let remediation = "Fix what it covers and remove the waiver, or have its owner renew it."
    package static let examples = [
        RuleExample(waiverExpires: RuleExample.day(0), expected: .pass),
        RuleExample(
            waiverExpires: RuleExample.day(-1),
            expected: .fail("waiver of required-claims on legacy-* expired on 2026-11-20, UTC")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package init() {}

    package func judge(_ subject: WaiverSubject) -> RuleVerdict {
        let waiver = subject.waiver
        guard waiver.isExpired(at: subject.now) else { return .pass }
        return subject.violation(
            "expired on \(waiver.expires), UTC", problem: "expired on \(waiver.expires)",
            expected: "\(Day(of: subject.now)) or later",
            remediation: "Fix what it covers and remove the waiver, or have \(waiver.owner) renew it.")
    }
}

extension RuleExample {
    /// A day so many days after the day of the cases.
    static func day(_ offset: Int) -> Day { Day(of: today).adding(days: offset) }
}
