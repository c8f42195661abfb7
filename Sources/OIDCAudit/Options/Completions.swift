import ArgumentParser
import AuditCore
import Foundation
import Reports

/// What a shell offers where an option takes a text that the parser does not list itself.
extension CompletionKind {
    static let document: CompletionKind = .file(extensions: ["json", "yaml", "yml"])
    static let json: CompletionKind = .file(extensions: ["json"])
    static let database: CompletionKind = .file(extensions: ["sqlite", "db"])
    static let names: CompletionKind = .file(extensions: ["txt"])
    static let export: CompletionKind = .file(extensions: ["ndjson", "gz"])
    static let certificates: CompletionKind = .file(extensions: ["pem", "crt", "cer"])
    static let rules: CompletionKind = .list(RuleCatalog.all.map { $0.name })
    static let claims: CompletionKind = .list(ClaimCatalog.all.map(\.key.rawValue))

    static let policy: CompletionKind = .custom { _, _, prefix in RootCommand.policies(prefix) }

    /// `kind=file`: the kinds, since a shell completes the file's name itself after that.
    static let outputs: CompletionKind = .list(ReporterCatalog.all.map { "\($0.name)=" })
    static let trustOutputs: CompletionKind = .list(TrustReporterCatalog.forFiles.map { "\($0.name)=" })
}

extension RootCommand {
    /// Presets by name, beside the policy files of the folder that is being typed.
    static func policies(_ prefix: String) -> [String] {
        let presets = Preset.all.map { "preset:\($0.name)" }
        return (presets + files(beginning: prefix, endings: [".json", ".yaml", ".yml"])).filter { $0.hasPrefix(prefix) }
    }

    private static func files(beginning prefix: String, endings: [String]) -> [String] {
        let folder = prefix.contains("/") ? String(prefix[...(prefix.lastIndex(of: "/") ?? prefix.startIndex)]) : ""
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.sorted().filter { !$0.hasPrefix(".") }.compactMap { name in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder + name, isDirectory: &isFolder) else { return nil }
            if isFolder.boolValue { return folder + name + "/" }
            return endings.contains { name.hasSuffix($0) } ? folder + name : nil
        }
    }
}
