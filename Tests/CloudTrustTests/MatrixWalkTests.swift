import AuditCore
import TestSupport
import Testing

@testable import CloudTrust

/// Repositories that a trust does not tell apart are taken together: that must give what each by itself gives.
@Suite struct MatrixWalkTests {
    /// Names that begin alike, are alike to their end, or begin with each other; some subjects are unknown.
    private static let names = ["a", "aa", "ab", "a-1", "a-12", "a-13", "a-1x", "b", "b.c", "b.cd", "é"]
    private static let index = RepositoryIndex(
        names.enumerated().flatMap { number, name in
            let id = Int64(1 + number)
            return [
                TrustSample.repository(name, id: id), TrustSample.repository(name, id: id + 100, isImmutable: true),
                TrustSample.repository(name, id: id + 200, template: ["repository_owner", "context"]),
                TrustSample.repository(name, id: id + 300, template: ["repo", "context", "job_workflow_ref"]),
                TrustSample.unreadable(name + "u", id: id + 400),
                TrustSample.repository(name, id: id + 500, template: ["repo", "workflow_ref"]),
                TrustSample.repository(
                    name, id: id + 600, isImmutable: true, template: ["repository_owner", "context"]),
            ]
        })

    private static let subjects = [
        "*", "repo:acme/*", "repo:acme/a*", "repo:acme/a-1*:environment:prod", "repo:acme/a-12:*", "repo:acme/?:ref:*",
        "repo:acme@77/*", "repo:acme@77/a-1@*", "repo:acme@*/b.c@*:pull_request", "repo:*/*1*:environment:*",
        "repository_owner:acme:ref:refs/heads/main", "repo:acme/é:*", "repo:acme/a:ref:refs/heads/main", "nothing",
        "repo:acme/*:workflow_ref:acme/a*", "repo:acme/a?:workflow_ref:acme/ab/*", "*:workflow_ref:acme/a-1?/*",
    ]

    private static func trusts(_ random: inout SeededGenerator) throws -> [Trust] {
        var trusts: [Trust] = []
        for number in 0..<60 {
            let values = (0..<3).map { _ in "\"\(subjects.randomElement(using: &random) ?? "*")\"" }
            let sub = "\"KEY:sub\": [\(values.joined(separator: ", "))]"
            let more = [
                "", ", \"StringNotLike\": {\"KEY:sub\": \"repo:acme/a*\"}", ", \"StringEquals\": {\"KEY:aud\": \"x\"}",
            ]
            trusts.append(try TrustSample.trust("{\"StringLike\": {\(sub)}\(more[number % more.count])}"))
        }
        return trusts
    }

    private func rows(_ result: AccessMatrix.Result) -> [Int32: AccessOutcome] {
        Dictionary(
            uniqueKeysWithValues: result.cells.map { ($0.repository, result.outcomes[Int($0.outcome)]) })
    }

    @Test func togetherIsAsOneByOne() throws {
        var random = SeededGenerator(14)
        var count = 0
        for trust in try Self.trusts(&random) {
            let demand = CompiledDemand(trust.demand)
            let all = AccessMatrix(index: Self.index).result(demand, entries: nil)
            let each = AccessMatrix(index: Self.index).result(demand, entries: Array(Self.index.entries.indices))
            #expect(rows(all) == rows(each), "\(trust.demand)")
            #expect(all.cells.map(\.repository) == all.cells.map(\.repository).sorted())
            count += all.cells.count
        }
        #expect(count > 200)
    }

    /// What other trusts were answered changes no answer: contexts and short lists are those of the whole demand.
    @Test func whatIsKnownFromOtherTrustsIsAsAnew() throws {
        var random = SeededGenerator(41)
        let shared = AccessMatrix(index: Self.index)
        for trust in try Self.trusts(&random) {
            let demand = CompiledDemand(trust.demand)
            let known = shared.result(demand, entries: shared.index.candidates(demand))
            for (repository, outcome) in rows(known) {
                let numbers = Self.index.entriesOf[Int(repository)]
                let anew = numbers.map { Self.index.outcome(of: Self.index.entries[$0], demand).outcome }
                #expect(
                    anew.contains { one in
                        one.entries.map(\.context) == outcome.entries.map(\.context)
                            && one.entries.map(\.only) == outcome.entries.map(\.only)
                    }, "\(trust.demand)")
                for entry in outcome.entries {
                    let state = Self.index.states[Int(repository)]
                    let token = try #require(state.token(of: entry, keys: demand.claims))
                    let witness = token.witness(of: trust.demand, entry.holes, optional: entry.optional)
                    #expect(LiteralMatcher.accepts(trust.demand, witness.claims))
                }
            }
        }
    }
}
