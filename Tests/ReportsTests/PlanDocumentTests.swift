import AuditCore
import Foundation
import Reports
import TestSupport
import Testing

/// Plans as files.
@Suite struct PlanDocumentTests {
    private func plan(_ text: String = "x") -> Plan {
        var setting = RepositorySetting.own(["repo", ClaimKey(text), ClaimKey(text)])
        setting.subClaimPrefix = text
        return Plan(
            apiURL: "https://api.github.com", isEnterpriseServer: false,
            organizations: [
                Plan.Organization(login: text, id: OrganizationID(rawValue: 78)),
                Plan.Organization(login: "acme", id: OrganizationID(rawValue: 77)),
                Plan.Organization(login: "beta", id: OrganizationID(rawValue: 79)),
            ], createdAt: .sample,
            scanID: ScanID(rawValue: 42), policyName: text, policySHA256: text,
            changes: [
                PlannedChange(
                    target: .organization(login: "acme", id: OrganizationID(rawValue: 77)),
                    before: .organization(.neverSet),
                    after: .organization(.set(["repo", "context"], useImmutableSubject: false)), rules: ["one"],
                    warnings: [text]),
                PlannedChange(
                    target: .repository(owner: "acme", name: "api", id: RepositoryID(rawValue: 1)),
                    before: .repository(setting), after: .repository(.inheriting), rules: [text],
                    subjects: [
                        PlannedChange.Subject(
                            repository: text, repositoryID: RepositoryID(rawValue: 1), before: nil, after: text),
                        PlannedChange.Subject(
                            repository: text, repositoryID: RepositoryID(rawValue: 2), before: text, after: text,
                            isCertain: false, afterKeepingIDs: text),
                    ]),
                PlannedChange(
                    target: .organization(login: "beta", id: OrganizationID(rawValue: 79)),
                    before: .organization(.neverSet), after: .organization(.set(["repo"], useImmutableSubject: nil)),
                    knowsSubjects: false),
            ], manual: [Plan.Manual(rule: text, name: text, message: text, why: text)],
            access: PlannedAccess(
                files: [.init(path: text, sha256: String(repeating: "a", count: 64))],
                lost: [
                    AccessDifference(
                        repository: Repository(
                            id: RepositoryID(rawValue: 1), owner: "acme", name: text, visibility: .private),
                        trust: text, identity: text, before: text, after: nil, contexts: [.branch, .pullRequest],
                        isCertain: false, add: [.init(claim: "sub", value: text, key: text)])
                ], gained: [], gaps: [text]))
    }

    private func parse(_ text: String) throws -> Plan {
        try PlanDocument.parse(JSONParser.parse(Array(text.utf8)))
    }

    @Test(arguments: ["x", "<script>\"\\\n\u{1B}[31m\u{202E}", "é😀\u{0301}", "${{ x }}"])
    func whatIsWrittenIsRead(text: String) throws {
        let plan = plan(text)
        #expect(try parse(PlanDocument.render(plan)) == plan)
        // No text can harm a terminal.
        let page = PlanPage.render(plan, as: .text, style: ReportStyle())
        #expect(page.unicodeScalars.allSatisfy { $0 == "\n" || $0.isHarmless })
    }

    @Test(arguments: [
        ("\"use_default\": false", "\"use_default\": true", "it was changed since it was made"),
        ("\"id\": 1,", "\"id\": 2,", "it was changed since it was made"),
        ("https://api.github.com", "https://evil.example", "it was changed since it was made"),
        ("oidc-audit.plan/v1", "oidc-audit.plan/v2", "it is not a plan of version 1"),
        ("\"rules\": [", "\"rulez\": [", "unknown key \"rulez\""),
        ("\"id\": 1,", "\"id\": -1,", "\"id\" must be a whole number from 1, not -1"),
        ("\"status\": \"never_set\"", "\"status\": \"unset\"", "\"unset\" is not a valid \"status\""),
        ("\"changes\": [", "\"changes\": 1, \"more\": [", "unknown key \"more\""),
        ("\"use_default\": false", "\"use_default\": \"no\"", "\"use_default\" must be true or false, not a string"),
        ("\"may_inherit\": false,", "", "a change has no \"may_inherit\""),
        ("\"certain\": false", "\"certain\": null", "\"certain\" must be true or false, not null"),
    ])
    func whatWasChangedIsRefused(old: String, new: String, message: String) throws {
        let text = PlanDocument.render(plan())
        try #require(text.contains(old))
        let error = #expect(throws: DocumentError.self) { try parse(text.replacing(old, with: new)) }
        #expect("\(try #require(error))".contains(message))
    }

    @Test func whatAWriteWasReadBackAsIsWrittenAndRead() throws {
        var setting = RepositorySetting.own(["repo", "\"x\""])
        setting.subClaimPrefix = "repo:acme@77/api@1"
        let values: [(PlannedChange.Value, Bool)] = [
            (.repository(setting), false), (.organization(.neverSet), true),
            (.organization(.set(["repo"], useImmutableSubject: true)), true),
        ]
        for (value, isOfOrganization) in values {
            let text = PlanDocument.render(found: value)
            #expect(
                try PlanDocument.parse(
                    found: JSONParser.parse(Array(text.utf8)), isOfOrganization: isOfOrganization) == value)
        }
    }

    /// What was not looked at is not counted as none.
    @Test func subjectsThatNobodyLookedAtAreNotNone() throws {
        let plan = plan()
        #expect(!plan.knowsSubjects)
        let page = PlanPage.render(plan, as: .text, style: ReportStyle())
        #expect(page.contains("3 changes, whose subject changes is not known"))
        #expect(page.contains("subjects      unknown"))
        #expect(!page.contains("0 subjects"))
        #expect(PlanDocument.render(plan).contains("\"subjects\": null"))
    }

    @Test func aTargetStandsOnce() throws {
        var twice = plan()
        twice.changes.append(twice.changes[0])
        let error = #expect(throws: DocumentError.self) { try parse(PlanDocument.render(twice)) }
        #expect("\(try #require(error))".contains("changes each target once"))
    }
}
