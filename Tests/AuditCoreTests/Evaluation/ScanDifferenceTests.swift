import AuditCore
import TestSupport
import Testing

/// What counts as a change between two scans, and what is not known.
@Suite struct ScanDifferenceTests {
    private func difference(
        _ before: OrganizationSnapshot, _ after: OrganizationSnapshot,
    ) throws -> OrganizationDifference {
        OrganizationDifference(
            from: before, to: after, id: try #require(after.id), wasEnterpriseServer: false, isEnterpriseServer: false)
    }

    private static let unreadable = OrganizationTemplate.unreadable(UnreadableReason(.forbidden, "forbidden"))

    /// One night without a permission changed nobody's template, and neither did the next one with it.
    @Test func anOrganizationTemplateThatCanNotBeReadIsNoChangeOfThoseThatFollowIt() throws {
        let repositories: [RepositorySnapshot] = [
            .read("api", id: 1, .inheriting), .read("own", id: 2, .own(["repo"])), .read("web", id: 3, .inheriting),
        ]
        let known = OrganizationSnapshot.sample(repositories)
        let unknown = OrganizationSnapshot.sample(template: Self.unreadable, repositories)
        for (before, after) in [(known, unknown), (unknown, known)] {
            let difference = try difference(before, after)
            #expect(difference.templateChanged)
            #expect(difference.changes.allSatisfy { $0.repository.name == "own" })
            #expect(difference.followers.isEmpty)
            #expect(difference.incomparable == 2)
        }
    }

    @Test func whatWasNotAskedForHasNotChanged() throws {
        func snapshot(_ properties: [String: [String]]?, topics: [String]? = []) -> OrganizationSnapshot {
            var one = RepositorySnapshot.read("api", id: 1, .gitHubDefault, topics: topics)
            one.repository.customProperties = properties
            return .sample([one])
        }
        #expect(try difference(snapshot(nil), snapshot(["tier": ["1"]])).isEmpty)
        #expect(try difference(snapshot(["tier": ["1"]]), snapshot(nil, topics: nil)).isEmpty)
        let changed = try difference(snapshot(["tier": ["1"]]), snapshot(["tier": ["2"]]))
        #expect(changed.changes.map(\.kinds) == [[.facts]])
    }

    /// A host that says more than before, or less, tells of no change by that.
    @Test(arguments: [
        (Repository.Visibility.notPublic, Repository.Visibility.private, false), (.notPublic, .internal, false),
        (.internal, .notPublic, false), (.unknown, .public, false), (.private, .unknown, false),
        (.notPublic, .public, true), (.private, .internal, true), (.public, .private, true),
    ])
    func aVisibilityThatIsKnownInPartIsNoChange(
        _ before: Repository.Visibility, _ after: Repository.Visibility, hasChanged: Bool,
    ) throws {
        let template = RepositorySetting.own(["repo", "repository_visibility"])
        func snapshot(_ visibility: Repository.Visibility) -> OrganizationSnapshot {
            .sample([
                .read("api", id: 1, .gitHubDefault, visibility: visibility),
                .read("web", id: 2, template, visibility: visibility),
            ])
        }
        let kinds = try difference(snapshot(before), snapshot(after)).changes.map(\.kinds)
        #expect(kinds == (hasChanged ? [[.visibility], [.visibility, .subject]] : []))
    }

    @Test func aTrendIsOfOnePolicyAndScope() throws {
        var narrow = Scope()
        narrow.includesArchived = true
        func point(_ number: Int64, _ policy: String, _ scope: Scope = Scope()) -> TrendPoint {
            TrendPoint(
                scan: .init(id: ScanID(rawValue: number), startedAt: .sample, digest: ""), organization: "acme",
                organizationID: OrganizationID(rawValue: 77), isComplete: true, policyName: policy, scope: scope,
                tally: OrganizationTally())
        }
        let points = [point(1, "old"), point(2, "new"), point(3, "new", narrow), point(4, "new")]
        #expect(TrendPoint.comparable(points).map(\.scan.id.rawValue) == [2, 4])
        #expect(TrendPoint.comparable([]).isEmpty)
    }
}
