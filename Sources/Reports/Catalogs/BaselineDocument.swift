public import AuditCore

/// A baseline file: accepted findings by fingerprint, each with the problems that it had.
public enum BaselineDocument {
    public static func write(_ baseline: Baseline, to output: inout ReportOutput) {
        var writer = JSONWriter(output)
        writer.object { json in
            json.string("schema", Baseline.schema)
            json.string("api_url", baseline.apiURL)
            json.string("policy", baseline.policy)
            json.object("scan") { json in
                json.string("started_at", baseline.origin.startedAt.description)
                if let digest = baseline.origin.digest { json.string("digest", digest) }
            }
            json.object("findings") { json in
                for (fingerprint, entry) in baseline.sortedEntries {
                    json.object(fingerprint) { json in
                        json.string("severity", entry.severity.rawValue)
                        json.string("organization", entry.organization)
                        if let repository = entry.repository { json.string("repository", repository) }
                        json.strings("problems", entry.problems)
                    }
                }
            }
        }
        output = writer.output
    }
}

extension Baseline {
    /// By name and rule, so that the diff of two files shows what changed.
    fileprivate var sortedEntries: [(fingerprint: String, entry: Entry)] {
        entries.map { (order: ReportOrder($1.name), key: $0, entry: $1) }
            .sorted { $0.order.precedes($1.order, or: $0.key.rule < $1.key.rule) }
            .map { ($0.key.fingerprint(apiURL: apiURL), $0.entry) }
    }
}
