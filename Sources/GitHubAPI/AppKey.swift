import Crypto
import Foundation
import _CryptoExtras

/// The private key of a GitHub App. Nothing it is printed or interpolated into shows it.
package struct AppKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let key: _RSA.Signing.PrivateKey

    /// Reads a key as GitHub hands it out (PKCS#1) or as tools convert it (PKCS#8), in the forms that CI variables bring
    /// along: the whole PEM, the PEM in base64, line breaks as `\n`, as spaces, or lost.
    package init(_ text: String) throws(AppKeyError) {
        let text = text.replacing("\\r", with: "").replacing("\\n", with: "\n")
        guard text.contains(where: { !$0.isWhitespace }) else { throw .empty }
        if let block = try Self.block(in: text) {
            try self.init(block)
            return
        }
        guard let data = Data(base64Encoded: text.filter { !$0.isWhitespace }), !data.isEmpty else { throw .notAKey }
        if let block = try Self.block(in: String(decoding: data, as: UTF8.self)) {
            try self.init(block)
        } else {
            try self.init(der: data)
        }
    }

    /// RS256: PKCS#1 v1.5 over SHA-256.
    func signature(of text: String) -> Data? {
        try? key.signature(for: SHA256.hash(data: Data(text.utf8)), padding: .insecurePKCS1v1_5).rawRepresentation
    }

    /// What anybody may know of it.
    var publicPEM: String { key.publicKey.pemRepresentation }

    package var description: String { "[key]" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    // MARK: -

    /// What stands between two lines of dashes.
    private struct Block {
        var label: String
        var body: Substring

        var isPrivateKey: Bool { label.hasSuffix("PRIVATE KEY") }
    }

    /// The first private key, beside which a certificate may stand; or else what there is.
    private static func block(in text: String) throws(AppKeyError) -> Block? {
        var first: Block?
        var place = text.startIndex
        while let start = text.range(of: "-----BEGIN ", range: place..<text.endIndex) {
            guard let labelEnd = text.range(of: "-----", range: start.upperBound..<text.endIndex),
                let end = text.range(of: "-----END ", range: labelEnd.upperBound..<text.endIndex)
            else { throw .cutShort }
            let block = Block(
                label: String(text[start.upperBound..<labelEnd.lowerBound]),
                body: text[labelEnd.upperBound..<end.lowerBound])
            if block.isPrivateKey { return block }
            first = first ?? block
            place = end.upperBound
        }
        return first
    }

    private init(_ block: Block) throws(AppKeyError) {
        switch block.label {
        case "RSA PRIVATE KEY", "PRIVATE KEY":
            // `Proc-Type: 4,ENCRYPTED`, of PKCS#1. Base64 has no colon.
            guard !block.body.contains(":") else { throw .encrypted }
            guard let der = Data(base64Encoded: block.body.filter { !$0.isWhitespace }) else { throw .notAKey }
            try self.init(der: der)
        case "ENCRYPTED PRIVATE KEY": throw .encrypted
        case "PUBLIC KEY", "RSA PUBLIC KEY": throw .publicKey
        case "EC PRIVATE KEY", "EC PARAMETERS", "DSA PRIVATE KEY", "DSA PARAMETERS": throw .otherAlgorithm
        case "OPENSSH PRIVATE KEY": throw .ssh
        case _ where block.label.hasSuffix("CERTIFICATE REQUEST"): throw .certificateRequest
        case _ where block.label.contains("CERTIFICATE"): throw .certificate
        default: throw .notAKey
        }
    }

    private init(der: Data) throws(AppKeyError) {
        do {
            key = try _RSA.Signing.PrivateKey(derRepresentation: der)
        } catch CryptoKitError.incorrectParameterSize {
            throw .tooSmall
        } catch {
            // In PKCS#8 the algorithm stands by its identifier.
            if Self.otherAlgorithms.contains(where: { der.prefix(64).range(of: $0) != nil }) { throw .otherAlgorithm }
            throw Self.isSmallRSAKey(der) ? .tooSmall : .notAKey
        }
    }

    /// Whether it is whole, and begins as an RSA key does. BoringSSL refuses very small ones as if they were none.
    private static func isSmallRSAKey(_ der: Data) -> Bool {
        let bytes = Array(der)
        guard bytes.count >= 64, bytes[0] == 0x30 else { return false }
        let isLong = bytes[1] == 0x82
        let length = isLong ? Int(bytes[2]) << 8 | Int(bytes[3]) : bytes[1] == 0x81 ? Int(bytes[2]) : Int(bytes[1])
        guard length + (isLong ? 4 : bytes[1] == 0x81 ? 3 : 2) == bytes.count, bytes.count < 1100 else { return false }
        return der.range(of: rsaEncryption) != nil || der.prefix(8).range(of: Data([0x02, 0x01, 0x00, 0x02])) != nil
    }

    /// DER of `id-ecPublicKey` (RFC 5480 §2.1.1), of `id-X25519` to `id-Ed448` (RFC 8410 §3), of `id-RSASSA-PSS` (RFC 8017,
    /// appendix C), whose keys sign otherwise, and of `id-dsa` (RFC 3279 §2.3.2).
    private static let otherAlgorithms: [Data] = [
        Data([0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]), Data([0x06, 0x03, 0x2B, 0x65, 0x6E]),
        Data([0x06, 0x03, 0x2B, 0x65, 0x6F]), Data([0x06, 0x03, 0x2B, 0x65, 0x70]),
        Data([0x06, 0x03, 0x2B, 0x65, 0x71]),
        Data([0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A]),
        Data([0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x01]),
    ]
    /// DER of `rsaEncryption` (RFC 8017, appendix C).
    private static let rsaEncryption = Data([0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01])
}

/// Why a text is not the private key of an App. No message quotes it.
package enum AppKeyError: Error, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case empty
    case notAKey
    case cutShort
    case publicKey
    case encrypted
    case certificate
    case certificateRequest
    case otherAlgorithm
    case ssh
    case tooSmall

    /// Completes "the key … ".
    package var description: String {
        switch self {
        case .empty: "is empty"
        case .notAKey: "is not a private key in PEM"
        case .cutShort: "is cut short: the line that ends it is missing"
        case .publicKey: "is a public key"
        case .encrypted: "is encrypted"
        case .certificate: "is a certificate"
        case .certificateRequest: "is a certificate request"
        case .otherAlgorithm: "is not an RSA key"
        case .ssh: "is an SSH key"
        case .tooSmall: "has fewer than 2048 bits"
        }
    }

    package var hint: String {
        switch self {
        case .encrypted: "decrypt it: openssl rsa -in app.pem -out key.pem"
        default: "generate a private key in the app's settings, which GitHub downloads as a .pem file"
        }
    }
}
