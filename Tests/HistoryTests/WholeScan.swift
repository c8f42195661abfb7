import AuditCore
import History
import TestSupport

extension HistoryStore {
    /// One whole scan as the pipeline does it.
    @discardableResult
    func scan(
        _ observations: [Observation], at second: Int64 = 0,
        apiURL: String = "https://api.github.com", listing: Listing? = nil, template: OrganizationTemplate = .neverSet,
        includedProperties: Reading<[String]>? = nil, scope: Scope = Scope(), policy: Policy? = nil,
        waivers: WaiverList? = nil, isWhole: Bool = true, stop: ScanStop? = nil, login: String = "acme",
        id: Int64 = 77, storing change: (inout AuditReport) -> Void = { _ in },
    ) async throws -> (AuditReport, Snapshot) {
        let organization = OrganizationID(rawValue: id)
        let time = Timestamp(secondsSince1970: Timestamp.sample.secondsSince1970 + second)
        let policy = try policy ?? .sample()
        let known = try await knownFindings(apiURL: apiURL, policyName: policy.name)
        let recorder = try await beginScan(
            ScanStart(
                apiURL: apiURL, isEnterpriseServer: false, startedAt: time, toolVersion: "test", requested: [login],
                scope: scope))
        _ = try await recorder.begin(organization, login: login)
        let timed = observations.map { Observation(repository: $0.repository, reading: $0.reading, observedAt: time) }
        for start in stride(from: 0, to: timed.count, by: 7) {
            try await recorder.record(Array(timed[start..<min(start + 7, timed.count)]), of: organization)
        }
        let listing = listing ?? Listing(status: .complete, listed: observations.count, expected: observations.count)
        try await recorder.record(
            OrganizationObservation(
                login: login, id: organization, template: template, includedProperties: includedProperties,
                listing: listing, isListingWhole: isWhole))
        try await recorder.finish(at: time, stop: stop, requests: RequestCounts(sent: 3, waited: .milliseconds(1234)))
        let snapshot = try await snapshot(of: recorder.scanID)
        let report = Evaluator(policy: policy, gate: Gate(), waivers: waivers).evaluate(snapshot, known: known)
        var stored = report
        change(&stored)
        if stop == nil { try await recorder.seal(stored) }
        return (report, snapshot)
    }
}

extension HistoryStore {
    /// Findings that stood open, waived ones too, with the start of the scan that first found each.
    func openFindings(
        apiURL: String, policyName: String, before scanID: ScanID? = nil,
    ) async throws -> [FindingKey: Timestamp] {
        try await knownFindings(apiURL: apiURL, policyName: policyName, before: scanID).filter(\.value.isOpen)
            .mapValues(\.firstSeen)
    }
}

extension Observation {
    static func read(_ name: String, id: Int64, _ setting: RepositorySetting = .gitHubDefault) -> Observation {
        Observation(repository: .sample(name, id: id), reading: .read(setting), observedAt: .sample)
    }

    static func unreadable(_ name: String, id: Int64) -> Observation {
        Observation(
            repository: .sample(name, id: id), reading: .unreadable(UnreadableReason(.forbidden, "no")),
            observedAt: .sample)
    }
}
