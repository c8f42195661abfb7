import Foundation
import HTTPTypes

/// The state that all requests to the emulator share.
package actor World {
    private(set) var file: WorldFile
    private var organizationIndex: [String: Int] = [:]
    private var repositoryIndex: [String: (organization: Int, repository: Int)] = [:]
    private var repositoryByID: [Int64: (organization: Int, repository: Int)] = [:]
    private var faultMatches: [Int]
    private var inFlight = 0
    /// By installation, and 0 for everybody else.
    private var meters: [Int64: Meter] = [:]
    /// Tokens of installations.
    var minted: [String: Minted] = [:]
    private var changed = 0
    private var pages: [String: Answer] = [:]

    /// Requests that arrived, as `METHOD PATH?QUERY`, in order of arrival.
    package private(set) var requests: [String] = []
    private var lastFields: HTTPFields = [:]
    /// Header fields of the newest request, names in lower case.
    package var lastHeaders: [String: String] {
        Dictionary(lastFields.map { ($0.name.rawName.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
    }
    /// Most requests that were being answered at once.
    package private(set) var inFlightMax = 0
    /// Requests that a secondary rate limit refused.
    package private(set) var refused = 0

    /// Of the addresses that answers name.
    let scheme: String

    package init(_ file: WorldFile, scheme: String = "http") {
        self.file = file
        self.scheme = scheme
        faultMatches = Array(repeating: 0, count: file.faults.count)
        (organizationIndex, repositoryIndex, repositoryByID) = Self.index(file)
    }

    /// Changes the world while it is served.
    package func change(_ body: @Sendable (inout WorldFile) -> Void) {
        body(&file)
        pages = [:]
        faultMatches = Array(repeating: 0, count: file.faults.count)
        (organizationIndex, repositoryIndex, repositoryByID) = Self.index(file)
    }

    /// Changes what a request to the world changes: no name, no id, and no fault's count.
    func changeOrganization(_ login: String, _ body: (inout WorldFile.Organization) -> Void) {
        guard let place = organizationIndex[login.lowercased()] else { return }
        body(&file.organizations[place])
    }

    func changeRepository(_ id: Int64, _ body: (inout WorldFile.Repository) -> Void) {
        guard let place = repositoryByID[id] else { return }
        body(&file.organizations[place.organization].repositories[place.repository])
    }

    // MARK: - Look-ups, without case as GitHub's

    func organization(_ login: String) -> WorldFile.Organization? {
        guard let found = organizationIndex[login.lowercased()].map({ file.organizations[$0] }) else { return nil }
        return found.type == "Organization" ? found : nil
    }

    func organization(id: Int64) -> WorldFile.Organization? {
        file.organizations.first { $0.id == id && $0.type == "Organization" }
    }

    func repository(owner: String, name: String) -> (WorldFile.Organization, WorldFile.Repository)? {
        repositoryIndex["\(owner)/\(name)".lowercased()].map(at)
    }

    func repository(id: Int64) -> (WorldFile.Organization, WorldFile.Repository)? {
        repositoryByID[id].map(at)
    }

    private func at(
        _ place: (organization: Int, repository: Int),
    ) -> (WorldFile.Organization, WorldFile.Repository) {
        let organization = file.organizations[place.organization]
        return (organization, organization.repositories[place.repository])
    }

    // MARK: - Requests

    /// What a request needs of the world when it comes in, at once, since each question to an actor costs something.
    struct Arrival: Sendable {
        /// How many requests have come in, with this one.
        var number = 0
        var fault: WorldFile.Fault?
        var latencyMilliseconds = 0
        var tokens: [String] = []
        var oauthScopes: [String]?
        /// Whether there is a limit of any kind.
        var isLimited = false
        var hasApps = false
    }

    /// Notes a request and picks the fault that hits it, if one does.
    func begin(_ line: String, path: String, _ fields: HTTPFields) -> Arrival {
        requests.append(line)
        lastFields = fields
        inFlight += 1
        inFlightMax = max(inFlightMax, inFlight)
        return Arrival(
            number: requests.count, fault: fault(line, path: path), latencyMilliseconds: file.latencyMilliseconds,
            tokens: file.tokens,
            oauthScopes: file.oauthScopes, isLimited: file.rateLimit != nil || file.secondaryLimit != nil,
            hasApps: !file.apps.isEmpty)
    }

    private func fault(_ line: String, path: String) -> WorldFile.Fault? {
        for (index, fault) in file.faults.enumerated()
        where Self.matches(fault.path, path) && fault.method.map({ line.hasPrefix("\($0) ") }) ?? true {
            faultMatches[index] += 1
            let turn = faultMatches[index] - fault.after
            if turn > 0, turn <= fault.times ?? .max { return fault }
        }
        return nil
    }

    func end() {
        inFlight -= 1
    }

    /// Takes one request from the hour's budget.
    ///
    /// - Returns: `nil` if the world has no limit.
    func spend(costing cost: Int, of meter: Int64, at now: Date) -> Budget? {
        file.rateLimit.map { meters[meter, default: Meter()].spend(costing: cost, of: $0, at: now) }
    }

    /// Changes the settings of some repositories of an organization, others each time.
    func passNight(_ login: String) {
        guard file.changesPerNight > 0, let index = organizationIndex[login.lowercased()] else { return }
        let count = file.organizations[index].repositories.count
        for _ in 0..<min(file.changesPerNight, count) {
            changed += 1
            let place = changed % count
            let name = file.organizations[index].repositories[place].name
            let keys = [["repo", "context"], ["repo", "context", "job_workflow_ref"], ["repository_id", "context"]]
            file.organizations[index].repositories[place].setting = WorldFile.Setting(
                useDefault: false, includeClaimKeys: keys[(changed / count) % keys.count], useImmutableSubject: false,
                subClaimPrefix: "repo:\(file.organizations[index].login)/\(name)")
        }
    }

    /// Begins a new window of the hour's budget.
    func turnWindow() {
        for meter in meters.keys { meters[meter]?.windowEnd = nil }
    }

    /// What is left of the hour's budget.
    var remaining: Int { (file.rateLimit?.limit ?? 0) - (meters[0]?.used ?? 0) }

    /// A page of a listing as it was sent before: making one takes longer than a real GitHub's whole answer.
    func page(_ key: String) -> Answer? { pages[key] }

    func keep(_ page: Answer, as key: String) {
        pages[key] = page
    }

    /// Returns a request to the budget.
    func giveBack(_ cost: Int, of meter: Int64) -> Int {
        meters[meter]?.used -= cost
        return cost
    }

    /// Takes a request's points from the minute's.
    ///
    /// - Returns: when to come back where a secondary limit refuses it.
    func spend(points: Int, isContent: Bool, of meter: Int64, at now: ContinuousClock.Instant) -> Duration? {
        guard let limit = file.secondaryLimit else { return nil }
        let wait = meters[meter, default: Meter()].spend(
            points: points, isContent: isContent, of: limit, isCrowded: inFlight > limit.concurrent, at: now)
        if wait != nil { refused += 1 }
        return wait
    }

    // MARK: -

    private static func index(
        _ file: WorldFile,
    ) -> ([String: Int], [String: (organization: Int, repository: Int)], [Int64: (organization: Int, repository: Int)])
    {
        var organizations: [String: Int] = [:]
        var byName: [String: (organization: Int, repository: Int)] = [:]
        var byID: [Int64: (organization: Int, repository: Int)] = [:]
        var renamed: [String: (organization: Int, repository: Int)] = [:]
        for (organizationIndex, organization) in file.organizations.enumerated() {
            organizations[organization.login.lowercased()] = organizationIndex
            for (repositoryIndex, repository) in organization.repositories.enumerated() {
                let place = (organization: organizationIndex, repository: repositoryIndex)
                let owner = repository.owner ?? organization.login
                byName["\(owner)/\(repository.name)".lowercased()] = place
                if let name = repository.renamedTo { renamed["\(owner)/\(name)".lowercased()] = place }
                byID[repository.id] = place
            }
        }
        // A new name leads to its repository, unless another one has it.
        byName.merge(renamed) { known, _ in known }
        return (organizations, byName, byID)
    }

    private static func matches(_ pattern: String?, _ path: String) -> Bool {
        guard let pattern else { return true }
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return pattern == path }
        var rest = path[...]
        for (index, part) in parts.enumerated() {
            if index == 0 {
                guard rest.hasPrefix(part) else { return false }
                rest = rest.dropFirst(part.count)
            } else if index == parts.count - 1 {
                return rest.hasSuffix(part)
            } else {
                guard let range = rest.range(of: part) else { return false }
                rest = rest[range.upperBound...]
            }
        }
        return true
    }
}
