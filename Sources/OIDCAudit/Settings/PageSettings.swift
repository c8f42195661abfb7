import Reports

/// A file that gets a page in one format.
struct PageFile {
    let format: PageFormat
    let path: String

    /// Reads `KIND=FILE` texts and checks that each file can be written, before anything else is done.
    static func all(_ texts: [String]) throws(CommandFailure) -> [PageFile] {
        var files: [PageFile] = []
        for text in texts {
            let value = SettingValue(text: text, origin: "--output")
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty, let format = PageFormat(rawValue: String(parts[0])) else {
                throw value.invalid("is no KIND=FILE", hint: "for example json=plan.json")
            }
            let path = String(parts[1])
            if let why = ReplacedFile.obstacle(to: path) {
                throw value.invalid("can't be written: \(why)", hint: "make the folder first, or name another file")
            }
            files.append(PageFile(format: format, path: path))
        }
        return files
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
            try ReplacedFile.write(to: output.path, what: "plan") { $0.write(render(output.format, ReportStyle())) }
        }
    }
}
