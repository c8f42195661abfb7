package import AuditCore

/// What a policy finds for CI dashboards: a suite for each account, a testcase for each identity and rule entry, passes
/// too, and one named `readable` for each file.
package struct TrustJUnitReporter: TrustReporter {
    package static let name = "junit"
    package static let isOfFindings = true

    package init() {}

    private typealias Case = (classname: String, name: String, result: JUnitResult)

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        guard let judgement = audit.judgement else { preconditionFailure("JUnit is of findings") }
        var writer = XMLWriter(output)
        let accounts = judgement.identities.grouped { $0.identity.account ?? "" }
        writer.element("testsuites") { xml in
            suite("files", readings(audit), 0, judgement.report, &xml)
            for (index, identities) in accounts.enumerated() {
                let name = "\(identities[0].identity.cloud.rawValue) \(identities[0].identity.account ?? "")"
                suite(name, cases(identities, judgement.report), index + 1, judgement.report, &xml)
            }
        }
        writer.finish()
        output = writer.output
    }

    // MARK: -

    private func suite(
        _ name: String, _ cases: [Case], _ index: Int, _ report: AuditReport, _ xml: inout XMLWriter,
    ) {
        let attributes = [
            ("id", "\(index)"), ("package", Tool.name), ("name", name),
            ("timestamp", String(report.startedAt.description.dropLast())), ("hostname", "localhost"),
            ("tests", "\(cases.count)"), ("failures", "\(cases.count { $0.result.isFailure })"),
            ("errors", "\(cases.count { $0.result.isError })"), ("skipped", "\(cases.count { $0.result.isSkipped })"),
            ("time", "0"),
        ]
        xml.element("testsuite", attributes) { xml in
            xml.element("properties") { xml in
                for (name, value) in [
                    ("policy.name", report.policy.name), ("policy.sha256", report.policy.sha256),
                    ("scan.complete", "\(report.isComplete)"), ("tool.version", Tool.version),
                ] { xml.element("property", [("name", name), ("value", value)]) }
            }
            for one in cases {
                one.result.write([("classname", one.classname), ("name", one.name), ("time", "0")], to: &xml)
            }
            xml.element("system-out", text: index == 0 ? report.warnings.joined(separator: "\n") : "")
            xml.element("system-err")
        }
    }

    /// Whether each file, and what it is held against, was read whole.
    private func readings(_ audit: TrustAudit) -> [Case] {
        let prefix = "\(Tool.name).trust"
        func result(_ why: [String]) -> JUnitResult {
            why.isEmpty ? .pass : .error(type: "unreadable", message: why.joined(separator: "\n"))
        }
        var cases: [Case] = [(prefix, RuleEntry.reservedID, result(audit.gaps))]
        for file in audit.files {
            let why = (file.truncation.map { [$0] } ?? []) + file.unread.map { "\($0.identity): \($0.why)" }
            cases.append(("\(prefix).\(Self.segment(file.path))", RuleEntry.reservedID, result(why)))
        }
        return cases
    }

    private func cases(_ identities: [TrustJudgement.Verdict], _ report: AuditReport) -> [Case] {
        let found = Dictionary(grouping: report.findings, by: { $0.identity ?? "" })
        return identities.flatMap { verdict -> [Case] in
            let classname =
                "\(Tool.name).\(verdict.identity.cloud.rawValue).\(Self.segment(verdict.identity.name))"
            let findings = found[verdict.identity.name] ?? []
            return zip(report.policy.rules, verdict.outcomes).filter { $0.0.subject == .identity }.map {
                entry, outcome in
                let result: JUnitResult =
                    switch outcome {
                    case .pass: .pass
                    case .notApplicable: .skipped(message: "the rule does not apply to this identity")
                    case .undecided:
                        .error(
                            type: "undecided",
                            message: verdict.undecided.first { $0.hasPrefix("rule \(entry.id) ") } ?? "undecided")
                    case .fail: JUnitResult(of: findings.filter { $0.rule == entry.id }, report.gate)
                    }
                return (classname, entry.id, result)
            }
        }
    }

    /// A dot would start a package.
    private static func segment(_ name: String) -> String { String(name.map { $0 == "." ? "_" : $0 }) }
}
