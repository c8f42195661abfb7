import Foundation
import Reports

extension Checkout {
    /// The checkout that the program runs in: `GITHUB_WORKSPACE`, else the root of the Git repository.
    init(_ environment: [String: String], workingDirectory: String = FileManager.default.currentDirectoryPath) {
        let workspace = environment["GITHUB_WORKSPACE"].flatMap { $0.hasPrefix("/") && Self.real($0) != nil ? $0 : nil }
        // The shell's own name of the working directory, by which a person writes absolute paths.
        let shown = environment["PWD"].flatMap { Self.real($0) == Self.real(workingDirectory) ? $0 : nil }
        let named = workspace.map { [$0] } ?? [workingDirectory, shown].compactMap { $0.flatMap(Self.gitRoot) }
        self.init(roots: named + named.compactMap(Self.real), workingDirectory: workingDirectory)
    }

    private static func gitRoot(above folder: String) -> String? {
        guard folder.hasPrefix("/") else { return nil }
        var url = URL(filePath: folder)
        while true {
            // A file in the worktrees and submodules of another repository.
            if FileManager.default.fileExists(atPath: url.appending(path: ".git").path) { return url.path }
            guard url.pathComponents.count > 1 else { return nil }
            url.deleteLastPathComponent()
        }
    }

    /// The path without links.
    private static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
