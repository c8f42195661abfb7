import Foundation

/// Where the REST API of one GitHub is: the only origin that ever gets the token.
package struct GitHubEndpoint: Hashable, Sendable, CustomStringConvertible {
    package enum Host: Hashable, Sendable {
        /// github.com
        case gitHub
        /// A tenant on ghe.com, with data residency.
        case dataResidency
        case enterpriseServer
    }

    /// Scheme, host and, where it is not the scheme's own, port: `https://api.github.com`.
    package let origin: String
    /// Path before `/orgs`, without a slash at its end: empty or `/api/v3`.
    package let basePath: String
    package let host: Host

    package static let gitHub = GitHubEndpoint(origin: "https://api.github.com", basePath: "", host: .gitHub)

    private init(origin: String, basePath: String, host: Host) {
        self.origin = origin
        self.basePath = basePath
        self.host = host
    }

    /// - Parameter apiURL: an absolute address such as `https://github.example.com/api/v3`.
    package init(apiURL: String) throws(EndpointError) {
        guard let url = URLComponents(string: apiURL), let scheme = url.scheme?.lowercased(),
            let host = url.host?.lowercased(), !host.isEmpty
        else { throw .notAnAddress(apiURL) }
        guard url.user == nil, url.password == nil else { throw .holdsCredentials }
        guard url.query == nil, url.fragment == nil else { throw .notAnAddress(apiURL) }
        guard scheme == "https" || (scheme == "http" && Self.isLoopback(host)) else {
            throw scheme == "http" ? .plainHTTP(host) : .notAnAddress(apiURL)
        }
        self.origin = Self.origin(scheme: scheme, host: host, port: url.port)
        self.basePath = String(url.path.reversed().drop { $0 == "/" }.reversed())
        self.host = Self.kind(of: host, basePath: basePath)
    }

    /// - Parameter hostname: a bare host, as `gh` takes it in `GH_HOST`.
    package init(hostname: String) throws(EndpointError) {
        let name = hostname.lowercased()
        guard !name.isEmpty, !name.contains(where: { "/@?#\\ ".contains($0) }) else { throw .notAHost(hostname) }
        switch name {
        case "github.com", "api.github.com":
            self = .gitHub
        case _ where name.hasSuffix(".ghe.com"):
            try self.init(apiURL: "https://\(name.hasPrefix("api.") ? "" : "api.")\(name)")
        default:
            try self.init(apiURL: "https://\(name)/api/v3")
        }
    }

    package var description: String { origin + basePath }

    /// The host's name, without scheme and port.
    package var hostname: String {
        URLComponents(string: origin)?.host ?? origin
    }

    /// Resolves an address that GitHub named in a `Location` or `Link` header (RFC 3986 §5.2).
    ///
    /// - Parameter base: the address that was asked; `nil` if only a whole address makes sense.
    /// - Returns: `nil` if it leads to another origin, which must not see the token, or is not an address.
    func resolve(_ location: String, against base: String? = nil) -> String? {
        guard location.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        if location.hasPrefix("/"), !location.hasPrefix("//") { return origin + location }
        if let base, base.hasPrefix(origin + "/"), let relative = Self.resolve(relative: location, base) {
            return relative
        }
        guard let url = URLComponents(string: location), let scheme = url.scheme?.lowercased(),
            let host = url.host?.lowercased(), url.user == nil, url.password == nil,
            Self.origin(scheme: scheme, host: host, port: url.port) == origin
        else { return nil }
        return origin + url.percentEncodedPath + (url.percentEncodedQuery.map { "?" + $0 } ?? "")
    }

    // MARK: -

    /// An address that begins with its query or with a name, such as `?page=2`; `nil` for any other, and for one that leads
    /// upwards.
    private static func resolve(relative location: String, _ base: String) -> String? {
        let path = base.prefix { $0 != "?" && $0 != "#" }
        if location.hasPrefix("?") { return path + location }
        let name = location.prefix { $0 != "?" && $0 != "#" }
        guard !name.isEmpty, !name.contains(":"), !name.hasPrefix("/"),
            !name.split(separator: "/", omittingEmptySubsequences: false).contains(where: { $0 == "." || $0 == ".." }),
            let slash = path.lastIndex(of: "/")
        else { return nil }
        return path[...slash] + location
    }

    private static func origin(scheme: String, host: String, port: Int?) -> String {
        let isDefault = port == nil || (scheme == "https" && port == 443) || (scheme == "http" && port == 80)
        return "\(scheme)://\(host)" + (isDefault ? "" : ":\(port ?? 0)")
    }

    /// Whether it is on this machine, as an emulator is.
    package var isLoopback: Bool { Self.isLoopback(hostname) }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func kind(of host: String, basePath: String) -> Host {
        switch host {
        case "api.github.com": .gitHub
        case _ where host.hasSuffix(".ghe.com"): .dataResidency
        // An emulator plays github.com, unless it stands where an Enterprise Server has its API.
        case _ where isLoopback(host) && !basePath.hasSuffix("/api/v3"): .gitHub
        default: .enterpriseServer
        }
    }
}

/// An address that can't be used for the API.
package enum EndpointError: Error, Hashable, CustomStringConvertible {
    case notAnAddress(String)
    case notAHost(String)
    case plainHTTP(String)
    case holdsCredentials

    package var description: String {
        switch self {
        case .notAnAddress(let text): "\"\(text)\" is not the address of an API"
        case .notAHost(let text): "\"\(text)\" is not a host name"
        case .plainHTTP(let host): "plain http to \(host) would show the token to the network"
        case .holdsCredentials: "the API address holds a user name or password"
        }
    }

    package var hint: String {
        switch self {
        case .notAnAddress: "for example https://api.github.com or https://github.example.com/api/v3"
        case .notAHost: "for example github.example.com, without scheme or path"
        case .plainHTTP: "use https; http is accepted for loopback only"
        case .holdsCredentials: "give the token in the environment or with --token-file"
        }
    }
}
