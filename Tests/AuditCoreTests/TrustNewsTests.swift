import Testing

@testable import AuditCore

/// What is new or gone between two reports, of which one may have gaps.
@Suite struct TrustNewsTests {
    private func report(
        _ identities: [String], unread: Set<String> = [], isPartial: Bool = false, wide: [String: Int] = [:],
    ) -> EarlierTrusts {
        var report = EarlierTrusts()
        for name in identities {
            report.access[.init(repository: RepositoryID(rawValue: 1), identity: name)] = "acme/api"
            report.reach[name] = .one
            report.findings = (report.findings ?? [:]).merging(
                [name: .init(rule: "names", name: name, message: "by name")]) { first, _ in first }
        }
        for name in wide.keys { report.reach[name] = .owner }
        report.findings = report.findings ?? [:]
        report.wide = wide
        (report.unread, report.isPartial) = (unread, isPartial)
        return report
    }

    @Test func whatIsGoneIsSaid() {
        let news = TrustNews(since: report(["a", "b"], wide: ["w": 60]), now: report(["a"]))
        #expect(news.goneAccess.map(\.identity) == ["b"])
        #expect(news.goneFindings.map(\.name) == ["b"])
        #expect(news.reach.map(\.name) == ["b", "w"] && news.wide.map(\.name) == ["w"])
    }

    /// A gap is no change, whichever of the two has it.
    @Test func gapsAreNoChanges() {
        let whole = report(["a", "b"], wide: ["w": 60])
        for holed in [report(["a"], unread: ["b", "w"]), report(["a"], isPartial: true)] {
            #expect(TrustNews(since: whole, now: holed).isEmpty)
            #expect(TrustNews(since: holed, now: whole).isEmpty)
        }
        // What both hold is compared all the same.
        let other = TrustNews(since: report(["a", "b"]), now: report(["a"], unread: ["c"]))
        #expect(other.goneAccess.map(\.identity) == ["b"])
    }

    /// A role that lets in more of a repository's jobs is news.
    @Test func otherJobsOfARepositoryAreNews() {
        let key = EarlierTrusts.Access(repository: RepositoryID(rawValue: 1), identity: "a")
        func jobs(_ contexts: [String], _ only: [String: [String]] = [:]) -> EarlierTrusts {
            var one = report(["a"])
            one.note(contexts, only: only, of: key)
            return one
        }
        let narrow = jobs(["environment"], ["environment": ["prod"]])
        let wide = jobs(["branch", "environment"])
        let news = TrustNews(since: narrow, now: wide)
        #expect(news.otherJobs.map(\.before) == [["environment prod"]])
        #expect(news.otherJobs.map(\.after) == [["branch", "environment"]])
        #expect(TrustNews(since: wide, now: wide).isEmpty && TrustNews(since: narrow, now: narrow).isEmpty)
        // A second trust of the role that takes in the first is no change of its own.
        var both = wide
        both.note(["environment"], only: ["environment": ["prod"]], of: key)
        #expect(TrustNews(since: wide, now: both).isEmpty)
        // An earlier report may not say which.
        #expect(TrustNews(since: report(["a"]), now: wide).isEmpty)
    }
}
