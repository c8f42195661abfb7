import Foundation

/// An HTTP proxy that connections are tunnelled through (`CONNECT`). Nothing it is printed into shows its password.
package struct ProxyServer: Hashable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int
    let credentials: Credentials?

    struct Credentials: Hashable {
        let user: String
        let password: String
    }

    /// - Parameter text: `http://[USER:PASSWORD@]HOST[:PORT]`, or without the scheme.
    /// - Returns: `nil` for what is no such address; a proxy that wants TLS itself is none.
    package init?(_ text: String) {
        guard let url = URLComponents(string: text.contains("://") ? text : "http://\(text)"),
            url.scheme?.lowercased() == "http", let host = url.host, !host.isEmpty, ["", "/"].contains(url.path),
            url.query == nil, url.fragment == nil, (1...65_535).contains(url.port ?? 80)
        else { return nil }
        // The brackets belong to the address, not to the host that is looked up.
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        port = url.port ?? 80
        credentials = url.user.map { Credentials(user: $0, password: url.password ?? "") }
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
