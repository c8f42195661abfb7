public import AuditCore

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
        page.line(
            "STATE", .strong,
            "as scan #\(scan.id.rawValue) of \(scan.startedAt) saw it"
                + (scan.isComplete ? "" : ", which was incomplete"))
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
                page.wrapped("\(words): \(counted(names.count, "repository"))", indent: 2, .strong)
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
