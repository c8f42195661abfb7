/// Findings that were known before, by fingerprint: with `--new-only` they don't count, unless they weigh more now.
public struct Baseline: Sendable {
    /// How severe each was.
    private let severities: [String: Severity]
    /// Base address of the API that they are of.
    public let apiURL: String
    /// Name of the policy that found them.
    public let policy: String
    /// Where it came from, as the person named it.
    public let source: String

    public static let schema = "oidc-audit.baseline/v1"

    public init(_ findings: [FindingKey: Severity], apiURL: String, policy: String, source: String) {
        self.severities = Dictionary(findings.map { ($0.key.fingerprint(apiURL: apiURL), $0.value) }) { first, _ in
            first
        }
        self.apiURL = apiURL
        self.policy = policy
        self.source = source
    }

    public init(_ findings: [Finding], apiURL: String, policy: String, source: String) {
        self.init(
            Dictionary(findings.map { ($0.key, $0.severity) }) { first, _ in first }, apiURL: apiURL, policy: policy,
            source: source)
    }

    func holds(_ key: FindingKey, of severity: Severity, apiURL: String) -> Bool {
        severities[key.fingerprint(apiURL: apiURL)].map { $0 >= severity } ?? false
    }

    /// Reads a baseline file, version 1: an object of fingerprints, each with its severity and words for people.
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
        var severities: [String: Severity] = [:]
        for member in members {
            let words = try member.value.string(named: member.key)
            guard let severity = Severity(rawValue: String(words.prefix { $0 != " " })) else {
                throw DocumentError(
                    at: member.value.position, "a finding begins with no severity",
                    hint: "one of " + Severity.allCases.map(\.rawValue).joined(separator: ", "))
            }
            severities[member.key] = severity
        }
        self.severities = severities
        self.apiURL = try reader.string("api_url")
        self.policy = try reader.string("policy")
        self.source = source
    }
}

extension FindingKey {
    /// Whether a baseline may keep it: a waiver has a date, and a baseline has none.
    public var mayBeKnown: Bool {
        if case .waiver = subject { false } else { true }
    }
}
