import AuditCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import History

/// What the history keeps of findings from night to night.
@Suite struct FindingHistoryTests {
    private let folder = Folder()
    private let api = "https://api.github.com"

    private func policy() throws -> Policy {
        try .of(
            #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "context", "ref"]}"#)
    }

    private func scan(_ store: HistoryStore, _ keys: [ClaimKey], at second: Int64) async throws -> Finding? {
        try await store.scan([.read("api", id: 1, .own(keys))], at: second, policy: policy()).0.findings.first
    }

    @Test func aFindingIsComparedWithWhatTheScanBeforeFound() async throws {
        let store = try HistoryStore(path: folder.file)
        #expect(try await scan(store, ["repo", "context"], at: 0)?.change == .new)
        let worse = try await scan(store, ["repo"], at: 10)
        #expect(worse?.change == .worsened)
        #expect(worse?.furtherProblems == ["missing claim: context"])
        #expect(worse?.firstSeen == .sample)
        #expect(try await scan(store, ["repo"], at: 20)?.change == .recurring)
        #expect(try await scan(store, ["repo", "context"], at: 30)?.change == .recurring)
        // Better in between, it is worse again.
        #expect(try await scan(store, ["repo"], at: 40)?.change == .worsened)
        #expect(try await scan(store, ["repo", "context", "ref"], at: 50) == nil)
        let back = try await scan(store, ["repo", "context"], at: 60)
        #expect(back?.change == .reappeared)
        #expect(back?.firstSeen == Timestamp.sample.adding(seconds: 60))
        #expect(try await store.verify().problem == nil)
    }

    @Test func whatIsWorseStandsInDifferenceAndTimeline() async throws {
        let store = try HistoryStore(path: folder.file)
        for (night, keys) in ([["repo", "context"], ["repo"], ["context", "ref"]] as [[ClaimKey]]).enumerated() {
            _ = try await scan(store, keys, at: Int64(night) * 10)
        }
        let scans = try await store.scans(apiURL: api).reversed().map { $0 }
        let worse = try await store.difference(from: scans[0], to: scans[1])
        #expect(worse.worsened.map(\.furtherProblems) == [["missing claim: context"]])
        #expect(worse.worsened.map(\.finding.name) == ["acme/api"])
        #expect(worse.appeared.isEmpty && worse.gone.isEmpty)
        #expect(!worse.isEmpty)
        // What went and what came in its place: the one problem is further, whatever else is fixed.
        let other = try await store.difference(from: scans[1], to: scans[2])
        #expect(other.worsened.map(\.furtherProblems) == [["missing claim: repo"]])
        let better = try await store.difference(from: scans[1], to: scans[0])
        #expect(better.worsened.isEmpty)
        let timeline = try #require(try await store.timeline(of: "acme/api", apiURL: api))
        let further = timeline.events.compactMap { event -> [String]? in
            if case .findingChanged(_, let further, _) = event.what { further } else { nil }
        }
        #expect(further == [["missing claim: context"], ["missing claim: repo"]])
    }

    /// A record from before rules named what narrows a subject is no news, and a claim that came is no fix.
    @Test func whatARecordDidNotNameYetIsNoNews() async throws {
        let store = try HistoryStore(path: folder.file)
        let policy = try Policy.of(#"{"id": "claims", "rule": "names-repository", "severity": "high"}"#)
        func scan(_ keys: [ClaimKey], at second: Int64, isOld: Bool = false) async throws -> Finding? {
            try await store.scan(
                [.read("api", id: 1, .own(keys))], at: second, policy: policy,
                storing: { report in
                    guard isOld else { return }
                    for place in report.findings.indices {
                        let found = report.findings[place].violation
                        report.findings[place].violation = Violation(
                            message: found.message, problems: found.problems.filter { !$0.hasPrefix("narrowed by ") },
                            expected: [], actual: [], remediation: "")
                    }
                }
            ).0.findings.first
        }
        _ = try await scan(["repository_owner", "context"], at: 0, isOld: true)
        #expect(try await scan(["repository_owner", "context"], at: 10)?.fixedProblems == [])
        #expect(try await scan(["repository_owner", "context", "ref"], at: 20)?.fixedProblems == [])
        let scans = try await store.scans(apiURL: api).reversed().map { $0 }
        #expect(try await store.difference(from: scans[0], to: scans[1]).isEmpty)
        #expect(try await store.difference(from: scans[1], to: scans[2]).improved.isEmpty)
        let timeline = try #require(try await store.timeline(of: "acme/api", apiURL: api))
        #expect(!timeline.events.contains { $0.seenBy.id == scans[1].id })
    }

    @Test func whatIsKnownSaysNameOrganizationAndLastFix() async throws {
        let store = try HistoryStore(path: folder.file)
        _ = try await scan(store, ["repo"], at: 0)
        _ = try await scan(store, ["repo", "context", "ref"], at: 10)
        let key = FindingKey(rule: "claims", subject: .repository(RepositoryID(rawValue: 1)))
        let fixed = try #require(try await store.knownFindings(apiURL: api, policyName: "test")[key])
        #expect(!fixed.isOpen)
        #expect(fixed.lastFix == .init(scan: ScanID(rawValue: 2), startedAt: .sample.adding(seconds: 10)))
        #expect(fixed.name == "acme/api")
        #expect(fixed.organization == OrganizationID(rawValue: 77))
        _ = try await scan(store, ["repo"], at: 20)
        let back = try #require(try await store.knownFindings(apiURL: api, policyName: "test")[key])
        #expect(back.isOpen)
        #expect(back.lastFix?.scan.rawValue == 2)
        #expect(back.lastSeen == .sample.adding(seconds: 20))
        let before = try #require(
            try await store.knownFindings(apiURL: api, policyName: "test", before: ScanID(rawValue: 2))[key])
        #expect(before.isOpen && before.lastFix == nil)
        let entries = try await store.baselineEntries(after: ScanID(rawValue: 1), apiURL: api, policyName: "test")
        #expect(
            entries == [
                key: Baseline.Entry(
                    severity: .high, organization: "acme", repository: "acme/api",
                    problems: ["missing claim: context", "missing claim: ref", "narrowed by repo"])
            ])
    }

    @Test func whatIsKnownSaysWhenEachProblemWasLastAbsent() async throws {
        let store = try HistoryStore(path: folder.file)
        let key = FindingKey(rule: "claims", subject: .repository(RepositoryID(rawValue: 1)))
        func absences(before scan: Int64? = nil) async throws -> [String: Int64] {
            let known = try await store.knownFindings(
                apiURL: api, policyName: "test", before: scan.map { ScanID(rawValue: $0) })
            return (known[key]?.absences ?? [:]).filter { !$0.key.contains("narrowed by ") }.mapValues(\.scan.rawValue)
        }
        let (context, ref) = ("missing claim: context", "missing claim: ref")
        let nights: [[ClaimKey]] = [["repo", "ref"], ["repo", "context"], ["repo"], ["repo"], ["repo", "ref"]]
        for (night, claims) in nights.enumerated() {
            _ = try await scan(store, claims, at: Int64(night) * 10)
        }
        #expect(try await absences(before: 2) == [:])
        #expect(try await absences(before: 3) == [context: 2, ref: 1])
        #expect(try await absences(before: 5) == [context: 2, ref: 1])
        #expect(try await absences() == [context: 2, ref: 5])
        _ = try await scan(store, ["repo", "context", "ref"], at: 50)
        _ = try await scan(store, ["repo"], at: 60)
        #expect(try await absences() == [context: 6, ref: 6])
        let before = try await store.knownFindings(apiURL: api, policyName: "test")
        // A pruning forgets no fix.
        let pruning = try await store.prune(
            apiURL: api, before: .sample.adding(seconds: 86_400), keepsMonthly: false, isRehearsal: false)
        #expect(pruning.scans.count == 6)
        #expect(try await store.knownFindings(apiURL: api, policyName: "test") == before)
    }

    @Test func aDigestFindsItsScan() async throws {
        let store = try HistoryStore(path: folder.file)
        _ = try await scan(store, ["repo"], at: 0)
        _ = try await scan(store, ["repo"], at: 10)
        let scans = try await store.scans(apiURL: api)
        for scan in scans { #expect(try await store.scan(withDigest: scan.digest) == scan.id) }
        #expect(try await store.scan(withDigest: String(repeating: "0", count: 64)) == nil)
    }
}
