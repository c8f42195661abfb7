import AuditCore
import Foundation

/// The configuration file: settings by the names of options, each with its position.
struct ConfigurationFile {
    let path: String
    private let members: [Document.Member]
    /// What it says of single organizations.
    let organizations: [OrganizationSettings]

    /// - Parameter named: what `--config` says; `nil`: nothing.
    /// - Returns: `nil` if there is none.
    init?(named path: String?, _ environment: [String: String]) throws(CommandFailure) {
        guard let path = path ?? Self.defaultPath(environment) else { return nil }
        self.path = path
        let document = try DocumentFile(path: path, what: "configuration file").document
        guard case .object(let members) = document.value else {
            throw DocumentFile.failure(
                DocumentError(at: document.position, "a configuration must be an object"), in: path)
        }
        self.members = members
        do throws(DocumentError) {
            organizations = try Self.organizations(members, in: path)
        } catch {
            throw DocumentFile.failure(error, in: path)
        }
    }

    /// What it gives for some options. What other commands alone take is passed over.
    func given(for options: [DeclaredOption]) throws(CommandFailure) -> [GivenOption] {
        var given: [GivenOption] = []
        for member in members {
            guard let option = options.first(where: { $0.name == member.key && $0.isSetting }) else {
                try checkIsKnown(member)
                continue
            }
            do throws(DocumentError) {
                for (text, position) in try Self.texts(member.value, of: option) {
                    given.append(GivenOption(option, text, origin: "\(path):\(position): \(option.name)"))
                }
            } catch {
                throw DocumentFile.failure(error, in: path)
            }
        }
        return given
    }

    // MARK: -

    private static let organizationsKey = "organizations"

    /// Those of the list that are objects.
    private static func organizations(
        _ members: [Document.Member], in path: String,
    ) throws(DocumentError) -> [OrganizationSettings] {
        guard case .array(let elements)? = members.first(where: { $0.key == organizationsKey })?.value.value else {
            return []
        }
        var settings: [OrganizationSettings] = []
        for element in elements {
            guard case .object = element.value else { continue }
            let one = try OrganizationSettings(element, in: path)
            guard !settings.contains(where: { $0.login.rawValue.lowercased() == one.login.rawValue.lowercased() })
            else {
                throw DocumentError(at: element.position, "\(one.login) stands twice in \"\(organizationsKey)\"")
            }
            settings.append(one)
        }
        return settings
    }

    private func checkIsKnown(_ member: Document.Member) throws(CommandFailure) {
        func isSetting(_ option: DeclaredOption) -> Bool {
            // The file can't name another one.
            option.isSetting && option.name != DeclaredOption.configurationFile
        }
        guard try DeclaredOption.first(where: { $0.name == member.key && isSetting($0) }) == nil else { return }
        let all = try DeclaredOption.everywhere()
        let hint =
            all.contains { $0.name == member.key }
            ? "give --\(member.key) on the command line"
            : NearestWord.hint(for: member.key, among: Set(all.filter(isSetting).map(\.name)).sorted())
        throw DocumentFile.failure(
            DocumentError(at: member.keyPosition, "unknown setting \"\(member.key)\"", hint: hint), in: path)
    }

    private static func texts(
        _ document: Document, of option: DeclaredOption,
    ) throws(DocumentError) -> [(text: String, position: SourcePosition)] {
        switch document.value {
        case .string(let text), .number(let text): return [(text, document.position)]
        case .bool(let flag): return [(flag ? "true" : "false", document.position)]
        case .array(let elements) where option.isRepeatable:
            var texts: [(text: String, position: SourcePosition)] = []
            for element in elements {
                if option.name == organizationsKey, case .object = element.value {
                    texts.append((try ObjectReader(element, as: "the organization").string("login"), element.position))
                } else {
                    texts += try Self.texts(element, of: option)
                }
            }
            return texts
        default:
            throw DocumentError(at: document.position, "\(option.name) can't be \(document.kind)")
        }
    }

    /// Never a file in the working directory, where a pull request could put one with an API address of its own.
    private static func defaultPath(_ environment: [String: String]) -> String? {
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
}
