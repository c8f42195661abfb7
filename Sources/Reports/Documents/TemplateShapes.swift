import AuditCore

// What documents say of templates.

extension Shape where Root == OrganizationTemplate {
    static var template: Shape { template(nil, statuses: ["set", "never_set", "unreadable"]) }

    /// - Parameter title: for its reader.
    static func template(_ title: String?, statuses: [String]) -> Shape {
        .object(title) {
            Member("status", .one(of: statuses), "whether the organization has a template") { $0.status }
            Member("include_claim_keys", .maybe(.claims), "its claims, in their order; null unless set") { $0.keys }
            Member("use_immutable_subject", .maybe(.boolean), "GitHub's flag; null if it was not sent") { $0.flag }
            Member("error", .maybe(.string), "why it could not be read") { $0.error }
        }
    }
}

extension OrganizationTemplate {
    fileprivate var status: String {
        switch self {
        case .set: "set"
        case .neverSet: "never_set"
        case .unreadable: "unreadable"
        }
    }

    fileprivate var keys: [ClaimKey]? { if case .set(let template, _) = self { template.keys } else { nil } }
    fileprivate var flag: Bool? { if case .set(_, let flag) = self { flag } else { nil } }
    fileprivate var error: String? { if case .unreadable(let reason) = self { reason.message } else { nil } }
}

extension Shape where Root == RepositorySetting {
    static var setting: Shape { setting(nil) }

    /// - Parameter title: for its reader.
    static func setting(_ title: String?) -> Shape {
        .object(title) {
            Member("use_default", .boolean, "GitHub's default applies") { $0.useDefault }
            Member("include_claim_keys", .maybe(.claims), "its own claims, in their order") { $0.includeClaimKeys }
            Member("use_immutable_subject", .maybe(.boolean), "GitHub's flag; null if it was not sent") {
                $0.useImmutableSubject
            }
            Member("sub_claim_prefix", .maybe(.string), "the start of the subject, as GitHub computes it") {
                $0.subClaimPrefix
            }
        }
    }
}

/// The template that tokens follow, and what follows from it.
struct Effective {
    let template: EffectiveTemplate
    let format: SubjectFormat
    let preview: SubjectPreview
}

extension Shape where Root == Effective {
    static var effective: Shape {
        .object {
            Member("include_claim_keys", .maybe(.claims), "null if it is unknown") { $0.template.template?.keys }
            Member("source", .word, "where it comes from") { $0.template.source }
            Member("subject_format", .one(of: SubjectFormat.names), "names alone, or with ids") { $0.format.name }
            Member("subject", .maybe(.string), "what a job presents, with {claim} for what differs by job") {
                $0.preview.subject
            }
            Member("subject_certain", .boolean, "GitHub documents how each part renders") { $0.preview.isCertain }
        }
    }
}

extension SubjectFormat {
    static let names = ["legacy", "immutable", "unknown"]
}

extension Member where Root == Repository {
    static var facts: [Member] {
        list {
            Member("full_name", .string, "OWNER/NAME") { $0.fullName }
            Member("id", .id) { $0.id }
            Member("visibility", .maybe(.word(of: [.public, .private, .internal]))) { $0.visibility.known }
            Member("archived", .maybe(.boolean)) { $0.isArchived }
        }
    }
}

/// A repository as a scan knew it, and since when it is so.
struct DatedState {
    let state: RepositoryState
    let since: Timestamp?
}

extension Shape where Root == DatedState {
    static var datedState: Shape {
        .object {
            Member.group(Member.facts) { $0.state.repository }
            Member("since", .maybe(.time), "when the setting was first seen, unchanged since") { $0.since }
            Member("setting", .maybe(.setting), "null if it could not be read") { $0.state.reading.value }
            Member("effective", .maybe(.effective)) { dated in
                dated.state.effective.map {
                    Effective(template: $0, format: dated.state.format, preview: dated.state.preview)
                }
            }
            Member("reason", .maybe(.string), "why it could not be read") { $0.state.whyUnreadable }
        }
    }
}

extension Shape where Root == RepositoryState {
    static var state: Shape { Shape<DatedState>.datedState.of { DatedState(state: $0, since: nil) } }
}

extension Shape where Root == Listing {
    static var listing: Shape {
        .object {
            Member("status", .word, "how far the listing can be trusted") { $0.status }
            Member("listed", .integer) { $0.listed }
            Member("expected", .maybe(.integer), "the organization's own count; null if it is not shown") {
                $0.expected
            }
            Member("expected_at_least", .maybe(.boolean), "the count is a lower bound") {
                $0.expected == nil ? nil : $0.isExpectedAtLeast
            }
            Member("removed", .strings, "listed last time, and gone from a complete listing") { $0.removed }
            Member("missing", .strings, "listed last time, and not in a listing that may be short") { $0.missing }
            Member("error", .maybe(.string), "why it is partial") { $0.error }
        }
    }
}

extension Shape where Root == PlannedChange.Value {
    /// Of an organization or of a repository; read back, no template is unreadable.
    static var value: Shape {
        .either(
            Form(.template("a template", statuses: ["set", "never_set"])) {
                if case .organization(let template) = $0 { template } else { nil }
            },
            Form(.setting("a setting")) { if case .repository(let setting) = $0 { setting } else { nil } })
    }
}
