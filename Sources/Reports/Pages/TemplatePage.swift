package import AuditCore

/// One template as it is now.
package enum TemplatePage: Page {

    package enum Content {
        case organization(login: String, id: OrganizationID, OrganizationTemplate)
        case repository(RepositoryState)
    }

    package static func write(_ content: Content, to page: inout TextPage) {
        switch content {
        case .organization(let login, let id, let template):
            page.line(login, .strong, "id \(id.rawValue)")
            page.lines(of: .organization(template))
            page.wrapped(OrganizationTemplate.effect, indent: 2, .faint)
        case .repository(let state):
            page.line(state.repository.fullName, .strong, "id \(state.repository.id.rawValue)")
            if let setting = state.reading.value {
                page.lines(of: .repository(setting), inheritsDefault: state.effective?.source == .gitHubDefault)
            }
            page.wrapped("effective: \(state.effective?.displayText ?? "unknown")", indent: 2)
            page.plain("subject: \(state.preview.subject ?? "unknown")", indent: 2)
        }
    }

    package static let document = JSONDocument<Content>("template") {
        Member.optional("organization", .string, "its login, where the template is an organization's") {
            $0.template?.login
        }
        Member.optional("id", .id, "of the organization") { $0.template?.id }
        Member.optional("template", .template, "the organization's") { $0.template?.template }
        Member.optional("state", .state, "of the repository, where the template is one's") { $0.state }
    }
}

extension TemplatePage.Content {
    fileprivate var template: (login: String, id: OrganizationID, template: OrganizationTemplate)? {
        if case .organization(let login, let id, let template) = self { (login, id, template) } else { nil }
    }

    fileprivate var state: RepositoryState? { if case .repository(let state) = self { state } else { nil } }
}

extension TextPage {
    /// - Parameter inheritsDefault: whether the organization that a repository inherits from never set a template.
    fileprivate mutating func lines(of value: PlannedChange.Value, inheritsDefault: Bool = false) {
        for line in value.lines {
            let doubt = inheritsDefault && line.value == PlannedChange.Value.inherited ? ", but it never set one" : ""
            wrapped("\(line.name): \(line.value)\(doubt)", indent: 2)
        }
    }
}
