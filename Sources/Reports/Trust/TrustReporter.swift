package import AuditCore

/// A format of who can assume what. The same audit always gives the same bytes.
package protocol TrustReporter: Sendable {
    /// The word that `--format` and `--output` name it by.
    static var name: String { get }
    /// Whether it prints what a policy finds, and nothing else.
    static var isOfFindings: Bool { get }

    init()

    func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput)
}

extension TrustReporter {
    package static var isOfFindings: Bool { false }
}

/// The formats, in the order in which documents list them.
package enum TrustReporterCatalog {
    /// Those of standard output, and of files too.
    package static let all: [any TrustReporter.Type] = [
        TrustTextReporter.self,
        TrustJSONReporter.self,
        TrustHTMLReporter.self,
        TrustCSVReporter.self,
        TrustSARIFReporter.self,
        TrustJUnitReporter.self,
        TrustMarkdownReporter.self,
        TrustPrometheusReporter.self,
        TrustGitHubReporter.self,
        TrustGitLabReporter.self,
    ]

    /// What standard output can get: besides them two for cron, of which no file is made.
    package static let forStandardOutput: [any TrustReporter.Type] =
        all + [TrustLineReporter.self, TrustNoReporter.self]

    /// Those of files: besides them each cell of the matrix, which is too much for a terminal.
    package static let forFiles: [any TrustReporter.Type] = all + [TrustAccessReporter.self]

    /// The format of a file of that name; `nil` if there is none.
    package static func reporter(named name: String) -> (any TrustReporter.Type)? {
        forFiles.first { $0.name == name }
    }
}

package struct TrustTextReporter: TrustReporter {
    package static let name = "text"

    package init() {}

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        output.write(TrustPage.render(audit, as: .text, style: style))
    }
}

package struct TrustJSONReporter: TrustReporter {
    package static let name = "json"

    package init() {}

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        TrustPage.document.write(audit, to: &output)
    }
}

/// What a policy finds, as SARIF 2.1.0 for code scanning.
package struct TrustSARIFReporter: TrustReporter {
    package static let name = "sarif"
    package static let isOfFindings = true

    package init() {}

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        guard let report = audit.judgement?.report else { preconditionFailure("SARIF is of findings") }
        SARIFReporter().render(report, style: style, to: &output)
    }
}

/// Each cell of the matrix, a line of JSON (NDJSON), one after the other: an owner-wide trust has as many as the owner has
/// repositories.
package struct TrustAccessReporter: TrustReporter {
    package static let name = "access"

    package init() {}

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        for trust in audit.trusts {
            for cell in trust.cells where audit.concerns(cell) {
                var writer = JSONWriter(output, isEmbedded: true)
                Shape<Access>.access.write(audit.report.access(trust, cell), nil, &writer)
                output = writer.output
                output.write("\n")
            }
        }
    }
}

extension TrustAudit {
    /// Whether a cell is of the repository that is asked for.
    func concerns(_ cell: JudgedTrust.Cell) -> Bool {
        repository.map { report.repositories[Int(cell.repository)].repository.id == $0 } ?? true
    }

    /// The full name of the repository that is asked for; `nil` if all are.
    var askedRepository: String? {
        repository.flatMap { id in report.repositories.first { $0.repository.id == id }?.repository.fullName }
    }

    /// What the repository that is asked for can assume, in a sentence; `nil` if all are asked for.
    var askedAccess: String? {
        guard let name = askedRepository else { return nil }
        func roles(_ isUsed: (JudgedTrust, JudgedTrust.Cell) -> Bool) -> Set<String> {
            Set(
                trusts.filter { trust in trust.cells.contains { concerns($0) && isUsed(trust, $0) } }
                    .map(\.trust.identity.name))
        }
        let certain = roles { report.access($0, $1).certainty == .certain }
        let others = roles { _, _ in true }.subtracting(certain)
        let isUnknown = zip(report.repositories, report.unknownSubjects).contains { state, why in
            state.repository.id == repository && why != nil
        }
        let more = isUnknown ? ", as far as its subjects are known" : ""
        switch (certain.count, others.count) {
        case (0, 0): return isUnknown ? "it is not known what \(name) can assume" : "\(name) can assume no role"
        case (0, let others): return "\(name) may assume \(counted(others, "role"))\(more)"
        case (let certain, 0): return "\(name) can assume \(counted(certain, "role"))\(more)"
        case (let certain, let others):
            return "\(name) can assume \(counted(certain, "role")) and may assume \(others) more\(more)"
        }
    }

    /// What stands in the headline of every format for people.
    var headline: (word: String, rest: String, verdict: GateReport.Verdict) {
        let outside = outside.count
        let parts = [
            judgement.map { ($0.countingCount, counted($0.countingCount, "finding")) } ?? (0, ""),
            (outside, "\(counted(outside, "trust")) open to outsiders"),
            (unmatched.count, "\(counted(unmatched.count, "trust")) without a repository"),
            (change?.lost.count ?? 0, "\(change?.lost.count ?? 0) lost"),
            (undecided.count, "\(undecided.count) undecided"),
            (unreadCount, "\(counted(unreadCount, "role")) unread"),
        ].filter { $0.0 > 0 }.map(\.1)
        let own = askedAccess
        let words =
            ([own, parts.isEmpty && own == nil ? "nobody outside gets in" : nil].compactMap(\.self) + parts)
            .joined(separator: ", ") + (leftOut == 0 ? "" : "; \(counted(leftOut, "other trust")) not judged")
        let verdict: GateReport.Verdict =
            judgement?.report.gate.verdict
            ?? (exitStatus == .success ? .passed : exitStatus == .violations ? .failed : .incomplete)
        switch verdict {
        case .passed: return ("PASSED", words, verdict)
        case .failed: return ("FAILED", words, verdict)
        case .incomplete: return ("INCOMPLETE", words, verdict)
        }
    }

    /// The first reason why it can't speak of everything, and the others; empty if it can.
    var openness: [String] {
        gaps
            + files.flatMap { file in
                (file.truncation.map { ["\(file.path): \($0)"] } ?? [])
                    + file.unread.map { "\(file.path): \($0.identity): \($0.why)" }
            }
    }
}
