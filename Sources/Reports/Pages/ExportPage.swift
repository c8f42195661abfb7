package import AuditCore

/// What `doctor` found out about cloud exports.
package enum ExportPage: Page {
    package static func write(_ diagnosis: ExportDiagnosis, to page: inout TextPage) {
        for (index, file) in diagnosis.files.enumerated() {
            if index > 0 { page.blank() }
            page.file(file)
        }
        if diagnosis.skipped > 0 {
            page.blank()
            page.wrapped(
                "\(counted(diagnosis.skipped, "file")) skipped: not named .json, .ndjson or .jsonl", indent: 0)
        }
        guard !diagnosis.missing.isEmpty else { return }
        page.blank()
        page.line("MISSING", .poor, "what none of the files holds")
        for one in diagnosis.missing { page.missing(one, .poor, indent: 2) }
    }

    package static let document = JSONDocument<ExportDiagnosis>("exports") {
        Member("files", .list(file)) { $0.files }
        Member("skipped", .integer, "files of folders that are not JSON files") { $0.skipped }
        Member("missing", .list(missing), "what none of the files holds") { $0.missing }
    }

    private static let file = Shape<ExportDiagnosis.File>.object {
        Member("path", .string) { $0.path }
        Member("export", .maybe(.trustExport), "null if it is not an export") { $0.export }
        Member("days", .maybe(.integer), "since it was written; null if that is not known") { $0.days }
        Member("faults", .list(missing), "why it is not an export, or not whole") { $0.faults }
        Member("missing", .list(missing), "what another export would add") { $0.missing }
    }

    private static let missing = Shape<ExportDiagnosis.Missing>.object {
        Member("what", .string) { $0.what }
        Member("command", .string, "that makes a file which holds it") { $0.command }
    }
}

extension TextPage {
    fileprivate mutating func file(_ file: ExportDiagnosis.File) {
        let isWhole = file.export != nil && file.faults.isEmpty
        line(file.export == nil ? "NOT AN EXPORT" : "EXPORT", isWhole ? .good : .bad, file.path)
        if let export = file.export { fact("  kind", export.kind) }
        if let days = file.days { fact("  age", days == 0 ? "less than a day" : counted(days, "day")) }
        if let export = file.export {
            fact(
                "  roles",
                "\(export.roles), with \(counted(export.trusts, "trust")) for GitHub, \(export.otherIssuers) with other "
                    + "issuers")
        }
        for one in file.faults { missing(one, .bad, indent: 2) }
        for one in file.missing { missing(one, nil, indent: 2) }
    }

    fileprivate mutating func missing(_ one: ExportDiagnosis.Missing, _ tone: Tone?, indent: Int) {
        wrapped(one.what, indent: indent, tone)
        plain(one.command, indent: indent + 2)
    }
}
