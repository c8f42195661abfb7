/// No waiver runs out soon.
package struct ExpiringWaivers: WaiverRule {
    package static let name = "expiring-waivers"
    package static let summary = "No waiver of the file expires within some days."
    package static let rationale = """
        On the day after a waiver's last, what it covered fails the scan. Whoever owns it should hear before. Source: \
        what users of other scanners ask for (aquasecurity/trivy#1779, #2018).
        """
    package static let remediation = "Ask the waiver's owner to fix what it covers, or to renew it."
    package static let options = [
        RuleOption("days", .number(1...3650), "how many days before it expires (default 14)")
    ]
    package static let examples = [
        RuleExample(waiverExpires: RuleExample.day(15), expected: .pass),
        RuleExample(
            waiverExpires: RuleExample.day(14),
            expected: .fail("waiver of required-claims on legacy-* expires in 14 days, on 2026-12-05, UTC")),
        RuleExample(
            options: #"{"days": 3}"#, waiverExpires: RuleExample.day(0),
            expected: .fail("waiver of required-claims on legacy-* expires today, on 2026-11-21, UTC")),
        RuleExample(waiverExpires: RuleExample.day(-1), expected: .pass),
    ]

    private let days: Int

    private static let daysUnlessGiven = 14

    package init() { days = Self.daysUnlessGiven }

    package init(options: RuleOptions) throws(DocumentError) {
        days = try options.reader.optionalNumber("days", in: 1...3650) ?? Self.daysUnlessGiven
    }

    package func judge(_ subject: WaiverSubject) -> RuleVerdict {
        let waiver = subject.waiver
        // Other rules report expired and unused waivers.
        guard !waiver.isExpired(at: subject.now) else { return .pass }
        let left = waiver.expires.days(since: Day(of: subject.now))
        guard left <= days else { return .pass }
        let when = left == 0 ? "today" : "in \(left) day\(left == 1 ? "" : "s")"
        return subject.violation(
            "expires \(when), on \(waiver.expires), UTC", problem: "expires on \(waiver.expires)",
            expected: "more than \(days) days left",
            remediation: "Ask \(waiver.owner) to fix what it covers, or to renew it.")
    }
}
