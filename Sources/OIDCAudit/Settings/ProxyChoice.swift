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

    /// Entries are host names, which stand for their subdomains too, with or without a dot before and a port behind;
    /// or `*` for all; a network such as `10.0.0.0/8` stands for the addresses in it.
    private func isExcepted(_ endpoint: GitHubEndpoint) -> Bool {
        let host = endpoint.hostname.lowercased()
        let port = URLComponents(string: endpoint.origin)?.port ?? 443
        for entry in value("NO_PROXY")?.text.split(whereSeparator: { $0 == "," || $0 == " " }) ?? [] {
            if entry == "*" { return true }
            if entry.contains("/") {
                guard AddressRange(entry)?.contains(host) == true else { continue }
                return true
            }
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
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, bare, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
