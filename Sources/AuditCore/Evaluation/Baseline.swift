/// Findings that were known before, by fingerprint: with `--new-only` they don't count.
public struct Baseline: Sendable {
    public let fingerprints: Set<String>
    /// Where it came from, as the person named it.
    public let source: String

    public init(_ fingerprints: Set<String>, source: String) {
        self.fingerprints = fingerprints
        self.source = source
    }

    public init(_ findings: [Finding], apiURL: String, source: String) {
        self.init(Set(findings.map { $0.key.fingerprint(apiURL: apiURL) }), source: source)
    }

    public static let schema = "oidc-audit.baseline/v1"

    /// Reads a baseline file, version 1.
    public init(_ document: Document, source: String) throws(DocumentError) {
        let reader = try ObjectReader(
            document, as: "a baseline", allowing: ["schema", "api_url", "policy", "scan", "findings"])
        guard try reader.string("schema") == Self.schema else {
            throw DocumentError(
                at: reader.position(of: "schema"), "this is no baseline that this program reads",
                hint: "oidc-audit check ORG --write-baseline FILE makes one")
        }
        let findings = try reader.required("findings")
        guard case .array(let elements) = findings.value else {
            throw DocumentError(at: findings.position, "\"findings\" must be a list, not \(findings.kind)")
        }
        var fingerprints: Set<String> = []
        for element in elements {
            let finding = try ObjectReader(
                element, as: "a finding", allowing: ["fingerprint", "rule", "organization", "repository", "message"])
            fingerprints.insert(try finding.string("fingerprint"))
        }
        self.init(fingerprints, source: source)
    }
}
