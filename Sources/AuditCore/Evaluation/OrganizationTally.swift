/// The counts of a report for one organization. The history stores them for each scan.
package struct OrganizationTally: Hashable, Sendable {
    package var listed = 0
    package var compliant = 0
    package var violating = 0
    package var waived = 0
    package var unreadable = 0
    /// Those of the unreadable ones that a waiver accepts.
    package var acceptedUnread = 0
    package var skipped = 0
    /// How many are known to be missing from the listing, at least; not stored, but known from the listing.
    package var unlisted = 0
    /// Open findings by severity, including those about the organization itself. Findings that were open before and
    /// could not be judged count too, so that a gap in coverage does not look like a fix.
    package var findings: [Severity: Int] = [:]
    package var waivedFindings = 0
    /// Repositories by the source of their effective template.
    package var sources: [TemplateSource: Int] = [:]
    /// Repositories by the format of their subject, where they were read.
    package var legacy = 0
    package var immutable = 0
    package var unknownFormat = 0

    package init() {}

    package var judged: Int { compliant + violating + waived }

    /// The share of the repositories in scope that were judged; `nil` if none is in scope. What is missing from the
    /// listing is in scope as far as anybody knows.
    package var coverage: Double? { share(judged, of: listed - skipped + unlisted) }

    /// The share of immutable subjects among repositories read; `nil` if the format of some is unknown.
    package var immutableShare: Double? {
        unknownFormat > 0 ? nil : share(immutable, of: legacy + immutable)
    }

    /// How many repositories have their template from a source. Unreadable ones count as unknown, so that a scan that
    /// could not read them does not look as if they had left their source.
    package func count(of source: TemplateSource) -> Int {
        let read = sources[source, default: 0]
        guard source == .unknown else { return read }
        return read + max(0, min(unreadable, listed - sources.values.reduce(0, +)))
    }

    /// The share of repositories that follow the organization's template, inheriting or with a copy, among those read; `nil`
    /// if that is unknown for some.
    package var adoptionShare: Double? {
        guard sources[.unknown, default: 0] == 0 else { return nil }
        return share(
            sources[.organization, default: 0] + sources[.organizationOrCopy, default: 0],
            of: sources.values.reduce(0, +))
    }

    /// The counts of several organizations together.
    package static func + (left: OrganizationTally, right: OrganizationTally) -> OrganizationTally {
        var sum = left
        sum.listed += right.listed
        sum.compliant += right.compliant
        sum.violating += right.violating
        sum.waived += right.waived
        sum.unreadable += right.unreadable
        sum.acceptedUnread += right.acceptedUnread
        sum.skipped += right.skipped
        sum.unlisted += right.unlisted
        sum.findings.merge(right.findings, uniquingKeysWith: +)
        sum.waivedFindings += right.waivedFindings
        sum.sources.merge(right.sources, uniquingKeysWith: +)
        sum.legacy += right.legacy
        sum.immutable += right.immutable
        sum.unknownFormat += right.unknownFormat
        return sum
    }

    private func share(_ part: Int, of whole: Int) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }
}

extension AuditReport {
    /// What the report counts in each organization that was found.
    package var tallies: [OrganizationID: OrganizationTally] {
        var byLogin: [String: OrganizationTally] = [:]
        for report in repositories { byLogin[report.organization, default: OrganizationTally()].count(report) }
        for finding in findings {
            if finding.isOpen {
                byLogin[finding.organization, default: OrganizationTally()].findings[finding.severity, default: 0] += 1
            } else {
                byLogin[finding.organization, default: OrganizationTally()].waivedFindings += 1
            }
        }
        let logins = Dictionary(
            organizations.compactMap { organization in organization.id.map { ($0, organization.login) } },
            uniquingKeysWith: { first, _ in first })
        for finding in carriedOn.map(\.known) {
            guard let login = finding.organization.flatMap({ logins[$0] }) else { continue }
            if finding.isWaived {
                byLogin[login, default: OrganizationTally()].waivedFindings += 1
            } else {
                byLogin[login, default: OrganizationTally()].findings[finding.severity, default: 0] += 1
            }
        }
        return Dictionary(
            organizations.compactMap { organization in
                organization.id.map { id in
                    var tally = byLogin[organization.login] ?? OrganizationTally()
                    tally.unlisted = organization.listing.unlisted
                    return (id, tally)
                }
            }, uniquingKeysWith: { first, _ in first })
    }
}

extension OrganizationTally {
    fileprivate mutating func count(_ report: RepositoryReport) {
        listed += 1
        switch report.status {
        case .compliant: compliant += 1
        case .violating: violating += 1
        case .waived: waived += 1
        case .unreadable: unreadable += 1
        case .skipped: skipped += 1
        }
        if report.acceptedUnread != nil { acceptedUnread += 1 }
        guard let effective = report.effective else { return }
        sources[effective.source, default: 0] += 1
        switch report.format {
        case .legacy: legacy += 1
        case .immutable: immutable += 1
        case .unknown: unknownFormat += 1
        }
    }
}
