/// How much a violation matters, worst first.
package enum Severity: String, Sendable, CaseIterable, Comparable {
    case critical
    case high
    case medium
    case low

    /// Ascending: `low < critical`.
    package static func < (left: Severity, right: Severity) -> Bool {
        left.rank > right.rank
    }

    private var rank: Int {
        switch self {
        case .critical: 0
        case .high: 1
        case .medium: 2
        case .low: 3
        }
    }
}
