import Foundation
import GitHubAPI

/// Finds the GitHub App that speaks for the program, in options and environment.
struct AppSource {
    let source: CredentialSource
    let options: ConnectionOptions

    /// The variables that other tools read too.
    private static let idName = "GITHUB_APP_ID"
    private static let keyName = "GITHUB_APP_PRIVATE_KEY"
    private static let installationName = "GITHUB_APP_INSTALLATION_ID"

    static let variables = [idName, keyName, installationName]

    /// What to do about an app that the environment holds and that is not spoken of to the host; `nil` if there is none.
    var hint: String? {
        let names = [Self.idName, Self.keyName].filter { variable($0) != nil }
        guard !names.isEmpty, !source.isGitHub, !source.isWorkflowHost else { return nil }
        return "\(names.joined(separator: " and ")) count for github.com, or for the host of GITHUB_API_URL: "
            + "if the app is of this host, set GITHUB_API_URL=\(source.endpoint.description)"
    }

    /// - Returns: `nil` if no app was given, or only by the environment and for another host.
    func app() throws(CommandFailure) -> AppCredential? {
        let isItsHost = source.isGitHub || source.isWorkflowHost
        guard isItsHost else {
            guard options.appID == nil, options.appKeyFile == nil else {
                throw .usage(
                    "an app of github.com is not presented to \(source.endpoint.hostname)",
                    hint: "if the app is of that host, set GITHUB_API_URL=\(source.endpoint.description)")
            }
            return nil
        }
        let variables = [Self.idName: options.appID == nil, Self.keyName: options.appKeyFile == nil]
            .filter { $0.value && variable($0.key) != nil }
        guard options.appID != nil || options.appKeyFile != nil || !variables.isEmpty else { return nil }
        guard let id = try id() else {
            throw .usage("an app's key was given, and no id", hint: "add --app-id, or set \(Self.idName)")
        }
        guard let key = try key() else {
            throw .usage("an app's id was given, and no key", hint: "add --app-key-file, or set \(Self.keyName)")
        }
        let installation = try installationID()
        guard let app = AppCredential(appID: id.text, key: key, installationID: installation) else {
            preconditionFailure("\(id.text) was read as an id")
        }
        return app
    }

    // MARK: -

    /// CI sets a variable to nothing where it has no value for it.
    private func variable(_ name: String) -> String? {
        source.context.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private func id() throws(CommandFailure) -> AppID? {
        if let id = options.appID { return id }
        guard let text = variable(Self.idName) else { return nil }
        // Where a file was read into it, it ends with a line break.
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        do throws(InvalidValue) { return try AppID(option: trimmed) } catch {
            throw .usage("\(Self.idName): \(error.message)", hint: error.hint)
        }
    }

    private func key() throws(CommandFailure) -> AppKey? {
        let name: String
        let text: String
        if options.appKeyFile == "-" {
            guard let input = source.context.readStandardInput() else {
                throw .usage("the key file - can't be read", hint: "write the key to standard input")
            }
            name = "the key file -"
            text = input
        } else if let file = options.appKeyFile {
            name = "the key file \(file)"
            text = try SecretFile(path: file, what: "key file").text(source.context)
        } else if let variable = variable(Self.keyName) {
            name = Self.keyName
            text = variable
        } else {
            return nil
        }
        do throws(AppKeyError) { return try AppKey(text) } catch {
            throw .usage("\(name) \(error)", hint: error.hint)
        }
    }

    private func installationID() throws(CommandFailure) -> Int64? {
        guard let text = variable(Self.installationName) else { return nil }
        guard let id = Int64(text), id > 0 else {
            throw .usage(
                "\(Self.installationName): \"\(text)\" is not the id of an installation",
                hint: "it is the number at the end of the address of the installation's settings")
        }
        return id
    }
}
