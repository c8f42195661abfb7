import AuditCore
import TestSupport
import Testing

@testable import CloudTrust

/// Subjects in which one of a few words stands behind a text that somebody chose.
@Suite struct ChoiceHoleTests {
    private struct Shape {
        let name: String
        let template: SubjectTemplate
        /// What its subjects begin with, and what stands behind the chosen text.
        let start: String
        let key: String
        let words: [String]
    }

    private static let shapes = [
        Shape(
            name: "runr", template: ["repo", "ref", "runner_environment"], start: "repo:acme/runr:ref:refs/heads/",
            key: "runner_environment", words: ["github-hosted", "self-hosted"]),
        Shape(
            name: "envr", template: ["repo", "environment", "runner_environment"],
            start: "repo:acme/envr:environment:", key: "runner_environment", words: ["github-hosted", "self-hosted"]),
        Shape(
            name: "dep", template: ["repo", "ref", "event_name"], start: "repo:acme/dep:ref:refs/heads/",
            key: "event_name", words: ["push", "workflow_dispatch", "schedule", "page_build"]),
        Shape(
            name: "wfe", template: ["repo", "workflow", "event_name"], start: "repo:acme/wfe:workflow:",
            key: "event_name", words: ["push", "release", "merge_group", "pull_request"]),
        Shape(
            name: "prot", template: ["repo", "ref", "ref_protected"], start: "repo:acme/prot:ref:refs/heads/",
            key: "ref_protected", words: ["true", "false"]),
        Shape(
            name: "two", template: ["repo", "ref", "event_name", "runner_environment"],
            start: "repo:acme/two:ref:refs/heads/", key: "event_name:workflow_run:runner_environment",
            words: ["github-hosted", "self-hosted"]),
    ]

    private static let world = TrustWorld(
        repositories: shapes.enumerated().map { number, shape in
            TrustSample.repository(shape.name, id: Int64(number + 1), template: shape.template)
        }, owners: [.init(login: "acme", id: 77)])

    /// Patterns of the chosen text, with a text that each takes.
    private static let texts: [(pattern: String, text: String)] =
        [
            ("*-????-??-??", "release-2026-11-28"), ("release-????-??-??", "release-2026-11-28"),
            ("*-????????", "nightly-20261128"), ("*", "main"), ("v*.?*.?*", "v1.20.3"),
            ("*-?????????", "a-b-c-d-e-123456789"),
        ]
        + (4...10).map { count in
            ("*a" + String(repeating: "?", count: count), "xa\(String(repeating: "z", count: count))")
        }

    private static let samples = shapes.indices.flatMap { shape in texts.indices.map { (shape, $0) } }

    /// A token that the trust accepts and that GitHub mints is proof that the repository gets in.
    @Test(arguments: samples) func everyWordIsFollowedBehindAnyText(shape: Int, text: Int) throws {
        let (shape, (pattern, text)) = (Self.shapes[shape], Self.texts[text])
        for word in shape.words {
            let end = ":\(shape.key):\(word)"
            let judgedAlone = TrustSample.judged(
                try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": \"\(shape.start)\(pattern)\(end)\"}}"),
                in: Self.world)
            let judgedByDeny = TrustSample.judged(
                try TrustSample.trust(
                    "{\"StringLike\": {\"KEY:sub\": \"repo:acme/\(shape.name):*\"}}",
                    denies: ["{\"StringNotLike\": {\"KEY:sub\": \"*\(pattern)\(end)\"}}"]), in: Self.world)
            for judged in [judgedAlone, judgedByDeny] {
                #expect(LiteralMatcher.accepts(judged.trust.demand, ["sub": shape.start + text + end]))
                #expect(
                    judged.cells.map { Self.world.repositories[Int($0.repository)].repository.name } == [shape.name])
                #expect(judged.noMatch.isEmpty)
                let report = AccessReport(repositories: Self.world.repositories, trusts: [judged])
                for row in report.access(of: judged) {
                    #expect(LiteralMatcher.accepts(judged.trust.demand, row.witness.claims), "\(row.witness)")
                }
            }
        }
    }

    /// More owners than are looked at one by one: none of the others is passed over.
    @Test func noOwnerOfManyIsPassedOver() throws {
        let world = TrustWorld(
            repositories: [], owners: (0..<60).map { .init(login: "org\($0)z", id: Int64($0 + 1)) })
        let wide = TrustSample.judged(
            try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": \"repo:org59?/*\"}}"), in: world)
        #expect(!wide.reach.owner.isNo)
        let other = TrustSample.judged(
            try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": \"repo:partner/*\"}}"), in: world)
        #expect(other.reach.owner.isNo && other.isExact)
    }
}
