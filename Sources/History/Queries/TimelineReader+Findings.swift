import AuditCore
import GRDB

extension TimelineReader {
    func findingRows(
        of rowID: Int64, githubID: Int64,
    ) throws -> [(scanID: Int64, value: Timeline.Event.What)] {
        var json = JSONTextReader()
        // As it stood open last, by policy and rule.
        var last: [[String]: StoredFinding] = [:]
        return try rows(
            "finding f",
            "f.policyName, f.ruleID, f.isOpen, f.isWaived, f.severity, f.message, f.firstSeenAt, f.problems", rowID
        ) { row in
            let isWaived: Bool = try row.decode(atIndex: 4)
            let finding = try StoredFinding(
                key: FindingKey(
                    rule: row.decode(atIndex: 2), subject: .repository(RepositoryID(rawValue: githubID))),
                severity: Severity(rawValue: row.decode(atIndex: 5)) ?? .critical, message: row.decode(atIndex: 6),
                problems: json.strings(row.decode(atIndex: 8)), name: "", firstSeen: timestamp(row.decode(atIndex: 7)),
                isWaived: isWaived)
            let policy: String = try row.decode(atIndex: 1)
            let identity = [policy, finding.key.rule]
            guard try row.decode(Bool.self, atIndex: 3) else {
                last[identity] = nil
                return .findingGone(finding, policyName: policy)
            }
            let before = last.updateValue(finding, forKey: identity)
            if let before, before.isWaived == isWaived {
                return .findingChanged(
                    finding, further: finding.problems(beyond: before.problems), policyName: policy)
            }
            return isWaived
                ? .findingWaived(finding, policyName: policy) : .findingAppeared(finding, policyName: policy)
        }
    }
}
