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
    @Test func anOrganizationTemplateThatCanNotBeReadIsNoChange() throws {
        let repositories: [RepositorySnapshot] = [
            .read("api", id: 1, .inheriting), .read("own", id: 2, .own(["repo"])), .read("web", id: 3, .inheriting),
            .read("copy", id: 4, .own(["repo", "context", "job_workflow_ref"])), .read("plain", id: 5, .gitHubDefault),
        ]
        let known = OrganizationSnapshot.sample(repositories)
        let unknown = OrganizationSnapshot.sample(template: Self.unreadable, repositories)
        for (before, after) in [(known, unknown), (unknown, known)] {
            let difference = try difference(before, after)
            #expect(difference.isEmpty)
            #expect(!difference.templateChanged && difference.isTemplateHidden && !difference.isWhole)
            #expect(difference.incomparable == 2)
        }
        #expect(try difference(known, unknown).lost.map(\.what) == [.organizationTemplate])
        #expect(try difference(unknown, known).regained.map(\.what) == [.organizationTemplate])
        // Two such nights hide a change as well as one.
        #expect(try !difference(unknown, unknown).isWhole)
        #expect(try difference(unknown, unknown).incomparable == 2)
        #expect(try difference(known, known).isWhole)
    }

    /// Where its own claims changed, that is known without the organization's.
    @Test func ownClaimsChangeUnderATemplateThatCanNotBeRead() throws {
        let before = OrganizationSnapshot.sample([.read("own", id: 1, .own(["repo"]))])
        let after = OrganizationSnapshot.sample(
            template: Self.unreadable, [.read("own", id: 1, .own(["repo", "context"]))])
        let change = try #require(try difference(before, after).changes.first)
        #expect(change.kinds == [.template])
        #expect(change.after?.effective?.source == .unknown)
    }

    /// What stands in front of a template without repo is not documented where the prefix has ids.
    @Test(arguments: [["repository_owner_id", "repository_id"], ["repository_id", "context", "repository_owner_id"]])
    func aPrefixThatATemplateDoesNotHoldMayChangeTheSubject(keys: [String]) throws {
        let setting = RepositorySetting.own(keys.map { ClaimKey($0) })
        let before = OrganizationSnapshot.sample([.read("api", id: 1, setting.prefixed("repo:acme/api"))])
        let after = OrganizationSnapshot.sample([.read("api", id: 1, setting.prefixed("repo:acme@77/api@1"))])
        for (one, other) in [(before, after), (after, before)] {
            let difference = try difference(one, other)
            #expect(difference.withoutEffect.isEmpty && difference.withHiddenEffect.count == 1)
            #expect(!difference.isWhole)
        }
        #expect(try difference(after, after).isWhole)
    }

    @Test func aRepositoryThatCanNotBeReadIsNoChange() throws {
        let known = OrganizationSnapshot.sample([.read("api", id: 1, .own(["repo"]))])
        let unknown = OrganizationSnapshot.sample([.unreadable("api", id: 1)])
        let lost = try difference(known, unknown)
        #expect(lost.isEmpty && lost.incomparable == 1 && lost.regained.isEmpty)
        #expect(lost.lost.map(\.reason.code) == [.forbidden])
        let regained = try difference(unknown, known)
        #expect(regained.isEmpty && regained.incomparable == 1 && regained.lost.isEmpty)
        #expect(regained.regained.map(\.reason.code) == [.forbidden])
        #expect(try difference(unknown, unknown).incomparable == 1)
        #expect(try difference(unknown, unknown).lost.isEmpty)
    }

    /// With the listing short, what it lacks may be there, and what comes with the next one may have been.
    @Test func whatAnIncompleteListingLacksIsNoChange() throws {
        let repositories: [RepositorySnapshot] = [
            .read("api", id: 1, .gitHubDefault), .read("web", id: 2, .gitHubDefault),
        ]
        let whole = OrganizationSnapshot.sample(repositories)
        for status in [Listing.Status.partial, .unverified] {
            let short = OrganizationSnapshot.sample(
                listing: Listing(status: status, listed: 1, expected: nil), Array(repositories.prefix(1)))
            let lost = try difference(whole, short)
            #expect(lost.isEmpty && lost.incomparable == 1 && !lost.isWhole)
            #expect(lost.lost.count == 2)
        }
        let partial = OrganizationSnapshot.sample(
            listing: Listing(status: .partial, listed: 1, expected: 2), Array(repositories.prefix(1)))
        #expect(try difference(partial, whole).isEmpty)
        #expect(try difference(partial, whole).incomparable == 1)
        #expect(
            try difference(whole, OrganizationSnapshot.sample(Array(repositories.prefix(1)))).changes.map(\.kinds) == [
                [.removed]
            ])
    }

    /// The subject's form is read from the prefix: an answer without one says nothing of it.
    @Test func anAnswerWithoutItsPrefixIsNoChangeOfFormat() throws {
        func snapshot(_ prefix: String?, flag: Bool? = nil) -> OrganizationSnapshot {
            var one = RepositorySnapshot.read("api", id: 1, .gitHubDefault)
            one.reading = .read(RepositorySetting(useDefault: true, useImmutableSubject: flag, subClaimPrefix: prefix))
            return .sample([one])
        }
        let (legacy, immutable) = ("repo:acme/api", "repo:acme@77/api@1")
        #expect(try difference(snapshot(legacy), snapshot(nil)).isEmpty)
        #expect(try difference(snapshot(legacy), snapshot(nil)).incomparable == 1)
        #expect(try difference(snapshot(nil), snapshot(nil)).isWhole)
        #expect(try difference(snapshot(legacy), snapshot(immutable)).changes.map(\.kinds) == [[.immutability]])
        // Without the prefix nobody knows what the flag did.
        #expect(try difference(snapshot(nil, flag: false), snapshot(nil, flag: true)).incomparable == 1)
    }

    private func state(
        _ keys: [ClaimKey]?, _ prefix: String?,
        under template: OrganizationTemplate = .set(["repo"], useImmutableSubject: nil),
    ) -> RepositoryState {
        RepositoryState(
            .sample("api", id: 1),
            .read(RepositorySetting(useDefault: false, includeClaimKeys: keys, subClaimPrefix: prefix)),
            under: template,
            isEnterpriseServer: false)
    }

    private static let (legacy, immutable) = ("repo:acme/api", "repo:acme@77/api@1")

    /// What a prefix means for subjects is seen with the template: until then only the answer is known to have changed.
    @Test func aPrefixThatChangesUnderAHiddenTemplateIsOfUnknownEffect() throws {
        let first = state(nil, Self.legacy)
        let hidden = state(nil, Self.immutable, under: Self.unreadable)
        let last = state(nil, Self.immutable)
        let change = try #require(RepositoryChange(from: first, to: hidden))
        #expect(change.isOfAnswerAlone && !change.isEffectKnown)
        let known = hidden.completed(by: first)
        // It is told once.
        #expect(RepositoryChange(from: known, to: hidden) == nil)
        let effect = try #require(RepositoryChange(from: known, to: last))
        #expect(effect.kinds == [.immutability] && effect.before?.format == .legacy)
        #expect(RepositoryChange(from: last.completed(by: known), to: last) == nil)
    }

    /// Nobody knows what GitHub makes of a template without names and ids beside a prefix with ids.
    @Test func aFormatThatIsUnknownForAWhileIsJoined() throws {
        let first = state(["repo", "ref"], Self.legacy)
        let odd = state(["context"], Self.immutable)
        let last = state(["repo", "ref"], Self.immutable)
        #expect(try #require(RepositoryChange(from: first, to: odd)).kinds == [.template])
        let known = odd.completed(by: first)
        #expect(known.effective?.template == ["context"] && known.preview.subject == nil)
        #expect(try #require(RepositoryChange(from: known, to: last)).kinds == [.template, .immutability])
        // The prefix decides, whatever it decides: a flag beside it has no effect.
        var flagged = odd
        flagged.reading = .read(
            RepositorySetting(
                useDefault: false, includeClaimKeys: ["context"], useImmutableSubject: true,
                subClaimPrefix: Self.immutable))
        #expect(RepositoryChange(from: odd, to: flagged) == nil)
        var other = flagged
        other.reading = .read(
            RepositorySetting(
                useDefault: false, includeClaimKeys: ["context"], useImmutableSubject: false,
                subClaimPrefix: Self.immutable))
        let flag = try #require(RepositoryChange(from: flagged, to: other))
        #expect(flag.isOfAnswerAlone && flag.isEffectKnown)
        // One answer leaves the flag out: what was known before stays so.
        #expect(RepositoryChange(from: odd.completed(by: flagged), to: other)?.kinds == [.setting])
    }

    /// What the answer says and tokens don't is shown, and no drift.
    @Test(arguments: [
        (
            RepositorySetting(useDefault: true, useImmutableSubject: false),
            RepositorySetting(useDefault: true, useImmutableSubject: true), true
        ),
        (RepositorySetting(useDefault: true), RepositorySetting(useDefault: true, includeClaimKeys: ["repo"]), true),
        (
            RepositorySetting(useDefault: true, useImmutableSubject: nil),
            RepositorySetting(useDefault: true, useImmutableSubject: false), false
        ),
        (RepositorySetting(useDefault: false), RepositorySetting(useDefault: false, includeClaimKeys: []), true),
        (
            RepositorySetting(useDefault: false, includeClaimKeys: ["repo", "ref"], subClaimPrefix: "repo:acme/api"),
            RepositorySetting(
                useDefault: false, includeClaimKeys: ["repository", "ref"], subClaimPrefix: "repo:acme/api"),
            true
        ),
    ])
    func anAnswerWithoutAnEffectIsNoDrift(
        _ before: RepositorySetting, _ after: RepositorySetting, isShown: Bool,
    ) throws {
        func snapshot(_ setting: RepositorySetting, topics: [String] = []) -> OrganizationSnapshot {
            .sample([.read("api", id: 1, setting, topics: topics)])
        }
        let difference = try difference(snapshot(before), snapshot(after))
        #expect(difference.isEmpty && difference.isWhole)
        #expect(difference.withoutEffect.map(\.kinds) == (isShown ? [[.setting]] : []))
        // Beside something else it hides nothing.
        let both = try self.difference(snapshot(before), snapshot(after, topics: ["new"]))
        #expect(both.changes.count == 1 && both.changes[0].kinds.contains(.facts))
    }

    @Test func aFlagOfTheOrganizationAloneIsNoDrift() throws {
        func snapshot(_ flag: Bool?) -> OrganizationSnapshot {
            .sample(template: .set(["repo"], useImmutableSubject: flag), [.read("api", id: 1, .inheriting)])
        }
        let difference = try difference(snapshot(false), snapshot(true))
        #expect(difference.isEmpty && difference.isWhole)
        #expect(difference.flagChange?.after == true)
        #expect(try self.difference(snapshot(nil), snapshot(false)).flagChange == nil)
    }

    /// GitHub renders `repository` as `repo`: the organization's template, and those who follow it, say what they said.
    @Test func anotherSpellingOfTheOrganizationsClaimsIsNoDrift() throws {
        func snapshot(_ keys: SubjectTemplate) -> OrganizationSnapshot {
            .sample(template: .set(keys, useImmutableSubject: nil), [.read("api", id: 1, .inheriting)])
        }
        let difference = try difference(snapshot(["repo", "ref"]), snapshot(["repository", "ref"]))
        #expect(difference.isEmpty && difference.isWhole)
        #expect(difference.spellingChange?.after == ["repository", "ref"])
        let other = try self.difference(snapshot(["repo", "ref"]), snapshot(["ref", "repository"]))
        #expect(other.templateChanged && other.spellingChange == nil && other.followers.count == 1)
    }

    /// Of each part the newest that is known, whichever way round it is put together.
    @Test func whatIsKnownIsPutTogetherFromSeveralScans() throws {
        func state(
            _ reading: Reading<RepositorySetting>, _ template: OrganizationTemplate, topics: [String]? = [],
        ) -> RepositoryState {
            RepositoryState(
                .sample("api", id: 1, topics: topics, customProperties: [:]), reading, under: template,
                isEnterpriseServer: false)
        }
        let unread = Reading<RepositorySetting>.unreadable(UnreadableReason(.forbidden, "forbidden"))
        let prefix = "repo:acme/api"
        let first = state(
            .read(
                RepositorySetting(
                    useDefault: false, includeClaimKeys: ["repo"], useImmutableSubject: false, subClaimPrefix: prefix)),
            .neverSet, topics: ["a"])
        let second = state(unread, .neverSet, topics: nil)
        let third = state(
            .read(RepositorySetting(useDefault: false, includeClaimKeys: ["context"])), Self.unreadable, topics: nil)
        let known = third.completed(by: second.completed(by: first))
        #expect(known == third.completed(by: second).completed(by: first))
        #expect(known.effective == EffectiveTemplate(["context"], from: .repository))
        #expect(known.format == .legacy)
        #expect(known.repository.topics == ["a"])
        #expect(known.isWhole)
        var knowledge = RepositoryKnowledge()
        func side(_ number: Int64) -> ScanDifference.Side {
            .init(id: ScanID(rawValue: number), startedAt: .sample, digest: "")
        }
        let goesOn = [
            knowledge.add(.listed(third), by: side(3)), knowledge.add(.listed(second), by: side(2)),
            knowledge.add(.unknown, by: side(2)), knowledge.add(.listed(first), by: side(1)),
        ]
        #expect(goesOn == [true, true, true, false])
        #expect(knowledge.state == known)
        #expect(knowledge.knownBy?.id.rawValue == 1)
    }

    /// What inherits from an organization that had no template follows the first one that is set.
    @Test func theFirstTemplateOfAnOrganizationHasFollowersToo() throws {
        let repositories: [RepositorySnapshot] = [
            .read("api", id: 1, .inheriting), .read("own", id: 2, .own(["repo"])),
            .read("plain", id: 3, .gitHubDefault),
        ]
        let before = OrganizationSnapshot.sample(template: .neverSet, repositories)
        for (one, two) in [(before, .sample(repositories)), (.sample(repositories), before)] {
            let difference = try difference(one, two)
            #expect(difference.followers.map(\.repository.name) == ["api"])
            #expect(difference.changes.isEmpty && difference.templateChanged && difference.isWhole)
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
