package import AuditCore

/// An OIDC provider of an account.
package struct CloudProvider: Hashable, Sendable {
    /// `nil` if the export does not say.
    package var arn: String?
    /// Host and path, without a scheme.
    package var url: String
    /// `nil` if the export does not say.
    package var audiences: [String]?
}

/// One export as it was read.
package struct TrustFile: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case listRoles = "aws.list-roles"
        case accountDetails = "aws.get-account-authorization-details"
        case getRole = "aws.get-role"
        /// Roles as a list or one document after the other.
        case roles = "aws.roles"
        case listProviders = "aws.list-open-id-connect-providers"
        case getProvider = "aws.get-open-id-connect-provider"
        /// Documents or elements of several kinds.
        case mixed = "aws.mixed"
    }

    /// A role that could not be read.
    package struct Unread: Hashable, Sendable {
        package let identity: String
        package let pointer: String
        package let why: String
    }

    /// A role that was read, also one that trusts nobody of GitHub's.
    package struct Role: Hashable, Sendable {
        /// As `Identity` has it.
        package let name: String
        /// Of its trust policy.
        package let pointer: String
    }

    package let path: String
    package var kind: Kind
    package var roles = 0
    package var read: [Role] = []
    package var trusts: [Trust] = []
    /// Roles that trust an OIDC or SAML provider other than GitHub's.
    package var otherIssuers = 0
    package var providers: [CloudProvider] = []
    package var unread: [Unread] = []
    /// What is missing of the export; `nil` if nothing is known to be.
    package var truncation: String?

    /// Whether everything of the export was there and could be read.
    package var isComplete: Bool { truncation == nil && unread.isEmpty }
}

/// Why a file is no export that is read.
package struct TrustFileError: Error, Hashable, CustomStringConvertible {
    package let path: String
    /// `nil` if it is not a matter of one place.
    package let position: SourcePosition?
    /// What is wrong, without a final stop.
    package let message: String
    /// The command that makes a file which is read.
    package let hint: String

    package init(_ path: String, at position: SourcePosition? = nil, _ message: String, hint: String = Self.command) {
        self.path = path
        self.position = position
        self.message = message
        self.hint = hint
    }

    package static let command = "export roles with: aws iam list-roles --output json > roles.json"

    package var description: String {
        position.map { "\(path):\($0): \(message)" } ?? "\(path): \(message)"
    }
}

/// Reads exports, recognised by content and never by name.
package struct TrustFileReader: Sendable {
    /// Longest file, in bytes.
    package static let bytesMax = 64 << 20
    /// Most values in a file.
    package static let valuesMax = 1_000_000

    /// Hosts of GitHub's issuer, each with the path of an enterprise where it is one of its own.
    private let issuers: [String]

    private let valuesMax: Int

    /// - Parameters:
    ///   - issuers: addresses of the issuers that are GitHub's, with or without a scheme.
    ///   - valuesMax: most values in a file.
    package init(
        issuers: [String] = [Trust.gitHubIssuer], valuesMax: Int = Self.valuesMax,
    ) {
        self.issuers = issuers.map(Self.withoutScheme)
        self.valuesMax = valuesMax
    }

    /// - Parameter path: for messages, and where the trusts come from.
    package func read(_ bytes: [UInt8], path: String) throws(TrustFileError) -> TrustFile {
        guard bytes.count <= Self.bytesMax else {
            throw TrustFileError(path, "the file is larger than 64 MiB", hint: TrustFileError.command)
        }
        let first = bytes.first { !Self.isSpaceOrMark($0) }
        guard let first else { throw TrustFileError(path, "the file is empty") }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
            throw TrustFileError(path, "not a JSON file; \(Self.guess(bytes))")
        }
        let documents: [Document]
        do throws(DocumentError) {
            documents = try JSONParser.parseSequence(bytes, valuesMax: valuesMax)
        } catch {
            throw TrustFileError(
                path, at: error.position, error.message, hint: error.hint ?? TrustFileError.command)
        }
        guard documents.count > 1 else { return try read(documents.map { ($0, "") }, path) }
        var line = 0
        return try read(
            documents.map { document in
                let position = document.position
                // Of several on one line, columns distinguish the others.
                defer { line = position.line }
                return (document, "\(position.line)\(position.line == line ? ":\(position.column)" : ""):")
            }, path)
    }

    // MARK: - Recognition

    private func read(_ documents: [(document: Document, pointer: String)], _ path: String) throws(TrustFileError)
        -> TrustFile
    {
        var file: TrustFile?
        for (document, pointer) in documents {
            if case .array(let elements) = document.value {
                guard !elements.isEmpty else { throw TrustFileError(path, "an empty list, which can be anything") }
                for (index, element) in elements.enumerated() {
                    try add(element, "\(pointer)/\(index)", isAlone: false, to: &file, path)
                }
            } else {
                try add(document, pointer, isAlone: documents.count == 1, to: &file, path)
            }
        }
        guard let file else { throw TrustFileError(path, "the file is empty") }
        return file
    }

    private func add(
        _ document: Document, _ pointer: String, isAlone: Bool, to file: inout TrustFile?, _ path: String,
    ) throws(TrustFileError) {
        guard case .object(let members) = document.value, let kind = Self.kind(of: members) else {
            throw TrustFileError(
                path, at: document.position, "no export that is known; it looks like \(Self.likeness(document))")
        }
        let common: TrustFile.Kind = kind == .getRole && !isAlone ? .roles : kind
        var result = file ?? TrustFile(path: path, kind: common)
        if result.kind != common { result.kind = .mixed }
        let reader = AWSRoleReader(path: path, issuers: issuers)
        for key in ["IsTruncated", "Marker", "NextToken"] {
            guard let value = members.value(key), !value.isNull else { continue }
            if case .bool(false) = value.value { continue }
            result.truncation = "the export is one page of several: it holds \"\(key)\""
        }
        switch kind {
        case .listRoles: reader.roles(members.value("Roles"), "\(pointer)/Roles", into: &result)
        case .accountDetails: reader.roles(members.value("RoleDetailList"), "\(pointer)/RoleDetailList", into: &result)
        case .getRole: reader.role(members.value("Role"), "\(pointer)/Role", into: &result)
        case .roles: reader.role(document, pointer, into: &result)
        case .listProviders:
            for entry in members.value("OpenIDConnectProviderList")?.array ?? [] {
                guard let arn = entry.member("Arn")?.text, let url = AWSProvider.url(ofARN: arn) else { continue }
                result.providers.append(CloudProvider(arn: arn, url: url, audiences: nil))
            }
        case .getProvider:
            let audiences = members.value("ClientIDList")?.array?.compactMap(\.text)
            let url = Self.withoutScheme(members.value("Url")?.text ?? "")
            result.providers.append(CloudProvider(arn: members.value("Arn")?.text, url: url, audiences: audiences))
        case .mixed: break
        }
        file = result
    }

    private static func kind(of members: [Document.Member]) -> TrustFile.Kind? {
        if members.value("RoleDetailList")?.array != nil { return .accountDetails }
        // One that is not a role is reported, and the others are read.
        if let roles = members.value("Roles")?.array,
            roles.isEmpty
                || roles.contains(where: {
                    $0.member("AssumeRolePolicyDocument") != nil || $0.member("Arn") != nil
                })
        {
            return .listRoles
        }
        if members.value("Role")?.member("AssumeRolePolicyDocument") != nil { return .getRole }
        if members.value("AssumeRolePolicyDocument") != nil { return .roles }
        if members.value("OpenIDConnectProviderList")?.array != nil { return .listProviders }
        if members.value("Url")?.text != nil, members.value("ClientIDList") != nil { return .getProvider }
        return nil
    }

    /// What a JSON value that is no export seems to be.
    private static func likeness(_ document: Document) -> String {
        guard case .object(let members) = document.value else { return document.kind }
        let likenesses: [(key: String, what: String)] = [
            ("Statement", "a policy without its role"), ("PolicyVersion", "a policy of permissions"),
            ("Policies", "a list of policies"), ("Users", "a list of users"), ("Groups", "a list of groups"),
            ("Roles", "a list of roles without their trust policies"), ("Role", "a role without its trust policy"),
            ("terraform_version", "a Terraform state or plan"),
            ("AWSTemplateFormatVersion", "a CloudFormation template"),
            ("Resources", "a CloudFormation template"), ("bindings", "an IAM policy of Google Cloud"),
            ("workloadIdentityPoolProviders", "providers of Google Cloud"),
            ("attributeMapping", "a provider of Google Cloud"),
            ("claimsMatchingExpression", "a federated credential of Azure"),
            ("issuer", "a federated credential of Azure"),
            ("lease_duration", "an answer of Vault"), ("schema", "a report of this program"),
        ]
        let keys = Set(members.map(\.key))
        if let known = likenesses.first(where: { keys.contains($0.key) }) { return known.what }
        let shown = members.prefix(5).map(\.key).joined(separator: ", ")
        return members.isEmpty ? "an empty object" : "an object of \(shown)"
    }

    private static func guess(_ bytes: [UInt8]) -> String {
        let start = String(decoding: bytes.prefix(200), as: UTF8.self)
        if start.hasPrefix("ROLES\t") || start.contains("\t") { return "it looks like --output text" }
        if start.contains("Roles:") || start.contains("RoleDetailList:") { return "it looks like --output yaml" }
        if start.hasPrefix("+-") || start.hasPrefix("---") { return "it looks like --output table or YAML" }
        if start.contains("resource \"") { return "it looks like Terraform" }
        return "it begins with \(start.prefix(20).debugDescription)"
    }

    // MARK: -

    private static func isSpaceOrMark(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF: true
        default: false
        }
    }

    static func withoutScheme(_ url: String) -> String {
        var rest = url[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        return String(rest)
    }
}

// MARK: - Members of a document that may be anything

extension [Document.Member] {
    func value(_ key: String) -> Document? { first { $0.key.isExactly(key) }?.value }
}

extension Document {
    var array: [Document]? { if case .array(let elements) = value { elements } else { nil } }
    var members: [Document.Member]? { if case .object(let members) = value { members } else { nil } }
    var text: String? { if case .string(let text) = value { text } else { nil } }

    func member(_ key: String) -> Document? { members?.value(key) }

    /// Whether all its texts together have fewer bytes, each value counted as one more.
    func isShorter(than length: Int) -> Bool { rest(of: length) > 0 }

    private func rest(of length: Int) -> Int {
        switch value {
        case .array(let elements): elements.reduce(length - 1) { $0 > 0 ? $1.rest(of: $0) : $0 }
        case .object(let members):
            members.reduce(length - 1) { $0 > 0 ? $1.value.rest(of: $0 - $1.key.utf8.count) : $0 }
        case .string(let text), .number(let text): length - 1 - text.utf8.count
        case .bool, .null: length - 1
        }
    }

    /// The texts of a value that may stand alone or in a list; `nil` if one is neither text, number nor boolean.
    /// Whether it is a string or a list of strings.
    var areStrings: Bool { (array ?? [self]).allSatisfy { $0.text != nil } }

    var texts: [String]? {
        switch value {
        case .string(let text), .number(let text): [text]
        case .bool(let flag): [flag ? "true" : "false"]
        case .array(let elements):
            elements.reduce(into: [String]?([])) { texts, element in
                guard element.array == nil, let more = element.texts else {
                    texts = nil
                    return
                }
                texts?.append(contentsOf: more)
            }
        default: nil
        }
    }
}
