import AuditCore
import CloudTrust
import Foundation
import History

/// What stored scans say of the organizations that trusts are held against.
struct TrustScan {
    /// Of all organizations.
    var snapshot: Snapshot
    var world: TrustWorld
    var scans: [StoredScan]
    var apiURL: String
    /// Why not everything was read.
    var gaps: [String]
    /// Of each organization, by its login in small letters.
    var templates: [String: OrganizationTemplate]
}

/// Reads the newest scan of each organization, or the one that is named.
struct TrustScanReader {
    /// Empty: all of the scan that is named.
    var organizations: [OrganizationLogin]
    var reference: ScanReference?
    var host: HostChoice
    var declared: [TrustWorld.Owner]
    /// How old the newest scans may be; `nil`: as old as they are, unless several are joined.
    var maxAge: Duration?
    /// Whether repositories matter, and the names that they had.
    var withRepositories = true
    var console: ConsoleSettings

    func read(_ history: HistoryStore, _ context: CommandContext) async throws(CommandFailure) -> TrustScan {
        let apiURL = try await host.apiURL(in: history, of: reference)
        let asked = try await context.organizations(organizations, apiURL: apiURL, in: history, console)
        var scans: [StoredScan] = []
        var wanted: [ScanID: [OrganizationReference]] = [:]
        for one in asked.isEmpty ? [nil] : asked.map(Optional.some) {
            let scan = try await HistorySettings.scan(
                reference ?? .latest, of: one.map { [$0] } ?? [], apiURL: apiURL, in: history)
            if wanted[scan.id] == nil { scans.append(scan) }
            wanted[scan.id, default: []] += one.map { [$0] } ?? []
        }
        try await context.sayNewNames(of: scans, asked: organizations, in: history, console)
        var merged: Snapshot?
        var seen = SeenNames()
        for scan in scans {
            let some = wanted[scan.id] ?? []
            let snapshot = try await usingHistory { () async throws(HistoryError) in
                try await history.snapshot(
                    of: scan.id, organizations: some.isEmpty ? nil : some, withRepositories: withRepositories)
            }
            if withRepositories {
                let names = try await usingHistory { () async throws(HistoryError) in
                    try await history.namesSeen(
                        of: some.isEmpty ? scan.organizations : some, apiURL: apiURL, upTo: scan.id)
                }
                seen.repositories += names.repositories
                seen.logins += names.logins
            }
            guard var all = merged else {
                merged = snapshot
                continue
            }
            all.organizations += snapshot.organizations
            all.stop = all.stop ?? snapshot.stop
            merged = all
        }
        guard var merged else { throw .usage("no organization was given", hint: "name one") }
        if reference == nil || reference == .latest { try await merged.noteUnfinished(after: scans, in: history) }
        for takeover in merged.organizations.compactMap(\.takeover) { context.console.note("warning: \(takeover)") }
        return TrustScan(
            snapshot: merged,
            world: TrustWorld(
                merged, declared: declared, formerRepositories: formerRepositories(merged, seen),
                formerOwners: formerOwners(merged, seen)),
            scans: scans, apiURL: apiURL,
            gaps: merged.gaps + stale(scans, now: context.now()),
            templates: merged.templates)
    }

    // MARK: -

    /// What can't speak for today. A scan that was named may be of any day.
    private func stale(_ scans: [StoredScan], now: Timestamp) -> [String] {
        guard reference == nil, let limit = maxAge ?? (scans.count > 1 ? AgeOptions.joined : nil) else { return [] }
        return scans.filter { now.seconds(since: $0.startedAt) > limit.components.seconds }.map { scan in
            "scan \(scan.id.rawValue) of \(scan.startedAt) is older than \(limit.defaultValueDescription)"
        }
    }

    /// Names that repositories had. One that another repository has now is a former name of the first, as long as that one is
    /// still there.
    private func formerRepositories(_ snapshot: Snapshot, _ seen: SeenNames) -> [String: String?] {
        let listed = snapshot.organizations.flatMap(\.repositories).map(\.repository)
        let names = Dictionary(listed.map { ($0.id, $0.fullName) }, uniquingKeysWith: { first, _ in first })
        let holders = Dictionary(
            listed.map { ($0.fullName.lowercased(), $0.id) }, uniquingKeysWith: { first, _ in first })
        var former: [String: String?] = [:]
        for (name, id) in seen.repositories where holders[name.lowercased()] != id {
            // Of several that had it, one that is still there says more.
            if let now = names[id] {
                former.updateValue(now, forKey: name)
            } else if holders[name.lowercased()] == nil, former[name] == nil {
                former.updateValue(nil, forKey: name)
            }
        }
        return former
    }

    private func formerOwners(_ snapshot: Snapshot, _ seen: SeenNames) -> [String: String] {
        let logins = Dictionary(
            snapshot.organizations.compactMap { one in one.id.map { ($0, one.login) } },
            uniquingKeysWith: { first, _ in first })
        var former: [String: String] = [:]
        for (login, id) in seen.logins {
            if let now = logins[id], !now.isExactlyIgnoringCase(login) { former[login] = now }
        }
        return former
    }
}

extension Snapshot {
    /// Of each organization, by its login in small letters.
    var templates: [String: OrganizationTemplate] {
        Dictionary(
            organizations.map { ($0.login.lowercased(), $0.template) }, uniquingKeysWith: { first, _ in first })
    }

    /// Where a host's tokens come from.
    ///
    /// Source: GitHub's OIDC reference, "OpenID Connect reference", for each product.
    var issuer: String {
        let name = URL(string: apiURL)?.host() ?? ""
        if isEnterpriseServer { return "https://\(name)/_services/token" }
        let tenant = "api."
        guard name.hasSuffix(".ghe.com"), name.hasPrefix(tenant) else {
            return Trust.gitHubIssuer
        }
        return "https://token.actions.\(name.dropFirst(tenant.count))"
    }

    /// What trusts can't be held against. An archived repository runs no job, so that its setting does not matter.
    fileprivate var gaps: [String] {
        var gaps = stop.map { [$0.explanation] } ?? []
        for organization in organizations {
            if let why = organization.staleness { gaps.append("\(organization.login): \(why)") }
            if case .unreadable(let reason) = organization.template {
                gaps.append("\(organization.login): its template was not read: \(reason.message)")
            }
            if organization.listing.status == .partial {
                gaps.append(
                    "\(organization.login): the listing is partial: \(organization.listing.error ?? "no reason given")")
            }
            let unread = organization.repositories.filter {
                $0.reading.value == nil && $0.repository.isArchived != true
            }
            if let first = unread.first {
                gaps.append(
                    "\(organization.login): \(unread.count) of \(organization.repositories.count) repositories were not "
                        + "read, such as \(first.repository.fullName)")
            }
            if organization.repositories.isEmpty { gaps.append("\(organization.login): no repository is listed") }
        }
        return gaps
    }
}
