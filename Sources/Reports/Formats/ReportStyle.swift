/// What the reader's side can show, and how it wants it; most formats for programs ignore it.
public struct ReportStyle: Hashable, Sendable {
    public var isColored: Bool
    /// Columns of the terminal.
    public var width: Int
    /// What makes a testcase in JUnit; the other formats ignore it.
    public var junitGroup: JUnitGroup
    /// What formats for a forge name files in.
    public var checkout: Checkout

    public init(
        isColored: Bool = false, width: Int = 80, junitGroup: JUnitGroup = .rule, checkout: Checkout = Checkout(),
    ) {
        self.isColored = isColored
        self.width = width
        self.junitGroup = junitGroup
        self.checkout = checkout
    }
}

/// What makes a testcase of a repository: each rule entry, or the repository as a whole, for organizations whose file
/// would otherwise be too large for a dashboard.
public enum JUnitGroup: String, Sendable, CaseIterable {
    case rule
    case repository
}
