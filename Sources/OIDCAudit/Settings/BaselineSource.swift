import ArgumentParser
import AuditCore
import Foundation
import History
import Reports

/// A baseline as `--baseline` names it.
enum BaselineName: OptionValue {
    case file(String)
    case scan(ScanReference)

    init(option text: String) throws(InvalidValue) {
        let prefix = "scan:"
        guard text.hasPrefix(prefix) else {
            self = .file(text)
            return
        }
        guard let reference = ScanReference(String(text.dropFirst(prefix.count))) else {
            throw InvalidValue(text, "is not a scan", hint: "scan: and \(ScanReference.forms)")
        }
        self = .scan(reference)
    }
}

/// Where the findings come from that were known before.
enum BaselineSource {
    case file(Baseline)
    /// What a stored scan found.
    case scan(ScanReference)

    init(_ name: BaselineName) throws(CommandFailure) {
        switch name {
        case .scan(let reference): self = .scan(reference)
        case .file(let path): self = .file(try Self.read(path))
        }
    }

    /// The baseline that a file holds; `nil` if there is no such file, or an empty one.
    static func file(at path: String) throws(CommandFailure) -> Baseline? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular, (attributes?[.size] as? Int ?? 0) > 0 else {
            return nil
        }
        return try read(path)
    }

    private static func read(_ path: String) throws(CommandFailure) -> Baseline {
        let file = try DocumentFile(path: path, what: "baseline", limits: .generated)
        do throws(DocumentError) {
            return try BaselineDocument.parse(file.document, source: path)
        } catch {
            throw DocumentFile.failure(error, in: path)
        }
    }

    /// The findings themselves; those of a scan are read from the history, under the policy's name.
    func baseline(
        for policy: Policy, apiURL: String, historyPath: String, _ context: CommandContext,
    ) async throws(CommandFailure) -> Baseline {
        switch self {
        case .file(let baseline):
            guard baseline.apiURL == apiURL else {
                throw .usage(
                    "--baseline: \(baseline.source) is of \(baseline.apiURL), and this is \(apiURL)",
                    hint: "write one with oidc-audit check ORG --write-baseline FILE")
            }
            guard baseline.policy == policy.name else {
                throw .usage(
                    "--baseline: \(baseline.source) is of the policy \"\(baseline.policy)\", not of \"\(policy.name)\"",
                    hint: "write one with oidc-audit check ORG --write-baseline FILE")
            }
            return try await located(baseline, historyPath, context)
        case .scan(let reference):
            return try await context.withHistory(historyPath, for: .reading) { history throws(CommandFailure) in
                try await stored(reference, policy, apiURL, history)
            }
        }
    }

    /// The baseline with its scan as the history numbers it, where the history holds it: what was fixed after that scan and
    /// is back is not covered.
    private func located(
        _ baseline: Baseline, _ historyPath: String, _ context: CommandContext,
    ) async throws(CommandFailure) -> Baseline {
        // A first scan has no history yet, and needs none.
        guard let digest = baseline.origin.digest, FileManager.default.fileExists(atPath: historyPath) else {
            return baseline
        }
        var located = baseline
        located.origin.scan = try await context.withHistory(historyPath, for: .reading) {
            (history) async throws(CommandFailure) in
            try await usingHistory { () async throws(HistoryError) in try await history.scan(withDigest: digest) }
        }
        return located
    }

    private func stored(
        _ reference: ScanReference, _ policy: Policy, _ apiURL: String, _ history: HistoryStore,
    ) async throws(CommandFailure) -> Baseline {
        let scan = try await usingHistory { () async throws(HistoryError) in
            try await history.scan(reference, apiURL: apiURL)
        }
        guard let scan else {
            let hosts = try await HostChoice.hosts(of: .scans, in: history)
            throw .usage(
                "--baseline: the history holds no finished scan \(reference) of \(apiURL)",
                hint: hosts.isEmpty || hosts.contains(apiURL)
                    ? "each report ends with the number of its scan; see oidc-audit history list"
                    : HostChoice.hint(hosts, holding: .scans))
        }
        let id = scan.id
        guard scan.policyName == policy.name else {
            throw .usage(
                "--baseline: scan \(id.rawValue) was judged by the policy \"\(scan.policyName)\", not by "
                    + "\"\(policy.name)\"", hint: "name a scan that this policy judged, or a baseline file")
        }
        let found = try await usingHistory { () async throws(HistoryError) in
            try await history.baselineEntries(after: id, apiURL: apiURL, policyName: policy.name)
        }
        let subjects = ScannedSubjects(
            try await usingHistory { () async throws(HistoryError) in try await history.snapshot(of: id) })
        return Baseline(
            found.filter { $0.key.mayBeKnown && subjects.holds($0.key, $0.value) }, apiURL: apiURL,
            policy: policy.name, source: "scan:\(id.rawValue)",
            origin: Baseline.Origin(startedAt: scan.startedAt, digest: scan.digest, scan: id))
    }
}

/// What of the findings that stood open a stored scan found itself or carried on: what other scans found of other
/// organizations, or beyond its scope, was not accepted with it.
private struct ScannedSubjects {
    private let isNarrow: Bool
    private let logins: Set<String>
    private var isSkipped: [RepositoryID: Bool] = [:]

    init(_ snapshot: Snapshot) {
        isNarrow = snapshot.scope.isNarrow
        logins = Set(snapshot.organizations.map { $0.login.lowercased() })
        for seen in snapshot.organizations.flatMap(\.repositories) {
            isSkipped[seen.repository.id] = snapshot.scope.decide(seen.repository).isSkipped
        }
    }

    func holds(_ key: FindingKey, _ entry: Baseline.Entry) -> Bool {
        guard logins.contains(entry.organization.lowercased()) else { return false }
        guard case .repository(let id) = key.subject else { return true }
        // What it should have listed and did not it carries on.
        return isSkipped[id].map { !$0 } ?? !isNarrow
    }
}
