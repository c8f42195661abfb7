import AuditCore

/// Makes trusts of roles.
struct AWSRoleReader {
    let path: String
    /// As `TrustFileReader` has them.
    let issuers: [String]

    func roles(_ list: Document?, _ pointer: String, into file: inout TrustFile) {
        for (index, role) in (list?.array ?? []).enumerated() { self.role(role, "\(pointer)/\(index)", into: &file) }
    }

    func role(_ role: Document?, _ pointer: String, into file: inout TrustFile) {
        file.roles += 1
        let name = role?.member("Arn")?.text ?? role?.member("RoleName")?.text
        func unread(_ why: String) {
            file.unread.append(TrustFile.Unread(identity: name ?? "a role without a name", pointer: pointer, why: why))
        }
        guard let role, let name else { return unread("it has neither Arn nor RoleName") }
        // IAM's names and paths are of ASCII. Elsewhere two spellings of one name would count as one role.
        guard name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return unread("its name holds characters that no role of AWS has")
        }
        guard let written = role.member("AssumeRolePolicyDocument") else { return unread("it has no trust policy") }
        var identity = Identity(cloud: .aws, name: name)
        identity.lastUsed = role.member("RoleLastUsed")?.member("LastUsedDate")?.text
        identity.createdAt = role.member("CreateDate")?.text
        identity.tags = role.member("Tags")?.array.map { tags in
            let pairs = tags.compactMap { tag in
                tag.member("Key")?.text.map { ($0, tag.member("Value")?.text ?? "") }
            }
            return Dictionary(pairs, uniquingKeysWith: { _, last in last })
        }
        identity.attachedPolicies = (role.member("AttachedManagedPolicies")?.array ?? []).compactMap {
            $0.member("PolicyName")?.text
        }
        do throws(DocumentError) {
            let document = try Self.document(written)
            let policy = try AWSPolicy(document)
            let source = "\(pointer)/AssumeRolePolicyDocument"
            let found = policy.trusts(of: identity, file: path, pointer: source, issuers: issuers)
            file.trusts += found.trusts
            file.read.append(TrustFile.Role(name: name, pointer: source))
            if found.trustsOthers { file.otherIssuers += 1 }
        } catch {
            unread("its trust policy cannot be read: \(error.message)")
        }
    }

    /// The policy as an object, from an object, JSON text, or percent-encoded JSON text.
    private static func document(_ written: Document) throws(DocumentError) -> Document {
        guard let text = written.text else { return written }
        let bytes = text.utf8.first == UInt8(ascii: "%") ? try decoded(text, at: written.position) : Array(text.utf8)
        return try JSONParser.parse(bytes)
    }

    private static func decoded(_ text: String, at position: SourcePosition) throws(DocumentError) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw DocumentError(at: position, "a percent sign stands without two hexadecimal digits") }
            decoded.append(value)
            rest = rest.dropFirst(2)
        }
        return decoded
    }
}

/// An OIDC provider as a policy names it.
struct AWSProvider {
    /// As it is written.
    let written: String
    /// Host and path, which also begin the provider's condition keys.
    let url: String

    /// - Returns: `nil` if the text is neither an ARN of an OIDC provider nor the address of one of the issuers.
    init?(_ written: String, issuers: [String]) {
        let url = Self.url(ofARN: written) ?? TrustFileReader.withoutScheme(written)
        guard issuers.contains(where: { Self.isIssuer(url, $0) }) else { return nil }
        self.written = written
        self.url = url
    }

    /// Everybody's.
    init(everyoneOf issuer: String) {
        written = "*"
        url = issuer
    }

    /// The issuer itself, or that of an enterprise below it.
    private static func isIssuer(_ url: String, _ issuer: String) -> Bool {
        url.isExactlyIgnoringCase(issuer)
            || (url.utf8.count > issuer.utf8.count
                && String(url.utf8.prefix(issuer.utf8.count + 1)) ?? ""
                    == issuer + "/")
    }

    /// The account of a provider; `nil` if the text is not an ARN.
    static func account(ofARN arn: String) -> String? {
        guard url(ofARN: arn) != nil else { return nil }
        return String(arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)[4])
    }

    /// `arn:PARTITION:iam::ACCOUNT:oidc-provider/HOST[/PATH]`.
    static func url(ofARN arn: String) -> String? {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "iam", parts[5].hasPrefix("oidc-provider/") else {
            return nil
        }
        return String(parts[5].dropFirst("oidc-provider/".count))
    }
}
