import AuditCore
import GRDB

/// What an export knew of one host by the scans of it that were read.
final class ExportedHost {
    /// The last record of each subject.
    private(set) var state: [RecordSubject: EvidenceRecord] = [:]
    /// The last scan of each organization that this history holds, by its content where it was first sealed.
    private(set) var lastScan: [Int64: String] = [:]
    /// Records of pruned scans that are not here. The next scan of the organization brings them along.
    private var left: Set<RecordSubject> = []

    /// - Returns: ids of the organizations of which the scan has records.
    func take(_ scan: ExportedScan) -> Set<Int64> {
        for record in scan.records {
            if let subject = RecordSubject(record) { state[subject] = record }
        }
        return Set(
            scan.records.compactMap { record in
                switch record.kind.name {
                case EvidenceKind.organization.name, EvidenceKind.repository.name: record.integer("organization_id")
                case EvidenceKind.setting.name, EvidenceKind.coverage.name:
                    record.integer("repository_id").flatMap { organization(of: $0) }
                default: nil
                }
            })
    }

    /// Notes that this history holds a scan of organizations.
    func follow(_ organizations: Set<Int64>, to content: String) {
        for organization in organizations { lastScan[organization] = content }
    }

    func leave(_ scan: ExportedScan) {
        left.formUnion(scan.records.compactMap(RecordSubject.init))
    }

    /// Repositories that are an organization's by now.
    func repositories(of organization: Int64) -> Set<Int64> {
        var repositories: Set<Int64> = []
        for (subject, record) in state where record.integer("organization_id") == organization {
            if case .repository(let id) = subject { repositories.insert(id) }
        }
        return repositories
    }

    /// Records that are missing from a scan, and that must be stored with it: what pruned scans recorded of its
    /// organizations, and all that is known of some repositories.
    func carried(with scan: ExportedScan, of organizations: Set<Int64>, _ repositories: Set<Int64>) -> [EvidenceRecord]
    {
        let due = left.filter { isDue($0, scan, organizations) }
        left.subtract(due)
        let whole = repositories.isEmpty ? [] : state.keys.filter { $0.repository.map(repositories.contains) ?? false }
        return due.union(whole).subtracting(scan.records.compactMap(RecordSubject.init))
            .map { (order: "\($0)", record: state[$0]) }.sorted { $0.order < $1.order }.compactMap(\.record)
    }

    /// The findings of a policy that any scan recorded.
    func findings(of policy: String) -> Set<FindingKey> {
        Set(
            state.keys.compactMap { subject in
                if case .finding(let finding) = subject, finding.policy == policy { finding.key } else { nil }
            })
    }

    // MARK: -

    private func organization(of repository: Int64) -> Int64? {
        state[.repository(repository)]?.integer("organization_id")
    }

    private func isDue(_ subject: RecordSubject, _ scan: ExportedScan, _ organizations: Set<Int64>) -> Bool {
        if let repository = subject.repository {
            return organization(of: repository).map(organizations.contains) ?? false
        }
        guard case .finding(let finding) = subject else { return false }
        if let organization = finding.organization { return organizations.contains(organization) }
        return scan.records.contains { record in
            record.kind.name == EvidenceKind.organization.name
                && finding.waiver?.hasPrefix("\(record.text("login") ?? ""): ") == true
        }
    }
}

/// What a record is about, of which the last one says how it stands.
enum RecordSubject: Hashable {
    case repository(Int64)
    case setting(Int64)
    case coverage(Int64)
    case finding(FindingIdentity)

    /// - Returns: `nil` if a record is about its scan alone.
    init?(_ record: EvidenceRecord) {
        if record.kind.name == EvidenceKind.finding.name {
            self = .finding(FindingIdentity(record))
            return
        }
        guard let repository = record.integer("repository_id") else { return nil }
        switch record.kind.name {
        case EvidenceKind.repository.name: self = .repository(repository)
        case EvidenceKind.setting.name: self = .setting(repository)
        case EvidenceKind.coverage.name: self = .coverage(repository)
        default: return nil
        }
    }

    var repository: Int64? {
        switch self {
        case .repository(let id), .setting(let id), .coverage(let id): id
        case .finding(let finding): finding.repository
        }
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
