import Foundation
package import Testing

/// A file beside the tests that holds what is expected, as text.
package enum Golden {
    /// Compares a text with a golden file; `scripts/goldens` writes the file anew instead.
    package static func expect(
        _ text: String, matches name: String, filePath: String = #filePath,
        sourceLocation: SourceLocation = #_sourceLocation,
    ) throws {
        let file = URL(filePath: filePath).deletingLastPathComponent().appending(path: "Goldens/\(name)")
        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            return
        }
        let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        guard text != expected else { return }
        Issue.record("\(name) differs:\n\(difference(expected, text))", sourceLocation: sourceLocation)
    }

    private static func difference(_ expected: String, _ actual: String) -> String {
        let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let new = actual.split(separator: "\n", omittingEmptySubsequences: false)
        return new.difference(from: old).prefix(40).map { change in
            switch change {
            case .remove(let line, let text, _): "-\(line + 1): \(text)"
            case .insert(let line, let text, _): "+\(line + 1): \(text)"
            }
        }.joined(separator: "\n")
    }
}
