/// The folder in which GitHub and GitLab look for the files that a report names: the root of the repository whose job ran
/// the audit.
package struct Checkout: Hashable, Sendable {
    /// Each as the parts of an absolute path: one folder can have several, by way of links.
    private let roots: [[Substring]]
    private let workingDirectory: [Substring]

    /// - Parameters:
    ///   - roots: absolute paths of the one folder; empty: the working directory is taken for it.
    ///   - workingDirectory: absolute; the empty path says nothing of where it is.
    package init(roots: [String] = [], workingDirectory: String = "") {
        self.workingDirectory = workingDirectory.split(separator: "/")
        self.roots = roots.map { $0.split(separator: "/") }
    }

    /// The path of a file within it, with `/` between its parts; `nil` if it is elsewhere.
    ///
    /// - Parameter file: as a person names it, absolute or relative to the working directory.
    package func path(of file: String) -> String? {
        guard !file.isEmpty else { return nil }
        let isAbsolute = file.hasPrefix("/")
        var parts = isAbsolute ? [] : workingDirectory
        for part in file.split(separator: "/") where part != "." {
            guard part == ".." else {
                parts.append(part)
                continue
            }
            guard parts.popLast() != nil else { return nil }
        }
        let roots = roots.isEmpty && !isAbsolute ? [workingDirectory] : roots
        guard let root = roots.first(where: { parts.starts(with: $0) }), parts.count > root.count else { return nil }
        return parts.dropFirst(root.count).joined(separator: "/")
    }
}
