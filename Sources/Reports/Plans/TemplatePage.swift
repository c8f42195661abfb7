public import AuditCore

/// One template as it is now.
public enum TemplatePage {
    public static func render(
        organization login: String, id: OrganizationID, _ template: OrganizationTemplate, as format: PageFormat,
        style: ReportStyle,
    ) -> String {
        switch format {
        case .text:
            var page = TextPage(style: style)
            page.line(login, .strong, "id \(id.rawValue)")
            for line in PlannedChange.Value.organization(template).lines {
                page.wrapped("\(line.name): \(line.value)", indent: 2)
            }
            return page.text
        case .json:
            return CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.template/v1")
                    json.string("organization", login)
                    json.number("id", id.rawValue)
                    json.template("template", template)
                }
            }
        }
    }

    public static func render(_ state: RepositoryState, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text:
            var page = TextPage(style: style)
            page.line(state.repository.fullName, .strong, "id \(state.repository.id.rawValue)")
            if let setting = state.reading.value {
                for line in PlannedChange.Value.repository(setting).lines {
                    page.wrapped("\(line.name): \(line.value)", indent: 2)
                }
            }
            page.wrapped("effective: \(state.effective?.words ?? "unknown")", indent: 2)
            page.plain("subject: \(state.preview.subject ?? "unknown")", indent: 2)
            return page.text
        case .json:
            return CatalogPage.json { json in
                json.object { json in
                    json.string("schema", "oidc-audit.template/v1")
                    json.state("state", state)
                }
            }
        }
    }
}
