package import AuditCore

/// What came of recomputing the chain.
package enum VerificationPage: Page {
    package static func write(_ verification: VerificationResult, to page: inout TextPage) {
        page.line(verification.word, verification.tone, verification.rest)
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
        if verification.textsNotKept > 0 {
            page.facts(
                "not kept",
                [
                    (
                        verification.textsNotKept,
                        "\(verification.textsNotKept == 1 ? "text" : "texts") by which scans were judged"
                    )
                ])
        }
        if !verification.isOfNothing {
            page.fact("not covered", "the journal of writes, which is not part of the chain")
        }
        if let head = verification.head, verification.problem == nil { page.fact("digest", head) }
    }

    package static let document = JSONDocument<VerificationResult>("verification") { members }

    @Members<VerificationResult> static var members: [Member<VerificationResult>] {
        Member("verified", .boolean) { $0.problem == nil && !$0.isOfNothing }
        Member("scans", .integer, "recomputed with all their records") { $0.scans }
        Member("pruned_scans", .integer, "of which the links were recomputed") { $0.prunedScans }
        Member("checkpoints", .integer) { $0.checkpoints }
        Member("open_scans", .integer, "running or interrupted, and not sealed") { $0.openScans }
        Member("texts_not_kept", .integer, "policies and waiver files by which scans were judged") { $0.textsNotKept }
        Member("journal_covered", .boolean, "whether the chain covers the journal of writes to GitHub: it does not") {
            _ in
            false
        }
        Member("digest", .maybe(.string), "of the last link; null if there is none") { $0.head }
        Member("problem", .maybe(problem), "the first thing that does not agree") { $0.problem }
    }

    private static let problem = Shape<VerificationResult.Problem>.object {
        Member("scan", .maybe(.id), "null if it is the chain itself") { $0.scanID }
        Member("subject", .maybe(.string), "the repository or organization") { $0.subject }
        Member("field", .maybe(.string), "of the record") { $0.field }
        Member("message", .string) { $0.message }
    }
}

extension VerificationResult {
    /// The outcome in a word, and the rest of its sentence.
    var word: String {
        if let problem { return problem.isAbsence ? "NOT FOUND" : "ALTERED" }
        return isOfNothing ? "NOTHING" : "VERIFIED"
    }

    var rest: String {
        if let problem { return problem.description }
        return isOfNothing
            ? "no scan was sealed: there is nothing to verify"
            : "every record is what was sealed, and every link follows from the one before"
    }

    fileprivate var tone: TextPage.Tone { problem != nil ? .bad : isOfNothing ? .poor : .good }
}
