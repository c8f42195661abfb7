public import AuditCore

/// What the history saw of one repository.
public enum TimelinePage {
    public static func render(_ timeline: Timeline, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text: text(timeline, style)
        case .json: json(timeline)
        }
    }

    // MARK: -

    private static func text(_ timeline: Timeline, _ style: ReportStyle) -> String {
        var page = TextPage(style: style)
        // What an interrupted scan alone has seen is not gone.
        let standing =
            timeline.lastScan == nil ? ", seen by no finished scan" : timeline.state == nil ? ", no longer listed" : ""
        page.line(timeline.repository.fullName, .strong, "id \(timeline.repository.id.rawValue)\(standing)")
        for event in timeline.events {
            page.blank()
            let scan = "#\(event.seenBy.id.rawValue) of \(event.seenBy.startedAt)"
            if let after = event.after {
                page.wrapped("between #\(after.id.rawValue) of \(after.startedAt) and \(scan)", indent: 0, .faint)
            } else {
                page.wrapped("first seen by \(scan)", indent: 0, .faint)
            }
            page.event(event)
        }
        page.blank()
        if let state = timeline.state {
            page.line(
                "NOW", .strong, timeline.lastScan.map { "as scan #\($0.id.rawValue) of \($0.startedAt) saw it" } ?? "")
            if let effective = state.effective {
                page.wrapped(effective.words, label: "template:", indent: 2)
                page.plain("subject:  \(state.preview.subject ?? "unknown")", indent: 2)
                if let since = timeline.since { page.wrapped("\(since)", label: "since:   ", indent: 2) }
            } else if case .unreadable(let reason) = state.reading {
                page.wrapped(reason.message, label: "not read:", indent: 2)
            }
        }
        return page.text
    }

    private static func json(_ timeline: Timeline) -> String {
        CatalogPage.json { json in
            json.object { json in
                json.string("schema", "oidc-audit.timeline/v1")
                json.string("full_name", timeline.repository.fullName)
                json.number("id", timeline.repository.id.rawValue)
                json.array("events", of: timeline.events) { json, event in
                    json.object { json in
                        json.side("previous_scan", event.after)
                        json.side("scan", event.seenBy)
                        json.event(event.what)
                    }
                }
                json.side("last_scan", timeline.lastScan)
                json.state("state", timeline.state, since: timeline.since)
            }
        }
    }
}

extension TextPage {
    fileprivate mutating func event(_ event: Timeline.Event) {
        switch event.what {
        case .repository(let change):
            wrapped(change.kinds.map(\.words).joined(separator: ", "), indent: 2, .strong)
            details(of: change, indent: 4)
            if change.before == nil, let state = change.after {
                if let effective = state.effective { wrapped(effective.words, label: "template:", indent: 4) }
                if let subject = state.preview.subject { plain("subject:  \(subject)", indent: 4) }
            }
        case .repositoryUnread(let gap): wrapped(gap.words(from: event.seenBy), indent: 2, .poor)
        case .organizationTemplate(let before, let after):
            organizationTemplate(from: before, to: after)
        case .organizationTemplateUnread(let gap):
            wrapped("organization template: \(gap.words(from: event.seenBy))", indent: 2, .poor)
        case .findingAppeared(let finding, let policy):
            wrapped(
                "\(finding.severity.rawValue): \(finding.key.rule) (\(policy))", indent: 2, .severity(finding.severity))
            wrapped(finding.message, indent: 4)
        case .findingChanged(let finding, let further, let policy):
            let title = further.isEmpty ? "fewer problems" : "worsened"
            wrapped("\(title): \(finding.key.rule) (\(policy))", indent: 2, .severity(finding.severity))
            wrapped(further.isEmpty ? finding.message : "now also \(further.joined(separator: "; "))", indent: 4)
        case .findingWaived(let finding, let policy):
            wrapped("waived: \(finding.key.rule) (\(policy))", indent: 2, .faint)
        case .findingGone(let finding, let policy):
            wrapped("no longer found: \(finding.key.rule) (\(policy))", indent: 2, .good)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func event(_ what: Timeline.Event.What) {
        switch what {
        case .repository(let change):
            string("kind", "repository")
            strings("changed", change.kinds.map(\.rawValue))
            strings("claims_added", change.keys?.added.map(\.rawValue))
            strings("claims_removed", change.keys?.removed.map(\.rawValue))
            state("before", change.before)
            state("after", change.after)
        case .repositoryUnread(let gap): self.gap("repository_unread", gap)
        case .organizationTemplateUnread(let gap): self.gap("organization_template_unread", gap)
        case .organizationTemplate(let before, let after):
            string("kind", "organization_template")
            template("before", before)
            template("after", after)
        case .findingAppeared(let finding, let policy): self.event("finding_appeared", finding, policy)
        case .findingChanged(let finding, let further, let policy):
            self.event("finding_changed", finding, policy)
            strings("further_problems", further)
        case .findingWaived(let finding, let policy): self.event("finding_waived", finding, policy)
        case .findingGone(let finding, let policy): self.event("finding_gone", finding, policy)
        }
    }

    /// A gap of coverage, from the event's `scan` on.
    private mutating func gap(_ kind: String, _ gap: Timeline.Event.Gap) {
        string("kind", kind)
        reason(gap.reason)
        side("last_unread", gap.last)
        side("regained_by", gap.regainedBy)
    }

    private mutating func event(_ kind: String, _ finding: StoredFinding, _ policy: String) {
        string("kind", kind)
        string("policy", policy)
        string("rule", finding.key.rule)
        string("severity", finding.severity.rawValue)
        string("message", finding.message)
        strings("problems", finding.problems)
    }
}
