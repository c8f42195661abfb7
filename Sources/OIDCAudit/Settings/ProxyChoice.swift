import AuditCore
import Foundation
import GitHubAPI

/// Whether and through which proxy a host is reached: `HTTPS_PROXY`, or else `ALL_PROXY`, and `NO_PROXY`, in lower case too,
/// as curl reads them. Plain http, which is accepted for loopback alone, never goes through one.
struct ProxyChoice {
    private let environment: [String: String]

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    func proxy(for endpoint: GitHubEndpoint) throws(CommandFailure) -> ProxyServer? {
        guard endpoint.origin.hasPrefix("https://"), let (name, address) = value("HTTPS_PROXY") ?? value("ALL_PROXY"),
            !isExcepted(endpoint)
        else { return nil }
        guard let proxy = ProxyServer(address) else {
            // The address may hold a password: it is not repeated.
            throw .usage(
                "\(name) is not the address of an HTTP proxy", hint: "for example http://proxy.example.com:3128")
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

    /// Entries of `NO_PROXY` that except nothing since nobody knows what they stand for, such as `10/8`.
    var unknownExceptions: [String] { exceptions.filter { NoProxyEntry($0) == nil } }

    private var exceptions: [String] {
        value("NO_PROXY")?.text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init) ?? []
    }

    private func isExcepted(_ endpoint: GitHubEndpoint) -> Bool {
        let port = URLComponents(string: endpoint.origin)?.port ?? 443
        return exceptions.contains { NoProxyEntry($0)?.covers(endpoint.hostname.unbracketed, port: port) == true }
    }
}

/// One entry of `NO_PROXY`: `*` for all; a network such as `10.0.0.0/8`; or a host with or without a port behind, an
/// address or a name, which stands for its subdomains too, with or without a dot before. `*` in a host is any run of letters.
private enum NoProxyEntry {
    case network(AddressRange)
    case host(Substring, port: Int?)

    init?(_ text: String) {
        if text.contains("/") {
            guard let range = AddressRange(text[...]) else { return nil }
            self = .network(range)
            return
        }
        var host = text.lowercased()[...]
        var port: Int?
        // An address of IPv6 has colons of its own, and its port comes behind brackets.
        if let colon = host.lastIndex(of: ":"), host.firstIndex(of: ":") == colon || host[..<colon].hasSuffix("]") {
            guard let number = Int(host[host.index(after: colon)...]), (1...65_535).contains(number) else { return nil }
            port = number
            host = host[..<colon]
        }
        self = .host(String(host).unbracketed[...], port: port)
    }

    func covers(_ host: String, port: Int) -> Bool {
        switch self {
        case .network(let range): return range.contains(host)
        case .host("*", let only): return only == nil || only == port
        case .host(let name, let only):
            guard only == nil || only == port else { return false }
            // `*.example.com` stands for `example.com` too, as `.example.com` does.
            let bare = (name.hasPrefix("*.") ? name.dropFirst() : name).drop { $0 == "." }
            guard bare.contains(where: { $0 != "*" && $0 != "." }) else { return false }
            return Glob(String(bare)).matches(host) || Glob("*.\(bare)").matches(host)
        }
    }
}

extension String {
    /// An address without the brackets that an URL puts around it.
    fileprivate var unbracketed: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}

/// A network of IP addresses: an address, and how many of its first bits count.
private struct AddressRange {
    let bytes: [UInt8]
    let bits: Int

    /// Reads `10.0.0.0/8` or `2001:db8::/32`.
    init?(_ text: Substring) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = Self.bytes(of: String(parts[0])), let bits = Int(parts[1]),
            (0...bytes.count * 8).contains(bits)
        else { return nil }
        self.bytes = bytes
        self.bits = bits
    }

    /// - Parameter host: a name is in no network: it is not looked up.
    func contains(_ host: String) -> Bool {
        guard let address = Self.bytes(of: host), address.count == bytes.count else { return false }
        return (0..<bits).allSatisfy { bit in
            let difference: UInt8 = address[bit / 8] ^ bytes[bit / 8]
            let mask = UInt8(0x80) >> (bit % 8)
            return difference & mask == 0
        }
    }

    private static func bytes(of text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text.unbracketed, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
