package import AuditCore

/// The findings as annotations of a GitHub Actions job: workflow commands on standard output.
///
/// GitHub shows ten of a kind and hides the rest without a word, so that the tenth says how many there are.
/// Source: GitHub's documentation, "Workflow commands"; the limits are those of community discussion 26680.
package struct GitHubReporter: Reporter {
    package static let name = "github"

    package init() {}

    private static let mostOfAKind = 9

    private struct Annotation {
        let location: PolicyLocation?
        let title: String
        let message: String
    }

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        let summary = report.summary
        let counts =
            "\(report.headlineWord): \(summary.judged) of \(summary.listed) repositories judged, \(summary.violating) "
            + "violating, \(summary.unreadable) unreadable"
        render(report, notRead: [], counts: counts, style: style, to: &output)
    }

    /// - Parameters:
    ///   - notRead: what else was not read, a line each.
    ///   - counts: verdict and numbers.
    func render(
        _ report: AuditReport, notRead: [String], counts: String, style: ReportStyle, to output: inout ReportOutput,
    ) {
        var errors: [Annotation] = []
        var warnings: [Annotation] = []
        var notices: [Annotation] = []
        // Ahead of what is worse: that not everything was read is the first thing to know.
        if let why = report.whyIncomplete {
            errors.append(Annotation(location: nil, title: "\(Tool.name): incomplete", message: why))
        }
        var accepted = 0
        for finding in report.findings.filter(\.isOpen).sorted(by: Self.precedes) {
            // What the gate lets through is no annotation of its own: it would hide those that count.
            guard !report.gate.isAccepted(finding) else {
                accepted += 1
                continue
            }
            let name = finding.name
            let location = PolicyLocation(of: finding.rule, in: report.policy, at: name, in: style.checkout)
            let annotation = Annotation(
                location: location.isPolicy ? location : nil,
                title: "\(finding.severity.rawValue): \(finding.rule)",
                message: finding.annotation)
            // As the job's status has it: what does not let it fail is a notice.
            if report.gate.letsThrough(finding) {
                notices.append(annotation)
            } else if finding.severity >= .high {
                errors.append(annotation)
            } else {
                warnings.append(annotation)
            }
        }
        // The first trouble stands above already.
        let troubles = report.organizations.flatMap { organization in
            organization.troubles.map { "\(organization.login): \($0)" }
        }
        for trouble in report.stop == nil ? troubles.dropFirst() : troubles[...] {
            warnings.append(Annotation(location: nil, title: "not read", message: trouble))
        }
        warnings += notRead.map { Annotation(location: nil, title: "not read", message: $0) }
        for repository in report.repositories where repository.status == .unreadable {
            let annotation = Annotation(
                location: nil, title: "not read",
                message: "\(repository.repository.fullName): \(repository.reasonInWords)")
            if repository.acceptedUnread == nil { warnings.append(annotation) } else { notices.append(annotation) }
        }
        Self.write("error", errors, to: &output)
        Self.write("warning", warnings, to: &output)
        let summary = report.summary
        let all =
            counts
            + (accepted > 0 ? ", \(counted(accepted, "finding")) in the baseline" : "")
            + (summary.waivedFindings > 0 ? ", \(counted(summary.waivedFindings, "finding")) waived" : "")
            + report.acceptedWhateverInWords.map { ", \($0)" }.joined()
        let summaryNotice = Annotation(location: nil, title: "\(Tool.name): \(report.policy.name)", message: all)
        let notes = report.warnings.map { Annotation(location: nil, title: "note", message: $0) }
        Self.write("notice", [summaryNotice] + notes + notices, to: &output)
    }

    // MARK: -

    /// What is new, worse or back before what is known, which is many; then worst first.
    private static func precedes(_ one: Finding, _ other: Finding) -> Bool {
        guard one.isNews == other.isNews else { return one.isNews }
        return one.severity > other.severity
    }

    private static func write(_ kind: String, _ annotations: [Annotation], to output: inout ReportOutput) {
        for annotation in annotations.prefix(mostOfAKind) {
            var properties = "title=\(property(annotation.title))"
            if let location = annotation.location {
                properties = "file=\(property(location.path)),line=\(location.line)," + properties
            }
            output.write("::\(kind) \(properties)::\(data(annotation.message))\n")
        }
        if annotations.count > mostOfAKind {
            let rest = annotations.count - mostOfAKind
            output.write("::\(kind) title=\(property(Tool.name))::and \(rest) more; the report names all\n")
        }
    }

    private static func data(_ text: String) -> String {
        text.singleLine.escaping(["%": "%25"])
    }

    private static func property(_ text: String) -> String {
        data(text).escaping([":": "%3A", ",": "%2C"])
    }
}
