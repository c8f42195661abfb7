import AuditCore
import Foundation
import TestSupport
import Testing

@testable import CloudTrust

/// Random trusts, held against the literal matcher.
@Suite struct PropertyTests {
    /// Also repositories whose subjects hold their own workflows, or the event.
    private static let world: TrustWorld = {
        var world = TrustSample.world
        world.repositories += [
            TrustSample.repository("wf1", id: 1011, template: ["repo", "workflow_ref"]),
            TrustSample.repository("wf2", id: 1012, template: ["repo", "workflow_ref"]),
            TrustSample.repository("ev", id: 1013, template: ["repo", "context", "event_name"]),
        ]
        return world
    }()
    private static let characters = Array("acmepi/:@*?-1071refsheadmn.%3A")

    private func pattern(_ random: inout SeededGenerator) -> String {
        let bases = [
            "repo:acme/api:ref:refs/heads/main", "repo:acme/api:environment:prod", "repo:acme/*",
            "repo:acme@77/new@1002:*",
            "repo:*:pull_request", "repository_owner:acme:ref:*", "*:environment:*", "repo:acme/w?b:*",
            "repo:a*/*i:ref:*", "repo:acme/*:workflow_ref:acme/wf?/.github/workflows/*",
            "repo:acme/ev:environment:prod:event_name:*", "repository_owner_id:77:*", "repo:acme/*:ref:refs/*/-*",
        ]
        var text = Array(bases.randomElement(using: &random) ?? "*")
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let character = Self.characters.randomElement(using: &random) ?? "*"
            let place = Int.random(in: 0...text.count, using: &random)
            if Bool.random(using: &random) || place == text.count {
                text.insert(character, at: place)
            } else {
                text[place] = character
            }
        }
        return String(text)
    }

    private func condition(_ random: inout SeededGenerator) -> String {
        let ops = [
            "StringLike", "StringEquals", "StringNotLike", "StringEqualsIgnoreCase", "ForAllValues:StringLike",
            "StringLikeIfExists",
        ]
        var clauses: [String] = []
        for op in Set((0..<Int.random(in: 1...2, using: &random)).map { _ in ops.randomElement(using: &random) ?? "" })
            .sorted()
        {
            let claims: [(String, String)] = [
                ("sub", pattern(&random)), ("sub", pattern(&random)), ("ref", "refs/heads/*"), ("environment", "p*"),
                ("repository", "acme/*"), ("repository_owner_id", "77"), ("ref", "refs/pull/*"),
                ("job_workflow_ref", "acme/*"),
            ]
            let (claim, value) = claims.randomElement(using: &random) ?? ("sub", "*")
            let more = claim == "sub" ? [value, pattern(&random)] : [value]
            clauses.append("\"\(op)\": {\"KEY:\(claim)\": [\(more.map { "\"\($0)\"" }.joined(separator: ", "))]}")
        }
        return "{\(clauses.joined(separator: ", "))}"
    }

    private func trust(_ random: inout SeededGenerator) throws -> Trust {
        let denies = Int.random(in: 0..<4, using: &random) == 0 ? [condition(&random)] : []
        return try TrustSample.trust(condition(&random), denies: denies)
    }

    private func witnesses(_ trust: Trust, _ report: AccessReport) -> [Witness] {
        let judged = report.trusts[0]
        return report.access(of: judged).filter { $0.certainty == .certain }.map(\.witness)
            + (judged.reach.outside.map(\.answer) + [judged.reach.byName]).compactMap { answer in
                if case .yes(let witness) = answer { witness } else { nil }
            }
    }

    @Test func everyWitnessIsAcceptedAndMutationsAreJudgedAlike() throws {
        var random = SeededGenerator(7)
        let engine = AccessEngine(Self.world)
        var count = 0
        while count < Self.mutations {
            let trust = try trust(&random)
            for witness in witnesses(trust, engine.report([trust])) {
                #expect(LiteralMatcher.accepts(trust.demand, witness.claims), "\(trust.demand) \(witness)")
                for _ in 0..<25 {
                    var claims = witness.claims
                    guard
                        let claim = claims.keys.sorted(by: { $0.rawValue < $1.rawValue }).randomElement(using: &random)
                    else { continue }
                    var text = Array(claims[claim] ?? "")
                    let place = Int.random(in: 0...text.count, using: &random)
                    let character = Self.characters.randomElement(using: &random) ?? "x"
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0 where place < text.count: text.remove(at: place)
                    case 1 where place < text.count: text[place] = character
                    default: text.insert(character, at: place)
                    }
                    claims[claim] = String(text)
                    count += 1
                    #expect(
                        LiteralMatcher.accepts(trust.demand, claims) == Symbolic.accepts(trust.demand, claims),
                        "\(trust.demand) \(claims)")
                }
            }
        }
    }

    /// `scripts/torture` asks for 100,000.
    private static let mutations = ProcessInfo.processInfo.environment["MUTATIONS"].flatMap { Int($0) } ?? 10_000

    /// Random tokens of every repository: whoever is accepted by the literal matcher has its cell.
    @Test func whatTheLiteralMatcherAcceptsHasACell() throws {
        var random = SeededGenerator(3)
        let world = Self.world
        let engine = AccessEngine(world)
        for _ in 0..<20 {
            let trust = try trust(&random)
            let judged = engine.report([trust]).trusts[0]
            for (number, state) in world.repositories.enumerated() {
                for language in state.tokens {
                    let holes = [
                        "branch": ["main", "m", "api"].randomElement(using: &random) ?? "",
                        "environment": ["prod", "p", "dev"].randomElement(using: &random) ?? "",
                    ]
                    let witness = language.witness(of: trust.demand, holes, optional: [])
                    guard LiteralMatcher.accepts(trust.demand, witness.claims) else { continue }
                    let cell = judged.cells.first { $0.repository == Int32(number) }
                    #expect(
                        cell.map { judged.outcomes[Int($0.outcome)].kinds.contains(language.context.kind) } == true,
                        "\(trust.demand) \(witness)")
                }
            }
        }
    }

    private func cells(_ trust: Trust) -> [Int32: Set<JobContext.Kind>] {
        let demand = CompiledDemand(trust.demand)
        let result = AccessMatrix(index: Self.index).result(demand, entries: Self.index.candidates(demand))
        return Dictionary(
            uniqueKeysWithValues: result.cells.map { ($0.repository, Set(result.outcomes[Int($0.outcome)].kinds)) })
    }

    private static let index = RepositoryIndex(world.repositories)

    private func isWithin(_ one: [Int32: Set<JobContext.Kind>], _ other: [Int32: Set<JobContext.Kind>]) -> Bool {
        one.allSatisfy { other[$0.key]?.isSuperset(of: $0.value) == true }
    }

    @Test func aDenyNeverWidensAndAValueNeverNarrows() throws {
        var random = SeededGenerator(5)
        for _ in 0..<12 {
            let (value, more) = (pattern(&random), pattern(&random))
            let plain = try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": [\"\(value)\"]}}")
            let denied = try TrustSample.trust(
                "{\"StringLike\": {\"KEY:sub\": [\"\(value)\"]}}", denies: [condition(&random)])
            #expect(isWithin(cells(denied), cells(plain)))
            #expect(!TrustSample.judged(plain).reach.anyone.isNo || TrustSample.judged(denied).reach.anyone.isNo)
            let wider = try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": [\"\(value)\", \"\(more)\"]}}")
            #expect(isWithin(cells(plain), cells(wider)))
        }
    }

    @Test func theOrderOfStatementsDoesNotMatter() throws {
        var random = SeededGenerator(9)
        for _ in 0..<6 {
            let statements = (0..<4).map { number in
                TrustSample.statement(condition(&random), effect: number < 2 ? "Allow" : "Deny")
            }
            func all(_ statements: [String]) throws -> Set<[Int32: Set<JobContext.Kind>]> {
                Set(try TrustSample.file(statements).trusts.map(cells))
            }
            #expect(try all(statements) == all(statements.reversed()))
            #expect(try all(statements) == all(statements.shuffled(using: &random)))
        }
    }
}
