import AuditCore
import Testing

@testable import CloudTrust

/// Trusts as people write them are decided for every token, whatever wildcards they hold.
@Suite struct SmallTrustTests {
    struct Sample: CustomTestStringConvertible {
        let name: String
        let condition: String
        var denies: [String] = []
        var testDescription: String { name }
    }

    static let samples = [
        Sample(
            name: "six values with wildcards of all kinds",
            condition: """
                {"StringLike": {"KEY:sub": ["repo:*/*-prod:*", "*:environment:*prod*", "repo:acme/*-api:ref:refs/heads/*",
                 "repo:acme*/web*:environment:*", "repo:*-corp/*:environment:prod", "repo:acme/service-0?0??:*"]}}
                """),
        Sample(
            name: "a name's end and a workflow",
            condition: """
                {"StringLike": {"KEY:sub": "repo:*-corp/*:environment:prod",
                 "KEY:job_workflow_ref": "*/deploy.yml@refs/heads/*"}}
                """),
        Sample(
            name: "a workflow within the subject",
            condition: "{\"StringLike\": {\"KEY:sub\": \"*job_workflow_ref:acme/*/.github/workflows/*deploy*@*\"}}"),
        Sample(
            name: "a refusal of three values with wildcards",
            condition: "{\"StringLike\": {\"KEY:sub\": \"repo:*-corp/*\"}}",
            denies: [
                "{\"StringLike\": {\"KEY:sub\": [\"*:environment:*prod*\", \"repo:*/*-prod:*\", \"*:ref:refs/heads/rel*\"]}}"
            ]),
        Sample(
            name: "four claims",
            condition: """
                {"StringLike": {"KEY:sub": "repo:acme/*", "KEY:environment": ["*prod*", "*live*"],
                 "KEY:ref": ["refs/heads/*", "refs/tags/*"]}, "StringNotLike": {"KEY:workflow": ["*test*", "*lint*"]}}
                """),
    ]

    @Test(arguments: samples) func aSmallTrustIsDecided(_ sample: Sample) throws {
        let judged = TrustSample.judged(try TrustSample.trust(sample.condition, denies: sample.denies))
        #expect(judged.isExact, "\(judged.undecided.map(\.why))")
    }

    /// Behind a run nothing is remembered of what stood before it.
    @Test func positionsBeforeARunAreForgotten() throws {
        let set = PatternSet([TextPattern(.like, "a*b*c")])
        func live(behind text: String) -> [UInt64] {
            var live = set.start
            live.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                for scalar in text.unicodeScalars { set.step(base, scalar.value) }
            }
            return live
        }
        #expect(live(behind: "ab") == live(behind: "axbb"))
        #expect(live(behind: "ab").map(\.nonzeroBitCount) == [1])
    }

    /// A value that takes whatever comes leaves nothing of the others to be told apart.
    @Test func aMetValueWithARunAtItsEndIsAllThatIsKept() throws {
        let long = String(repeating: "x", count: 100)
        let set = PatternSet([TextPattern(.like, "*b*d"), TextPattern(.like, "a*"), TextPattern(.like, long)])
        func live(behind text: String) -> [UInt64] {
            var live = set.start
            live.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                for scalar in text.unicodeScalars { set.step(base, scalar.value) }
            }
            return live
        }
        #expect(live(behind: "a") == live(behind: "abxd"))
    }
}
