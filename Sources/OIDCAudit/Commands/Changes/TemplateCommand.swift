import ArgumentParser
import AuditCore
import Foundation
import GitHubAPI
import Reports

struct TemplateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "Read or write one template.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit template get acme/api", "oidc-audit template set acme/api --inherit"],
            needs: [.token], exits: []),
        subcommands: [TemplateGetCommand.self, TemplateSetCommand.self])
}

/// An organization, or one of its repositories, as the command line names it.
struct TemplateTarget: OptionValue {
    let login: OrganizationLogin
    /// `nil`: the organization itself.
    let repository: String?

    init(option text: String) throws(InvalidValue) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), let login = OrganizationLogin(parts[0]), parts.last?.isEmpty == false
        else {
            throw InvalidValue(text, "is neither ORG nor ORG/REPO", hint: "for example octo-org or octo-org/api")
        }
        self.login = login
        repository = parts.count == 2 ? parts[1] : nil
    }

    /// The name that the repository has now, where GitHub led from another one to it.
    func newName(of found: Repository) -> String? {
        let given = "\(login)/\(repository ?? "")"
        return found.fullName.lowercased() == given.lowercased() ? nil : found.fullName
    }
}

struct TemplateGetCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print one template as it is now.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit template get acme", "oidc-audit template get acme/api"],
            needs: [.token],
            exits: [(.success, "read"), (.permission, "no permission"), (.failure, "GitHub or the network failed")],
            details: """
                Without a token the request is anonymous, which works for public repositories.

                Of an organization: \(OrganizationTemplate.effect).
                """))

    @Argument(help: ArgumentHelp("Organization or repository.", valueName: "org[/repo]"))
    var target: TemplateTarget
    @Flag(help: "Print GitHub's response byte for byte; on a terminal, on one line.")
    var raw = false
    @OptionGroup var page: PageOptions
    @OptionGroup(title: "GitHub") var connection: ConnectionOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let style = console.colors.style(context)
        let connection = try ConnectionSettings(connection, context)
        let isTerminal = context.console.isTerminal
        let bytes: [UInt8]
        do throws(GitHubError) {
            bytes = try await connection.withGitHub(context) { client throws(GitHubError) in
                guard !raw else {
                    let answer = try await client.rawTemplate(of: target.login.rawValue, target.repository)
                    return isTerminal ? Array((String(decoding: answer, as: UTF8.self).singleLine + "\n").utf8) : answer
                }
                return Array(
                    try await rendered(target, client, connection.endpoint, page.format, style, context.console).utf8)
            }
        } catch {
            throw CommandFailure(error)
        }
        try context.console.write(bytes)
        return ExitStatus.success.rawValue
    }

    private func rendered(
        _ target: TemplateTarget, _ client: GitHubClient, _ endpoint: GitHubEndpoint, _ format: PageFormat,
        _ style: ReportStyle, _ console: Console,
    ) async throws(GitHubError) -> String {
        guard let name = target.repository else {
            let account = try await client.organization(target.login)
            let template = try await client.knownTemplate(of: target.login)
            if !account.login.rawValue.isExactlyIgnoringCase(target.login.rawValue) {
                console.note("note: \(target.login) is \(account.login) now")
            }
            return TemplatePage.render(
                .organization(login: account.login.rawValue, id: account.id, template), as: format, style: style)
        }
        let state = try await client.state(of: target.login, name, endpoint)
        if let newName = target.newName(of: state.repository) {
            console.note("note: \(target.login)/\(name) is \(newName) now")
        }
        return TemplatePage.render(.repository(state), as: format, style: style)
    }
}

struct TemplateSetCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Write one template, with the same care as apply.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit template set acme/api --claims repo,context,job_workflow_ref",
                "oidc-audit template set acme/api --inherit",
            ],
            needs: [.writingToken],
            exits: [(.success, "done"), (.permission, "no token, or no permission"), (.partial, "partly done")],
            details: "Of an organization: \(OrganizationTemplate.effect)."))

    @Argument(help: ArgumentHelp("Organization or repository.", valueName: "org[/repo]"))
    var target: TemplateTarget
    @Option(
        help: ArgumentHelp("Claims, in this order.", valueName: "a,b,c"),
        transform: reading { text throws(InvalidValue) in
            let keys = text.split(separator: ",", omittingEmptySubsequences: false)
                .map { ClaimKey($0.trimmingCharacters(in: .whitespaces)) }
            // A slip in what is to be written is not for the program to guess at.
            guard keys.allSatisfy({ !$0.rawValue.isEmpty }) else {
                throw InvalidValue(text, "holds an empty claim", hint: "for example repo,context")
            }
            // The two names of the repository render as one.
            guard Set(keys.map { $0.rendersAsRepository ? "repo" : $0 }).count == keys.count else {
                throw InvalidValue(text, "holds a claim twice", hint: "for example repo,context")
            }
            for key in keys where ClaimCatalog.claim(for: key) == nil {
                throw InvalidValue(
                    message: "unknown claim \"\(key)\"",
                    hint: ClaimCatalog.nearest(to: key).map { "did you mean \"\($0)\"?" }
                        ?? "oidc-audit claims lists them")
            }
            return keys
        })
    var claims: [ClaimKey]?
    @Flag(help: "GitHub's default (use_default: true).")
    var useDefault = false
    @Flag(help: "The organization's template (use_default: false without keys).")
    var inherit = false
    @Flag(
        inversion: .prefixedNo, exclusivity: .exclusive, help: "Whether subjects are immutable, with ids beside names.")
    var immutable: Bool?
    @OptionGroup(title: "Change") var change: ChangeOptions
    @OptionGroup var page: PageOptions
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var connection: ConnectionOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let fix = try fix(for: target)
        let pipeline = try ApplyPipeline(connection, history, console, page, change, in: context)
        let followers =
            target.repository == nil ? try await Followers(of: target.login, fix, pipeline, now: context.now()) : nil
        if let followers, change.maxChanges == nil, !followers.isCounted {
            throw ApplyPipeline.followersUnknown(hint: followers.hint)
        }
        return try await pipeline.withClient { client, history throws(CommandFailure) in
            let organization = try await pipeline.asked(client) { () async throws(GitHubError) in
                try await client.organization(target.login)
            }
            guard organization.login.rawValue.isExactlyIgnoringCase(target.login.rawValue) else {
                throw .usage(
                    "\(target.login) is \(organization.login) now",
                    hint: "write what you mean: another organization can take the old name")
            }
            let change = try await planned(target, fix, client, pipeline, followers)
            var plan = Plan(
                apiURL: pipeline.apiURL, isEnterpriseServer: pipeline.connection.endpoint.host == .enterpriseServer,
                organizations: [Plan.Organization(login: organization.login.rawValue, id: organization.id)],
                createdAt: context.now(), scanID: nil, policyName: "", policySHA256: "", changes: [], manual: [])
            if case .organization = change.target, change.knowsSubjects, let scan = followers?.scan {
                (plan.scanID, plan.scannedAt) = (scan.scanID, scan.startedAt)
            }
            if change.before != change.after { plan.changes = [change] }
            return try await pipeline.apply(ApplyPipeline.Work(kind: .set, plan: plan), by: client, in: history)
        }
    }

    // MARK: -

    private func fix(for target: TemplateTarget) throws(CommandFailure) -> Fix {
        guard [claims != nil, useDefault, inherit].count(where: { $0 }) <= 1 else {
            throw .usage("--claims, --use-default and --inherit exclude each other", hint: "give one of them")
        }
        var template: TemplateFix?
        if let claims { template = .template(claims) }
        if useDefault { template = .useDefault }
        if inherit { template = .inherit }
        guard template != nil || immutable != nil else {
            throw .usage("nothing was said to change", hint: "add --claims, --use-default, --inherit or --immutable")
        }
        if target.repository == nil, useDefault || inherit {
            throw .usage(
                "an organization's template can only be claims", hint: "use --claims; GitHub has no way to unset it")
        }
        return Fix(template: template, useImmutableSubject: immutable)
    }

    private func planned(
        _ target: TemplateTarget, _ fix: Fix, _ client: GitHubClient, _ pipeline: ApplyPipeline, _ followers: Followers?,
    ) async throws(CommandFailure) -> PlannedChange {
        guard let name = target.repository else {
            let (account, before) = try await pipeline.asked(client) {
                () async throws(GitHubError) -> (OrganizationAccount, OrganizationTemplate) in
                (try await client.organization(target.login), try await client.knownTemplate(of: target.login))
            }
            var (keys, flag): (SubjectTemplate, Bool?) = (.gitHubDefault, nil)
            if case .set(let template, let useImmutableSubject) = before {
                (keys, flag) = (template, useImmutableSubject)
            }
            if case .template(let wanted)? = fix.template { keys = SubjectTemplate(wanted) }
            let future = OrganizationTemplate.set(keys, useImmutableSubject: fix.useImmutableSubject ?? flag)
            let organization = Plan.Organization(login: account.login.rawValue, id: account.id)
            var change =
                followers?.change(of: organization, from: before, to: future)
                ?? PlannedChange(
                    target: .organization(login: organization.login, id: organization.id),
                    before: .organization(before), after: .organization(future), knowsSubjects: false)
            // Whose subject changes is counted, and an opt-in is followed without further ado.
            if change.subjects.isEmpty, before.inheritedKeys != future.inheritedKeys {
                change.warnings.append(OrganizationTemplate.effect)
            }
            if let followers { change.warnings.append(followers.words(isCounted: change.knowsSubjects)) }
            if change.dropsIDs { change.warnings.append(PlannedChange.idsMayStay) }
            if before == .neverSet { change.warnings.append(PlannedChange.cannotBeUnset) }
            return change
        }
        let state = try await pipeline.asked(client) { () async throws(GitHubError) in
            try await client.state(of: target.login, name, pipeline.connection.endpoint)
        }
        // Written to by another name, a repository that somebody else owns by now would change unnoticed.
        if let name = target.newName(of: state.repository) {
            throw .usage("\(target.login)/\(target.repository ?? "") is \(name) now", hint: "give that name")
        }
        let organization = await client.organizationTemplateOrReason(of: target.login)
        guard let setting = state.reading.value else {
            throw CommandFailure(
                message: "the repository's template could not be read",
                hint: "oidc-audit doctor \(target.login) shows what the token may read", status: .failure)
        }
        let isEnterpriseServer = pipeline.connection.endpoint.host == .enterpriseServer
        let fixed: RepositorySetting
        do throws(PlanRefused) {
            fixed = try setting.fixed(
                by: fix, in: state.repository, under: organization, isEnterpriseServer: isEnterpriseServer)
        } catch {
            throw .usage(
                error.why,
                hint: "add --claims or --inherit for the template, --immutable or --no-immutable for the format")
        }
        return .of(
            state.repository, from: setting, to: fixed, under: organization, isEnterpriseServer: isEnterpriseServer)
    }
}

extension GitHubClient {
    /// An organization's template, set or not.
    fileprivate func knownTemplate(of login: OrganizationLogin) async throws(GitHubError) -> OrganizationTemplate {
        do throws(GitHubError) { return try await organizationTemplate(of: login) } catch .organizationTemplateNeverSet
        {
            return .neverSet
        }
    }

    fileprivate func organizationTemplateOrReason(of login: OrganizationLogin) async -> OrganizationTemplate {
        do throws(GitHubError) { return try await knownTemplate(of: login) } catch { return .unreadable(error.reason) }
    }

    /// A repository with what follows from its organization's template, as far as that may be read.
    fileprivate func state(
        of login: OrganizationLogin, _ name: String, _ endpoint: GitHubEndpoint,
    ) async throws(GitHubError) -> RepositoryState {
        let repository = try await repository(login.rawValue, name)
        guard let setting = try await setting(of: repository).value else { throw .notModifiedUnasked }
        return RepositoryState(
            repository, .read(setting), under: await organizationTemplateOrReason(of: login),
            isEnterpriseServer: endpoint.host == .enterpriseServer)
    }
}
