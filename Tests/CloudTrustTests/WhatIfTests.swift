import AuditCore
import TestSupport
import Testing

@testable import CloudTrust

@Suite struct WhatIfTests {
    private let api = RepositoryID(rawValue: 1001)

    private func whatIf(_ changes: [WorldChange], _ trusts: Trust...) -> WhatIf {
        WhatIf(changes, in: TrustSample.world, trusts: trusts)
    }

    @Test func noChangeChangesNothing() throws {
        let all = try TrustSample.subject("repo:*")
        for changes in [
            [], [WorldChange.rename(api, to: "api")], [.immutable(RepositoryID(rawValue: 1002))],
            [.delete(RepositoryID(rawValue: 9))],
        ] {
            let result = whatIf(changes, all)
            #expect(result.lost.isEmpty && result.gained.isEmpty)
        }
    }

    @Test func aRenameLosesAndSaysWhatToAdd() throws {
        let result = whatIf([.rename(api, to: "core")], try TrustSample.subject("repo:acme/api:*"))
        #expect(result.gained.isEmpty && result.lost.count == 1)
        #expect(result.lost[0].before == "repo:acme/api:ref:refs/heads/main")
        #expect(result.lost[0].after == nil)
        #expect(result.lost[0].add.map(\.value) == ["repo:acme@77/core@1001:*"])
        #expect(result.lost[0].isCertain)
    }

    @Test func narrowedAccessIsAddedNarrowed() throws {
        let trust = try TrustSample.subject("repo:acme/api:environment:prod", "repo:acme/api:ref:refs/heads/main")
        let result = whatIf([.immutable(api)], trust)
        #expect(
            result.lost.flatMap(\.add).map(\.value).sorted() == [
                "repo:acme@77/api@1001:environment:prod", "repo:acme@77/api@1001:ref:refs/heads/main",
            ])
        let open = whatIf([.immutable(api)], try TrustSample.subject("repo:acme/api:ref:*"))
        #expect(open.lost.flatMap(\.add).map(\.value).elementsEqual(["repo:acme@77/api@1001:ref:*"]))
    }

    /// With what is said added, nothing is lost.
    @Test(arguments: [
        "repo:acme/api:*", "repo:acme/api:environment:prod", "repo:acme/*", "*:pull_request",
        "repo:acme/a*:ref:refs/tags/v*",
    ])
    func whatIsToBeAddedIsEnough(value: String) throws {
        let trust = try TrustSample.subject(value)
        for change in [
            WorldChange.immutable(api), .rename(api, to: "core"), .transfer(api, to: "other", ownerID: 5),
            .template(api, ["repo", "context"]),
        ] {
            let lost = whatIf([change], trust).lost
            let values = [value] + lost.flatMap(\.add).filter { $0.claim == "sub" }.map(\.value)
            let list = values.map { "\"\($0)\"" }.joined(separator: ", ")
            let mended = try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": [\(list)]}}")
            #expect(whatIf([change], mended).lost.isEmpty, "\(change) \(values)")
        }
    }

    @Test func otherClaimsAreAddedToo() throws {
        let trust = try TrustSample.trust(
            "{\"StringEquals\": {\"KEY:repository\": \"acme/api\", \"KEY:repository_id\": \"1001\"}}")
        let result = whatIf([.rename(api, to: "core")], trust)
        #expect(
            result.lost.flatMap(\.add) == [
                .init(
                    claim: "repository", value: "acme/core", key: "token.actions.githubusercontent.com:repository",
                    comparison: "StringEquals")
            ])
    }

    @Test func gainsAreSaid() throws {
        let result = whatIf(
            [.transfer(api, to: "partner", ownerID: 5)], try TrustSample.subject("repo:partner@5/*", "repo:acme/api:*"))
        // The same contexts by another value: nothing is lost or gained.
        #expect(result.lost.isEmpty && result.gained.isEmpty)
        let gained = whatIf([.transfer(api, to: "partner", ownerID: 5)], try TrustSample.subject("repo:partner@5/*"))
        #expect(gained.gained.map(\.after) == ["repo:partner@5/api@1001:ref:refs/heads/main"])
        #expect(gained.gained.map(\.before) == [nil])
    }

    @Test func aDeletionLosesWithoutAnythingToAdd() throws {
        let result = whatIf([.delete(api)], try TrustSample.subject("repo:acme/api:*"))
        #expect(result.lost.count == 1 && result.lost[0].add.isEmpty)
    }

    @Test func aPlanIsItsChanges() throws {
        let world = TrustSample.world
        guard case .read(let setting) = world.repositories[0].reading else { return }
        var wanted = setting
        wanted.subClaimPrefix = "repo:acme@77/api@1001"
        wanted.useImmutableSubject = true
        let change = PlannedChange(
            target: .repository(owner: "acme", name: "api", id: api), before: .repository(setting),
            after: .repository(wanted))
        let plan = Plan(
            apiURL: "https://api.github.com", isEnterpriseServer: false,
            organizations: [.init(login: "acme", id: OrganizationID(rawValue: 77))], createdAt: .sample, scanID: nil,
            policyName: "", policySHA256: "", changes: [change], manual: [])
        let changes = plan.worldChanges(world.repositories, templates: ["acme": .neverSet])
        let trust = try TrustSample.subject("repo:acme/api:*")
        let (planned, direct) = (whatIf(changes, trust), whatIf([.immutable(api)], trust))
        #expect(planned.lost == direct.lost && planned.lost.count == 1)
    }

    /// The same comes out where everything is judged anew in the world as it would be.
    @Test func itEqualsAFreshRun() throws {
        var random = SeededGenerator(11)
        let patterns = [
            "repo:acme/*", "repo:acme@77/*", "repo:acme/api:*", "repo:acme@*/web@*:ref:*", "repo:*:pull_request",
            "repository_owner:acme:*", "*:environment:prod", "repo:acme/w*:ref:refs/heads/main", "repo:acme/core:*",
        ]
        let world = TrustSample.world
        for _ in 0..<6 {
            let trusts = try (0..<3).map { _ in
                try TrustSample.subject(
                    patterns.randomElement(using: &random) ?? "*", patterns.randomElement(using: &random) ?? "*")
            }
            let changes = (0..<Int.random(in: 1...4, using: &random)).map { _ -> WorldChange in
                let id = world.repositories.randomElement(using: &random)?.repository.id ?? api
                switch Int.random(in: 0..<5, using: &random) {
                case 0: return .rename(id, to: "core")
                case 1: return .transfer(id, to: "partner", ownerID: 5)
                case 2: return .delete(id)
                case 3: return .immutable(id)
                default: return .template(id, ["repository_owner", "context"])
                }
            }
            let result = WhatIf(changes, in: world, trusts: trusts)
            let future = world.applying(changes)
            // All trusts of the sample have one id, so that their rows come in the order of the trusts.
            for trust in trusts {
                let one = WhatIf(changes, in: world, trusts: [trust])
                let (before, after) = (kinds(trust, world), kinds(trust, future))
                for repository in world.repositories.map(\.repository) {
                    let (was, willBe) = (before[repository.id] ?? [], after[repository.id] ?? [])
                    func contexts(_ rows: [AccessDifference]) -> Set<JobContext.Kind> {
                        Set(rows.filter { $0.repository.id == repository.id }.flatMap(\.contexts))
                    }
                    #expect(contexts(one.lost).isSuperset(of: was.subtracting(willBe)))
                    #expect(contexts(one.lost).isSubset(of: was))
                    #expect(contexts(one.gained).isSuperset(of: willBe.subtracting(was)))
                    #expect(contexts(one.gained).isSubset(of: willBe))
                }
                for row in one.lost {
                    let state = try #require(world.repositories.first { $0.repository.id == row.repository.id })
                    #expect(try isAccepted(row.before, by: trust, of: state), "\(row)")
                }
            }
            let each = trusts.map { WhatIf(changes, in: world, trusts: [$0]) }
            #expect(result.lost == each.flatMap(\.lost) && result.gained == each.flatMap(\.gained))
        }
    }

    private func isAccepted(_ subject: String?, by trust: Trust, of state: RepositoryState) throws -> Bool {
        LiteralMatcher.accepts(trust.demand, ["sub": try #require(subject), "aud": "sts.amazonaws.com"])
    }

    /// A role that holds new values of some branches and not of others is no longer open to those.
    @Test func aPartOfAContextIsLostToo() throws {
        let trust = try TrustSample.subject(
            "repo:acme/api:ref:refs/heads/main", "repo:acme/api:ref:refs/heads/release/*",
            "repo:acme@77/api@1001:ref:refs/heads/main", "repo:acme@77/api@1001:environment:prod",
            "repo:acme/api:environment:prod")
        let result = whatIf([.immutable(api)], trust)
        #expect(result.lost.map(\.contexts) == [[.branch]] && result.gained.isEmpty)
        #expect(result.lost.flatMap(\.add).map(\.value) == ["repo:acme@77/api@1001:ref:refs/heads/release/*"])
        let lost = try #require(result.lost.first)
        #expect(lost.before?.hasPrefix("repo:acme/api:ref:refs/heads/release/") == true && lost.isCertain)
        let wider = whatIf(
            [.immutable(api)],
            try TrustSample.subject("repo:acme/api:environment:prod", "repo:acme@77/api@1001:environment:*"))
        #expect(wider.lost.isEmpty && wider.gained.map(\.contexts) == [[.environment]])
    }

    private func kinds(_ trust: Trust, _ world: TrustWorld) -> [RepositoryID: Set<JobContext.Kind>] {
        let index = RepositoryIndex(world.repositories)
        let demand = CompiledDemand(trust.demand)
        let result = AccessMatrix(index: index).result(demand, entries: index.candidates(demand))
        return Dictionary(
            uniqueKeysWithValues: result.cells.map {
                (world.repositories[Int($0.repository)].repository.id, Set(result.outcomes[Int($0.outcome)].kinds))
            })
    }
}
