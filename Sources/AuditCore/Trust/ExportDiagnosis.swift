/// What `doctor` found out about cloud exports.
package struct ExportDiagnosis: Sendable {
    /// Something that an export does not hold, and the command that makes a file which does.
    package struct Missing: Hashable, Sendable {
        package let what: String
        package let command: String

        package init(_ what: String, _ command: String) {
            self.what = what
            self.command = command
        }
    }

    package struct File: Sendable {
        package let path: String
        /// `nil` if it is not an export.
        package let export: TrustExport?
        /// Whole days since it was written; `nil` if that is not known.
        package let days: Int?
        /// Why it is not an export, or why what it should hold is not there.
        package let faults: [Missing]
        /// What another export would add.
        package let missing: [Missing]

        package init(path: String, export: TrustExport?, days: Int?, faults: [Missing], missing: [Missing] = []) {
            self.path = path
            self.export = export
            self.days = days
            self.faults = faults
            self.missing = missing
        }
    }

    package let files: [File]
    /// Files of folders that are not JSON files.
    package let skipped: Int
    /// What none of the files holds.
    package let missing: [Missing]

    package init(files: [File], skipped: Int, missing: [Missing]) {
        self.files = files
        self.skipped = skipped
        self.missing = missing
    }
}
