package import AuditCore

/// One scan of a history.
package enum ScanPage: Page {

    package typealias Content = (scan: StoredScan, organizations: [OrganizationSnapshot])

    package static func write(_ content: Content, to page: inout TextPage) {
        let (scan, organizations) = content
        let tone: TextPage.Tone =
            switch scan.verdict {
            case .compliant: .good
            case .violations: .bad
            case .incomplete: .poor
            }
        page.line(scan.verdictInWords.uppercased(), tone, "scan #\(scan.id.rawValue) of \(scan.apiURL)")
        page.fact("began", "\(scan.startedAt), took \(scan.seconds) s")
        page.fact("complete", scan.isComplete ? "yes" : "no")
        page.fact("policy", "\(scan.policyName), SHA-256 \(scan.policySHA256)")
        page.facts("repositories", scan.summary.displayCounts)
        page.facts("requests", scan.requests.displayCounts)
        for organization in organizations {
            page.fact("organization", organization.login + (organization.id.map { " (id \($0.rawValue))" } ?? ""))
            page.wrapped(organization.template.displayText, label: "template:", indent: 14)
            page.wrapped(organization.listing.displayText, label: "listing:", indent: 14)
        }
        page.fact("content", scan.content)
        page.fact("digest", scan.digest)
        page.fact("written by", "oidc-audit \(scan.toolVersion)")
    }

    package static let document = JSONDocument<Content>("scan") {
        Member.group(Member.scan) { $0.scan }
        Member("listings", .list(listing), "of its organizations") { $0.organizations }
    }

    private static let listing = Shape<OrganizationSnapshot>.object { Member.organization }
}

extension StoredScan {
    /// The verdict; `passed` where waivers accept what was found, or that something could not be judged.
    var verdictInWords: String {
        switch verdict {
        case .compliant where waivedFindings > 0: "passed"
        case .incomplete where isComplete: "passed"
        case .compliant, .incomplete, .violations: verdict.rawValue
        }
    }
}
