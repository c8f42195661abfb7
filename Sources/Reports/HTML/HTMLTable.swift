import AuditCore

/// A table of a page that runs no script. Where a narrow screen hides its header, each cell shows its column's name.
struct HTMLTable {
    struct Column: ExpressibleByStringLiteral {
        let name: String
        /// Whether its cells are never broken: numbers, dates, single words.
        let isShort: Bool

        init(stringLiteral name: String) {
            self.init(name: name, isShort: false)
        }

        private init(name: String, isShort: Bool) {
            self.name = name
            self.isShort = isShort
        }

        static func short(_ name: String) -> Column { Column(name: name, isShort: true) }
    }

    let columns: [Column]
    /// In HTML.
    let rows: ArraySlice<[String]>

    func write(to output: inout ReportOutput) {
        let header = columns.map { "<th>\($0.name)</th>" }.joined()
        output.write("<table><thead><tr>\(header)</tr></thead><tbody>\n")
        for row in rows {
            let cells = zip(columns, row).map { column, cell in
                "<td\(column.isShort ? " class=\"short\"" : "") data-name=\"\(column.name)\">\(cell)</td>"
            }
            output.write("<tr>\(cells.joined())</tr>\n")
        }
        output.write("</tbody></table>\n")
    }
}
