import AuditCore
import TestSupport
import Testing

@testable import CloudTrust

/// The values that keep access let in nobody else.
@Suite struct AdditionTests {
    private static let workflow = "acme/shared/.github/workflows/deploy.yml@refs/heads/main"
    private static let world = TrustWorld(
        repositories: TrustSample.world.repositories + [
            TrustSample.repository("lib", id: 1006, template: ["repo", "context", "job_workflow_ref"]),
            TrustSample.repository("first", id: 1007, template: ["job_workflow_ref", "repo", "environment"]),
        ],
        owners: TrustSample.world.owners, formerRepositories: TrustSample.world.formerRepositories,
        formerOwners: TrustSample.world.formerOwners)

    private func id(_ name: String) -> RepositoryID {
        Self.world.repositories.first { $0.repository.name == name }?.repository.id ?? RepositoryID(rawValue: 0)
    }

    private func lost(_ change: WorldChange, _ trust: Trust) -> [AccessDifference] {
        WhatIf([change], in: Self.world, trusts: [trust]).lost
    }

    // MARK: - What is written

    @Test func whatTheRoleKnewOfAClaimIsKept() throws {
        for (name, change, value, expected) in [
            (
                "lib", "immutable", "repo:acme/lib:*:job_workflow_ref:\(Self.workflow)",
                ["repo:acme@77/lib@1006:*:job_workflow_ref:\(Self.workflow)"]
            ),
            (
                "lib", "rename", "repo:acme/lib:ref:refs/heads/main:job_workflow_ref:acme/*@refs/heads/*",
                ["repo:acme@77/core@1006:ref:refs/heads/main:job_workflow_ref:acme/*@refs/heads/*"]
            ),
            ("api", "immutable", "repo:acme/api:environment:prod-*", ["repo:acme@77/api@1001:environment:prod-*"]),
            (
                "api", "rename", "repo:acme/api:ref:refs/heads/release/?.*",
                ["repo:acme@77/core@1001:ref:refs/heads/release/?.*"]
            ),
            ("api", "immutable", "repo:acme/*:ref:refs/tags/v*", ["repo:acme@77/api@1001:ref:refs/tags/v*"]),
            ("api", "immutable", "repo:acme/api:ref:*", ["repo:acme@77/api@1001:ref:*"]),
            (
                "api", "template", "repo:acme/api:environment:prod",
                ["repo:acme/api:environment:prod:job_workflow_ref:*/*/.github/workflows/*@*"]
            ),
            (
                "first", "immutable", "job_workflow_ref:acme/shared/*:repo:acme/first:environment:p*",
                ["job_workflow_ref:acme/shared/*:repo:acme@77/first@1007:environment:p*"]
            ),
        ] as [(String, String, String, [String])] {
            let change: WorldChange =
                switch change {
                case "immutable": .immutable(id(name))
                case "rename": .rename(id(name), to: "core")
                default: .template(id(name), ["repo", "context", "job_workflow_ref"])
                }
            let lost = lost(change, try TrustSample.subject(value))
            #expect(Set(lost.flatMap(\.add).map(\.value)) == Set(expected), "\(value)")
            #expect(lost.count == 1 && lost.allSatisfy { $0.obstacle == nil }, "\(value) \(lost.map(\.obstacle))")
        }
    }

    /// A value that ignores case is kept by one that does.
    @Test func valuesThatIgnoreCaseAreKeptWhole() throws {
        for (claim, value, expected) in [
            ("sub", "repo:ACME/api:ref:refs/heads/main", "repo:acme@77/core@1001:ref:refs/heads/main"),
            ("repository", "ACME/Api", "acme/core"),
        ] {
            let trust = try TrustSample.trust("{\"StringEqualsIgnoreCase\": {\"KEY:\(claim)\": \"\(value)\"}}")
            let lost = lost(.rename(id("api"), to: "core"), trust)
            #expect(lost.flatMap(\.add).map(\.value) == [expected], "\(claim)")
            #expect(lost.map(\.obstacle) == [nil], "\(claim)")
        }
    }

    /// Where every value would let others in as well, none is given, and why is said.
    @Test func whatCantBeKeptAloneIsSaid() throws {
        for (name, keys, value, words) in [
            // Every repository of that template has the subject.
            ("api", ["repository_owner", "context"], "repo:acme/api:*", "acme/plain"),
            ("api", ["repository_owner", "context", "ref"], "repo:acme/api:*", "any repository of acme"),
            ("api", ["job_workflow_ref"], "repo:acme/api:ref:refs/heads/main", "branch"),
            ("api", ["workflow", "context"], "repo:acme/api:*", "any "),
            ("lib", ["repo", "context"], "repo:acme/lib:*:job_workflow_ref:\(Self.workflow)", "workflow"),
        ] as [(String, [ClaimKey], String, String)] {
            let lost = lost(.template(id(name), keys), try TrustSample.subject(value))
            #expect(lost.count == 1 && lost[0].add.isEmpty, "\(value) \(lost.flatMap(\.add))")
            #expect(lost.first?.obstacle?.contains(words) == true, "\(keys) \(lost.map(\.obstacle))")
        }
        // The id confines it.
        let confined = try TrustSample.trust(
            "{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}, \"StringEquals\": {\"KEY:repository_id\": \"1001\"}}")
        let kept = lost(.template(id("api"), ["repository_owner", "context"]), confined)
        #expect(kept.flatMap(\.add).map(\.value) == ["repository_owner:acme:*"])
        #expect(kept.map(\.obstacle) == [nil])
        let gone = lost(.delete(id("api")), try TrustSample.subject("repo:acme/api:*"))
        #expect(gone.map(\.obstacle) == ["the repository is gone"])
        let denied = lost(
            .immutable(id("api")),
            try TrustSample.subject("repo:acme/api:*", denies: ["{\"StringLike\": {\"KEY:sub\": \"repo:*@*\"}}"]))
        #expect(denied.map(\.obstacle) == ["a Deny statement refuses its new tokens"])
    }

    /// A value without ids in the place of one with ids would be bound by names that somebody else may take.
    @Test func idsAreNotGivenUp() throws {
        let new = id("new")
        let legacy = RepositorySetting(
            useDefault: true, includeClaimKeys: nil, useImmutableSubject: false, subClaimPrefix: "repo:acme/new")
        let change = WorldChange.setting(new, legacy, under: .neverSet)
        let bare = lost(change, try TrustSample.subject("repo:acme@77/new@1002:*"))
        #expect(bare.count == 1 && bare.flatMap(\.add).isEmpty)
        #expect(bare.first?.obstacle == "a value for it would let in anyone who takes its names", "\(bare)")
        let confined = lost(
            change,
            try TrustSample.trust(
                "{\"StringLike\": {\"KEY:sub\": \"repo:acme@77/new@1002:*\", \"KEY:repository_id\": \"1002\"}}"))
        #expect(confined.flatMap(\.add).map(\.value) == ["repo:acme/new:*"], "\(confined)")
    }

    @Test func valuesStandUnderTheOperatorThatCanHoldThem() throws {
        let exact = try TrustSample.trust("{\"StringEquals\": {\"KEY:sub\": \"repo:acme/api:environment:prod\"}}")
        let literal = try #require(lost(.immutable(id("api")), exact).first?.add.first)
        #expect(literal.comparison == "StringEquals" && literal.insteadOf == nil)
        let wild = try #require(
            lost(.template(id("api"), ["repo", "context", "job_workflow_ref"]), exact).first?.add.first)
        #expect(wild.comparison == "StringLike" && wild.insteadOf == "StringEquals")
        // A star that is meant as a star would become a wildcard.
        let starred = try TrustSample.trust(
            "{\"StringEquals\": {\"KEY:sub\": [\"repo:acme/api:environment:prod\", \"x*\"]}}", version: "2008-10-17")
        let refused = lost(.template(id("api"), ["repo", "context", "job_workflow_ref"]), starred)
        #expect(refused.flatMap(\.add).isEmpty && refused.first?.obstacle?.contains("StringEquals") == true)
    }

    @Test func aStarOfAValueStaysAStar() throws {
        let trust = try TrustSample.subject("repo:acme/api:environment:a${*}b*")
        let lost = lost(.immutable(id("api")), trust)
        #expect(lost.flatMap(\.add).map(\.value) == ["repo:acme@77/api@1001:environment:a${*}b*"])
    }

    // MARK: - Properties

    private static let subjects = [
        "repo:acme/api:*", "repo:acme/*", "repo:acme/api:environment:prod", "repo:acme/api:environment:prod-*",
        "repo:acme/*:environment:p*", "repo:acme/api:ref:refs/heads/release/*", "repo:acme/*:pull_request",
        "repo:acme/lib:*:job_workflow_ref:acme/shared/*", "repo:acme/lib:*:job_workflow_ref:\(workflow)",
        "repo:acme/l*:ref:refs/heads/*:job_workflow_ref:*deploy.yml@*", "repository_owner:acme:*",
        "repository_owner:acme:environment:prod", "job_workflow_ref:acme/*:repo:acme/first:environment:*",
        "job_workflow_ref:*@refs/heads/main:repo:acme/f*:*", "repo:acme/?pi:ref:*main", "*:environment:prod",
        "repo:acme/web:ref:refs/tags/v?",
    ]
    private static let claims = [
        ("repository", "acme/*"), ("repository", "acme/api"), ("repository_id", "100?"), ("environment", "prod*"),
        ("job_workflow_ref", "acme/shared/*"), ("ref", "refs/heads/*"), ("repository_owner_id", "77"),
    ]
    private static let templates: [[ClaimKey]] = [
        ["repo", "context", "job_workflow_ref"], ["repo", "context"], ["repository_owner", "context"],
        ["job_workflow_ref", "repo", "context"], ["repo", "environment"], ["repository_id", "context"],
        ["repo", "job_workflow_ref"], ["repo", "context", "actor"],
    ]

    private func change(_ random: inout SeededGenerator) -> WorldChange {
        let id = id(["api", "lib", "first", "web", "plain"].randomElement(using: &random) ?? "api")
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return .rename(id, to: "core")
        case 1: return .transfer(id, to: "partner", ownerID: 5)
        case 2, 3: return .immutable(id)
        default: return .template(id, Self.templates.randomElement(using: &random) ?? ["repo", "context"])
        }
    }

    private func text(_ hole: TokenHole, _ random: inout SeededGenerator) -> String {
        let texts =
            switch hole.name {
            case "branch": ["main", "release/1", "dev", "xmain", "release/prod"]
            case "tag": ["v1", "v12", "main"]
            case "environment": ["prod", "prod-1", "staging", "p", "a:b"]
            case "workflow_owner": ["acme", "evil"]
            case "workflow_repository": ["shared", "api"]
            case "job_workflow_file", "workflow_file": ["deploy.yml", "x.yml"]
            case "job_workflow_at": ["refs/heads/main", "refs/heads/x@refs/heads/main", "refs/tags/v1"]
            default: [hole.usual]
            }
        return texts.randomElement(using: &random) ?? hole.usual
    }

    /// Who is let in after a change by the values was let in before it by those of today, or is by them after it.
    @Test(arguments: [21, 22]) func nobodyGains(seed: Int) throws {
        var random = SeededGenerator(seed)
        var (kept, refused) = (0, 0)
        for _ in 0..<40 {
            let values = (0..<Int.random(in: 1...2, using: &random)).map { _ in
                Self.subjects.randomElement(using: &random) ?? "*"
            }
            let extra = Bool.random(using: &random) ? Self.claims.randomElement(using: &random) : nil
            func trust(adding more: [AccessDifference.Addition]) throws -> Trust {
                func list(_ claim: String, _ values: [String]) -> String {
                    let all = values + more.filter { $0.claim.rawValue == claim }.map(\.value)
                    return "\"KEY:\(claim)\": [\(all.map { "\"\($0)\"" }.joined(separator: ", "))]"
                }
                let lists = [list("sub", values)] + (extra.map { [list($0.0, [$0.1])] } ?? [])
                return try TrustSample.trust("{\"StringLike\": {\(lists.joined(separator: ", "))}}")
            }
            let old = try trust(adding: [])
            let change = change(&random)
            let future = Self.world.applying([change])
            for row in WhatIf([change], in: Self.world, trusts: [old]).lost {
                #expect(!row.add.isEmpty || row.obstacle != nil)
                guard !row.add.isEmpty else {
                    refused += 1
                    continue
                }
                kept += 1
                let patched = try trust(adding: row.add)
                let reach = (TrustSample.judged(patched, in: future).reach, TrustSample.judged(old, in: future).reach)
                #expect(reach.0.anyone.isNo || !reach.1.anyone.isNo, "\(values) \(row.add)")
                for state in future.repositories {
                    let was = Self.world.repositories.first { $0.repository.id == state.repository.id } ?? state
                    for pair in TokenPair.pairs(was, state, keys: TokenLanguage.keys) {
                        for _ in 0..<6 {
                            var texts: [String: String] = [:]
                            let claims = Array(pair.after.claims.values) + Array(pair.before.claims.values)
                            for claim in claims {
                                for hole in claim.holes where texts[hole.name] == nil {
                                    texts[hole.name] = text(hole, &random)
                                }
                            }
                            let after = pair.after.witness(of: patched.demand, texts, optional: []).claims
                            let before = pair.before.witness(of: old.demand, texts, optional: []).claims
                            let isMeant = LiteralMatcher.accepts(old.demand, before)
                            let isThere = LiteralMatcher.accepts(old.demand, after)
                            let isIn = LiteralMatcher.accepts(patched.demand, after)
                            #expect(
                                !isIn || isMeant || isThere, "\(values) \(extra as Any) \(change) \(row.add) \(after)")
                            guard row.obstacle == nil, state.repository.id == row.repository.id,
                                row.contexts.contains(pair.context.kind)
                            else { continue }
                            #expect(isIn || !isMeant, "\(values) \(extra as Any) \(change) \(row.add) \(after)")
                        }
                    }
                }
            }
        }
        #expect(kept > 0 && refused > 0, "\(kept) \(refused)")
    }
}
