import AuditCore
import Testing

@Suite struct EffectiveTemplateTests {
    struct Row: Sendable {
        let setting: RepositorySetting
        let organization: OrganizationTemplate
        let template: SubjectTemplate?
        let source: TemplateSource
    }

    private static let set = OrganizationTemplate.set(["repo", "context", "actor"], useImmutableSubject: nil)
    private static let unreadable = OrganizationTemplate.unreadable(UnreadableReason(.forbidden, "no"))

    /// The contract's table, row by row.
    static let table: [Row] = [
        Row(setting: .gitHubDefault, organization: set, template: .gitHubDefault, source: .gitHubDefault),
        Row(setting: .gitHubDefault, organization: .neverSet, template: .gitHubDefault, source: .gitHubDefault),
        Row(setting: .gitHubDefault, organization: unreadable, template: .gitHubDefault, source: .gitHubDefault),
        Row(
            setting: RepositorySetting(useDefault: true, includeClaimKeys: ["actor"]), organization: set,
            template: .gitHubDefault, source: .gitHubDefault),
        Row(setting: .own(["ref", "repo"]), organization: set, template: ["ref", "repo"], source: .repository),
        Row(setting: .own(["ref", "repo"]), organization: .neverSet, template: ["ref", "repo"], source: .repository),
        // The same keys in another order are another template.
        Row(
            setting: .own(["context", "repo", "actor"]), organization: set, template: ["context", "repo", "actor"],
            source: .repository),
        Row(
            setting: .own(["repo", "context", "actor"]), organization: set, template: ["repo", "context", "actor"],
            source: .organizationOrCopy),
        Row(setting: .inheriting, organization: set, template: ["repo", "context", "actor"], source: .organization),
        Row(setting: .own([]), organization: set, template: ["repo", "context", "actor"], source: .organization),
        Row(setting: .inheriting, organization: .neverSet, template: .gitHubDefault, source: .gitHubDefault),
        Row(setting: .own([]), organization: .neverSet, template: .gitHubDefault, source: .gitHubDefault),
        Row(setting: .own(["repo"]), organization: unreadable, template: ["repo"], source: .unknown),
        Row(setting: .inheriting, organization: unreadable, template: nil, source: .unknown),
        Row(setting: .own([]), organization: unreadable, template: nil, source: .unknown),
        // An organization template without keys has no documented meaning.
        Row(
            setting: .inheriting, organization: .set([], useImmutableSubject: true), template: nil, source: .unknown),
        Row(
            setting: .own(["repo"]), organization: .set([], useImmutableSubject: true), template: ["repo"],
            source: .repository),
    ]

    @Test(arguments: table)
    func followsTheContractsTable(row: Row) {
        let effective = row.setting.effectiveTemplate(organization: row.organization)
        #expect(effective.template == row.template)
        #expect(effective.source == row.source)
    }
}
