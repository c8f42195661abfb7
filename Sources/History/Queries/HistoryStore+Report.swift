public import AuditCore
import GRDB

extension HistoryStore {
    /// What came before a report, as far as a format asks for it. Of a scan that was not sealed, what its organizations
    /// were before it.
    public func history(
        of report: AuditReport, holding parts: Set<ReportHistory.Part>,
    ) async throws(HistoryError) -> ReportHistory? {
        guard !parts.isEmpty, let scanID = report.scanID else { return nil }
        var history = ReportHistory()
        let organizations = report.organizations.filter { $0.id != nil }
        let ids = organizations.compactMap(\.id)
        if parts.contains(.difference), let scan = try await scan(.id(scanID), apiURL: report.apiURL) {
            let logins = organizations.map(\.login)
            if let earlier = try await self.scan(before: scan, of: logins) {
                history.difference = try await difference(from: earlier, to: scan, of: logins)
            }
        }
        if parts.contains(.trend) {
            history.trend = try await trend(apiURL: report.apiURL, upTo: scanID)
                .filter { ids.contains($0.organizationID) }
        }
        if parts.contains(.timelines) {
            let apiURL = report.apiURL
            (history.timelines, history.templateEvents) = try await read { db in
                var reader = TimelineReader(db, upTo: scanID)
                var timelines: [RepositoryID: [Timeline.Event]] = [:]
                var templates: [OrganizationID: [Timeline.Event]] = [:]
                for id in ids {
                    templates[id] = try reader.templateEvents(of: id, apiURL: apiURL)
                    for timeline in try reader.timelines(of: id, apiURL: apiURL) {
                        timelines[timeline.repository.id] = timeline.events.filter { !$0.what.isOfOrganization }
                    }
                }
                return (timelines, templates)
            }
        }
        return history
    }
}

extension Timeline.Event.What {
    fileprivate var isOfOrganization: Bool {
        if case .organizationTemplate = self { true } else { false }
    }
}
