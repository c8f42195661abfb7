public import AuditCore

/// What `doctor` found out, for people and programs.
public enum DiagnosisPage {
    public static func text(_ diagnosis: Diagnosis, style: ReportStyle) -> String {
        var page = TextPage(style: style)
        page.fact("host", "\(diagnosis.apiURL), version \(diagnosis.apiVersion)")
        let scopes = diagnosis.scopes.map { "; scopes: \($0.isEmpty ? "none" : $0.joined(separator: ", "))" } ?? ""
        page.fact("token", diagnosis.tokenKind + scopes)
        page.fact(
            "organization", diagnosis.login + (diagnosis.organizationID.map { " (id \($0.rawValue))" } ?? ""))
        page.blank()
        for access in diagnosis.access { page.access(access) }
        page.blank()
        if diagnosis.listed != nil || diagnosis.expected != nil { page.listing(diagnosis) }
        page.limits(diagnosis)
        return page.text
    }

    public static func json(_ diagnosis: Diagnosis) -> String {
        CatalogPage.json { json in
            json.object { json in
                json.string("schema", "oidc-audit.diagnosis/v1")
                json.string("api_url", diagnosis.apiURL)
                json.string("api_version", diagnosis.apiVersion)
                json.object("token") { json in
                    json.string("kind", diagnosis.tokenKind)
                    json.strings("scopes", diagnosis.scopes)
                }
                json.object("organization") { json in
                    json.string("login", diagnosis.login)
                    json.number("id", diagnosis.organizationID?.rawValue)
                }
                json.array("access", of: diagnosis.access) { json, access in
                    json.object { json in
                        json.string("what", access.what)
                        json.bool("required", access.isRequired)
                        json.string("classic_scope", access.classicScope)
                        json.string("fine_grained_permission", access.fineGrained)
                        switch access.outcome {
                        case .allowed:
                            json.bool("allowed", true)
                            json.string("reason", nil)
                        case .refused(let reason):
                            json.bool("allowed", reason.code.saysNothingOfRights ? nil : false)
                            json.string("reason", reason.message)
                        case .notTried(let why):
                            json.bool("allowed", nil)
                            json.string("reason", why)
                        }
                    }
                }
                json.object("listing") { json in
                    json.number("expected", diagnosis.expected)
                    json.bool("expected_at_least", diagnosis.expected == nil ? nil : diagnosis.isExpectedAtLeast)
                    json.number("listed_at_most", diagnosis.listed)
                    json.strings("doubts", diagnosis.listingDoubts)
                }
                json.object("limits") { json in
                    json.number("limit", diagnosis.budget?.limit)
                    json.number("remaining", diagnosis.budget?.remaining)
                    json.string("resets_at", diagnosis.budget?.resetsAt.description)
                    json.number("points_per_minute", diagnosis.budget == nil ? nil : diagnosis.pointsPerMinute)
                    json.number("concurrency", diagnosis.concurrency)
                }
                json.cost("cold_scan", diagnosis.cold)
                json.cost("warm_scan", diagnosis.warm)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func cost(_ key: String, _ cost: Diagnosis.Cost?) {
        guard let cost else { return null(key) }
        object(key) { json in
            json.number("requests", cost.requests)
            json.number("charged", cost.charged)
            json.number("minutes_at_least", cost.minutes)
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

    fileprivate mutating func limits(_ diagnosis: Diagnosis) {
        guard let budget = diagnosis.budget else {
            if diagnosis.organizationID != nil { fact("limits", "none that the host tells of") }
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

extension Diagnosis.Cost {
    /// Begun ones count.
    fileprivate var minutes: Int? {
        duration.map { Int(($0.components.seconds + 59) / 60) }
    }
}

extension UnreadableReason.Code {
    /// Whether it keeps an answer back without telling what the token may do.
    fileprivate var saysNothingOfRights: Bool { isFault || self == .rateLimited }
}
