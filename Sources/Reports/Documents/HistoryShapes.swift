import AuditCore

// What documents say of scans, and of what one scan saw otherwise than another.

extension Shape where Root == ScanDifference.Side {
    static var side: Shape {
        .object {
            Member("id", .id, "the history's number of the scan") { $0.id }
            Member("started_at", .time) { $0.startedAt }
            Member("digest", .string, "of its link in the history's chain") { $0.digest }
        }
    }
}

extension Shape where Root: RepositoryCounts {
    /// Repositories, by what became of them.
    static var counts: Shape {
        .object {
            Member("listed", .integer) { $0.listed }
            Member("judged", .integer, "compliant, violating or waived") { $0.judged }
            Member("compliant", .integer) { $0.compliant }
            Member("violating", .integer) { $0.violating }
            Member("waived", .integer, "every finding is waived") { $0.waived }
            Member("unreadable", .integer, "could not be read or decided") { $0.unreadable }
            Member("skipped", .integer, "out of scope") { $0.skipped }
        }
    }
}

extension Shape where Root == RequestCounts {
    static var requests: Shape {
        .object {
            Member("sent", .integer, "retries and redirects included") { $0.sent }
            Member("not_modified", .integer, "answered by 304") { $0.notModified }
            Member("retried", .integer) { $0.retried }
            Member("waited_seconds", .seconds, "during which rate limits held everything back") { $0.waited }
        }
    }
}

extension Shape where Root == RepositoryChange {
    static var change: Shape {
        .object {
            Member("full_name", .string, "as it is known last") { $0.repository.fullName }
            Member("id", .id) { $0.repository.id }
            Member("known_by", .maybe(.side), "the scan with which it was compared; null if that is the earlier one") {
                $0.knownBy
            }
            changes
        }
    }

    /// What changed, without the repository's name.
    @Members<RepositoryChange> static var changes: [Member<RepositoryChange>] {
        Member("changed", .words(), "what changed, the weightiest first") { $0.kinds }
        Member("claims_added", .maybe(.claims), "to the effective template; null if one is unknown") {
            $0.keys?.added
        }
        Member("claims_removed", .maybe(.claims), "likewise") { $0.keys?.removed }
        Member("before", .maybe(.state), "null if it was not listed") { $0.before }
        Member("after", .maybe(.state), "likewise") { $0.after }
    }
}

extension Shape where Root == StoredFinding {
    static var storedFinding: Shape {
        .object {
            identity
            standing
        }
    }

    @Members<StoredFinding> static var identity: [Member<StoredFinding>] {
        Member("rule", .string, "id of the policy's entry") { $0.key.rule }
        Member("severity", .word) { $0.severity }
        Member("repository", .maybe(.string), "null if it is about something else") {
            $0.repositoryID == nil ? nil : $0.name
        }
        Member("repository_id", .maybe(.id)) { $0.repositoryID }
        Member("organization_id", .maybe(.id), "null for one about a waiver") { $0.organizationID }
        Member("name", .string, "of the repository, the organization or the waiver") { $0.name }
        Member("message", .string) { $0.message }
        Member("problems", .strings, "what is wrong one by one") { $0.problems }
    }

    @Members<StoredFinding> fileprivate static var standing: [Member<StoredFinding>] {
        Member("waived", .boolean) { $0.isWaived }
        Member("reappeared", .boolean, "it appeared, and an earlier scan had found it fixed") { $0.isBack }
        Member("first_seen", .time, "start of the scan that first found it") { $0.firstSeen }
    }
}

extension Shape where Root == ScanDifference.Worsened {
    static var worsened: Shape {
        .object {
            Member.group(Shape<StoredFinding>.identity) { $0.finding }
            Member("further_problems", .strings, "those that it did not have before") { $0.furtherProblems }
            Member("severity_before", .maybe(.word), "where it is more severe than before") {
                $0.finding.isMoreSevere ? $0.finding.severityBefore : nil
            }
            Member.group(Shape<StoredFinding>.standing) { $0.finding }
        }
    }
}

extension Shape where Root == ScanDifference.Improved {
    static var improved: Shape {
        .object {
            Member.group(Shape<StoredFinding>.identity) { $0.finding }
            Member("fixed_problems", .strings, "those that it does not have any more") { $0.fixedProblems }
            Member.group(Shape<StoredFinding>.standing) { $0.finding }
        }
    }
}

extension StoredFinding {
    fileprivate var repositoryID: RepositoryID? { key.repositoryID }

    fileprivate var organizationID: OrganizationID? {
        switch key.subject {
        case .repository: organization
        case .organization(let id): id
        case .waiver, .identity: nil
        }
    }
}

extension FindingKey {
    /// `nil` if it is about something else.
    var repositoryID: RepositoryID? { if case .repository(let id) = subject { id } else { nil } }
}

extension Member where Root == StoredScan {
    @Members<StoredScan> static var scan: [Member] {
        Member("id", .id, "the history's number") { $0.id }
        Member("api_url", .string, "base address of the API") { $0.apiURL }
        Member("started_at", .time) { $0.startedAt }
        Member("finished_at", .time) { $0.finishedAt }
        Member("seconds", .integer, "its interruptions included") { $0.seconds }
        Member("organizations", .strings, "logins, as they were then") { $0.logins }
        Member("verdict", .word) { $0.verdict }
        Member("complete", .boolean, "everything in scope was read and decided") { $0.isComplete }
        Member("policy", policy, "by which it was judged") { $0 }
        Member("repositories", .counts) { $0.summary }
        Member("requests", .requests) { $0.requests }
        Member("content_sha256", .sha256, "of the scan's records") { $0.content }
        Member("digest", .sha256, "of its link in the history's chain") { $0.digest }
    }

    private static var policy: Shape<StoredScan> {
        .object {
            Member("name", .string) { $0.policyName }
            Member("sha256", .string) { $0.policySHA256 }
        }
    }
}

extension Member where Root == OrganizationSnapshot {
    @Members<OrganizationSnapshot> static var organization: [Member] {
        Member("login", .string) { $0.login }
        Member("id", .maybe(.id), "null if it was not found") { $0.id }
        Member("template", .template) { $0.template }
        Member("listing", .listing) { $0.listing }
    }
}
