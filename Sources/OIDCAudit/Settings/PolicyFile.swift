import AuditCore

/// A policy as the command line names it: a file, or `preset:NAME` for one that the program carries.
enum PolicyFile {
    static func load(_ source: String) throws(CommandFailure) -> Policy { try policy(read(source)) }

    static func read(_ source: String) throws(CommandFailure) -> DocumentFile {
        guard ScanReference.prefixed(source) == nil else {
            throw .usage("\(source) is a stored scan's policy", hint: "check, report and policy show take it")
        }
        guard source.hasPrefix("preset:") else {
            do throws(CommandFailure) {
                return try DocumentFile(path: source, what: "policy")
            } catch {
                // A preset's name alone is a file's name.
                guard Preset.all.contains(where: { $0.name == source }) else { throw error }
                throw .usage(error.message, hint: "did you mean preset:\(source)?")
            }
        }
        let name = String(source.dropFirst("preset:".count))
        guard let preset = Preset.all.first(where: { $0.name == name }) else {
            throw .usage(
                "there is no preset \"\(name)\"", hint: NearestWord.hint(for: name, among: Preset.all.map(\.name)))
        }
        return try DocumentFile(bytes: preset.bytes, name: source, what: "policy")
    }

    /// A policy that is to judge cloud exports, or what jobs present; one that says nothing of it is refused.
    static func policy(_ file: DocumentFile, ofTrusts: Bool) throws(CommandFailure) -> Policy {
        let policy = try policy(file)
        guard ofTrusts || policy.isAboutSubjects || !policy.isAboutTrusts else {
            throw .usage(
                "the policy \(policy.name) is about cloud trusts alone",
                hint: "oidc-audit trust ORG --trust roles.json --policy \(file.name)")
        }
        guard !ofTrusts || policy.isAboutTrusts else {
            throw .usage(
                "the policy \(policy.name) demands nothing of cloud trusts", hint: "add --policy preset:trust")
        }
        return policy
    }

    /// Reads what is to become a policy file.
    static func load(bytes: [UInt8], name: String) throws(CommandFailure) -> Policy {
        try policy(DocumentFile(bytes: bytes, name: name, what: "policy"))
    }

    static func policy(_ file: DocumentFile) throws(CommandFailure) -> Policy {
        do throws(DocumentError) {
            return try Policy(file.document, source: file.name, sha256: file.sha256)
        } catch {
            throw DocumentFile.failure(error, in: file.name)
        }
    }
}

/// A policy that the program carries: the files of `policies/`, by name without ending.
struct Preset {
    let name: String
    let bytes: [UInt8]

    static let all = [
        Preset(name: "baseline", bytes: PackageResources.baseline_json),
        Preset(name: "immutable-migration", bytes: PackageResources.immutable_migration_json),
        Preset(name: "organization-template", bytes: PackageResources.organization_template_json),
        Preset(name: "strict", bytes: PackageResources.strict_json),
        Preset(name: "trust", bytes: PackageResources.trust_json),
    ]
}
