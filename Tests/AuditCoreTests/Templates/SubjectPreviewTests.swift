import AuditCore
import TestSupport
import Testing

@Suite struct SubjectPreviewTests {
    /// GitHub's word stands there, whichever it is.
    @Test(arguments: [Repository.Visibility.notPublic, .unknown])
    func aVisibilityThatIsKnownInPartIsNoWordOfTheSubject(_ visibility: Repository.Visibility) {
        let setting = RepositorySetting.own(["repository_visibility"]).prefixed("repo:acme/api")
        let preview = SubjectPreview(
            SubjectLanguage(
                ["repository_visibility"], of: setting, in: .sample("api", id: 1001, visibility: visibility),
                isEnterpriseServer: false))
        #expect(preview.subject == "repository_visibility:{repository_visibility}")
        #expect(!preview.isCertain)
    }

    @Test(arguments: [
        ("repo:acme/api", "legacy"), ("repo:acme@77/api@1001", "immutable"), ("repo:a_b-c/x.y_z-1", "legacy"),
        ("repo:acme@77/api", "unknown"), ("repo:acme/api@1001", "unknown"), ("repo:acme-77/api-1001", "legacy"),
        ("repo:acme@/api@1", "unknown"), ("repo:acme@7x/api@1", "unknown"), ("acme/api", "unknown"), ("", "unknown"),
        ("repo:acme/api/more", "unknown"), ("repo:@1/@2", "unknown"), ("repo:acme@1@2/api@3", "unknown"),
        ("repo:acme@99999999999999999999/api@1", "unknown"), ("repo:ac me/api", "unknown"),
    ])
    func readsTheFormatFromThePrefix(prefix: String, name: String) {
        for isEnterpriseServer in [false, true] {
            #expect(format(["repo", "context"], prefix, isEnterpriseServer: isEnterpriseServer).name == name)
        }
    }

    private func format(
        _ template: SubjectTemplate, _ prefix: String?, isEnterpriseServer: Bool = false,
    ) -> SubjectFormat {
        RepositoryState(
            .sample("api", id: 1001),
            .read(RepositorySetting(useDefault: false, includeClaimKeys: template.keys, subClaimPrefix: prefix)),
            under: .neverSet, isEnterpriseServer: isEnterpriseServer
        ).format
    }

    @Test func thePrefixIsPartOfTheSubjectOnlyWhereTheTemplateSaysSo() {
        for key in ["repo", "repository"] as [ClaimKey] {
            #expect(format([key, "context"], Self.legacy) == .legacy)
            #expect(format([key, "context"], Self.immutable) == .immutable)
        }
        // Ids in the template are ids, whatever the prefix is.
        for prefix in [Self.legacy, Self.immutable, "odd", nil] {
            #expect(format(["repository_owner_id", "context", "repository_id"], prefix) == .immutable)
        }
        #expect(format(["repository_id", "context"], Self.legacy) == .legacy)
        #expect(format(["context", "workflow_ref"], Self.legacy) == .legacy)
        // No id is known to be in such a subject.
        #expect(format(["context", "workflow_ref"], Self.immutable) == .unknown)
        #expect(format(["repository_id", "context"], Self.immutable) == .unknown)
    }

    @Test func withoutAPrefixOnlyAnEnterpriseServerIsLegacy() {
        #expect(format(["repo"], nil, isEnterpriseServer: true) == .legacy)
        #expect(format(["repo"], nil) == .unknown)
    }

    @Test func theFlagDoesNotDecideTheFormat() {
        let setting = RepositorySetting(
            useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:acme@77/api@1001")
        #expect(preview(setting, .gitHubDefault).subject == "repo:acme@77/api@1001:{context}")
    }

    struct Row: Sendable {
        let keys: [ClaimKey]
        let prefix: String?
        let subject: String?
        let isCertain: Bool
    }

    private static let legacy = "repo:acme/api"
    private static let immutable = "repo:acme@77/api@1001"

    static let table: [Row] = [
        Row(keys: ["repo", "context"], prefix: legacy, subject: "repo:acme/api:{context}", isCertain: true),
        Row(
            keys: ["repo", "context", "job_workflow_ref"], prefix: legacy,
            subject: "repo:acme/api:{context}:job_workflow_ref:{job_workflow_ref}", isCertain: true),
        Row(keys: ["repo", "context"], prefix: immutable, subject: "\(immutable):{context}", isCertain: true),
        Row(
            keys: ["repository_owner_id", "repository_id", "environment"], prefix: legacy,
            subject: "repository_owner_id:77:repository_id:1001:environment:{environment}", isCertain: true),
        Row(
            keys: ["repository_owner", "repository_visibility"], prefix: legacy,
            subject: "repository_owner:acme:repository_visibility:private", isCertain: true),
        // It renders as repo does, ids included.
        Row(
            keys: ["repository", "environment"], prefix: legacy, subject: "repo:acme/api:environment:{environment}",
            isCertain: true),
        Row(
            keys: ["repository", "environment"], prefix: immutable, subject: "\(immutable):environment:{environment}",
            isCertain: true),
        Row(
            keys: ["repo", "repository"], prefix: immutable, subject: "\(immutable):\(immutable)", isCertain: true),
        // What GitHub puts in front is not documented.
        Row(
            keys: ["repository_owner_id", "repository_id"], prefix: immutable,
            subject: "repository_owner_id:77:repository_id:1001", isCertain: false),
        Row(keys: ["repository_id"], prefix: immutable, subject: nil, isCertain: false),
        Row(
            keys: ["repo", "head_ref"], prefix: legacy, subject: "repo:acme/api:head_ref:{head_ref}", isCertain: false),
        Row(keys: ["repo", "mystery"], prefix: legacy, subject: "repo:acme/api:mystery:{mystery}", isCertain: false),
        Row(
            keys: ["repo", "repo_property_tier"], prefix: legacy, subject: "repo:acme/api:repo_property_tier:a%3Ab",
            isCertain: false),
        Row(
            keys: ["repo", "repo_property_none"], prefix: legacy,
            subject: "repo:acme/api:repo_property_none:{repo_property_none}", isCertain: false),
        // Another repository's name: it was renamed in between.
        Row(keys: ["repo"], prefix: "repo:acme/renamed", subject: "repo:acme/renamed", isCertain: false),
        Row(
            keys: ["repo", "repository_owner"], prefix: "repo:acme@77/api@999",
            subject: "repo:acme@77/api@999:repository_owner:acme", isCertain: false),
        Row(keys: ["repo", "context"], prefix: nil, subject: nil, isCertain: false),
        Row(keys: ["repo", "context"], prefix: "nonsense", subject: nil, isCertain: false),
    ]

    @Test(arguments: table)
    func rendersTheSubject(row: Row) {
        let setting = RepositorySetting(
            useDefault: false, includeClaimKeys: row.keys, subClaimPrefix: row.prefix)
        let preview = preview(setting, SubjectTemplate(row.keys))
        #expect(preview.subject == row.subject)
        #expect(preview.isCertain == row.isCertain)
    }

    private func preview(_ setting: RepositorySetting, _ template: SubjectTemplate) -> SubjectPreview {
        SubjectPreview(
            SubjectLanguage(
                template, of: setting,
                in: .sample("api", id: 1001, customProperties: ["tier": ["a:b"], "none": []]),
                isEnterpriseServer: false))
    }
}
