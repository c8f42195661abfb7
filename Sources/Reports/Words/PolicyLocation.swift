import AuditCore

/// Where a format that insists on a file shows a finding: at the policy's entry, in the repository whose job ran the
/// audit. Where the policy is not a file of it, a name stands for what was judged.
struct PolicyLocation {
    /// Relative, with `/` between its parts.
    let path: String
    /// From 1.
    let line: Int
    /// Whether the path is the policy's.
    let isPolicy: Bool

    /// - Parameters:
    ///   - rule: the entry's id; `nil` if it is about no entry.
    ///   - name: of the repository or organization.
    ///   - checkout: what the path is relative to.
    init(of rule: String?, in policy: PolicyReport, at name: String, in checkout: Checkout) {
        let entry = policy.rules.first { $0.id == rule }
        let source = policy.source.hasPrefix("preset:") ? nil : policy.source
        guard let entry, let position = entry.position, let path = source.flatMap(checkout.path) else {
            path = "\(Tool.name)/\(name)"
            line = 1
            isPolicy = false
            return
        }
        self.path = path
        line = position.line
        isPolicy = true
    }
}

extension PolicyLocation {
    /// The path as a relative reference (RFC 3986).
    var uri: String {
        path.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
