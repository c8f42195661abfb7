public import AuditCore

/// A waiver file as a list for people and programs.
public enum WaiverPage {
    public static func render(
        _ list: WaiverList, as format: CatalogFormat, now: Timestamp, style: ReportStyle,
    ) -> String {
        switch format {
        case .text: text(list, now, style)
        case .json: json(list, now)
        case .markdown:
            CatalogPage.table(
                ["rule", "on", "accepts", "owner", "expires", "state", "reason"],
                list.waivers.map { waiver in
                    [
                        waiver.rule, waiver.target.description, waiver.acceptsInWords, waiver.owner,
                        "\(waiver.expires)",
                        waiver.state(at: now),
                        waiver.reason,
                    ].map(CatalogPage.markdown)
                })
        }
    }

    // MARK: -

    private static func text(_ list: WaiverList, _ now: Timestamp, _ style: ReportStyle) -> String {
        var page = TextPage(style: style)
        for waiver in list.waivers {
            page.line(
                "\(waiver.expires)", waiver.isExpired(at: now) ? .bad : .good, "\(waiver.rule) on \(waiver.target)")
            page.wrapped("accepts \(waiver.acceptsInWords)", indent: 12)
            page.wrapped("\(waiver.state(at: now)) · \(waiver.owner): \(waiver.reason)", indent: 12)
        }
        if list.waivers.isEmpty { page.wrapped("no waivers", indent: 0) }
        return page.text
    }

    private static func json(_ list: WaiverList, _ now: Timestamp) -> String {
        CatalogPage.json { json in
            json.object { json in
                json.string("schema", "oidc-audit.waivers/v1")
                json.string("source", list.source)
                json.array("waivers", of: list.waivers) { json, waiver in
                    json.object { json in
                        json.string("rule", waiver.rule)
                        json.string("on", waiver.target.description)
                        json.string("owner", waiver.owner)
                        json.string("reason", waiver.reason)
                        json.string("expires", waiver.expires.description)
                        json.strings("accepts", waiver.acceptsAnything ? nil : waiver.accepts)
                        json.bool("expired", waiver.isExpired(at: now))
                    }
                }
            }
        }
    }
}

extension Waiver {
    fileprivate func state(at now: Timestamp) -> String {
        let days = expires.days(since: Day(of: now))
        guard days >= 0 else { return "expired \(-days) day\(days == -1 ? "" : "s") ago" }
        return days == 0 ? "holds today" : "holds for \(days) more day\(days == 1 ? "" : "s")"
    }
}
