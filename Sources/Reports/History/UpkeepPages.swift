public import AuditCore

/// What came of recomputing the chain.
public enum VerificationPage {
    public static func render(_ verification: Verification, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text:
            var page = TextPage(style: style)
            if let problem = verification.problem {
                page.line("ALTERED", .bad, problem.description)
            } else {
                page.line(
                    "VERIFIED", .good, "every record is what was sealed, and every link follows from the one before")
            }
            page.facts(
                "recomputed",
                [
                    (verification.scans, verification.scans == 1 ? "scan" : "scans"),
                    (verification.prunedScans, "pruned"),
                    (verification.checkpoints, verification.checkpoints == 1 ? "checkpoint" : "checkpoints"),
                ])
            if verification.openScans > 0 {
                page.facts("not sealed", [(verification.openScans, "running or interrupted")])
            }
            if let head = verification.head, verification.problem == nil { page.fact("digest", head) }
            return page.text
        case .json:
            return CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.verification/v1")
                    json.bool("verified", verification.problem == nil)
                    json.number("scans", verification.scans)
                    json.number("pruned_scans", verification.prunedScans)
                    json.number("checkpoints", verification.checkpoints)
                    json.number("open_scans", verification.openScans)
                    json.string("digest", verification.head)
                    if let problem = verification.problem {
                        json.object("problem") { json in
                            json.number("scan", problem.scanID?.rawValue)
                            json.string("subject", problem.subject)
                            json.string("field", problem.field)
                            json.string("message", problem.message)
                        }
                    } else {
                        json.null("problem")
                    }
                }
            }
        }
    }
}

/// What a pruning removes, or has removed.
public enum PruningPage {
    public static func render(_ pruning: Pruning, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text:
            var page = TextPage(style: style)
            let isDone = pruning.isDone
            guard let first = pruning.scans.first, let last = pruning.scans.last else {
                page.plain("Nothing is to be removed.", indent: 0)
                return page.text
            }
            page.line(
                isDone ? "PRUNED" : "WOULD PRUNE", isDone ? .good : .poor,
                "\(page.counted(pruning.scans.count, "scan")), #\(first.rawValue)"
                    + (first == last ? "" : " to #\(last.rawValue)") + "; "
                    + "\(page.counted(pruning.keptScans, "scan")) \(pruning.keptScans == 1 ? "stays" : "stay")")
            page.fact("rows", "\(pruning.rows) that no scan builds on that stays")
            page.fact("file", pruning.bytesBefore.bytes + (pruning.bytesAfter.map { " before, \($0.bytes) now" } ?? ""))
            if isDone, let checkpoint = pruning.checkpoint { page.fact("checkpoint", checkpoint) }
            return page.text
        case .json:
            return CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.pruning/v1")
                    json.bool("done", pruning.isDone)
                    json.array("scans", of: pruning.scans) { json, scan in json.number(nil, scan.rawValue) }
                    json.number("kept_scans", pruning.keptScans)
                    json.number("rows", pruning.rows)
                    json.number("bytes_before", pruning.bytesBefore)
                    json.number("bytes_after", pruning.bytesAfter)
                    json.string("checkpoint", pruning.isDone ? pruning.checkpoint : nil)
                }
            }
        }
    }
}

/// How large a history is.
public enum StatisticsPage {
    public static func render(_ statistics: HistoryStatistics, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text:
            var page = TextPage(style: style)
            page.line(statistics.path, .strong, "")
            page.fact("size", statistics.bytes.bytes)
            page.facts("scans", [(statistics.scans, "sealed"), (statistics.prunedScans, "pruned")])
            if let bytes = statistics.bytesPerRepositoryNight {
                page.fact(
                    "density",
                    "\((bytes * 100).rounded() / 100) bytes for each of \(statistics.repositoryNights) repositories seen"
                )
            }
            page.blank()
            page.grid(
                ["table", "rows", "size"],
                statistics.tables.map { [$0.name, "\($0.rows)", $0.bytes?.bytes ?? "?"] }, rightAligned: [1, 2])
            return page.text
        case .json:
            return CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.statistics/v1")
                    json.string("path", statistics.path)
                    json.number("bytes", statistics.bytes)
                    json.number("scans", statistics.scans)
                    json.number("pruned_scans", statistics.prunedScans)
                    json.number("repository_nights", statistics.repositoryNights)
                    json.decimal("bytes_per_repository_night", statistics.bytesPerRepositoryNight)
                    json.array("tables", of: statistics.tables) { json, table in
                        json.object { json in
                            json.string("name", table.name)
                            json.number("rows", table.rows)
                            json.number("bytes", table.bytes)
                        }
                    }
                }
            }
        }
    }
}

extension Int {
    /// For people: `14.9 MiB`.
    fileprivate var bytes: String {
        switch self {
        case ..<1024: "\(self) bytes"
        case ..<(1 << 20): "\((Double(self) / 102.4).rounded() / 10) KiB"
        default: "\((Double(self) / 104_857.6).rounded() / 10) MiB"
        }
    }
}

/// What came of an import.
public enum ImportingPage {
    public static func render(_ importing: Importing, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text:
            var page = TextPage(style: style)
            page.facts(
                "scans",
                [
                    (importing.imported, "imported"), (importing.known, "known before"),
                    (importing.pruned, "pruned where they came from"),
                ])
            if importing.rebased > 0 {
                page.wrapped(
                    "\(importing.rebased) of another line of scans: stored as what they saw otherwise than the scan before",
                    indent: 14)
            }
            return page.text
        case .json:
            return CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.import/v1")
                    json.number("imported", importing.imported)
                    json.number("known", importing.known)
                    json.number("pruned", importing.pruned)
                    json.number("rebased", importing.rebased)
                }
            }
        }
    }
}
