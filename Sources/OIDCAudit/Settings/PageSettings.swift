import ArgumentParser
import Reports

/// A file that gets a page in one format.
struct PageFile {
    let format: PageFormat
    let path: String

    /// Reads `KIND=FILE` and checks that the file can be written, before anything else is done.
    init(_ text: String) throws(InvalidValue) {
        let (kind, path) = try text.kindAndFile(example: "json=plan.json")
        (format, self.path) = (try PlanFormat(option: kind).page, path)
    }
}

/// What a plan is printed as.
enum PlanFormat: String, CaseIterable, OptionValue {
    case text, json, csv

    var page: PageFormat {
        switch self {
        case .text: .text
        case .json: .json
        case .csv: .csv
        }
    }
}

/// Where a page goes, and in which formats.
struct PageSettings {
    let console: ConsoleSettings
    let format: PageFormat
    let outputs: [PageFile]

    /// Writes every file, then standard output.
    func write(
        _ context: CommandContext, _ render: (PageFormat, ReportStyle) -> String,
    ) throws(CommandFailure) {
        try writeFiles(render)
        try context.console.write(Array(render(format, context.console.reportStyle(console.color)).utf8))
    }

    func writeFiles(_ render: (PageFormat, ReportStyle) -> String) throws(CommandFailure) {
        for output in outputs {
            try AtomicFile.write(to: output.path, what: "plan") { $0.write(render(output.format, ReportStyle())) }
        }
    }
}
