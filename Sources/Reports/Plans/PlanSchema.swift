import AuditCore

/// The JSON Schema (draft 2020-12) of plans, for programs that read them or let people approve them.
///
/// No other key is allowed, as `apply` has it. What a schema can't say `apply` checks besides: the
/// digest, and that each target stands once and belongs to one of the plan's organizations.
public enum PlanSchema {
    public static func text() -> String {
        plan.schema(of: PlanDocument.schema, title: "oidc-audit plan, version 1")
    }

    // MARK: -

    private static let plan = JSONShape.object(
        [
            ("schema", .one([PlanDocument.schema])), ("digest", .sha256), ("api_url", .string),
            ("enterprise_server", .boolean), ("created_at", .time), ("scan", .maybe(.integer)),
            ("policy", .object([("name", .string), ("sha256", .string)], isClosed: true)),
            ("organizations", .list(.object([("login", .string), ("id", .integer)], isClosed: true))),
            ("changes", .list(change)),
            (
                "manual",
                .list(
                    .object(
                        [("rule", .string), ("name", .string), ("message", .string), ("why", .string)], isClosed: true))
            ),
        ], optional: [("incomplete", .string), ("scanned_at", .time)], isClosed: true)

    private static let change = JSONShape.object(
        [
            ("organization", .string), ("repository", .maybe(.string)), ("id", .integer), ("rules", .strings),
            ("before", value), ("may_inherit", .boolean), ("after", value),
            (
                "subjects",
                .maybe(
                    .list(
                        .object(
                            [
                                ("repository", .string), ("id", .integer), ("before", .maybe(.string)),
                                ("after", .maybe(.string)),
                            ], optional: [("certain", .boolean), ("after_keeping_ids", .string)], isClosed: true)))
            ),
            ("warnings", .strings),
        ], optional: [("inherited", .strings), ("inherited_before", .strings)], isClosed: true)

    /// Of an organization or of a repository.
    private static let value = JSONShape.either(
        .object(JSONShape.template(["set", "never_set"]), isClosed: true), .object(JSONShape.setting, isClosed: true))
}
