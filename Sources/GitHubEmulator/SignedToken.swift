import Crypto
import Foundation
import _CryptoExtras

/// A JSON Web Token as an app presents it (RFC 7519, RS256).
struct SignedToken {
    let issuer: String
    private let algorithm: String
    private let issuedAt: Double
    private let expiresAt: Double
    private let text: String
    private let signature: Data

    enum Fault: Error {
        case undecodable
        case unknownIssuer
        case issuedInFuture
        case expired
        case tooLong

        /// As GitHub words it.
        var message: String {
            switch self {
            case .undecodable, .unknownIssuer: "A JSON web token could not be decoded"
            case .issuedInFuture:
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
            case .expired:
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
            case .tooLong: "'Expiration time' claim ('exp') is too far in the future"
            }
        }
    }

    private struct Header: Decodable {
        let alg: String
    }

    private struct Claims: Decodable {
        let iat: Double
        let exp: Double
        let iss: Issuer
    }

    /// A number or a text.
    private struct Issuer: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            text = try (try? container.decode(String.self)) ?? "\(container.decode(Int64.self))"
        }
    }

    /// - Returns: `nil` for what is not such a token.
    init?(_ token: String) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let header = Self.data(parts[0]), let claims = Self.data(parts[1]),
            let signature = Self.data(parts[2]),
            let header = try? JSONDecoder().decode(Header.self, from: header),
            let claims = try? JSONDecoder().decode(Claims.self, from: claims)
        else { return nil }
        algorithm = header.alg
        issuer = claims.iss.text
        issuedAt = claims.iat
        expiresAt = claims.exp
        text = "\(parts[0]).\(parts[1])"
        self.signature = signature
    }

    func verify(publicKey: String, at now: Date) throws(Fault) {
        guard algorithm == "RS256", let key = try? _RSA.Signing.PublicKey(pemRepresentation: publicKey),
            key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: Data(text.utf8)),
                padding: .insecurePKCS1v1_5)
        else { throw .undecodable }
        let seconds = now.timeIntervalSince1970
        if issuedAt > seconds { throw .issuedInFuture }
        if expiresAt <= seconds { throw .expired }
        if expiresAt > seconds + 600 { throw .tooLong }
    }

    /// Base64 for addresses, without padding.
    private static func data(_ text: String) -> Data? {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
    }
}
