import AuditCore
import Reports
import TestSupport
import Testing

/// node_exporter merges the files of all scans of a host: a series that stands in two is one, and of two texts of help
/// it takes neither.
@Suite struct PrometheusTests {
    /// One series as a file has it, without its value.
    private static func series(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0[..<($0.lastIndex(of: " ") ?? $0.endIndex)] }
    }

    private static func comments(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { $0.hasPrefix("#") }
    }

    private static func render(
        logins: [String] = ["acme"], host: String = "https://api.github.com", policy: String = "strict",
        scope: Scope = Scope(), stop: ScanStop? = nil,
    ) throws -> String {
        let organizations = logins.enumerated().map { index, login in
            OrganizationSnapshot.sample(
                login: login, id: Int64(index + 77), [.read("api", id: Int64(index + 1), .gitHubDefault)])
        }
        var snapshot = Snapshot.sample(organizations, stop: stop)
        (snapshot.apiURL, snapshot.scope) = (host, scope)
        var report = Evaluator(policy: try .sample(), gate: Gate()).evaluate(snapshot)
        report.policy.name = policy
        return try SampleReport.render(report, as: PrometheusReporter.self)
    }

    @Test func theFilesOfTwoScansShareNoSeriesAndNoOtherHelp() throws {
        var narrow = Scope()
        narrow.selector.names = [Glob("prod-*")]
        let files = try [
            Self.render(), Self.render(logins: ["globex"]), Self.render(host: "https://ghe.example.com:8443/api/v3"),
            Self.render(policy: "baseline"), Self.render(scope: narrow),
            Self.render(scope: Scope(includesArchived: true)),
            Self.render(logins: ["initech", "hooli"], stop: .interrupted),
        ]
        var seen: Set<Substring> = []
        for text in files {
            let series = Self.series(text)
            #expect(series.count > 30 && Set(series).count == series.count)
            #expect(seen.isDisjoint(with: series), "\(seen.intersection(series).sorted().prefix(3))")
            seen.formUnion(series)
            #expect(Self.comments(text) == Self.comments(files[0]))
        }
    }

    @Test func everySeriesSaysOfWhatItIs() throws {
        for line in Self.series(try Self.render(logins: ["Globex", "acme"], host: "https://ghe.example.com/api/v3")) {
            let labels = line.matches(of: /([a-z_0-9]+)="([^"]*)"/).map { (String($0.output.1), String($0.output.2)) }
            let values = Dictionary(uniqueKeysWithValues: labels)
            #expect(values["host"] == "ghe.example.com")
            #expect((values["org"] != nil) != (values["orgs"] != nil), "\(line)")
            #expect(values["orgs"] == nil || values["orgs"] == "acme,globex")
            #expect(values["policy"] == "strict")
            #expect(values["scope"] == "all")
        }
    }

    /// What a person typed and GitHub's own way to write it are one series.
    @Test func aScanThatReadNothingHasTheSeriesOfOneThatDid() throws {
        let read = Set(Self.series(try Self.render(logins: ["Acme"])))
        let unread = Set(Self.series(try Self.render(logins: ["ACME"], stop: .unauthorized)))
        #expect(read == unread)
    }
}
