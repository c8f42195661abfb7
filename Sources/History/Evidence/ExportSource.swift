import AuditCore
import GRDB

/// An export as far as it has been read, and what it knew by then.
final class ExportSource {
    let reader: ExportReader
    private var scans: ArraySlice<ExportedScan>
    /// The last record of each repository.
    var facts: [Int64: EvidenceRecord] = [:]
    var settings: [Int64: EvidenceRecord] = [:]
    var coverage: [Int64: EvidenceRecord] = [:]
    var findings: [FindingIdentity: EvidenceRecord] = [:]
    /// The scan that last touched an organization, by its content where it was first sealed.
    var lastScan: [Int64: String] = [:]
    /// Repositories of which pruned scans tell something, which the next scan brings along.
    var carried: Set<Int64> = []
    /// Organizations of which more is known here or there than the other line knows: what a scan tells as a difference
    /// can't be taken as it is.
    var diverged: Set<Int64> = []

    init(_ reader: ExportReader) throws {
        self.reader = reader
        scans = try reader.all()[...]
    }

    var next: ExportedScan? { scans.first }

    var startedAt: String { next?.startedAt ?? "" }

    func advance() {
        scans.removeFirst()
    }

    /// - Returns: ids of the organizations of which the scan tells something.
    func take(_ scan: ExportedScan) -> Set<Int64> {
        var organizations: Set<Int64> = []
        func touch(_ id: Int64?) { if let id { organizations.insert(id) } }
        for record in scan.records {
            let repository = record.integer("repository_id")
            if scan.isPruned, let repository { carried.insert(repository) }
            switch record.kind.name {
            case EvidenceKind.organization.name: touch(record.integer("organization_id"))
            case EvidenceKind.repository.name:
                touch(record.integer("organization_id"))
                if let repository { facts[repository] = record }
            case EvidenceKind.setting.name: if let repository { settings[repository] = record }
            case EvidenceKind.coverage.name: if let repository { coverage[repository] = record }
            case EvidenceKind.finding.name: findings[FindingIdentity(record)] = record
            default: break
            }
        }
        for record in scan.records
        where record.kind.name == EvidenceKind.setting.name || record.kind.name == EvidenceKind.coverage.name {
            touch(record.integer("repository_id").flatMap { facts[$0]?.integer("organization_id") })
        }
        return organizations
    }
}

/// What makes it the same finding.
struct FindingIdentity: Hashable {
    let policy: String
    let rule: String
    let repository: Int64?
    let organization: Int64?
    let waiver: String?

    init(_ record: EvidenceRecord) {
        policy = record.text("policy_name") ?? ""
        rule = record.text("rule") ?? ""
        repository = record.integer("repository_id")
        organization = record.integer("organization_id")
        waiver = record.text("waiver")
    }
}

extension FindingIdentity {
    var key: FindingKey {
        let subject: FindingKey.Subject =
            if let repository {
                .repository(RepositoryID(rawValue: repository))
            } else if let organization {
                .organization(OrganizationID(rawValue: organization))
            } else {
                .waiver(waiver ?? "")
            }
        return FindingKey(rule: rule, subject: subject)
    }
}
