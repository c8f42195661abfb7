import AuditCore

/// Templates as every JSON document tells them, in the words of the report's contract.
extension JSONWriter {
    mutating func template(_ key: String, _ template: OrganizationTemplate) {
        var status = "never_set"
        var keys: [ClaimKey]?
        var flag: Bool?
        var error: String?
        switch template {
        case .set(let set, let useImmutableSubject):
            status = "set"
            keys = set.keys
            flag = useImmutableSubject
        case .neverSet: break
        case .unreadable(let reason):
            status = "unreadable"
            error = reason.message
        }
        object(key) { json in
            json.string("status", status)
            json.strings("include_claim_keys", keys?.map(\.rawValue))
            json.bool("use_immutable_subject", flag)
            json.string("error", error)
        }
    }

    mutating func setting(_ key: String, _ setting: RepositorySetting?) {
        guard let setting else { return null(key) }
        object(key) { json in
            json.bool("use_default", setting.useDefault)
            json.strings("include_claim_keys", setting.includeClaimKeys?.map(\.rawValue))
            json.bool("use_immutable_subject", setting.useImmutableSubject)
            json.string("sub_claim_prefix", setting.subClaimPrefix)
        }
    }

    mutating func effective(
        _ key: String, _ effective: EffectiveTemplate?, _ format: SubjectFormat, _ preview: SubjectPreview,
    ) {
        guard let effective else { return null(key) }
        object(key) { json in
            json.strings("include_claim_keys", effective.template?.keys.map(\.rawValue))
            json.string("source", effective.source.rawValue)
            json.string("subject_format", format.name)
            json.string("subject", preview.subject)
            json.bool("subject_certain", preview.isCertain)
        }
    }

    /// `null` where there is none.
    mutating func state(_ key: String? = nil, _ state: RepositoryState?, since: Timestamp? = nil) {
        guard let state else { return null(key ?? "") }
        object(key) { json in
            json.repositoryFacts(state.repository)
            json.string("since", since?.description)
            json.setting("setting", state.reading.value)
            json.effective("effective", state.effective, state.format, state.preview)
            if case .unreadable(let reason) = state.reading {
                json.string("reason", reason.message)
            } else {
                json.null("reason")
            }
        }
    }

    mutating func listing(_ listing: Listing) {
        object("listing") { json in
            json.string("status", listing.status.rawValue)
            json.number("listed", listing.listed)
            json.number("expected", listing.expected)
            json.bool("expected_at_least", listing.expected == nil ? nil : listing.isExpectedAtLeast)
            json.strings("removed", listing.removed)
            json.strings("missing", listing.missing)
            json.string("error", listing.error)
        }
    }

    mutating func repositoryFacts(_ repository: Repository) {
        string("full_name", repository.fullName)
        number("id", repository.id.rawValue)
        string("visibility", repository.visibility.known?.rawValue)
        bool("archived", repository.isArchived)
    }

    mutating func side(_ key: String, _ side: ScanDifference.Side?) {
        guard let side else { return null(key) }
        object(key) { json in
            json.number("id", side.id.rawValue)
            json.string("started_at", side.startedAt.description)
            json.string("digest", side.digest)
        }
    }

    /// - Parameter furtherProblems: of one that is worse than it was.
    mutating func finding(_ finding: StoredFinding, furtherProblems: [String]? = nil) {
        object { json in
            json.string("rule", finding.key.rule)
            json.string("severity", finding.severity.rawValue)
            switch finding.key.subject {
            case .repository(let id):
                json.string("repository", finding.name)
                json.number("repository_id", id.rawValue)
                json.number("organization_id", finding.organization?.rawValue)
            case .organization(let id):
                json.null("repository")
                json.null("repository_id")
                json.number("organization_id", id.rawValue)
            case .waiver:
                json.null("repository")
                json.null("repository_id")
                json.null("organization_id")
            }
            json.string("name", finding.name)
            json.string("message", finding.message)
            json.strings("problems", finding.problems)
            if let furtherProblems { json.strings("further_problems", furtherProblems) }
            json.bool("waived", finding.isWaived)
            json.string("first_seen", finding.firstSeen.description)
        }
    }
}
