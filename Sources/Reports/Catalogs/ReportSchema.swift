import AuditCore

/// The JSON Schema (draft 2020-12) of the JSON report, for programs that read it.
///
/// Every key is required; others may come within version 1, so that none is forbidden.
public enum ReportSchema {
    public static func text() -> String {
        CatalogPage.json { json in
            json.object { json in
                json.string("$schema", "https://json-schema.org/draft/2020-12/schema")
                json.string("$id", "urn:\(JSONReporter.schema)".replacing("/", with: ":"))
                json.string("title", "oidc-audit report, version 1")
                json.shape(report)
            }
        }
    }

    // MARK: -

    private static let counts = Shape.object(
        ["listed", "judged", "compliant", "violating", "waived", "unreadable", "skipped"].map { ($0, .integer) })

    private static let report = Shape.object([
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
                    .object((Severity.allCases.map(\.rawValue) + ["waived", "new"]).map { ($0, .integer) })
                ),
            ])
        ),
        ("organizations", .list(organization)),
        ("repositories", .list(repository)),
        ("findings", .list(finding)),
        ("warnings", .strings),
    ])

    private static let organization = Shape.object([
        ("login", .string), ("id", .maybe(.integer)),
        (
            "template",
            .object([
                ("status", .one(["set", "never_set", "unreadable"])), ("include_claim_keys", .maybe(.strings)),
                ("use_immutable_subject", .maybe(.boolean)), ("error", .maybe(.string)),
            ])
        ),
        (
            "listing",
            .object([
                ("status", .one(Listing.Status.allCases.map(\.rawValue))), ("listed", .integer),
                ("expected", .maybe(.integer)), ("removed", .strings), ("missing", .strings),
                ("error", .maybe(.string)),
            ])
        ),
        ("undecided", .strings),
    ])

    private static let repository = Shape.object([
        ("full_name", .string), ("id", .integer), ("visibility", .maybe(.one(["public", "private", "internal"]))),
        ("archived", .maybe(.boolean)), ("status", .one(RepositoryReport.Status.allCases.map(\.rawValue))),
        ("since", .maybe(.time)),
        (
            "setting",
            .maybe(
                .object([
                    ("use_default", .boolean), ("include_claim_keys", .maybe(.strings)),
                    ("use_immutable_subject", .maybe(.boolean)), ("sub_claim_prefix", .maybe(.string)),
                ]))
        ),
        (
            "effective",
            .maybe(
                .object([
                    ("include_claim_keys", .maybe(.strings)), ("source", .one(TemplateSource.allCases.map(\.rawValue))),
                    ("subject_format", .one(["legacy", "immutable", "unknown"])), ("subject", .maybe(.string)),
                    ("subject_certain", .boolean),
                ]))
        ),
        ("reason", .maybe(.string)),
    ])

    private static let finding = Shape.object([
        ("rule", .string), ("severity", .severity), ("organization", .string), ("repository", .maybe(.string)),
        ("repository_id", .maybe(.integer)), ("message", .string), ("expected", .strings), ("actual", .strings),
        ("remedy", .string), ("state", .one(Finding.State.allCases.map(\.rawValue))), ("first_seen", .time),
        (
            "waiver",
            .maybe(
                .object([("on", .string), ("owner", .string), ("reason", .string), ("expires", .string)]))
        ),
        ("in_baseline", .maybe(.boolean)), ("fingerprint", .string),
    ])
}

/// What a value may be, as far as the report needs it.
private indirect enum Shape: Sendable {
    case string
    /// One of some words.
    case one([String])
    case time
    case sha256
    case integer
    case number
    case boolean
    case strings
    case list(Shape)
    case map(Shape)
    /// Or `null`, where it is not known.
    case maybe(Shape)
    case object([(String, Shape)])

    static let severity = Shape.one(Severity.allCases.map(\.rawValue))
}

extension JSONWriter {
    fileprivate mutating func shape(_ shape: Shape) {
        switch shape {
        case .string: string("type", "string")
        case .one(let words): strings("enum", words)
        case .time:
            string("type", "string")
            string("pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")
        case .sha256:
            string("type", "string")
            string("pattern", "^[0-9a-f]{64}$")
        case .integer: string("type", "integer")
        case .number: string("type", "number")
        case .boolean: string("type", "boolean")
        case .strings: self.shape(.list(.string))
        case .list(let element):
            string("type", "array")
            object("items") { $0.shape(element) }
        case .map(let value):
            string("type", "object")
            object("additionalProperties") { $0.shape(value) }
        case .maybe(let value):
            array("anyOf") { json in
                json.object { $0.shape(value) }
                json.object { $0.string("type", "null") }
            }
        case .object(let members):
            string("type", "object")
            strings("required", members.map(\.0))
            object("properties") { json in
                for (key, value) in members { json.object(key) { $0.shape(value) } }
            }
        }
    }
}
