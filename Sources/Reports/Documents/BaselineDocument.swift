package import AuditCore

/// A baseline file, version 1: accepted findings by fingerprint, each with the problems that it had.
package enum BaselineDocument {
    package static let document = JSONDocument<Baseline>("baseline", readAs: "a baseline") {
        Member("api_url", .name, "base address of the API that the findings are of") { $0.apiURL }
        Member("policy", .name, "name of the policy that found them") { $0.policy }
        Member("scan", origin, "the scan that found them") { $0.origin }
        Member("findings", .map(entry), "by fingerprint") { $0.sortedEntries }
    }

    private static let origin = Shape<Baseline.Origin>.object("the scan of a baseline") {
        Member("started_at", .time) { $0.startedAt }
        Member.optional("digest", .name, "of its link in the history's chain") { $0.digest }
    }

    private static let entry = Shape<Baseline.Entry>.object("a finding of a baseline") {
        Member("severity", .word) { $0.severity }
        Member("organization", .name, "login, as it was then") { $0.organization }
        Member.optional("repository", .name, "full name, as it was then") { $0.repository }
        Member.optional("identity", .name, "in AWS the ARN of a role") { $0.identity }
        Member("problems", .names, "what is wrong one by one") { $0.problems }
    }

    /// Reads a baseline.
    package static func parse(_ file: Document, source: String) throws(DocumentError) -> Baseline {
        let reader = try ObjectReader(file, as: "a baseline")
        guard try reader.string("schema") == document.name else {
            throw DocumentError(
                at: reader.position(of: "schema"), "this is not a baseline that this program reads",
                hint: "oidc-audit check ORG --write-baseline FILE makes one")
        }
        try document.check(file)
        let apiURL = try reader.string("api_url")
        var entries: [FindingKey: Baseline.Entry] = [:]
        for member in try reader.required("findings").members {
            guard let key = FindingKey(fingerprint: member.key, apiURL: apiURL) else {
                throw DocumentError(
                    at: member.keyPosition, "\"\(member.key)\" is not the fingerprint of a finding at \(apiURL)",
                    hint: "oidc-audit check ORG --write-baseline FILE writes them")
            }
            let entry = try ObjectReader(member.value, as: "a finding of a baseline")
            entries[key] = Baseline.Entry(
                severity: try entry.word("severity"), organization: try entry.string("organization"),
                repository: try entry.optionalString("repository"),
                identity: try entry.optionalString("identity"),
                problems: (try entry.strings("problems") ?? []).map(\.text).asProblems)
        }
        let scan = try ObjectReader(reader.required("scan"), as: "the scan of a baseline")
        return Baseline(
            entries, apiURL: apiURL, policy: try reader.string("policy"), source: source,
            origin: Baseline.Origin(
                startedAt: try scan.time("started_at"), digest: try scan.optionalString("digest"), scan: nil))
    }
}

extension Baseline {
    /// By name and rule, so that the diff of two files shows what changed.
    fileprivate var sortedEntries: [(key: String, value: Entry)] {
        entries.map { (order: ReportOrder($1.name), key: $0, entry: $1) }
            .sorted { $0.order.precedes($1.order, or: $0.key.rule < $1.key.rule) }
            .map { (key: $0.key.fingerprint(apiURL: apiURL), value: $0.entry) }
    }
}
