public import AuditCore

/// One scan of a history.
public enum ScanPage {
    public static func render(
        _ scan: StoredScan, _ organizations: [OrganizationSnapshot], as format: PageFormat, style: ReportStyle,
    ) -> String {
        switch format {
        case .text: text(scan, organizations, style)
        case .json:
            CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.scan/v1")
                    json.scan(scan)
                    json.array("listings", of: organizations) { json, organization in
                        json.object { json in
                            json.string("login", organization.login)
                            json.number("id", organization.id?.rawValue)
                            json.template("template", organization.template)
                            json.listing(organization.listing)
                        }
                    }
                }
            }
        }
    }

    private static func text(
        _ scan: StoredScan, _ organizations: [OrganizationSnapshot], _ style: ReportStyle,
    ) -> String {
        var page = TextPage(style: style)
        let tone: TextPage.Tone =
            switch scan.verdict {
            case .compliant: .good
            case .violations: .bad
            case .incomplete: .poor
            }
        page.line(scan.verdict.rawValue.uppercased(), tone, "scan #\(scan.id.rawValue) of \(scan.apiURL)")
        page.fact("began", "\(scan.startedAt), took \(scan.seconds) s")
        page.fact("complete", scan.isComplete ? "yes" : "no")
        page.fact("policy", "\(scan.policyName), SHA-256 \(scan.policySHA256)")
        page.facts("repositories", scan.summary.facts)
        page.facts(
            "requests",
            [
                (scan.requests.sent, "sent"), (scan.requests.notModified, "not modified"),
                (scan.requests.retried, "retried"),
            ])
        for organization in organizations {
            page.fact("organization", organization.login + (organization.id.map { " (id \($0.rawValue))" } ?? ""))
            page.wrapped(organization.template.words, label: "template:", indent: 14)
            page.wrapped(organization.listing.words, label: "listing:", indent: 14)
        }
        page.fact("content", scan.content)
        page.fact("digest", scan.digest)
        page.fact("written by", "oidc-audit \(scan.toolVersion)")
        return page.text
    }
}

extension StoredScan.Summary {
    fileprivate var facts: [(count: Int, word: String)] {
        [
            (listed, "listed"), (judged, "judged"), (compliant, "compliant"), (violating, "violating"),
            (waived, "waived"), (unreadable, "unreadable"), (skipped, "skipped"),
        ]
    }
}

extension Listing {
    /// For people.
    var words: String {
        "\(status.rawValue), \(listed)" + (expectedWords.map { " of \($0)" } ?? "") + (error.map { ": \($0)" } ?? "")
    }

    /// `at least 5`; `nil` where nothing is counted.
    var expectedWords: String? { expected.map { isExpectedAtLeast ? "at least \($0)" : "\($0)" } }
}

extension JSONWriter {
    mutating func scan(_ scan: StoredScan) {
        number("id", scan.id.rawValue)
        string("api_url", scan.apiURL)
        string("started_at", scan.startedAt.description)
        string("finished_at", scan.finishedAt.description)
        number("seconds", scan.seconds)
        strings("organizations", scan.logins)
        string("verdict", scan.verdict.rawValue)
        bool("complete", scan.isComplete)
        object("policy") { json in
            json.string("name", scan.policyName)
            json.string("sha256", scan.policySHA256)
        }
        object("repositories") { json in
            for (count, word) in scan.summary.facts { json.number(word, count) }
        }
        object("requests") { json in
            json.number("sent", scan.requests.sent)
            json.number("not_modified", scan.requests.notModified)
            json.number("retried", scan.requests.retried)
            json.seconds("waited_seconds", scan.requests.waited)
        }
        string("content_sha256", scan.content)
        string("digest", scan.digest)
    }
}
