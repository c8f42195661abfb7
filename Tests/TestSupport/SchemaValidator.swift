import Foundation

/// Another program's reading of JSON Schema than ours, where Python has it.
package enum SchemaValidator {
    package static let isAvailable = python != nil

    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"]
        .first { path in
            FileManager.default.isExecutableFile(atPath: path)
                && (try? run(path, "import jsonschema; jsonschema.Draft202012Validator")) != nil
        }

    /// Whether each document keeps its schema, in their order.
    ///
    /// - Throws: where one is no JSON, or a schema is none of draft 2020-12.
    package static func verdicts(_ pairs: [(document: String, schema: String)]) throws -> [Bool] {
        let file = FileManager.default.temporaryDirectory.appending(path: "oidc-audit-\(UUID().uuidString).json")
        try JSONSerialization.data(withJSONObject: pairs.map { [$0.document, $0.schema] }).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let script = """
            import json, sys
            from jsonschema import Draft202012Validator as Validator
            pairs = json.load(open(sys.argv[1]))
            validators = {schema: Validator(json.loads(schema)) for _, schema in pairs}
            for validator in validators.values(): Validator.check_schema(validator.schema)
            print(json.dumps([validators[schema].is_valid(json.loads(document)) for document, schema in pairs]))
            """
        return try JSONDecoder().decode([Bool].self, from: run(python ?? "", script, file.path))
    }

    private struct Failure: Error {}

    private static func run(_ program: String, _ script: String, _ arguments: String...) throws -> Data {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = ["-c", script] + arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure() }
        return data
    }
}
