import ArgumentParser
import AuditCore
import CloudTrust
import Foundation
import GitHubAPI
import History
import Reports

struct TrustCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Report who can assume which cloud roles, from cloud exports and the last stored scan; no network.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit trust acme --trust roles.json",
                "oidc-audit trust acme --trust roles.json --policy preset:trust -o html=trust.html",
                "oidc-audit trust acme --trust roles.json --what-if immutable:acme",
            ],
            needs: [.scan],
            exits: [
                (.success, "nothing to do"), (.violations, "findings, or somebody outside gets in"),
                (.incomplete, "not read or not decided"),
            ],
            details: """
                Exports are made by the cloud's own tools, such as aws iam list-roles --output json > roles.json; see \
                oidc-audit help trust-files. With --at, no organization means all of the scan. A trust that a rename \
                or a change of the subject's format left without a repository counts as lost access. With --policy \
                the findings of its rules about trusts count instead. With --token-claims the exit status is 0 if a \
                trust accepts the token, 1 if none does, and 3 if that is unknown.
                """))

    @OptionGroup var targets: OrganizationsOptions
    @OptionGroup var exports: TrustFileOptions
    @Option(
        help: ArgumentHelp(
            "Show what a change would do; repeatable: \(WhatIfOption.forms).", valueName: "kind:value"))
    var whatIf: [WhatIfOption] = []
    @Option(help: ArgumentHelp("Show what a plan would change.", valueName: "file"), completion: .json)
    var plan: String?
    // As a setting it means what is scanned.
    @Option(help: .onCommandLineOnly("What this repository can assume.", valueName: "owner/name"))
    var repository: String?
    @Option(help: ArgumentHelp("Who can assume the identities whose ARN or name matches.", valueName: "glob"))
    var identity: Glob?
    @Option(
        help: ArgumentHelp("Show which trusts accept a token with these claims, a JSON object.", valueName: "file"),
        completion: .json)
    var tokenClaims: String?
    @Option(
        help: ArgumentHelp("An owner that is yours and was not scanned; repeatable.", valueName: "owner[@id]"))
    var alsoOurs: [OwnerOption] = []
    @Option(help: ArgumentHelp("Another scan than the last one: \(ScanReference.forms).", valueName: "scan"))
    var at: ScanReference?
    @Option(
        help: ArgumentHelp("Report what is new or gone since an earlier JSON report.", valueName: "file"),
        completion: .json)
    var sinceReport: String?
    @OptionGroup var age: AgeOptions
    @OptionGroup(title: "Policy") var policy: PolicyOptions
    @Option(
        help: ArgumentHelp("Write the findings as a baseline; they no longer fail.", valueName: "file"),
        completion: .json)
    var writeBaseline: String?
    @OptionGroup(title: "Report") var gating: GateOptions
    @OptionGroup(title: "Report") var output: TrustOutputOptions
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var host: HostOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let organizations = try targets.logins(context, isOptional: at != nil)
        guard !organizations.isEmpty || at != nil else {
            throw .usage("no organization was named", hint: "oidc-audit trust ORG --trust roles.json")
        }
        guard !exports.trust.isEmpty else {
            throw .usage("no cloud export was named", hint: "\(TrustFileError.command), then add --trust roles.json")
        }
        if tokenClaims != nil, plan != nil || !whatIf.isEmpty || repository != nil {
            throw .usage(
                "--token-claims asks about one token, and --what-if, --plan and --repository about repositories",
                hint: "run it once for each")
        }
        if let format = output.formats.first(where: { $0.isOfFindings }), policy.policy == nil {
            throw .usage("\(format.name) prints what a policy finds", hint: "add --policy preset:trust")
        }
        if tokenClaims != nil, let format = output.formats.first(where: { !["text", "json"].contains($0.name) }) {
            throw .usage("--token-claims does not print \(format.name)", hint: "valid: text, json")
        }
        var paths: Set<String> = []
        if let twice = output.output.first(where: { !paths.insert($0.path).inserted }) {
            throw .usage("--output names the file \(twice.path) twice", hint: "name another file for each format")
        }
        if at != nil { try age.refuse(with: "--at", in: context) }
        if sinceReport != nil, tokenClaims != nil || repository != nil || identity != nil {
            throw .usage(
                "--since-report compares whole reports, and --token-claims, --repository and --identity ask for a part",
                hint: "run it once for each")
        }
        let earlier = try sinceReport.map { path throws(CommandFailure) in try EarlierTrustFile.load(path) }
        let judging = try judging(context)
        let claims: [ClaimKey: String]?
        if let tokenClaims { claims = try TokenClaimsFile.load(tokenClaims) } else { claims = nil }
        let wantedPlan: Plan?
        if let plan { wantedPlan = try PlanFile.load(plan) } else { wantedPlan = nil }
        let settings = console.settings
        let reader = TrustScanReader(
            organizations: organizations, reference: at, host: try HostChoice(host, context.environment),
            declared: alsoOurs.map { TrustWorld.Owner(login: $0.login, id: $0.id) }, maxAge: age.maxAge,
            // One token is judged by itself, and repositories have no part in it.
            withRepositories: tokenClaims == nil,
            console: settings)
        let seen = try await context.withHistory(try history.path(context.environment), for: .reading) {
            history throws(CommandFailure) in
            try await reader.read(history, context)
        }
        let files = try exports.files(of: seen.snapshot, settings, context)
        var audit = try audit(seen, files, claims, wantedPlan)
        if let judging { audit.judgement = try await judge(audit, seen, judging, settings, context) }
        if let earlier { audit.news = TrustNews(since: earlier, now: TrustPage.earlier(audit)) }
        try context.console.write(audit, as: output.format.reporter, output.output, settings)
        return audit.exitStatus.rawValue
    }

    // MARK: - Judgement

    /// What the policy is, and what fails; `nil` without one.
    private func judging(_ context: CommandContext) throws(CommandFailure) -> JudgingSettings? {
        guard policy.policy != nil else {
            // As a setting, they are meant for commands that have a policy.
            let needing = [
                "waivers", "baseline", "fail-on", "new-only", "strict-coverage", "exit-zero", "write-baseline",
            ]
            if let first = needing.first(where: context.flags.contains) {
                throw .usage("--\(first) needs a policy", hint: "add --policy preset:trust")
            }
            return nil
        }
        guard tokenClaims == nil else {
            throw .usage(
                "--token-claims asks about one token, and --policy judges trusts", hint: "run it once for each")
        }
        if writeBaseline != nil, repository != nil || identity != nil {
            throw .usage(
                "--write-baseline is of all identities, and --\(repository != nil ? "repository" : "identity") leaves some out",
                hint: "run it once for each")
        }
        let judging = try JudgingSettings(policy, gating.gate, in: context, ofTrusts: true)
        if case .scan = judging.baseline {
            throw .usage(
                "--baseline: a scan holds no findings about trusts",
                hint: "write one with oidc-audit trust ORG --trust roles.json --policy FILE --write-baseline FILE")
        }
        return judging
    }

    private func judge(
        _ audit: TrustAudit, _ seen: TrustScan, _ judging: JudgingSettings, _ console: ConsoleSettings,
        _ context: CommandContext,
    ) async throws(CommandFailure) -> TrustJudgement {
        let evaluator = try await judging.evaluator(
            apiURL: seen.apiURL, historyPath: try history.path(context.environment), context)
        let judgement = evaluator.judge(audit, of: seen.snapshot, now: context.now())
        guard let path = writeBaseline else { return judgement }
        let before = if let given = evaluator.baseline { given } else { try BaselineSource.file(at: path) }
        let accepted = Baseline(accepting: judgement, source: path, carrying: before)
        try AtomicFile.write(to: path, what: "baseline") { output in
            BaselineDocument.document.write(accepted, to: &output)
        }
        if !console.isQuiet {
            let count = accepted.entries.count
            context.console.note("wrote \(count) finding\(count == 1 ? "" : "s") to \(path)")
        }
        var gate = judging.gate
        gate.newOnly = true
        return Evaluator(policy: judging.policy, gate: gate, waivers: judging.waivers, baseline: accepted)
            .judge(audit, of: seen.snapshot, now: context.now())
    }

    // MARK: -

    private func audit(
        _ seen: TrustScan, _ files: TrustFiles, _ claims: [ClaimKey: String]?, _ plan: Plan?,
    ) throws(CommandFailure) -> TrustAudit {
        var trusts = files.trusts
        if let identity {
            trusts = trusts.filter { $0.identity.isMatched(by: identity) }
            guard !trusts.isEmpty else {
                throw .usage(
                    "--identity: no role that trusts GitHub matches \(identity)",
                    hint: "give an ARN or a role's name, with * for any run of characters")
            }
        }
        let world = seen.world
        let id = try repositoryID(in: world)
        var report =
            claims == nil
            ? AccessEngine(world).report(trusts)
            : AccessReport(repositories: [], trusts: trusts.map(JudgedTrust.unjudged))
        if let id { report = report.concerning(id) }
        var audit = TrustAudit(scans: seen.scans, files: files.exports, report: report)
        audit.gaps = claims == nil ? seen.gaps : []
        if files.exports.allSatisfy({ $0.roles == 0 }) { audit.gaps.append(TrustExport.withoutRole) }
        audit.repository = id
        audit.leftOut = files.trusts.count - report.trusts.count
        if let claims {
            audit.tokens = Dictionary(uniqueKeysWithValues: trusts.map { ($0.id, $0.answer(to: claims)) })
        }
        if plan != nil || !whatIf.isEmpty {
            var changes: [WorldChange] = []
            if let plan {
                guard plan.apiURL == seen.apiURL else {
                    throw .usage(
                        "--plan: it is of \(plan.apiURL), and the scan is of \(seen.apiURL)",
                        hint: "name a plan of the same host")
                }
                changes = plan.worldChanges(world.repositories, templates: seen.templates)
            }
            changes += try WhatIfOption.changes(whatIf, in: world)
            let result = WhatIf(changes, in: world, trusts: trusts)
            func shown(_ rows: [AccessDifference]) -> [AccessDifference] {
                id.map { id in rows.filter { $0.repository.id == id } } ?? rows
            }
            audit.change = TrustAudit.Change(lost: shown(result.lost), gained: shown(result.gained))
        }
        return audit
    }

    private func repositoryID(in world: TrustWorld) throws(CommandFailure) -> RepositoryID? {
        guard let repository else { return nil }
        let found = world.repositories.first { $0.repository.fullName.isExactlyIgnoringCase(repository) }
        guard let found else {
            let nearest = NearestWord.nearest(to: repository, among: world.repositories.map(\.repository.fullName))
            throw .usage(
                "--repository: the scan lists no repository \(repository)",
                hint: nearest.map { "did you mean \"\($0)\"?" } ?? "use OWNER/NAME as the scan lists it")
        }
        return found.repository.id
    }
}

extension JudgedTrust {
    /// A trust of which one token alone is asked about.
    fileprivate static func unjudged(_ trust: Trust) -> JudgedTrust {
        JudgedTrust(
            trust: trust,
            reach: Reach(
                anyone: .no, renamer: .no, foreignOwner: .no, owner: .no, byName: .no, repositoryCount: 0,
                mayHaveMore: false), cells: [], outcomes: [], undecided: trust.undecided, noMatch: [],
            findings: TrustFindings())
    }
}

extension AccessReport {
    /// With no other trusts than those that one repository can use, or was to.
    fileprivate func concerning(_ id: RepositoryID) -> AccessReport {
        guard let index = repositories.firstIndex(where: { $0.repository.id == id }) else { return self }
        let name = repositories[index].repository.fullName
        // Of one whose subjects are not known, what anything may use concerns it as well.
        let isOpen = unknownSubjects[index] != nil
        return AccessReport(
            repositories: repositories,
            trusts: trusts.filter { trust in
                trust.cells.contains { $0.repository == Int32(index) } || isOpen && trust.reach.mayHaveMore
                    || trust.noMatch.contains { $0.repository?.isExactlyIgnoringCase(name) == true }
            })
    }
}

extension NoMatch {
    /// The repository that was meant, by the name that it has now.
    fileprivate var repository: String? {
        switch self {
        case .renamed(_, let name), .formatFlipped(let name, _), .templateDiffers(let name, _),
            .caseDiffers(_, let name):
            name
        default: nil
        }
    }
}
