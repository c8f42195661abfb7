package import AuditCore

/// Who can assume what.
package enum TrustPage: Page {
    /// Trusts that fewer repositories can use are listed row by row.
    static let rowsBelow = 50

    package static func write(_ audit: TrustAudit, to page: inout TextPage) {
        page.headline(audit)
        for scan in audit.scans {
            page.fact("scan", "#\(scan.id.rawValue) of \(scan.startedAt): \(scan.logins.joined(separator: ", "))")
        }
        page.files(audit.files)
        if let tokens = audit.tokens {
            page.token(audit, tokens)
        } else if let change = audit.change {
            page.differences("LOST", change.lost, "that the change takes away", .bad)
            page.differences("GAINED", change.gained, "that the change gives", .poor)
            page.news(audit)
            page.findings(audit)
            page.blank()
            page.wrapped("who can get in today: the same without --what-if and --plan", indent: 0, .faint)
        } else {
            page.outside(audit)
            page.news(audit)
            page.unmatched(audit)
            page.findings(audit)
            page.access(audit)
            page.undecided(audit)
        }
        page.unread(audit)
    }

    package static let document = JSONDocument<TrustAudit>("trust") {
        Member("scans", .list(.side), "the newest of each organization, or the one that was named") {
            $0.scans.map(\.side)
        }
        Member("files", .list(.trustExport)) { $0.files }
        Member("trusts", .list(trust), "ways in, by identity") { audit in
            audit.trusts.map { Judged(audit: audit, trust: $0) }
        }
        Member("access", .list(.access), "rows of trusts that fewer than 50 repositories can use") { rows($0) }
        Member.optional("what_if", change, "what the changes would do") { $0.change }
        Member.optional("policy", ReportDocument.policy, "what judged the trusts") { $0.judgement?.report.policy }
        Member.optional("gate", ReportDocument.gate, "how the exit status came about") { $0.judgement?.report }
        Member.optional("findings", .list(ReportDocument.finding), "those about waivers first, then by identity") {
            $0.judgement.map { judgement in
                let report = judgement.report
                return report.findings.map {
                    ReportDocument.Judged(finding: $0, gate: report.gate, apiURL: report.apiURL)
                }
            }
        }
        Member.optional(
            "undecided_rules", .list(undecidedRules), "identities that a rule could not judge, for want of a fact"
        ) {
            $0.judgement.map { $0.identities.filter { !$0.undecided.isEmpty } }
        }
        Member.optional("stale_baseline", .list(ReportDocument.stale), "entries of the baseline that are gone") {
            $0.judgement?.report.staleBaseline
        }
        Member.optional("warnings", .strings, "what else a reader should know") { $0.judgement?.report.warnings }
        Member.optional("since", news, "what is new or gone since an earlier report") { $0.news }
        Member("gaps", .strings, "why not everything of the organizations was read") { $0.gaps }
        Member("summary", summary) { $0 }
        Member("exit_status", .integer) { $0.exitStatus.rawValue }
    }

    // MARK: -

    private struct Judged: Sendable {
        let audit: TrustAudit
        let trust: JudgedTrust
    }

    private static let trust = Shape<Judged>.object {
        Member("id", .string) { $0.trust.trust.id }
        Member("cloud", .word) { $0.trust.trust.identity.cloud }
        Member("identity", .string, "what is assumed; in AWS the ARN of the role") { $0.trust.trust.identity.name }
        Member("source", source) { $0.trust.trust.source }
        Member("issuer", .string) { $0.trust.trust.issuer }
        Member("last_used", .maybe(.string), "null if the export does not say") { $0.trust.trust.identity.lastUsed }
        Member("demands", .list(.claimDemand), "what the statement demands of a token") {
            $0.trust.trust.allow.claimDemands
        }
        Member("denies", .list(.list(.claimDemand)), "demands of each Deny statement") {
            $0.trust.trust.denies.map(\.claimDemands)
        }
        Member("reach", .reach) { $0.trust.reach }
        Member("repositories", repositories, "those that can use it") { $0 }
        Member("no_match", .list(.noMatch), "why no repository can use it; empty if one can, or may") {
            $0.trust.noMatch
        }
        Member("undecided", .list(.undecided)) { $0.trust.undecided }
        Member.optional("token", .tokenAnswer, "what it makes of the token that is asked about") {
            $0.audit.tokens?[$0.trust.trust.id]
        }
    }

    private static let source = Shape<TrustSource>.object {
        Member("file", .string) { $0.file }
        Member("pointer", .string, "where it stands there: a JSON pointer, behind the line where there are several") {
            $0.pointer
        }
    }

    private static let repositories = Shape<Judged>.object {
        Member("count", .integer) { $0.trust.cells.count }
        Member("unknown", .integer, "of these, those whose subjects are not known") {
            $0.audit.unknownCount($0.trust)
        }
        Member("all_of", .list(whole), "owners of whose repositories it takes all but a few") {
            $0.audit.report.wholes(of: $0.trust)
        }
        Member("examples", .strings) { judged in
            judged.trust.cells.prefix(3).map {
                judged.audit.report.repositories[Int($0.repository)].repository.fullName
            }
        }
    }

    private static let whole = Shape<AccessReport.Whole>.object {
        Member("owner", .string) { $0.owner }
        Member("except", .strings) { $0.except }
    }

    private static let change = Shape<TrustAudit.Change>.object {
        Member("lost", .list(.accessDifference)) { $0.lost }
        Member("gained", .list(.accessDifference)) { $0.gained }
    }

    private static let news = Shape<TrustNews>.object {
        Member("new_access", .list(newsAccess)) { $0.newAccess }
        Member("gone_access", .list(newsAccess)) { $0.goneAccess }
        Member("other_jobs", .list(newsJobs), "access that both know, in other jobs") { $0.otherJobs }
        Member("reach", .list(newsIdentity), "who is farthest outside; null if it did not trust GitHub") { $0.reach }
        Member("repositories", .list(newsIdentity), "numbers, of identities whose rows are not listed") { $0.wide }
        Member("new_findings", .list(newsFinding)) { $0.newFindings }
        Member("gone_findings", .list(newsFinding)) { $0.goneFindings }
    }

    private static let newsAccess = Shape<TrustNews.Access>.object {
        Member("repository", .string) { $0.repository }
        Member("identity", .string) { $0.identity }
    }

    private static let newsJobs = Shape<TrustNews.Jobs>.object {
        Member("repository", .string) { $0.repository }
        Member("identity", .string) { $0.identity }
        Member("before", .strings, "contexts, with a name behind one that is narrowed to names") { $0.before }
        Member("after", .strings) { $0.after }
    }

    private static let newsIdentity = Shape<TrustNews.Identity>.object {
        Member("identity", .string) { $0.name }
        Member("before", .maybe(.string)) { $0.before }
        Member("after", .maybe(.string)) { $0.after }
    }

    private static let newsFinding = Shape<EarlierTrusts.Finding>.object {
        Member("rule", .string) { $0.rule }
        Member("name", .string, "of the identity") { $0.name }
        Member("message", .string) { $0.message }
    }

    /// What a later report is compared with.
    package static func earlier(_ audit: TrustAudit) -> EarlierTrusts { EarlierTrusts(audit, rowsBelow: rowsBelow) }

    private static let undecidedRules = Shape<TrustJudgement.Verdict>.object {
        Member("identity", .string) { $0.identity.name }
        Member("why", .strings) { $0.undecided }
    }

    private static let summary = Shape<TrustAudit>.object {
        Member("identities", .integer) { $0.report.identities.count }
        Member("trusts", .integer) { $0.trusts.count }
        Member("access", .integer, "pairs of a repository and a trust that it can use") { $0.report.accessCount }
        Member("outside", .integer, "trusts that somebody outside gets in through, or may") { $0.outside.count }
        Member("no_match", .integer, "trusts that no repository can use") { $0.unmatched.count }
        Member("undecided", .integer, "trusts") { $0.undecided.count }
        Member("unread", .integer, "roles") { $0.unreadCount }
        Member("left_out", .integer, "trusts that were not judged, by --repository or --identity") { $0.leftOut }
    }

    /// The rows that are listed one by one.
    private static func rows(_ audit: TrustAudit) -> [Access] {
        audit.trusts.flatMap { rows(audit, $0) }
    }

    static func rows(_ audit: TrustAudit, _ trust: JudgedTrust) -> [Access] {
        if let id = audit.repository {
            return trust.cells.filter { audit.report.repositories[Int($0.repository)].repository.id == id }
                .map { audit.report.access(trust, $0) }
        }
        return trust.cells.count < rowsBelow ? Array(audit.report.access(of: trust)) : []
    }
}
