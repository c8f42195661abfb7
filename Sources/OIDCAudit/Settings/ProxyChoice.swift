import Foundation
import GitHubAPI

/// Whether and through which proxy a host is reached: `HTTPS_PROXY` and `NO_PROXY`, in lower case too, as curl reads
/// them. Plain http, which is accepted for loopback alone, never goes through one.
struct ProxyChoice {
    private let environment: [String: String]

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    func proxy(for endpoint: GitHubEndpoint) throws(CommandFailure) -> ProxyServer? {
        guard endpoint.origin.hasPrefix("https://"), let (name, address) = value("HTTPS_PROXY"),
            !isExcepted(endpoint)
        else { return nil }
        guard let proxy = ProxyServer(address) else {
            // The address may hold a password: it is not repeated.
            throw .usage("\(name) is no address of an HTTP proxy", hint: "for example http://proxy.example.com:3128")
        }
        return proxy
    }

    // MARK: -

    private func value(_ name: String) -> (name: String, text: String)? {
        for name in [name.lowercased(), name] {
            if let text = environment[name], !text.isEmpty { return (name, text) }
        }
        return nil
    }

    /// Entries are host names, which stand for their subdomains too, with or without a dot before and a port behind;
    /// or `*` for all.
    private func isExcepted(_ endpoint: GitHubEndpoint) -> Bool {
        let host = endpoint.hostname.lowercased()
        let port = URLComponents(string: endpoint.origin)?.port ?? 443
        for entry in value("NO_PROXY")?.text.split(whereSeparator: { $0 == "," || $0 == " " }) ?? [] {
            if entry == "*" { return true }
            var name = entry.lowercased()[...]
            if let colon = name.lastIndex(of: ":"), let number = Int(name[name.index(after: colon)...]),
                name.firstIndex(of: ":") == colon
            {
                guard number == port else { continue }
                name = name[..<colon]
            }
            let bare = name.drop { $0 == "*" }.drop { $0 == "." }
            if !bare.isEmpty, host == bare || host.hasSuffix(".\(bare)") { return true }
        }
        return false
    }
}
