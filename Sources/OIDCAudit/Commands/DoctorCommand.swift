import ArgumentParser
import AuditCore
import Crawl
import GitHubAPI
import Reports

struct DoctorCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Token, permissions, rate budget, and what a scan would cost.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit doctor acme", "oidc-audit doctor --trust roles.json"],
            needs: [.token],
            exits: [
                (.success, "ready"), (.incomplete, "a rate limit is spent"), (.permission, "something is missing"),
            ],
            details: """
                Sends about ten requests, changes nothing, and stores nothing. Where another credential is set that could read the \
                organization, it compares what both list. With --trust it examines cloud exports instead, without a \
                token and without network: what each file is, how old, what is missing, and the command that makes it.
                """))

    @Argument(help: ArgumentHelp("Login of an organization.", valueName: "org"))
    var organization: OrganizationLogin?
    @OptionGroup(title: "Trust") var exports: TrustFileOptions
    @OptionGroup var page: PageOptions
    @OptionGroup(title: "GitHub") var connection: ConnectionOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        guard let organization else { return try examineExports(context) }
        guard !context.flags.contains("trust") else {
            throw .usage("doctor looks at an organization or at cloud exports", hint: "run it once for each")
        }
        let all = try ConnectionSettings(connection, context)
        let connection = all.connection(of: organization)
        guard let credential = connection.credential else { throw .tokenMissing(for: connection.endpoint.hostname) }

        let diagnosis = await connection.forQuestions.withGitHub(context) { (github) async -> Diagnosis in
            let other = all.other(than: connection, context)
            let plain = Diagnosis(
                apiURL: connection.endpoint.description, apiVersion: connection.apiVersion,
                tokenKind: credential.tokenKind.description, login: organization.rawValue,
                pointsPerMinute: connection.limits.pointsPerMinute, concurrency: connection.limits.concurrency)
            func examine(_ other: Doctor.Other?) async -> Diagnosis {
                await Doctor(github: github, limits: connection.limits, comparedWith: other, now: context.now).examine(
                    organization, tokenKind: credential.tokenKind, plain)
            }
            guard let other else { return await examine(nil) }
            return await other.connection.forQuestions.withGitHub(context) { (second) async -> Diagnosis in
                await examine(Doctor.Other(name: other.name, github: second))
            }
        }

        if diagnosis.login.lowercased() != organization.rawValue.lowercased(), !context.isQuiet {
            context.console.note("note: \(organization) is \(diagnosis.login) now")
        }
        try context.console.write(
            DiagnosisPage.render(diagnosis, as: page.format, style: console.colors.style(context)))
        return try Self.status(of: diagnosis, credential.tokenKind).rawValue
    }

    // MARK: -

    private func examineExports(_ context: CommandContext) throws(CommandFailure) -> Int32 {
        guard !exports.trust.isEmpty else {
            throw .usage(
                "neither an organization nor a cloud export was named",
                hint: "oidc-audit doctor ORG, or oidc-audit doctor --trust roles.json")
        }
        let diagnosis = try ExportDoctor(exports: exports, now: context.now()).examine()
        try context.console.write(ExportPage.render(diagnosis, as: page.format, style: console.colors.style(context)))
        if let file = diagnosis.files.first(where: { $0.export == nil }), let fault = file.faults.first {
            throw .usage(fault.what, hint: fault.command)
        }
        if let fault = diagnosis.files.lazy.compactMap({ $0.faults.first }).first {
            throw CommandFailure(message: fault.what, hint: fault.command, status: .incomplete)
        }
        // As `trust` ends: that nobody can assume anything is not known of no role.
        if diagnosis.files.allSatisfy({ $0.export?.roles == 0 }) {
            throw CommandFailure(
                message: TrustExport.withoutRole, hint: ExportDoctor.list, status: .incomplete)
        }
        return ExitStatus.success.rawValue
    }

    /// Only a failure that is no matter of permission is not the token's fault; a spent limit says nothing of it.
    private static func status(
        of diagnosis: Diagnosis, _ token: AccessToken.Kind,
    ) throws(CommandFailure) -> ExitStatus {
        if diagnosis.listed == 0, let expected = diagnosis.expected, expected > 0 {
            let count = diagnosis.isExpectedAtLeast ? "at least \(expected)" : "\(expected)"
            throw CommandFailure(
                message: "none of the \(count) repositories of \(diagnosis.login) is listed to this token",
                hint: token.wayToRepositories(of: diagnosis.login), status: .permission)
        }
        guard let first = diagnosis.missing.first, case .refused(let reason) = first.outcome else {
            // A scan would end likewise.
            guard let problem = listingProblem(diagnosis, token) else { return .success }
            throw problem
        }
        throw CommandFailure(
            message: "\(first.what) can't be read: \(reason.message)", hint: first.hint,
            status: reason.code.isPermission ? .permission : reason.code == .rateLimited ? .incomplete : .failure)
    }

    /// What makes a scan incomplete although everything may be asked.
    private static func listingProblem(_ diagnosis: Diagnosis, _ token: AccessToken.Kind) -> CommandFailure? {
        if let shortfall = diagnosis.shortfall {
            return CommandFailure(
                message: "the listing of \(diagnosis.login) is partial: \(shortfall)",
                hint: token.wayToRepositories(of: diagnosis.login), status: .incomplete)
        }
        guard diagnosis.listed == 0 else { return nil }
        // The organization may have none.
        return CommandFailure(
            message: "no repository of \(diagnosis.login) is listed to this token: a scan would have nothing in scope",
            hint: diagnosis.expected == 0 ? nil : token.wayToRepositories(of: diagnosis.login), status: .incomplete)
    }
}

extension ConnectionSettings {
    /// The same for somebody who asks what is wrong: a spent limit is an answer, and none to wait for.
    fileprivate var forQuestions: ConnectionSettings {
        var asking = self
        asking.limits = RateLimits()
        asking.limits.waitMax = .zero
        // Some policies ask for them.
        asking.permissions[.organizationCustomProperties] = .read
        return asking
    }
}

extension AccessToken.Kind {
    /// What to do where a token of this kind is not shown all repositories of an organization.
    func wayToRepositories(of login: String) -> String {
        switch self {
        case .fineGrained: "a fine-grained token sees its resource owner's repositories alone: make one for \(login)"
        case .installation, .appUser: "give the app's installation access to the organization's repositories"
        case .classic, .oauthApp, .unknown: "give the token access to the organization's repositories"
        }
    }
}
