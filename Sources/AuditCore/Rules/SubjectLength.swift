/// The subject is no longer than a cloud accepts.
package struct SubjectLength: RepositoryRule {
    package static let name = "subject-length"
    package static let summary = "The subject is no longer than the clouds that must accept it allow."
    package static let rationale = """
        Microsoft Entra accepts subjects of at most 600 characters; a template of many claims can exceed that on a \
        repository with long names, and the login fails there alone. What varies from job to job is counted with the \
        option reserve. Source: Microsoft's page on creating a workload identity federation trust.
        """
    package static let remediation = "Take claims out of the template, or shorten names."
    package static let options = [
        RuleOption("max", .number(1...100_000), required: true, "the most characters allowed; Entra: 600"),
        RuleOption(
            "reserve", .number(0...10_000),
            "characters to allow for each value that varies from job to job, such as a branch name (default 0)"),
    ]
    package static let examples = [
        RuleExample(options: #"{"max": 600, "reserve": 200}"#, setting: .gitHubDefault, expected: .pass),
        RuleExample(
            options: #"{"max": 200, "reserve": 100}"#, setting: .own(["repo", "context", "job_workflow_ref"]),
            expected: .fail("up to 232 characters, of which 32 are fixed and 200 reserved")),
        RuleExample(
            options: #"{"max": 20}"#, setting: .own(["repo", "repository_owner"]),
            expected: .fail("at least 35 characters")),
        RuleExample(options: #"{"max": 20}"#, setting: .gitHubDefault.prefixed("?"), expected: .undecided),
    ]

    private let max: Int
    private let reserve: Int

    package init(options: RuleOptions) throws(DocumentError) {
        max = try options.reader.optionalNumber("max", in: 1...100_000) ?? 0
        reserve = try options.reader.optionalNumber("reserve", in: 0...10_000) ?? 0
    }

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        let preview = SubjectPreview(subject.language)
        guard let text = preview.subject else { return .undecided(RuleSubject.unknownFormat) }
        let fixed = preview.fixedLength
        let varying = preview.varyingCount
        let reserved = varying * reserve
        guard fixed + reserved > max else { return .pass }
        let message =
            reserved == 0
            ? "at least \(fixed) characters"
            : "up to \(fixed + reserved) characters, of which \(fixed) are fixed and \(reserved) reserved"
        // Each claim makes it longer; names do so by themselves.
        let problem = "longer than \(max) characters"
        let parts = subject.keys.eachOnce.map { String.part("with \($0.canonical.shown)", of: problem) }
        return .fail(
            Violation(
                message: message, problems: [problem] + parts, expected: ["at most \(max) characters"],
                actual: [text],
                remediation: "Take claims out of \(subject.templateName.closed)."))
    }
}
