import AuditCore

// What the page of a period's evidence says in words.

extension PeriodEvidence {
    var gapsInWords: String {
        let accepted = gaps.count - openGaps.count
        guard !gaps.isEmpty else { return "none" }
        return "\(gaps.count)" + (accepted > 0 ? ", of which waivers accept \(accepted)" : "")
    }

    /// Such as `9, of which 2 open and 1 waived at the end, 4 fixed, 2 gone without a fix`.
    var findingsInWords: String {
        let (gone, fixed) = (count(.gone), findings.count { $0.goneReason == .fixed })
        let others = [
            (fixed, "fixed"), (gone - fixed, "gone without a fix"), (count(.notJudged), "no longer judged"),
        ]
        return "\(findings.count), of which \(count(.open)) open and \(count(.waived)) waived at the end"
            + others.filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }.joined()
    }

    private func count(_ state: PeriodFinding.State) -> Int { findings.count { $0.state == state } }

    var frequenciesInWords: String {
        frequencies.isEmpty ? "not known" : frequencies.map(\.words).joined(separator: "; ")
    }

    var writesInWords: String {
        writes.isEmpty
            ? "none in this history's journal"
            : "\(writes.count)"
                + (unseenWrites.isEmpty ? "" : ", of which no whole scan has seen \(unseenWrites.count) yet")
    }
}

extension PeriodEvidence.Frequency {
    /// Such as `acme 2 of 92, where a scan is usual every day`.
    fileprivate var words: String {
        "\(organization) \(daysWithoutScan) of \(days), "
            + (usual.map { "where a scan is usual \($0)" } ?? "and what is usual is not known")
    }
}

extension PeriodFinding {
    /// Why it is gone where it was not fixed.
    private var goneWhy: String {
        switch (goneReason, finding.key.subject) {
        case (let reason?, _): reason.displayText
        case (nil, .repository): "in another organization"
        case (nil, _): "under another login"
        }
    }

    var stateInWords: String {
        switch state {
        case .open: "open"
        case .waived: "waived"
        case .gone:
            (goneReason == .fixed ? "fixed" : "gone")
                + (goneBy.map { " by scan #\($0.id.rawValue) of \(Day(of: $0.startedAt))" } ?? "")
                + (goneReason == .fixed ? "" : ", not fixed: \(goneWhy)")
        case .notJudged: "no longer judged: another policy"
        }
    }
}
