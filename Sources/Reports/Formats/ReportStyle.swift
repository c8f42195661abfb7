/// What the reader's side can show, and how it wants it; most formats for programs ignore it.
package struct ReportStyle: Hashable, Sendable {
    package var isColored: Bool
    /// Columns of the terminal.
    package var width: Int
    /// What makes a testcase in JUnit; the other formats ignore it.
    package var junitGroup: JUnitGroup
    /// What formats for a forge name files in.
    package var checkout: Checkout

    package init(
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
package enum JUnitGroup: String, Sendable, CaseIterable {
    case rule
    case repository
}
