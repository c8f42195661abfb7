import AuditCore
import GRDB

extension TimelineReader {
    func findingRows(
        of rowID: Int64, githubID: Int64,
    ) throws -> [(scanID: Int64, value: Timeline.Event.What)] {
        var json = JSONTextReader()
        // As it stood open last, by policy and rule.
        var last: [[String]: StoredFinding] = [:]
        var fixed: Set<[String]> = []
        var gone: Set<[String]> = []
        return try records(of: rowID).compactMap { (stored: FindingRecord) in
            var finding = try stored.finding(.repository(RepositoryID(rawValue: githubID)), name: "", &json)
            let policy = stored.policyName
            let identity = [policy, finding.key.rule]
            guard stored.isOpen else {
                last[identity] = nil
                // What went with its repository or its rule was not seen fixed.
                if stored.departure == nil { fixed.insert(identity) }
                // That it was fixed after it had gone is a row too.
                guard gone.insert(identity).inserted else { return nil }
                return (stored.scanID, .findingGone(finding, policyName: policy))
            }
            gone.remove(identity)
            finding.isBack = last[identity] == nil && fixed.contains(identity)
            let before = last.updateValue(finding, forKey: identity)
            if let before, before.isWaived == stored.isWaived {
                if before.severity != finding.severity { finding.severityBefore = before.severity }
                let further = finding.problems(beyond: before.problems)
                // What narrows its subject may have been there before records named it; a change of the template has an
                // event of its own.
                if further.isEmpty, finding.severityBefore == nil, finding.message == before.message,
                    before.problems.fixed(by: finding.problems).isEmpty
                {
                    return nil
                }
                return (stored.scanID, .findingChanged(finding, further: further, policyName: policy))
            }
            return (
                stored.scanID,
                stored.isWaived
                    ? .findingWaived(finding, policyName: policy) : .findingAppeared(finding, policyName: policy)
            )
        }
    }
}
