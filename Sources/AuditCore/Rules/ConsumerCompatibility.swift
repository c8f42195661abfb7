/// Consumers that need the default subject get it.
package struct ConsumerCompatibility: RepositoryRule {
    package static let name = "consumer-compatibility"
    package static let summary = "Services that need GitHub's default subject get it from this repository."
    package static let rationale = """
        Some services read the subject as GitHub's default and refuse any other: PyPI's trusted publishing breaks on a \
        repository whose template is customized, be it by the organization. Choose the repositories that publish with \
        where. Source: pypi/warehouse#19347.
        """
    package static let remediation =
        "Return the repository to GitHub's default (use_default: true), or publish in another way."
    package static let options = [
        RuleOption(
            "consumers", .words(Consumer.allCases.map(\.rawValue)), required: true,
            "services that the repository's jobs log in to")
    ]
    package static let examples = [
        RuleExample(options: #"{"consumers": ["pypi"]}"#, setting: .gitHubDefault, expected: .pass),
        RuleExample(options: #"{"consumers": ["pypi"]}"#, setting: .own(["repo", "context"]), expected: .pass),
        RuleExample(options: #"{"consumers": ["pypi"]}"#, setting: .own(["repository", "context"]), expected: .pass),
        RuleExample(
            options: #"{"consumers": ["pypi"]}"#, setting: .inheriting,
            organizationTemplate: .set(["repository_owner_id", "repository_id"], useImmutableSubject: nil),
            expected: .fail("pypi needs the default subject")),
    ]

    /// Services that are known to need the default subject.
    enum Consumer: String, CaseIterable, Sendable {
        /// Source: pypi/warehouse#19347.
        case pypi
    }

    private let consumers: [Consumer]

    package init(options: RuleOptions) throws(DocumentError) {
        consumers = try options.reader.words("consumers", of: Consumer.self) ?? []
    }

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        guard subject.template.keys.map(\.canonical) != SubjectTemplate.gitHubDefault.keys else { return .pass }
        let names = consumers.map(\.rawValue).joined(separator: ", ")
        return subject.violation(
            "\(names) need\(consumers.count == 1 ? "s" : "") the default subject",
            problems: consumers.map { "\($0.rawValue) needs the default subject" } + subject.keys.narrowing(),
            expected: SubjectTemplate.gitHubDefault.keys.map(\.rawValue), remediation: Self.remediation,
            fix: .useDefault)
    }
}
