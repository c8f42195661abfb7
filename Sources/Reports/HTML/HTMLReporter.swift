package import AuditCore
import Crypto
import Foundation
import Mustache

/// The report as one page that needs nothing else: what is counted as it stands, and the repositories as data that its
/// script makes searchable. Without the script the worst of them are there all the same.
///
/// The page forbids itself everything but its own style and script (Content Security Policy Level 3, §2.3.1).
package struct HTMLReporter: Reporter {
    package static let name = "html"
    package static let historyParts: Set<ReportHistory.Part> = [.difference, .trend, .timelines]

    package init() {}

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        output.write(Self.template.render(HTMLPage(report, style: Self.style, script: Self.script)))
        output.write("<script type=\"application/json\" id=\"data\">")
        HTMLData.write(report, to: &output)
        output.write("</script>\n<script>\(Self.script)</script>\n</body>\n</html>\n")
    }

    // MARK: -

    private static let style = String(decoding: PackageResources.report_css, as: UTF8.self)
    /// Its files are one script, in the order in which one builds on another.
    private static let script: String = {
        let files = [
            PackageResources.data_js, PackageResources.table_js, PackageResources.card_js, PackageResources.address_js,
            PackageResources.page_js,
        ]
        return "\"use strict\";\n(() => {\n" + files.map { String(decoding: $0, as: UTF8.self) }.joined() + "})();\n"
    }()

    private static let template: MustacheTemplate = {
        MustacheContentTypes.register(HarmlessHTML(), named: "REPORT")
        do {
            return try MustacheTemplate(string: String(decoding: PackageResources.report_mustache, as: UTF8.self))
        } catch {
            preconditionFailure("the template of the page can't be read: \(error)")
        }
    }()
}

/// Text for HTML, attributes included. The library's own way takes a quote with a combining mark for another character
/// than a quote, and leaves it.
private struct HarmlessHTML: MustacheContentType {
    func escapeText(_ text: String) -> String { text.htmlText }
}
