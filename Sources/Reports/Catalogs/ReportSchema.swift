import AuditCore

/// The JSON Schema (draft 2020-12) of the JSON report, for programs that read it.
///
/// Every key is required; others may come within version 1, so that none is forbidden.
public enum ReportSchema {
    public static func text() -> String {
        report.schema(of: JSONReporter.schema, title: "oidc-audit report, version 1")
    }

    // MARK: -

    private static let counts = JSONShape.object(
        ["listed", "judged", "compliant", "violating", "waived", "unreadable", "skipped"].map { ($0, .integer) })

    private static let report = JSONShape.object([
        ("schema", .one([JSONReporter.schema])),
        ("tool", .object([("name", .one([Tool.name])), ("version", .string)])),
        (
            "scan",
            .object([
                ("id", .maybe(.integer)), ("api_url", .string), ("started_at", .time), ("finished_at", .time),
                ("complete", .boolean), ("stop", .maybe(.one(ScanStop.allCases.map(\.rawValue)))),
                ("digest", .maybe(.sha256)),
                (
                    "requests",
                    .object([
                        ("sent", .integer), ("not_modified", .integer), ("retried", .integer),
                        ("waited_seconds", .number),
                    ])
                ),
            ])
        ),
        (
            "scope",
            .object([
                ("include", .strings), ("exclude", .strings), ("visibility", .strings), ("topics", .strings),
                ("properties", .map(.strings)), ("archived", .boolean),
            ])
        ),
        (
            "policy",
            .object([
                ("name", .string), ("source", .string), ("sha256", .string),
                (
                    "rules",
                    .list(
                        .object([
                            ("id", .string), ("rule", .one(RuleCatalog.all.map { $0.name })), ("severity", .severity),
                            ("judged", .integer), ("violations", .integer), ("undecided", .integer),
                        ]))
                ),
            ])
        ),
        ("verdict", .one(Verdict.allCases.map(\.rawValue))),
        (
            "gate",
            .object([
                ("verdict", .one(GateReport.Verdict.allCases.map(\.rawValue))),
                ("fail_on", .one(Severity.allCases.map(\.rawValue) + ["none"])), ("new_only", .boolean),
                ("exit_status", .integer), ("waivers", .maybe(.string)), ("baseline", .maybe(.string)),
            ])
        ),
        (
            "summary",
            .object([
                ("repositories", counts),
                (
                    "findings",
                    .object(
                        (Severity.allCases.map(\.rawValue) + ["waived", "new", "worsened", "reappeared"]).map {
                            ($0, .integer)
                        })
                ),
            ])
        ),
        ("organizations", .list(organization)),
        ("repositories", .list(repository)),
        ("findings", .list(finding)),
        ("gone", .list(.object(subject + [("first_seen", .time), ("last_seen", .time)]))),
        ("stale_baseline", .list(.object(subject))),
        ("warnings", .strings),
    ])

    private static let organization = JSONShape.object([
        ("login", .string), ("id", .maybe(.integer)),
        ("template", .object(JSONShape.template(["set", "never_set", "unreadable"]))),
        (
            "listing",
            .object([
                ("status", .one(Listing.Status.allCases.map(\.rawValue))), ("listed", .integer),
                ("expected", .maybe(.integer)), ("expected_at_least", .maybe(.boolean)), ("removed", .strings),
                ("missing", .strings), ("error", .maybe(.string)),
            ])
        ),
        ("undecided", .strings),
    ])

    private static let repository = JSONShape.object([
        ("full_name", .string), ("id", .integer), ("visibility", .maybe(.one(["public", "private", "internal"]))),
        ("archived", .maybe(.boolean)), ("status", .one(RepositoryReport.Status.allCases.map(\.rawValue))),
        ("since", .maybe(.time)),
        ("setting", .maybe(.object(JSONShape.setting))),
        (
            "effective",
            .maybe(
                .object([
                    ("include_claim_keys", .maybe(.strings)), ("source", .one(TemplateSource.allCases.map(\.rawValue))),
                    ("subject_format", .one(["legacy", "immutable", "unknown"])), ("subject", .maybe(.string)),
                    ("subject_certain", .boolean),
                ]))
        ),
        ("reason", .maybe(.string)), ("accepted_unread", .maybe(waiver)),
    ])

    private static let waiver = JSONShape.object([
        ("on", .string), ("owner", .string), ("reason", .string), ("expires", .string), ("accepts", .maybe(.strings)),
    ])

    /// What is gone, and why.
    private static let subject: [(String, JSONShape)] = [
        ("rule", .string), ("severity", .severity), ("repository", .maybe(.string)),
        ("repository_id", .maybe(.integer)), ("name", .string),
        ("why", .one(GoneFinding.Reason.allCases.map(\.rawValue))),
    ]

    private static let finding = JSONShape.object([
        ("rule", .string), ("severity", .severity), ("organization", .string), ("repository", .maybe(.string)),
        ("repository_id", .maybe(.integer)), ("message", .string), ("expected", .strings), ("actual", .strings),
        ("problems", .strings), ("remediation", .string),
        ("state", .one(Finding.State.allCases.map(\.rawValue))), ("first_seen", .time),
        ("in_baseline", .maybe(.boolean)),
        ("waiver", .maybe(waiver)),
        ("further_problems", .strings), ("since_last_scan", .one(Finding.State.allCases.map(\.rawValue))),
        ("counts", .boolean), ("fingerprint", .string),
    ])
}
