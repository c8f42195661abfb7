import AuditCore

/// Repositories that can use a trust in the same way, told together: of an owner-wide trust they are thousands.
struct TrustCrowds {
    struct Crowd {
        let names: String
        /// In which jobs, and how sure it is.
        let words: String
    }

    private let report: AccessReport
    /// Number of each repository's owner, and how many repositories each owner has.
    private let owners: [Int]
    private let sizes: [Int]
    private let unknown: [String?]

    private static let namesMax = 3

    init(_ report: AccessReport) {
        self.report = report
        var numbers: [String: Int] = [:]
        var owners: [Int] = []
        var sizes: [Int] = []
        for state in report.repositories {
            let number = numbers[state.repository.owner] ?? sizes.count
            if number == sizes.count {
                numbers[state.repository.owner] = number
                sizes.append(0)
            }
            owners.append(number)
            sizes[number] += 1
        }
        self.owners = owners
        self.sizes = sizes
        unknown = report.repositories.map(\.unknownSubject)
    }

    /// In the order of the first repository of each.
    ///
    /// - Parameter isWanted: which cells to tell of.
    func of(_ trust: JudgedTrust, where isWanted: (JudgedTrust.Cell) -> Bool = { _ in true }) -> [Crowd] {
        let alike = trust.cells.filter(isWanted).grouped { cell in
            Likeness(
                owner: owners[Int(cell.repository)], outcome: cell.outcome, unknown: unknown[Int(cell.repository)])
        }
        // Outcomes that differ by their witness alone read the same.
        let alikeInWords = alike.map { ($0, report.access(trust, $0[0]).displayText) }
            .grouped { Words(owner: owners[Int($0.0[0].repository)], words: $0.1) }
        return alikeInWords.map { groups in
            let cells = groups.flatMap(\.0).sorted { $0.repository < $1.repository }
            return Crowd(names: names(cells), words: groups[0].1)
        }
    }

    // MARK: -

    private struct Likeness: Hashable {
        let owner: Int
        let outcome: Int32
        let unknown: String?
    }

    private struct Words: Hashable {
        let owner: Int
        let words: String
    }

    /// Of one owner.
    private func names(_ cells: [JudgedTrust.Cell]) -> String {
        let taken = Set(cells.map(\.repository))
        func fullName(_ index: Int) -> String { report.repositories[index].repository.fullName }
        let number = owners[Int(cells[0].repository)]
        let owner = report.repositories[Int(cells[0].repository)].repository.owner
        let all = sizes[number]
        guard cells.count > Self.namesMax else {
            return cells.map { fullName(Int($0.repository)) }.joined(separator: ", ")
        }
        if cells.count == all { return "all \(all) repositories of \(owner)" }
        if all - cells.count <= Self.namesMax {
            let left = report.repositories.indices.filter { owners[$0] == number && !taken.contains(Int32($0)) }
            return "\(cells.count) of \(all) repositories of \(owner), all but "
                + left.map(fullName).joined(separator: ", ")
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
