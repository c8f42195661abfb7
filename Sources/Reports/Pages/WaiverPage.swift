package import AuditCore

/// A waiver file as a list.
package enum WaiverPage: Page {
    package static let formats = PageFormat.ofDocuments

    package typealias Content = (list: WaiverList, now: Timestamp)

    package static func write(_ content: Content, to page: inout TextPage) {
        let (list, now) = content
        for waiver in list.waivers {
            page.line(
                "\(waiver.expires)", waiver.isExpired(at: now) ? .bad : .good,
                "\(waiver.rule) on \(waiver.targetInWords)")
            page.wrapped("accepts \(waiver.acceptsInWords)", indent: 12)
            page.wrapped("\(waiver.state(at: now)) · \(waiver.owner): \(waiver.reason)", indent: 12)
        }
        if list.waivers.isEmpty { page.wrapped("no waivers", indent: 0) }
    }

    package static func markdown(_ content: Content) -> String? {
        Markdown.table(
            ["rule", "on", "accepts", "owner", "expires", "state", "reason"],
            content.list.waivers.map { waiver in
                [
                    waiver.rule, waiver.targetInWords, waiver.acceptsInWords, waiver.owner, "\(waiver.expires)",
                    waiver.state(at: content.now), waiver.reason,
                ].map(Markdown.text)
            })
    }

    package static let document = JSONDocument<Content>("waivers") {
        Member("source", .string) { $0.list.source }
        Member("waivers", .list(waiver), "in the file's order") { list, now in
            list.waivers.map { Judged(waiver: $0, isExpired: $0.isExpired(at: now)) }
        }
    }

    private struct Judged {
        let waiver: Waiver
        let isExpired: Bool
    }

    private static let waiver = Shape<Judged>.object {
        Member("rule", .string, "id of the policy's entry") { $0.waiver.rule }
        Member("on", .string, "what it covers") { $0.waiver.targetInWords }
        Member.group(ReportDocument.acceptance) { $0.waiver }
        Member("expired", .boolean) { $0.isExpired }
    }
}

extension Waiver {
    fileprivate func state(at now: Timestamp) -> String {
        let days = expires.days(since: Day(of: now))
        guard days >= 0 else { return "expired after \(expires), UTC: \(counted(-days, "day")) ago" }
        let rest = days == 0 ? "its last day" : "\(counted(days, "more day"))"
        return "holds through \(expires), UTC: \(rest)"
    }
}
