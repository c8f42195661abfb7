/// Findings that were known before, by fingerprint: with `--new-only` they don't count.
public struct Baseline: Sendable {
    public let fingerprints: Set<String>
    /// Base address of the API that they are of.
    public let apiURL: String
    /// Where it came from, as the person named it.
    public let source: String

    public static let schema = "oidc-audit.baseline/v1"

    /// - Parameter keys: those about waivers are left out: each has a date, and a baseline has none.
    public init(_ keys: some Sequence<FindingKey>, apiURL: String, source: String) {
        self.fingerprints = Set(keys.filter(\.mayBeKnown).map { $0.fingerprint(apiURL: apiURL) })
        self.apiURL = apiURL
        self.source = source
    }

    /// Reads a baseline file, version 1: an object of fingerprints, with words for people.
    public init(_ document: Document, source: String) throws(DocumentError) {
        let reader = try ObjectReader(
            document, as: "a baseline", allowing: ["schema", "api_url", "policy", "scan", "findings"])
        guard try reader.string("schema") == Self.schema else {
            throw DocumentError(
                at: reader.position(of: "schema"), "this is no baseline that this program reads",
                hint: "oidc-audit check ORG --write-baseline FILE makes one")
        }
        let findings = try reader.required("findings")
        guard case .object(let members) = findings.value else {
            throw DocumentError(at: findings.position, "\"findings\" must be an object, not \(findings.kind)")
        }
        self.fingerprints = Set(members.map(\.key))
        self.apiURL = try reader.string("api_url")
        self.source = source
    }
}

extension FindingKey {
    /// Whether a baseline may hold it.
    public var mayBeKnown: Bool {
        if case .waiver = subject { false } else { true }
    }
}
