import AuditCore
import Testing

@testable import CloudTrust

@Suite struct HostileTests {
    private func read(_ bytes: [UInt8]) throws(TrustFileError) -> TrustFile {
        try TrustFileReader(valuesMax: 10_000).read(bytes, path: "x.json")
    }

    @Test func aFileBeyondTheLimitIsRefusedUnread() {
        let bytes = [UInt8](repeating: 0x20, count: TrustFileReader.bytesMax + 1)
        #expect(throws: TrustFileError("x.json", "the file is larger than 64 MiB")) { try read(bytes) }
    }

    @Test func deepNestingIsRefused() {
        let bytes = Array((String(repeating: "[", count: 100_000)).utf8)
        let error = #expect(throws: TrustFileError.self) { try read(bytes) }
        #expect(error?.message.contains("nested deeper") == true)
        // Also within a policy that is a text.
        let policy = String(repeating: "[", count: 1000)
        let role = "{\"Roles\": [{\"Arn\": \"a\", \"AssumeRolePolicyDocument\": \"\(policy)\"}]}"
        #expect((try? read(Array(role.utf8)))?.unread.count == 1)
    }

    @Test func tooManyValuesAreRefused() {
        let bytes = Array(("[" + String(repeating: "1,", count: 10_000) + "1]").utf8)
        let error = #expect(throws: TrustFileError.self) { try read(bytes) }
        #expect(error?.message.contains("10000 values") == true)
    }

    /// A policy longer than AWS takes is not judged, and said to be unread.
    @Test func aHugePolicyIsUnread() throws {
        let values = String(repeating: "\"repo:acme/x\",", count: 8000)
        let policy = "{\"Statement\": [\(TrustSample.statement("{\"StringLike\": {\"KEY:sub\": [\(values)\"x\"]}}"))]}"
        let file = try read(Array("{\"Role\": {\"Arn\": \"a\", \"AssumeRolePolicyDocument\": \(policy)}}".utf8))
        #expect(file.unread.count == 1 && file.trusts.isEmpty)
    }

    @Test func oddUnicodeIsComparedByBytes() throws {
        let composed = try TrustSample.subject("repo:acme/api:environment:\u{E9}?")
        let aud: [ClaimKey: String] = ["aud": "sts.amazonaws.com"]
        func accepts(_ subject: String) -> Bool {
            LiteralMatcher.accepts(composed.demand, aud.merging(["sub": subject]) { $1 })
        }
        #expect(accepts("repo:acme/api:environment:\u{E9}\u{1F600}"))
        #expect(!accepts("repo:acme/api:environment:e\u{301}\u{1F600}"))
        let witness = TrustSample.judged(composed)
        #expect(witness.cells.count == 1)
        let outcome = witness.outcomes[0].entries[0]
        #expect(outcome.holes["environment"]?.unicodeScalars.first == "\u{E9}")
    }

    @Test func tenThousandStarsAreDecided() throws {
        // No branch is that long.
        let letters = TrustSample.judged(
            try TrustSample.subject("repo:acme/api:*" + String(repeating: "*a", count: 5000)))
        #expect(letters.isExact ? letters.cells.isEmpty : letters.undecided.map(\.kind) == [.intricate])
        let stars = TrustSample.judged(
            try TrustSample.subject("repo:acme/api:" + String(repeating: "*", count: 10_000)))
        #expect(stars.isExact && stars.cells.count == 1)
    }

    /// The set of live positions remembers where each `a` of the last 60 characters stood. It ends by the bound, and is said.
    @Test func aBlowUpOfSetsEndsByTheBound() throws {
        let pattern = "repo:acme/api:environment:*a" + String(repeating: "?", count: 60)
        let values = [pattern, pattern + "b*c" + pattern]
        let trust = try TrustSample.trust(
            "{\"StringLike\": {\"KEY:sub\": [\"\(values[0])\", \"\(values[1])\"]}, \"StringNotLike\": {\"KEY:sub\": \"\(values[0])\"}}"
        )
        let judged = TrustSample.judged(trust)
        #expect(judged.undecided.map(\.kind) == [.intricate])
        #expect(!judged.isExact)
        // The wide side: the repository may use it.
        #expect(judged.cells.count == 1 && judged.noMatch.isEmpty)
    }

    /// The limit of a real file: what is refused is said with its place.
    @Test func aMillionValuesAreRefused() {
        let bytes = Array(("{\"Roles\": [" + String(repeating: "1,", count: 1_000_000) + "1]}").utf8)
        let error = #expect(throws: TrustFileError.self) { try TrustFileReader().read(bytes, path: "x.json") }
        #expect(error?.description.hasPrefix("x.json:1:") == true && error?.message.contains("1000000 values") == true)
    }

    /// What is too intricate for one repository is not tried as hard for all others.
    @Test func stepsAreBoundedForAllQuestionsTogether() throws {
        let trust = try TrustSample.subject("*" + String(repeating: "*a?", count: 3300))
        let demand = CompiledDemand(trust.demand)
        for state in TrustSample.world.repositories {
            for language in state.tokens { _ = TokenQuestion.answer(language, demand) }
        }
        let (first, later) = (StepBudget.stepsMax, StepBudget.laterMax)
        #expect(demand.budget.used > first)
        // Texts that a person expects are tried all the same, and a question may go over its share by a character of each set.
        let questions = TrustSample.world.repositories.reduce(0) { $0 + $1.tokens.count }
        #expect(demand.budget.used <= first + later.all + later.each + questions * 20_000)
        let judged = TrustSample.judged(trust)
        #expect(!judged.isExact && judged.undecided.contains { $0.kind == .intricate })
    }
}
