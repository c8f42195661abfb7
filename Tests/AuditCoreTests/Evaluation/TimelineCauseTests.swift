import TestSupport
import Testing

@testable import AuditCore

@Suite struct TimelineCauseTests {
    private static func side(_ id: Int64, _ time: Timestamp) -> ScanDifference.Side {
        ScanDifference.Side(id: ScanID(rawValue: id), startedAt: time, digest: "")
    }

    /// A clock can be set back between two scans: the later one then began earlier.
    @Test func theSearchOfTheAuditLogNeverRunsBackwards() throws {
        let (early, late) = (Timestamp.sample, Timestamp.sample.adding(seconds: 86_400))
        for (before, after) in [(early, late), (late, early)] {
            let event = Timeline.Event(
                after: Self.side(1, before), seenBy: Self.side(2, after),
                what: .organizationTemplate(before: .neverSet, after: .set(["repo"], useImmutableSubject: nil)))
            guard case .elsewhere(let search)? = Journal([]).cause(of: event, owner: "acme") else {
                Issue.record("nobody wrote it from here")
                return
            }
            #expect(search.query == "created:\(early)..\(late)")
        }
    }
}
