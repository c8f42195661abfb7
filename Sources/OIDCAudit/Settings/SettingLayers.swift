import AuditCore
import Foundation

/// Every setting that flag, environment and configuration file can give, by the name it has as a flag.
enum SettingName: String, CaseIterable {
    case policy, waivers, baseline, db, format, output
    case junitGroup = "junit-group"
    case stepSummary = "step-summary"
    case failOn = "fail-on"
    case strictCoverage = "strict-coverage"
    case newOnly = "new-only"
    case include, exclude, visibility, topic, property
    case includeArchived = "include-archived"
    case concurrency
    case pointsPerMinute = "points-per-minute"
    case maxWait = "max-wait"
    case resume
    case caFile = "ca-file"
    case apiURL = "api-url"
    case hostname
    case apiVersion = "api-version"
    case tokenFile = "token-file"
    case quiet, verbose
    case noProgress = "no-progress"
    case color

    var environmentName: String {
        "OIDC_AUDIT_" + rawValue.uppercased().split(separator: "-").joined(separator: "_")
    }
}

/// One given value, and where it was given, for messages.
struct SettingValue {
    let text: String
    let origin: String

    func invalid(_ why: String, hint: String) -> CommandFailure {
        .usage("\(origin): \"\(text)\" \(why)", hint: hint)
    }
}

/// What was given where: a flag beats the environment, which beats the configuration file.
struct SettingLayers {
    let environment: [String: String]
    private let file: [String: [SettingValue]]

    init(environment: [String: String], configurationFile path: String?) throws(CommandFailure) {
        self.environment = environment
        self.file = try Self.read(path ?? Self.defaultFile(environment))
    }

    func value(_ name: SettingName, flag: String?) -> SettingValue? {
        values(name, flags: flag.map { [$0] } ?? []).first
    }

    /// The values of a setting that can be given more than once; in the environment, commas part them.
    func values(_ name: SettingName, flags: [String]) -> [SettingValue] {
        layers(name, flags: flags).first { !$0.isEmpty } ?? []
    }

    func isOn(_ name: SettingName, flag: Bool) throws(CommandFailure) -> Bool {
        guard !flag, let value = value(name, flag: nil) else { return flag }
        switch value.text.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw value.invalid("is neither true nor false", hint: "say true or false")
        }
    }

    /// What each layer gives, strongest first.
    func layers(_ name: SettingName, flags: [String]) -> [[SettingValue]] {
        // CI sets a variable to nothing where it has no value for it.
        let inEnvironment = environment[name.environmentName].flatMap { $0.isEmpty ? nil : $0 }.map { text in
            let parts =
                Self.repeatable.contains(name)
                ? text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
                : [text]
            return parts.map { SettingValue(text: $0, origin: name.environmentName) }
        }
        return [
            flags.map { SettingValue(text: $0, origin: "--\(name.rawValue)") }, inEnvironment ?? [],
            file[name.rawValue] ?? [],
        ]
    }

    // MARK: -

    private static let repeatable: Set<SettingName> = [.output, .include, .exclude, .visibility, .topic, .property]

    /// Never a file in the working directory, where a pull request could put one with an API address of its own.
    private static func defaultFile(_ environment: [String: String]) -> String? {
        if let path = environment["OIDC_AUDIT_CONFIG"], !path.isEmpty { return path }
        let folder: String
        if let path = environment["XDG_CONFIG_HOME"], path.hasPrefix("/") {
            folder = path
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            folder = home + "/.config"
        } else {
            return nil
        }
        return ["yaml", "json"].map { "\(folder)/oidc-audit/config.\($0)" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    private static func read(_ path: String?) throws(CommandFailure) -> [String: [SettingValue]] {
        guard let path else { return [:] }
        let file = try DocumentFile(path: path, what: "configuration file")
        do throws(DocumentError) {
            guard case .object(let members) = file.document.value else {
                throw DocumentError(at: file.document.position, "a configuration must be an object")
            }
            var values: [String: [SettingValue]] = [:]
            for member in members {
                guard let name = SettingName(rawValue: member.key) else {
                    throw DocumentError(
                        at: member.keyPosition, "unknown setting \"\(member.key)\"",
                        hint: NearestWord.hint(for: member.key, among: SettingName.allCases.map(\.rawValue)))
                }
                values[member.key] = try Self.texts(member.value, of: name).map {
                    SettingValue(text: $0.text, origin: "\(path):\($0.position): \(name.rawValue)")
                }
            }
            return values
        } catch {
            throw DocumentFile.failure(error, in: path)
        }
    }

    private static func texts(
        _ document: Document, of name: SettingName,
    ) throws(DocumentError) -> [(text: String, position: SourcePosition)] {
        switch document.value {
        case .string(let text), .number(let text): return [(text, document.position)]
        case .bool(let flag): return [(flag ? "true" : "false", document.position)]
        case .array(let elements) where repeatable.contains(name):
            var texts: [(text: String, position: SourcePosition)] = []
            for element in elements { texts += try Self.texts(element, of: name) }
            return texts
        default:
            throw DocumentError(at: document.position, "\(name.rawValue) can't be \(document.kind)")
        }
    }
}
