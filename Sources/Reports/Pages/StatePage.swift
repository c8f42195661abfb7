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
        for seen in content.snapshot.seen {
            let organization = seen.organization
            page.blank()
            page.line("ORGANIZATION", .strong, organization.login)
            page.wrapped(organization.template.displayText, label: "template:", indent: 2)
            page.wrapped(organization.listing.displayText, label: "listing: ", indent: 2)
            let (groups, formats) = seen.groups
            for (words, names) in groups {
                page.blank()
                page.wrapped("\(words): \(counted(names.count, "repository"))", indent: 2, .strong)
                for name in names.prefix(5) { page.plain(name, indent: 4) }
                if names.count > 5 { page.plain("and \(names.count - 5) more; --format json names all", indent: 4) }
            }
            page.blank()
            page.facts("subjects", formats)
        }
        page.fact("digest", scan.digest)
    }

    package static let document = JSONDocument<Content>("state") { members }

    @Members<Content> static var members: [Member<Content>] {
        Member("scan", .side, "the scan that read this state") { $0.scan.side }
        Member("complete", .boolean, "everything in scope was read and decided") { $0.scan.isComplete }
        Member("organizations", .list(organization)) { $0.snapshot.seen }
    }

    private static let organization = Shape<SeenOrganization>.object {
        Member.group(Member.organization) { $0.organization }
        Member("repositories", .list(.datedState), "every listed repository") { $0.states }
    }
}

extension Snapshot {
    var seen: [SeenOrganization] {
        organizations.map { SeenOrganization(organization: $0, isEnterpriseServer: isEnterpriseServer) }
    }
}

/// An organization, and whether its host is an Enterprise Server, which decides the format of its subjects.
struct SeenOrganization {
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

    /// Full names by their template in words, the most common one first, and how many repositories have subjects of
    /// which format.
    var groups: (templates: [(words: String, names: [String])], formats: [(count: Int, word: String)]) {
        var groups: [String: [String]] = [:]
        var formats: [String: Int] = [:]
        for state in states.lazy.map(\.state) {
            groups[state.displayText, default: []].append(state.repository.fullName)
            if state.effective != nil { formats[state.format.name, default: 0] += 1 }
        }
        return (
            groups.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
                .map { (words: $0.key, names: $0.value) },
            formats.sorted { $0.key < $1.key }.map { (count: $0.value, word: $0.key) }
        )
    }
}
