public import AuditCore

/// What came of recomputing the chain.
public enum VerificationPage {
    public static func render(_ verification: Verification, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text:
            var page = TextPage(style: style)
            if let problem = verification.problem {
                page.line("ALTERED", .bad, problem.description)
            } else if verification.isOfNothing {
                page.line("NOTHING", .poor, "no scan was sealed: there is nothing to verify")
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
                    json.bool("verified", verification.problem == nil && !verification.isOfNothing)
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
