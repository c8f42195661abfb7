import AuditCore
import CloudTrust

/// Looks at cloud exports without holding them against anything.
struct ExportDoctor {
    let exports: TrustFileOptions
    let now: Timestamp

    /// The command that exports roles.
    static let list = "aws iam list-roles --output json > roles.json"
    private static let details =
        "aws iam get-account-authorization-details --filter Role --output json > details.json"
    private static let providers = "aws iam list-open-id-connect-providers --output json > providers.json"

    func examine() throws(CommandFailure) -> ExportDiagnosis {
        let found = try TrustFiles.find(exports.trust)
        let issuers = exports.issuer.isEmpty ? [Trust.gitHubIssuer] : exports.issuer
        var files: [ExportDiagnosis.File] = []
        var roles = 0
        var readable: [String] = []
        for path in found.files {
            do throws(CommandFailure) {
                let read = try TrustFiles(paths: [path], issuers: issuers)
                for export in read.exports {
                    files.append(file(export))
                    roles += export.roles
                }
                readable.append(path)
            } catch {
                let hint = error.hint.map { Self.command($0) } ?? Self.list
                files.append(.init(path: path, export: nil, days: nil, faults: [.init(error.message, hint)]))
            }
        }
        var missing: [ExportDiagnosis.Missing] = []
        if roles == 0 { missing.append(.init("roles and whom they trust", Self.list)) }
        // Together, since the audiences of one file's trusts may stand in another.
        let trusts = readable.isEmpty ? [] : try TrustFiles(paths: readable, issuers: issuers).trusts
        var seen: Set<String> = []
        for trust in trusts where trust.audiences == nil && seen.insert(trust.provider).inserted {
            let arn = trust.provider
            missing.append(
                arn == "*"
                    ? .init("the providers of the account: a role trusts any of them", Self.providers)
                    : .init(
                        "the audiences that \(arn) accepts",
                        "aws iam get-open-id-connect-provider --open-id-connect-provider-arn \(arn.shellQuoted) "
                            + "--output json > provider.json"))
        }
        return ExportDiagnosis(files: files, skipped: found.skipped.count, missing: missing)
    }

    // MARK: -

    private func file(_ export: TrustExport) -> ExportDiagnosis.File {
        let days = export.modifiedAt.map { max(0, Int(now.seconds(since: $0) / 86_400)) }
        let again = Self.command(of: export.kind)
        var faults: [ExportDiagnosis.Missing] = []
        if let why = export.truncation { faults.append(.init("\(why): export all pages", again)) }
        for role in export.unread.prefix(5) {
            let name = role.identity.split(separator: "/").last.map(String.init) ?? role.identity
            faults.append(
                .init(
                    "\(role.identity): \(role.why)",
                    "aws iam get-role --role-name \(name.shellQuoted) --output json > role.json"))
        }
        if export.unread.count > 5 {
            faults.append(.init("\(export.unread.count - 5) more roles that could not be read", again))
        }
        var missing: [ExportDiagnosis.Missing] = []
        if let days, days >= ChangeAccess.ageMaxDays { missing.append(.init("the roles of today", again)) }
        if export.kind == TrustFile.Kind.listRoles.rawValue {
            missing.append(.init("when roles were last used, and their tags", Self.details))
        }
        return ExportDiagnosis.File(path: export.path, export: export, days: days, faults: faults, missing: missing)
    }

    private static func command(of kind: String) -> String {
        switch TrustFile.Kind(rawValue: kind) {
        case .accountDetails: details
        case .getRole: "aws iam get-role --role-name NAME --output json > role.json"
        case .listProviders: providers
        case .getProvider:
            "aws iam get-open-id-connect-provider --open-id-connect-provider-arn ARN --output json > provider.json"
        case .listRoles, .roles, .mixed, nil: list
        }
    }

    /// The command of a hint, without the words before it.
    private static func command(_ hint: String) -> String {
        hint.firstRange(of: "aws ").map { String(hint[$0.lowerBound...]) } ?? list
    }
}
