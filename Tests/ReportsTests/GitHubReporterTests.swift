import AuditCore
import Reports
import TestSupport
import Testing

/// Annotations say what the job's status says.
@Suite struct GitHubReporterTests {
    /// - Returns: the kind and title of each annotation.
    private static func annotations(failOn severity: Severity?) throws -> [String] {
        let report = try SampleReport.make(gate: Gate(failOn: severity))
        return try SampleReport.render(report, as: GitHubReporter.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: "title=")
            guard words.count == 2 else { return nil }
            return line.prefix { $0 != " " } + " " + words[1].prefix { $0 != ":" }
        }
    }

    @Test func whatDoesNotFailTheJobIsANotice() throws {
        let all = try Self.annotations(failOn: .low)
        let high = try Self.annotations(failOn: .high)
        let none = try Self.annotations(failOn: nil)
        let isLow = { (line: String) in line.hasSuffix(" low%3A company-template") }
        #expect(all.contains { isLow($0) })
        #expect(!all.contains { isLow($0) && !$0.hasPrefix("::warning") })
        #expect(high.filter(isLow).count == all.filter(isLow).count)
        #expect(!high.contains { isLow($0) && !$0.hasPrefix("::notice") })
        #expect(high.filter { $0.hasPrefix("::error") } == all.filter { $0.hasPrefix("::error") })
        // Without a gate nothing fails, and a level is the rule's own.
        #expect(none.filter { !$0.hasPrefix("::notice") } == all.filter { !$0.hasPrefix("::notice") })
        // The counts stand first among the notices, of which GitHub shows ten.
        #expect(none.first { $0.hasPrefix("::notice") } == "::notice oidc-audit%3A test")
    }
}
