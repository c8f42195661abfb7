package import AuditCore

/// What the history saw of one repository.
package enum TimelinePage: Page {
    package static func write(_ timeline: Timeline, to page: inout TextPage) {
        // What an interrupted scan alone has seen is not gone.
        let standing =
            timeline.lastScan == nil
            ? ", seen by no finished scan"
            : timeline.state == nil ? ", no longer listed" : timeline.leftOut == nil ? "" : ", out of scope"
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
            if let cause = event.cause { page.cause(cause) }
        }
        page.whoCould(timeline)
        page.blank()
        if let state = timeline.state {
            page.line(
                "NOW", .strong, timeline.lastScan.map { "as scan #\($0.id.rawValue) of \($0.startedAt) saw it" } ?? "")
            if let leftOut = timeline.leftOut {
                let (first, last) = (leftOut.first.id.rawValue, leftOut.last.id.rawValue)
                let scans = first == last ? "#\(first)" : "#\(first) to #\(last)"
                page.wrapped("by \(scans), the last scan: \(leftOut.why)", label: "left out:", indent: 2, .poor)
            }
            if let effective = state.effective {
                page.wrapped(effective.displayText, label: "template:", indent: 2)
                page.plain("subject:  \(state.preview.subject ?? "unknown")", indent: 2)
                if let since = timeline.since { page.wrapped("\(since)", label: "since:   ", indent: 2) }
            } else if case .unreadable(let reason) = state.reading {
                page.wrapped(reason.message, label: "not read:", indent: 2)
            }
        }
    }

    package static let document = JSONDocument<Timeline>("timeline") {
        Member("full_name", .string, "as it is known last") { $0.repository.fullName }
        Member("id", .id) { $0.repository.id }
        Member("events", .list(event), "oldest first") { $0.events }
        Member("last_scan", .maybe(.side), "of its organization; null if it is no longer listed") {
            $0.lastScan
        }
        Member("left_out", .maybe(leftOut), "null if the last scan of its organization had it in its scope") {
            $0.leftOut
        }
        Member("state", .maybe(.datedState), "as that scan saw it") { timeline in
            timeline.state.map { DatedState(state: $0, since: timeline.since) }
        }
    }

    private static let leftOut = Shape<Timeline.LeftOut>.object {
        Member("first", .side, "the first of the scans in a row that left it out") { $0.first }
        Member("last", .side, "the last scan of its organization") { $0.last }
        Member("why", .string, "such as: archived") { $0.why }
    }

    private static let event = Shape<Timeline.Event>.either(
        Form(repositoryEvent) { event in
            if case .repository(let change) = event.what { (event, change) } else { nil }
        },
        Form(organizationEvent) { event in
            if case .organizationTemplate(let before, let after) = event.what { (event, (before, after)) } else { nil }
        },
        Form(gapEvent) { event in
            switch event.what {
            case .repositoryUnread(let gap): (event, GapEvent(kind: .repository, gap: gap))
            case .organizationTemplateUnread(let gap): (event, GapEvent(kind: .organizationTemplate, gap: gap))
            case .organizationNotFound(let gap): (event, GapEvent(kind: .organization, gap: gap))
            default: nil
            }
        },
        Form(findingEvent) { event in event.what.finding.map { (event, $0) } })

    static let seen: [Member<Timeline.Event>] = Member.list {
        Member("previous_scan", .maybe(.side), "the last that saw it as it was; null if none had looked") {
            $0.after
        }
        Member("scan", .side, "the first that saw it") { $0.seenBy }
        Member.optional(
            "written_by", .list(write), "of a change of a template that the journal holds, or a part of it"
        ) {
            ($0.cause?.writes).flatMap { $0.isEmpty ? nil : $0 }
        }
        Member.optional("audit_log", auditLog, "of what was not: where to look") { $0.cause?.search }
        Member.optional("audit_log_before", auditLog, "likewise, before the repository was renamed or transferred") {
            $0.cause?.searchBefore
        }
    }

    private static let write = Shape<Timeline.Write>.object { written }

    static let written: [Member<Timeline.Write>] = Member.list {
        Member("changeset", .id, "the journal's number") { $0.changeset }
        Member("kind", .word) { $0.kind }
        Member("target", .string, "full name of the repository, or login of the organization, that it wrote") {
            $0.target
        }
        Member("actor", .maybe(.string), "login of the token's owner; null if it is not a user's") { $0.actor }
        Member("at", .time) { $0.at }
    }

    private static let auditLog = Shape<Timeline.AuditLogSearch>.object {
        Member("organization", .string, "whose audit log it is") { $0.organization }
        Member("query", .string, "what to search it for") { $0.query }
    }

    private static let repositoryEvent = Shape<(Timeline.Event, RepositoryChange)>.object {
        Member.group(seen) { $0.0 }
        Member("kind", .one(of: ["repository"])) { _ in "repository" }
        Member.group(Shape.changes) { $0.1 }
    }

    private static let organizationEvent = Shape<
        (Timeline.Event, (before: OrganizationTemplate, after: OrganizationTemplate))
    >.object {
        Member.group(seen) { $0.0 }
        Member("kind", .one(of: ["organization_template"])) { _ in "organization_template" }
        Member("before", .template) { $0.1.before }
        Member("after", .template) { $0.1.after }
    }

    /// A gap of coverage, from the event's `scan` on.
    private static let gapEvent = Shape<(Timeline.Event, GapEvent)>.object {
        Member.group(seen) { $0.0 }
        Member("kind", .word) { $0.1.kind }
        Member("reason", .reason, "why it could not be read") { $0.1.gap.reason }
        Member("last_unread", .side, "the last scan that could not read it") { $0.1.gap.last }
        Member("regained_by", .maybe(.side), "the first that could again; null if none could") {
            $0.1.gap.regainedBy
        }
    }

    private static let findingEvent = Shape<(Timeline.Event, FindingEvent)>.object {
        Member.group(seen) { $0.0 }
        Member("kind", .word) { $0.1.kind }
        Member("policy", .string, "its name") { $0.1.policy }
        Member("rule", .string, "id of the policy's entry") { $0.1.finding.key.rule }
        Member("severity", .word) { $0.1.finding.severity }
        Member("message", .string) { $0.1.finding.message }
        Member("problems", .strings, "what is wrong one by one") { $0.1.finding.problems }
        Member.optional("further_problems", .strings, "of one that changed: those that it did not have") {
            $0.1.further
        }
    }
}

private struct GapEvent {
    enum Kind: String, CaseIterable {
        case repository = "repository_unread"
        case organizationTemplate = "organization_template_unread"
        case organization = "organization_not_found"
    }

    let kind: Kind
    let gap: Timeline.Event.Gap
}

private struct FindingEvent {
    enum Kind: String, CaseIterable {
        case appeared = "finding_appeared"
        case changed = "finding_changed"
        case waived = "finding_waived"
        case gone = "finding_gone"
    }

    let kind: Kind
    let finding: StoredFinding
    let policy: String
    var further: [String]?
}

extension Timeline.Event.What {
    fileprivate var finding: FindingEvent? {
        switch self {
        case .repository, .repositoryUnread, .organizationTemplate, .organizationTemplateUnread,
            .organizationNotFound:
            nil
        case .findingAppeared(let finding, let policy): FindingEvent(kind: .appeared, finding: finding, policy: policy)
        case .findingChanged(let finding, let further, let policy):
            FindingEvent(kind: .changed, finding: finding, policy: policy, further: further)
        case .findingWaived(let finding, let policy): FindingEvent(kind: .waived, finding: finding, policy: policy)
        case .findingGone(let finding, let policy): FindingEvent(kind: .gone, finding: finding, policy: policy)
        }
    }
}

extension Timeline.Write {
    /// Such as `apply #1`; of an organization's template, which others follow, it says whose.
    ///
    /// - Parameter tool: its name, where a reader may not know it.
    func words(by tool: String? = nil) -> String {
        let whose = target.contains("/") ? "" : " to the template of \(target)"
        return "\(kind.rawValue) #\(changeset.rawValue)\(tool.map { " of \($0)" } ?? "")\(whose)"
    }
}

extension Timeline.Cause {
    /// What became of a repository that has two searches.
    var moved: String {
        search?.organization == searchBefore?.organization ? "renamed" : "transferred"
    }
}

extension TextPage {
    fileprivate mutating func cause(_ cause: Timeline.Cause) {
        let verb = cause.search == nil ? "written" : "partly written"
        for write in cause.writes {
            wrapped(
                "\(verb) from here by \(write.words()), \(write.at), by \(write.actor ?? "a token of no user")",
                label: "who:", indent: 4, .good)
        }
        guard let search = cause.search else { return }
        let what = cause.writes.isEmpty ? "not" : "another part of it not"
        wrapped("\(what) by this history's journal; audit log of \(search.organization):", label: "who:", indent: 4)
        // On a line of its own: it is there to be copied.
        plain(search.query, indent: 9)
        guard let before = cause.searchBefore else { return }
        wrapped("before it was \(cause.moved), audit log of \(before.organization):", indent: 9)
        plain(before.query, indent: 9)
    }

    /// Said once, whichever changes were made elsewhere.
    fileprivate mutating func whoCould(_ timeline: Timeline) {
        let searches = timeline.events.compactMap { $0.cause?.search }
        guard !searches.isEmpty else { return }
        blank()
        line("WHO COULD", .strong, searches.whoCouldInWords)
        wrapped(Timeline.AuditLogSearch.caveat, indent: 2)
    }

    fileprivate mutating func event(_ event: Timeline.Event) {
        switch event.what {
        case .repository(let change):
            wrapped(change.kinds.map(\.displayText).joined(separator: ", "), indent: 2, .strong)
            details(of: change, indent: 4)
            if change.before == nil, let state = change.after {
                if let effective = state.effective { wrapped(effective.displayText, label: "template:", indent: 4) }
                if let subject = state.preview.subject { plain("subject:  \(subject)", indent: 4) }
            }
        case .repositoryUnread(let gap): wrapped(gap.words(from: event.seenBy), indent: 2, .poor)
        case .organizationTemplate(let before, let after):
            organizationTemplate(from: before, to: after)
        case .organizationTemplateUnread(let gap):
            wrapped("organization template: \(gap.words(from: event.seenBy))", indent: 2, .poor)
        case .organizationNotFound: wrapped(event.displayText, indent: 2, .poor)
        case .findingAppeared(let finding, let policy):
            wrapped(
                "\(finding.isBack ? "reappeared: " : "")\(finding.severity.rawValue): \(finding.key.rule) (\(policy))",
                indent: 2, .severity(finding.severity))
            wrapped(finding.message, indent: 4)
        case .findingChanged(let finding, let further, let policy):
            wrapped(
                "\(finding.changeTitle(further)): \(finding.key.rule) (\(policy))", indent: 2,
                .severity(finding.severity))
            wrapped(finding.worseInWords(further) ?? finding.message, indent: 4)
        case .findingWaived(let finding, let policy):
            wrapped("waived: \(finding.key.rule) (\(policy))", indent: 2, .faint)
        case .findingGone(let finding, let policy):
            wrapped("no longer found: \(finding.key.rule) (\(policy))", indent: 2, .good)
        }
    }
}
