import AuditCore
import TestSupport
import Testing

@Suite struct GateTests {
    private static let good = RepositorySnapshot.read("good", id: 1, .gitHubDefault)
    private static let bad = RepositorySnapshot.read("bad", id: 2, .own(["repo"]))
    private static let unread = RepositorySnapshot.unreadable("unread", id: 3)

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let repositories: [RepositorySnapshot]
        var gate = Gate()
        var stop: ScanStop?
        var failure: UnreadableReason.Code?
        let status: AuditCore.ExitStatus

        var testDescription: String { name }
    }

    static let table: [Row] = [
        Row(name: "compliant", repositories: [good], status: .success),
        Row(name: "violating", repositories: [good, bad], status: .violations),
        Row(name: "at the gate", repositories: [bad], gate: Gate(failOn: .high), status: .violations),
        Row(name: "under the gate", repositories: [bad], gate: Gate(failOn: .critical), status: .success),
        Row(name: "no gate", repositories: [bad], gate: Gate(failOn: nil), status: .success),
        Row(name: "unread", repositories: [good, unread], status: .incomplete),
        Row(name: "violating and unread", repositories: [bad, unread], status: .violations),
        Row(
            name: "violating and unread, strictly", repositories: [bad, unread], gate: Gate(strictCoverage: true),
            status: .incomplete),
        Row(
            name: "under the gate and unread", repositories: [bad, unread], gate: Gate(failOn: .critical),
            status: .incomplete),
        Row(name: "violating, never mind", repositories: [bad], gate: Gate(exitZero: true), status: .success),
        Row(name: "unread, never mind", repositories: [good, unread], gate: Gate(exitZero: true), status: .success),
        Row(name: "nothing in scope", repositories: [], status: .incomplete),
        Row(name: "nothing allowed", repositories: [unread], status: .permission),
        Row(
            name: "nothing allowed, never mind", repositories: [unread], gate: Gate(exitZero: true), status: .permission
        ),
        Row(name: "nothing answered", repositories: [.unreadable("x", id: 9, .timeout)], status: .failure),
        Row(
            name: "nothing read, for two causes", repositories: [unread, .unreadable("x", id: 9, .serverFault)],
            status: .failure),
        Row(
            name: "nothing read before the limit", repositories: [.unreadable("x", id: 9, .rateLimited)],
            status: .incomplete),
        Row(name: "an API version that is gone", repositories: [], failure: .gone, status: .failure),
        Row(name: "nothing but takedowns", repositories: [.unreadable("x", id: 9, .blocked)], status: .permission),
        Row(name: "no such organization", repositories: [], failure: .notFound, status: .permission),
        Row(name: "no network", repositories: [], failure: .connectionLost, status: .failure),
        Row(name: "interrupted", repositories: [good, bad], stop: .interrupted, status: .interrupted),
        Row(name: "terminated", repositories: [good], stop: .terminated, status: .terminated),
        Row(name: "refused in the middle", repositories: [bad], stop: .unauthorized, status: .permission),
        Row(name: "no token", repositories: [], stop: .tokenMissing, status: .permission),
        Row(name: "history lost", repositories: [good], stop: .historyFailed, status: .failure),
        Row(name: "out of budget", repositories: [good], stop: .waitExhausted, status: .incomplete),
        Row(name: "out of budget, violating", repositories: [bad], stop: .waitExhausted, status: .violations),
    ]

    @Test(arguments: table)
    func exitStatusFollowsTheContract(row: Row) throws {
        let listing = row.failure.map {
            Listing(status: .partial, listed: 0, expected: nil, error: "why", failure: $0)
        }
        let snapshot = Snapshot.sample([.sample(listing: listing, row.repositories)], stop: row.stop)
        let report = Evaluator(policy: try .sample(), gate: row.gate).evaluate(snapshot)
        #expect(report.gate.exitStatus == row.status.rawValue)
    }
}
