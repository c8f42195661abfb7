package import AuditCore

/// An organization as a scan saw it, without judgement.
package enum StatePage: Page {

    package typealias Content = (scan: StoredScan, snapshot: Snapshot)

    package static func write(_ content: Content, to page: inout TextPage) {
        let scan = content.scan
        page.line(
            "STATE", .strong,
            "as scan #\(scan.id.rawValue) of \(scan.startedAt) saw it"
                + (scan.isComplete ? "" : ", which was incomplete"))
        for seen in organizations(in: content.snapshot) {
            let organization = seen.organization
            page.blank()
            page.line("ORGANIZATION", .strong, organization.login)
            page.wrapped(organization.template.displayText, label: "template:", indent: 2)
            page.wrapped(organization.listing.displayText, label: "listing: ", indent: 2)
            var groups: [String: [String]] = [:]
            var formats: [String: Int] = [:]
            for state in seen.states.lazy.map(\.state) {
                groups[state.displayText, default: []].append(state.repository.fullName)
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
    }

    package static let document = JSONDocument<Content>("state") {
        Member("scan", .side, "the scan that read this state") { $0.scan.side }
        Member("complete", .boolean, "everything in scope was read and decided") { $0.scan.isComplete }
        Member("organizations", .list(organization)) { organizations(in: $0.snapshot) }
    }

    private static let organization = Shape<Seen>.object {
        Member.group(Member.organization) { $0.organization }
        Member("repositories", .list(.datedState), "every listed repository") { $0.states }
    }

    private static func organizations(in snapshot: Snapshot) -> [Seen] {
        snapshot.organizations.map { Seen(organization: $0, isEnterpriseServer: snapshot.isEnterpriseServer) }
    }
}

/// An organization, and whether its host is an Enterprise Server, which decides the format of its subjects.
private struct Seen {
    let organization: OrganizationSnapshot
    let isEnterpriseServer: Bool

    var states: some Sequence<DatedState> & SendableMetatype {
        organization.repositories.lazy.map { seen in
            DatedState(
                state: RepositoryState(
                    seen.repository, seen.reading, under: organization.template,
                    isEnterpriseServer: isEnterpriseServer),
                since: seen.since)
        }
    }
}
