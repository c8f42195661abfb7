import AuditCore
import TestSupport
import Testing

@testable import Reports

/// Repositories that can use a trust alike stand in one line.
@Suite struct TrustCrowdsTests {
    private static let names = ["api", "app", "cli", "docs", "site", "web", "x", "y"]

    private static func state(_ owner: String, _ name: String, _ id: Int64) -> RepositoryState {
        var repository = Repository.sample(name, id: id)
        repository.owner = owner
        return RepositoryState(
            repository, .read(RepositorySetting(useDefault: true, subClaimPrefix: "repo:\(owner)/\(name)")),
            under: .neverSet, isEnterpriseServer: false)
    }

    private static let report = AccessReport(
        repositories: names.enumerated().map { state("acme", $1, Int64(1 + $0)) }
            + [state("beta", "one", 101), state("beta", "two", 102)],
        trusts: [])
    private static let audit = TrustAudit(scans: [], files: [], report: report)

    private static func crowds(_ cells: [(repository: Int32, outcome: Int32)]) -> [String] {
        func outcome(_ context: JobContext, holes: [String: String] = [:]) -> AccessOutcome {
            AccessOutcome([.init(context: context, holes: holes, optional: [], only: nil, doubt: nil)])
        }
        let trust = JudgedTrust(
            trust: Trust(
                id: "t", identity: Identity(cloud: .aws, name: "arn:aws:iam::1:role/x"),
                source: TrustSource(file: "f", pointer: ""), issuer: "https://i", provider: "p",
                allow: .constant(true), denies: [], undecided: []),
            reach: Reach(
                anyone: .no, renamer: .no, foreignOwner: .no, owner: .no, byName: .no, repositoryCount: cells.count,
                mayHaveMore: false),
            cells: cells.map { JudgedTrust.Cell(repository: $0.repository, outcome: $0.outcome) },
            // The first and the last read the same.
            outcomes: [outcome(.branch), outcome(.pullRequest), outcome(.branch, holes: ["branch": "x"])],
            undecided: [], noMatch: [], findings: TrustFindings())
        return TrustCrowds(audit).of(trust).map { "\($0.names): \($0.words)" }
    }

    @Test func aWholeOwnerIsOneLine() {
        #expect(
            Self.crowds((0..<10).map { (Int32($0), 0) }) == [
                "all 8 repositories of acme: branch", "beta/one, beta/two: branch",
            ])
    }

    @Test func thoseThatAreLeftOutAreNamedWhereTheyAreFewer() {
        #expect(
            Self.crowds((0..<8).filter { $0 != 2 }.map { (Int32($0), Int32($0 % 2) * 2) }) == [
                "7 of 8 repositories of acme, all but acme/cli: branch"
            ])
        #expect(
            Self.crowds((0..<4).map { (Int32($0), 0) }) == [
                "4 of 8 repositories of acme, such as acme/api, acme/app, acme/cli: branch"
            ])
    }

    @Test func eachWayIsALine() {
        #expect(
            Self.crowds([(0, 0), (1, 1), (2, 0), (3, 1)]) == [
                "acme/api, acme/cli: branch", "acme/app, acme/docs: pull request",
            ])
        #expect(Self.crowds([]).isEmpty)
    }
}
