/// The policies that the program carries.
package enum PolicyListPage {
    package static func text(_ policies: [(name: String, description: String)], style: ReportStyle) -> String {
        var page = TextPage(style: style)
        for (place, policy) in policies.enumerated() {
            if place > 0 { page.blank() }
            page.line(policy.name, .strong, "")
            page.wrapped(policy.description, indent: 2)
        }
        return page.text
    }
}
