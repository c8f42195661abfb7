import AuditCore

/// Repositories that can use a trust in the same way, listed together: of an owner-wide trust they are thousands.
struct TrustCrowds {
    struct Crowd {
        let names: String
        /// In which jobs, and how sure it is.
        let words: String
    }

    private let audit: TrustAudit
    private var report: AccessReport { audit.report }
    /// Equal for repositories of one owner of which the same is not known.
    private let likenesses: [Int32]

    private static let namesMax = 3

    init(_ audit: TrustAudit) {
        self.audit = audit
        let report = audit.report
        var numbers: [Likeness: Int32] = [:]
        likenesses = report.repositories.indices.map { index in
            let likeness = Likeness(owner: report.ownerNumbers[index], unknown: report.unknownSubjects[index])
            let number = numbers[likeness] ?? Int32(numbers.count)
            numbers[likeness] = number
            return number
        }
    }

    /// Of the repository that is asked for, or of all, in the order of the first repository of each.
    func of(_ trust: JudgedTrust) -> [Crowd] {
        // Outcomes that differ by their witness alone read the same.
        let alikeInWords = alike(audit.repository == nil ? trust.cells : trust.cells.filter(audit.concerns))
            .map { ($0, report.terms(trust, $0[0]).displayText) }
            .grouped { Words(owner: report.ownerNumbers[Int($0.0[0].repository)], words: $0.1) }
        return alikeInWords.map { groups in
            let cells =
                groups.count == 1 ? groups[0].0 : groups.flatMap(\.0).sorted { $0.repository < $1.repository }
            return Crowd(names: names(cells), words: groups[0].1)
        }
    }

    // MARK: -

    private struct Likeness: Hashable {
        let owner: Int
        let unknown: String?
    }

    /// Cells that read the same, together. Most neighbours are alike, so that few are looked up: an owner-wide trust has
    /// as many as its owner has repositories (`scripts/bench trust`).
    private func alike(_ cells: [JudgedTrust.Cell]) -> [[JudgedTrust.Cell]] {
        var known: [Int64: Int] = [:]
        var groups: [[JudgedTrust.Cell]] = []
        var (last, group): (Int64?, Int) = (nil, 0)
        for cell in cells {
            let key = Int64(likenesses[Int(cell.repository)]) << 32 | Int64(cell.outcome)
            if key != last {
                group = known[key] ?? groups.count
                if group == groups.count {
                    known[key] = group
                    groups.append([])
                }
                last = key
            }
            groups[group].append(cell)
        }
        return groups
    }

    private struct Words: Hashable {
        let owner: Int
        let words: String
    }

    /// Of one owner.
    private func names(_ cells: [JudgedTrust.Cell]) -> String {
        func fullName(_ index: Int) -> String { report.repositories[index].repository.fullName }
        let number = report.ownerNumbers[Int(cells[0].repository)]
        let (owner, all) = report.owners[number]
        guard cells.count > Self.namesMax else {
            return cells.map { fullName(Int($0.repository)) }.joined(separator: ", ")
        }
        if cells.count == all { return "all \(all) repositories of \(owner)" }
        if all - cells.count <= Self.namesMax {
            let left = report.others(of: number, than: cells)
            return "\(cells.count) of \(all) repositories of \(owner), all but "
                + left.map(\.fullName).joined(separator: ", ")
        }
        let some = cells.prefix(Self.namesMax).map { fullName(Int($0.repository)) }
        return "\(cells.count) of \(all) repositories of \(owner), such as \(some.joined(separator: ", "))"
    }
}

extension Sequence {
    /// Elements of a like key together, in the order of the first of each.
    func grouped<Key: Hashable>(by key: (Element) -> Key) -> [[Element]] {
        var known: [Key: Int] = [:]
        var groups: [[Element]] = []
        for element in self {
            let key = key(element)
            if let group = known[key] {
                groups[group].append(element)
            } else {
                known[key] = groups.count
                groups.append([element])
            }
        }
        return groups
    }
}
