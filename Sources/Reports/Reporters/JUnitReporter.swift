package import AuditCore

/// The report for CI dashboards: JUnit XML that validates against both the Ant and the Jenkins schemas.
///
/// A suite for each organization; a testcase for each repository and rule entry, passes too, and one named `readable`.
/// Names stay the same from night to night, so that dashboards see trends; what was found stands in messages.
package struct JUnitReporter: Reporter {
    package static let name = "junit"

    package init() {}

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        var writer = XMLWriter(output)
        let findings = Dictionary(grouping: report.findings.filter { $0.repositoryID != nil }, by: \.repositoryID)
        let organizationFindings = Dictionary(
            grouping: report.findings.filter { $0.repositoryID == nil }, by: \.organization)
        let repositories = Dictionary(grouping: report.repositories, by: \.organization)
        writer.element("testsuites") { xml in
            for (index, organization) in report.organizations.enumerated() {
                let suite = JUnitSuite(
                    report: report, group: style.junitGroup, organization: organization,
                    repositories: repositories[organization.login] ?? [],
                    findings: findings, organizationFindings: organizationFindings[organization.login] ?? [])
                suite.write(index: index, to: &xml)
            }
        }
        writer.finish()
        output = writer.output
    }
}

/// One organization's suite.
private struct JUnitSuite {
    let report: AuditReport
    let group: JUnitGroup
    let organization: OrganizationReport
    let repositories: [RepositoryReport]
    let findings: [RepositoryID?: [Finding]]
    let organizationFindings: [Finding]

    private typealias Result = JUnitResult

    func write(index: Int, to xml: inout XMLWriter) {
        var counts = (tests: 0, failures: 0, errors: 0, skipped: 0)
        forEachCase { _, _, result in
            counts.tests += 1
            if result.isFailure { counts.failures += 1 }
            if result.isError { counts.errors += 1 }
            if result.isSkipped { counts.skipped += 1 }
        }
        let attributes = [
            ("id", "\(index)"), ("package", Tool.name), ("name", organization.login),
            ("timestamp", String(report.startedAt.description.dropLast())), ("hostname", hostname),
            ("tests", "\(counts.tests)"), ("failures", "\(counts.failures)"), ("errors", "\(counts.errors)"),
            // The scan's time stands once, so that a dashboard's sum is right.
            ("skipped", "\(counts.skipped)"),
            ("time", "\(index == 0 ? max(0, report.finishedAt.seconds(since: report.startedAt)) : 0)"),
        ]
        xml.element("testsuite", attributes) { xml in
            xml.element("properties") { xml in
                for (name, value) in properties { xml.element("property", [("name", name), ("value", value)]) }
            }
            forEachCase { classname, name, result in
                result.write([("classname", classname), ("name", name), ("time", "0")], to: &xml)
            }
            xml.element("system-out", text: report.warnings.joined(separator: "\n"))
            xml.element("system-err")
        }
    }

    // MARK: -

    private var hostname: String {
        guard let address = report.apiURL.split(separator: "/").dropFirst().first else { return "localhost" }
        // An IPv6 address has colons of its own, within brackets.
        let host = address.hasPrefix("[") ? address.prefix { $0 != "]" }.dropFirst() : address.prefix { $0 != ":" }
        return host.isEmpty ? "localhost" : String(host)
    }

    private var properties: [(String, String)] {
        [
            ("scan.id", report.scanID.map { "\($0.rawValue)" } ?? "none"),
            ("scan.digest", report.digest ?? "none"),
            ("scan.complete", "\(report.isComplete)"),
            ("scan.scope", report.scope.displayText(of: report.organizations.map(\.login)) ?? "all"),
            ("policy.name", report.policy.name),
            ("policy.sha256", report.policy.sha256),
            ("listing.status", organization.listing.status.rawValue),
            ("listing.listed", "\(organization.listing.listed)"),
            ("listing.expected", organization.listing.expectedText ?? "unknown"),
            ("tool.version", Tool.version),
        ]
    }

    private func forEachCase(_ body: (_ classname: String, _ name: String, Result) -> Void) {
        let prefix = "\(Tool.name).\(Self.segment(organization.login))"
        body(prefix, RuleEntry.reservedID, organizationResult)
        for (entry, outcome) in zip(report.policy.rules, organization.outcomes) where entry.subject != .repository {
            body(prefix, entry.id, result(entry, outcome))
        }
        for (repository, classname) in zip(repositories, classnames(prefix)) {
            let found = findings[repository.repository.id] ?? []
            if repository.status != .skipped {
                body(
                    classname, RuleEntry.reservedID,
                    repository.status != .unreadable
                        ? .pass
                        : repository.acceptedUnread == nil
                            ? .error(type: "unreadable", message: repository.reasonInWords)
                            : .skipped(message: repository.reasonInWords))
            }
            var results: [(rule: String, result: Result)] = []
            for (index, entry) in report.policy.rules.enumerated() where entry.subject == .repository {
                // A repository that was not judged has no outcomes.
                let outcome = repository.outcomes.isEmpty ? nil : repository.outcomes[index]
                results.append((entry.id, result(entry, outcome, repository, found)))
            }
            switch group {
            case .rule: for (rule, result) in results { body(classname, rule, result) }
            case .repository: body(classname, "policy", Self.worst(of: results))
            }
        }
    }

    /// One result for all entries: a failure before an error before a pass; a skip where nothing was judged, or where
    /// something was accepted.
    private static func worst(of results: [(rule: String, result: Result)]) -> Result {
        var failures: [(type: String, message: String)] = []
        var errors: [String] = []
        var skips: [String] = []
        var passes = 0
        for (rule, result) in results {
            switch result {
            case .pass: passes += 1
            case .failure(let type, let message): failures.append((type, "\(rule): \(message)"))
            case .error(_, let message): errors.append("\(rule): \(message)")
            case .skipped(let message): skips.append("\(rule): \(message)")
            }
        }
        if !failures.isEmpty {
            let worst = failures.compactMap { Severity(rawValue: $0.type) }.max()
            return .failure(
                type: worst?.rawValue ?? failures[0].type,
                message: (failures.map(\.message) + errors).joined(separator: "\n"))
        }
        if !errors.isEmpty { return .error(type: "undecided", message: errors.joined(separator: "\n")) }
        return passes > 0 || skips.isEmpty ? .pass : .skipped(message: skips.joined(separator: "\n"))
    }

    private var organizationResult: Result {
        if let trouble = organization.unreadTroubles.first { return .error(type: "unreadable", message: trouble) }
        return organization.listing.listed == 0 ? .error(type: "unreadable", message: "the listing is empty") : .pass
    }

    /// Of an entry about the organization or waivers.
    private func result(_ entry: PolicyReport.Entry, _ outcome: RepositoryReport.Outcome) -> Result {
        switch outcome {
        case .pass: return .pass
        case .undecided:
            let why = organization.undecided.first { $0.hasPrefix("rule \(entry.id) ") }
            return .error(type: "undecided", message: why ?? "the organization could not be read")
        case .notApplicable where entry.subject == .waiver:
            return .skipped(message: report.waiverSource == nil ? "no waivers were given" : "no waiver to judge")
        case .notApplicable where entry.subject == .identity:
            return .skipped(message: "oidc-audit trust alone judges it")
        case .notApplicable: return .skipped(message: "the rule does not apply to this organization")
        case .fail: return Result(of: organizationFindings.filter { $0.rule == entry.id }, report.gate)
        }
    }

    private func result(
        _ entry: PolicyReport.Entry, _ outcome: RepositoryReport.Outcome?, _ repository: RepositoryReport,
        _ found: [Finding],
    ) -> Result {
        switch (repository.status, outcome) {
        case (.skipped, _): return .skipped(message: repository.reason ?? "skipped")
        case (.unreadable, _): return .skipped(message: "unreadable: \(repository.reason ?? "unknown")")
        case (_, .pass): return .pass
        case (_, .notApplicable): return .skipped(message: "the rule does not apply to this repository")
        // Never a skip: a dashboard would show green for what nobody decided.
        case (_, .undecided), (_, nil): return .error(type: "undecided", message: repository.reason ?? "unknown")
        case (_, .fail): return Result(of: found.filter { $0.rule == entry.id }, report.gate)
        }
    }

    /// One for each repository, unique: a dot would start a package, and two names can differ in a dot alone.
    private func classnames(_ prefix: String) -> [String] {
        var names = repositories.map { "\(prefix).\(Self.segment($0.repository.name))" }
        while true {
            let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
            guard counts.values.contains(where: { $0 > 1 }) else { return names }
            for (index, repository) in repositories.enumerated() where counts[names[index]] ?? 0 > 1 {
                names[index] += "_\(repository.repository.id.rawValue)"
            }
        }
    }

    private static func segment(_ name: String) -> String {
        String(name.map { $0 == "." ? "_" : $0 })
    }
}
