import AuditCore

extension RuleOption.Kind {
    var displayText: String {
        switch self {
        case .claims, .claimPatterns, .anyClaims: "list of claims"
        case .claimLists: "list of lists of claims"
        case .names: "list of names"
        case .words(let words): "list of \(words.joined(separator: ", "))"
        case .bool: "true or false"
        case .number(let range): "number from \(range.lowerBound) to \(range.upperBound)"
        }
    }
}
