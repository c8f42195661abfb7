package import AuditCore

/// What `doctor` found out.
package enum DiagnosisPage: Page {
    package static func write(_ diagnosis: Diagnosis, to page: inout TextPage) {
        page.fact("host", "\(diagnosis.apiURL), version \(diagnosis.apiVersion)")
        let scopes = diagnosis.scopes.map { "; scopes: \($0.isEmpty ? "none" : $0.joined(separator: ", "))" } ?? ""
        page.fact("token", diagnosis.tokenKind + scopes)
        if let app = diagnosis.app { page.app(app, pointsPerMinute: diagnosis.pointsPerMinute) }
        page.fact(
            "organization", diagnosis.login + (diagnosis.organizationID.map { " (id \($0.rawValue))" } ?? ""))
        page.blank()
        for access in diagnosis.access { page.access(access) }
        page.blank()
        if diagnosis.listed != nil || diagnosis.expected != nil { page.listing(diagnosis) }
        if let other = diagnosis.otherListing { page.comparison(other, diagnosis.listed ?? 0) }
        page.limits(diagnosis)
        if let million = diagnosis.million { page.million(million) }
    }

    package static let document = JSONDocument<Diagnosis>("diagnosis") {
        Member("api_url", .string) { $0.apiURL }
        Member("api_version", .string) { $0.apiVersion }
        Member("token", token) { $0 }
        Member("app", .maybe(app), "null if a token was given") { $0.app }
        Member("organization", organization) { $0 }
        Member("access", .list(access), "in the order in which a scan asks") { $0.access }
        Member("listing", listing) { $0 }
        Member(
            "other_listing", .maybe(otherListing), "by another credential that is set; null if there is none"
        ) { $0.otherListing }
        Member("limits", limits) { $0 }
        Member("cold_scan", .maybe(cost), "what a first scan costs") { $0.cold }
        Member("warm_scan", .maybe(cost), "what a scan costs where nothing has changed") { $0.warm }
        Member("million_repositories", .maybe(million), "in 1,000 organizations; null if there are no limits") {
            $0.million
        }
    }

    private static let token = Shape<Diagnosis>.object {
        Member("kind", .string) { $0.tokenKind }
        Member("scopes", .maybe(.strings), "of a classic token") { $0.scopes }
    }

    private static let app = Shape<Diagnosis.App>.object {
        Member("name", .string) { $0.name }
        Member("id", .string, "as it was given") { $0.id }
        Member("installations", .list(installation)) { $0.installations }
        Member("limit", .maybe(.integer), "the app's own requests in an hour; null if the host has no limits") {
            $0.budget?.limit
        }
        Member("remaining", .maybe(.integer)) { $0.budget?.remaining }
        Member("together", .maybe(cost), "a first scan of all that could be asked, each beside the others") {
            $0.together
        }
    }

    private static let million = Shape<Diagnosis.Million>.object {
        Member("requests", .integer) { $0.requests }
        Member("hours_with_a_token", .integer) { $0.tokenHours }
        Member("minutes_with_an_app", .integer, "installed in each, where a response takes 0.1 s") { $0.appMinutes }
        Member("requests_in_flight", .integer, "of the app together") { $0.inFlight }
    }

    private static let installation = Shape<Diagnosis.App.Installation>.object {
        Member("account", .maybe(.string), "null if GitHub names none") { $0.account }
        Member("id", .integer) { Int($0.id) }
        Member("target_type", .string) { $0.targetType }
        Member("suspended", .boolean) { $0.isSuspended }
        Member("permissions", .strings) { $0.permissions }
        Member("missing", .strings, "what a scan needs and was not granted") { $0.missing }
        Member("selected_repositories_only", .boolean) { $0.isSelective }
        Member("limit", .maybe(.integer), "its own requests in an hour; null if unknown") { $0.budget?.limit }
        Member("remaining", .maybe(.integer)) { $0.budget?.remaining }
        Member("repositories", .maybe(.integer), "as it counts them") { $0.repositoryCount }
        Member("cold_scan", .maybe(cost), "what a first scan of it alone costs") { $0.cost }
    }

    private static let organization = Shape<Diagnosis>.object {
        Member("login", .string) { $0.login }
        Member("id", .maybe(.id), "null if it was not found") { $0.organizationID }
    }

    private static let access = Shape<Diagnosis.Access>.object {
        Member("what", .string) { $0.what }
        Member("required", .boolean, "every scan needs it") { $0.isRequired }
        Member("classic_scope", .maybe(.string), "null if any token may ask") { $0.classicScope }
        Member("fine_grained_permission", .maybe(.string), "null if any token may ask") { $0.fineGrained }
        Member("allowed", .maybe(.boolean), "null if it is unknown") { $0.outcome.isAllowed }
        Member("reason", .maybe(.string), "why it is refused, or unknown") { $0.outcome.reason }
    }

    private static let listing = Shape<Diagnosis>.object {
        Member("expected", .maybe(.integer), "the organization's own count") { $0.expected }
        Member("expected_at_least", .maybe(.boolean), "the count is a lower bound") {
            $0.expected == nil ? nil : $0.isExpectedAtLeast
        }
        Member("listed_at_most", .maybe(.integer), "by the number of pages") { $0.listed }
        Member("doubts", .strings, "why the listing leaves repositories out, or may") { $0.listingDoubts }
    }

    private static let otherListing = Shape<Diagnosis.OtherListing>.object {
        Member("credential", .string, "whose it is") { $0.credential }
        Member("reason", .maybe(.string), "why it lists nothing; null if it does") { $0.reason }
        Member("listed_at_most", .maybe(.integer), "by the number of pages; null if it lists nothing") {
            $0.listing?.listed
        }
        Member("compared_all", .maybe(.boolean), "every repository was compared, not the first page alone") {
            $0.listing?.isWhole
        }
        Member("only_this", .strings, "repositories that it does not list") { $0.listing?.onlyThis ?? [] }
        Member("only_other", .strings, "repositories that it alone lists") { $0.listing?.onlyOther ?? [] }
    }

    private static let limits = Shape<Diagnosis>.object {
        Member("limit", .maybe(.integer), "requests in an hour; null if the host has no limits") { $0.budget?.limit }
        Member("remaining", .maybe(.integer)) { $0.budget?.remaining }
        Member("resets_at", .maybe(.time)) { $0.budget?.resetsAt }
        Member("points_per_minute", .maybe(.integer)) { $0.budget == nil ? nil : $0.pointsPerMinute }
        Member("concurrency", .integer, "requests in flight at once") { $0.concurrency }
    }

    private static let cost = Shape<Diagnosis.Cost>.object {
        Member("requests", .integer) { $0.requests }
        Member("charged", .integer, "what counts against the rate limit") { $0.charged }
        Member("minutes_at_least", .maybe(.integer), "null if there are no limits") { $0.minutes }
    }
}

extension Diagnosis.Access.Outcome {
    fileprivate var isAllowed: Bool? {
        switch self {
        case .allowed: true
        case .refused(let reason): reason.code.saysNothingOfRights ? nil : false
        case .notTried: nil
        }
    }

    fileprivate var reason: String? {
        switch self {
        case .allowed: nil
        case .refused(let reason): reason.message
        case .notTried(let why): why
        }
    }
}

extension TextPage {
    fileprivate mutating func access(_ access: Diagnosis.Access) {
        switch access.outcome {
        case .allowed:
            line("  yes", .good, access.what, column: 7)
        case .notTried(let why):
            line("  ?", .poor, "\(access.what): \(why)", column: 7)
        case .refused(let reason) where reason.code.saysNothingOfRights:
            line("  ?", .poor, "\(access.what): could not be asked: \(reason.message)", column: 7)
            if let hint = access.hint { wrapped(hint, label: "next:", indent: 7) }
        case .refused(let reason):
            line(
                "  NO", access.isRequired ? .bad : .poor,
                "\(access.what): \(reason.message)" + (access.isRequired ? "" : " (some policies ask for it)"),
                column: 7)
            // What lacks approval alone has its permissions.
            if reason.code.isPermission, reason.code != .ssoRequired, let scope = access.classicScope,
                let permission = access.fineGrained
            {
                wrapped("classic scope \(scope), or fine-grained \(permission)", label: "needs:", indent: 7)
            }
            // Of a permission, all is said.
            if reason.code != .forbidden, let hint = access.hint { wrapped(hint, label: "next:", indent: 7) }
        }
    }

    fileprivate mutating func app(_ app: Diagnosis.App, pointsPerMinute: Int) {
        fact("app", "\(app.name) (\(app.id)), \(counted(app.installations.count, "installation"))")
        if let budget = app.budget {
            wrapped("\(budget.remaining) of \(budget.limit) of its own requests are left", indent: 14)
        }
        for installation in app.installations {
            wrapped("\(installation.account ?? "no account"): \(words(of: installation))", label: "·", indent: 14)
            if let budget = installation.budget {
                wrapped(
                    "\(budget.remaining) of \(budget.limit) requests are left until \(budget.resetsAt), and "
                        + "\(pointsPerMinute) points in any minute, of its own", indent: 16)
            }
            if let cost = installation.cost, let count = installation.repositoryCount {
                wrapped("alone: \(counted(count, "repository")), \(words(of: cost))", indent: 16)
            }
        }
        if let together = app.together {
            wrapped("all together, each beside the others: \(words(of: together))", indent: 14)
        }
    }

    private func words(of cost: Diagnosis.Cost) -> String {
        "up to \(counted(cost.requests, "request"))"
            + (cost.minutes.map { $0 == 0 ? ", less than a minute" : ", \(counted($0, "minute")) or more" } ?? "")
    }

    fileprivate mutating func million(_ million: Diagnosis.Million) {
        fact(
            "1,000,000",
            "repositories in 1,000 organizations take \(counted(million.requests, "request")):")
        wrapped("\(counted(million.tokenHours, "hour")) with this token's hour and minute", label: "·", indent: 14)
        wrapped(
            "\(counted(million.appMinutes, "minute")) with an app that is installed in each, "
                + "\(million.inFlight) requests in flight and 0.1 s a response", label: "·", indent: 14)
    }

    private func words(of installation: Diagnosis.App.Installation) -> String {
        guard installation.targetType == "Organization" else {
            return "not an organization (\(installation.targetType.lowercased()))"
        }
        var words = [installation.isSuspended ? "suspended" : installation.permissions.joined(separator: ", ")]
        if installation.isSelective { words.append("selected repositories only") }
        if !installation.missing.isEmpty { words.append("missing: \(installation.missing.joined(separator: ", "))") }
        return words.filter { !$0.isEmpty }.joined(separator: "; ")
    }

    fileprivate mutating func listing(_ diagnosis: Diagnosis) {
        let words =
            diagnosis.expected.map { expected in
                (diagnosis.isExpectedAtLeast ? "at least " : "")
                    + "\(counted(expected, "repository")), as the organization counts"
            }
            ?? "up to \(counted(diagnosis.listed ?? 0, "repository")), by its pages"
        fact("listing", words)
        for doubt in diagnosis.listingDoubts { wrapped(doubt, label: "·", indent: 14) }
    }

    /// - Parameter listed: how many this credential lists.
    fileprivate mutating func comparison(_ other: Diagnosis.OtherListing, _ listed: Int) {
        guard let found = other.listing else {
            return fact("compared", "\(other.credential) lists nothing: \(other.reason ?? "unknown")")
        }
        let differs = found.listed != listed || !found.onlyThis.isEmpty || !found.onlyOther.isEmpty
        let count = counted(found.listed, "repository")
        let words =
            differs
            ? "not the same: \(count), this one \(listed)" : found.isWhole ? "the same \(count)" : "as many, \(count)"
        fact("compared", "\(other.credential) lists \(words)")
        only("only this one", found.onlyThis)
        only("only the other", found.onlyOther)
        if !found.isWhole { wrapped("of each, the first page alone was compared", label: "·", indent: 14) }
    }

    private mutating func only(_ who: String, _ names: [String]) {
        guard !names.isEmpty else { return }
        let more = names.count > 3 ? " and \(names.count - 3) more" : ""
        wrapped("\(who): \(names.prefix(3).joined(separator: ", "))\(more)", label: "·", indent: 14)
    }

    fileprivate mutating func limits(_ diagnosis: Diagnosis) {
        guard let budget = diagnosis.budget else {
            if diagnosis.organizationID != nil { fact("limits", "none: the host sends none") }
            cost("cold scan", diagnosis.cold)
            cost("warm scan", diagnosis.warm)
            return
        }
        fact("limits", "\(budget.remaining) of \(budget.limit) requests are left until \(budget.resetsAt)")
        wrapped("\(diagnosis.pointsPerMinute) points in any minute, of which a request costs one", indent: 14)
        wrapped("\(counted(diagnosis.concurrency, "request")) in flight at once", indent: 14)
        cost("cold scan", diagnosis.cold)
        cost("warm scan", diagnosis.warm)
    }

    private mutating func cost(_ name: String, _ cost: Diagnosis.Cost?) {
        guard let cost else { return }
        var words = "up to \(counted(cost.requests, "request"))"
        if cost.charged < cost.requests { words += ", of which \(cost.charged) count where nothing has changed" }
        if let minutes = cost.minutes {
            words += minutes == 0 ? "; less than a minute" : "; \(counted(minutes, "minute")) or more"
        }
        fact(name, words)
    }
}

extension Diagnosis.OtherListing {
    fileprivate var listing: Found? { found.value }

    fileprivate var reason: String? { if case .unreadable(let reason) = found { reason.message } else { nil } }
}

extension Diagnosis.Cost {
    /// Begun ones count.
    fileprivate var minutes: Int? {
        duration.map { Int(($0.components.seconds + 59) / 60) }
    }
}

extension UnreadableReason.Code {
    /// Whether it keeps an answer back without saying what the token may do.
    fileprivate var saysNothingOfRights: Bool { isFault || self == .rateLimited }
}
