public import AuditCore

/// Which scans a history holds.
public enum ScanListPage {
    /// - Parameters:
    ///   - scans: newest first.
    ///   - total: how many there are, of which these are the newest.
    public static func render(
        _ scans: [StoredScan], of total: Int, as format: PageFormat, style: ReportStyle,
    ) -> String {
        switch format {
        case .text: text(scans, total, style)
        case .json:
            CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.scans/v1")
                    json.number("total", total)
                    json.array("scans", of: scans) { json, scan in json.object { $0.scan(scan) } }
                }
            }
        }
    }

    private static func text(_ scans: [StoredScan], _ total: Int, _ style: ReportStyle) -> String {
        var page = TextPage(style: style)
        guard !scans.isEmpty else {
            page.plain("The history holds no finished scan.", indent: 0)
            return page.text
        }
        let rows = scans.map { scan in
            [
                "#\(scan.id.rawValue)", scan.startedAt.description, scan.verdict.rawValue,
                "\(scan.summary.judged)/\(scan.summary.listed - scan.summary.skipped)",
                scan.summary.violating > 0 ? "\(scan.summary.violating)" : "-", "\(scan.seconds) s",
                scan.organizations.joined(separator: ", "),
            ]
        }
        page.grid(
            ["scan", "began", "verdict", "judged", "violating", "took", "organizations"], rows, rightAligned: [3, 4, 5])
        if total > scans.count {
            page.plain("and \(total - scans.count) older; --limit \(total) lists them", indent: 0)
        }
        return page.text
    }
}

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
        "\(status.rawValue), \(listed)" + (expected.map { " of \($0)" } ?? "") + (error.map { ": \($0)" } ?? "")
    }
}

extension JSONWriter {
    fileprivate mutating func scan(_ scan: StoredScan) {
        number("id", scan.id.rawValue)
        string("api_url", scan.apiURL)
        string("started_at", scan.startedAt.description)
        string("finished_at", scan.finishedAt.description)
        number("seconds", scan.seconds)
        strings("organizations", scan.organizations)
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

/// An organization as a scan saw it, without judgement.
public enum StatePage {
    public static func render(
        _ scan: StoredScan, _ snapshot: Snapshot, as format: PageFormat, style: ReportStyle,
    ) -> String {
        switch format {
        case .text: text(scan, snapshot, style)
        case .json:
            CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.state/v1")
                    json.side("scan", scan.side)
                    json.bool("complete", scan.isComplete)
                    json.array("organizations", of: snapshot.organizations) { json, organization in
                        json.object { json in
                            json.string("login", organization.login)
                            json.number("id", organization.id?.rawValue)
                            json.template("template", organization.template)
                            json.listing(organization.listing)
                            json.array("repositories", of: organization.repositories) { json, repository in
                                json.state(
                                    nil, repository.state(under: organization.template, in: snapshot),
                                    since: repository.since)
                            }
                        }
                    }
                }
            }
        }
    }

    private static func text(_ scan: StoredScan, _ snapshot: Snapshot, _ style: ReportStyle) -> String {
        var page = TextPage(style: style)
        page.line("STATE", .strong, "as scan #\(scan.id.rawValue) of \(scan.startedAt) saw it")
        for organization in snapshot.organizations {
            page.blank()
            page.line("ORGANIZATION", .strong, organization.login)
            page.wrapped(organization.template.words, label: "template:", indent: 2)
            page.wrapped(organization.listing.words, label: "listing: ", indent: 2)
            var groups: [String: [String]] = [:]
            var formats: [String: Int] = [:]
            for repository in organization.repositories {
                let state = repository.state(under: organization.template, in: snapshot)
                groups[state.words, default: []].append(repository.repository.fullName)
                if state.effective != nil { formats[state.format.name, default: 0] += 1 }
            }
            for (words, names) in groups.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }) {
                page.blank()
                page.wrapped("\(words): \(page.counted(names.count, "repository"))", indent: 2, .strong)
                for name in names.prefix(5) { page.plain(name, indent: 4) }
                if names.count > 5 { page.plain("and \(names.count - 5) more; --format json names all", indent: 4) }
            }
            page.blank()
            page.facts("subjects", formats.sorted { $0.key < $1.key }.map { ($0.value, $0.key) })
        }
        page.fact("digest", scan.digest)
        return page.text
    }
}

extension RepositorySnapshot {
    fileprivate func state(under template: OrganizationTemplate, in snapshot: Snapshot) -> RepositoryState {
        RepositoryState(repository, reading, under: template, isEnterpriseServer: snapshot.isEnterpriseServer)
    }
}

extension RepositoryState {
    fileprivate var words: String {
        if let effective { return effective.words }
        if case .unreadable(let reason) = reading { return "not read: \(reason.message)" }
        return "unknown"
    }
}
