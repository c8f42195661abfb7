import Foundation
import GitHubAPI

extension TrustedCertificates {
    init(file path: String) throws(InvalidValue) {
        guard let pem = FileManager.default.contents(atPath: path) else {
            throw InvalidValue(path, "can't be read", hint: "name a file of certificates, in PEM")
        }
        guard let certificates = TrustedCertificates(pem: Array(pem)) else {
            throw InvalidValue(path, "holds no certificate", hint: "it must hold one or more, in PEM")
        }
        self = certificates
    }

    /// The certificates of `SSL_CERT_FILE`, which OpenSSL, Go and curl trust in place of the system's.
    ///
    /// - Returns: `nil` if the variable is not set.
    static func roots(_ environment: [String: String]) throws(CommandFailure) -> TrustedCertificates? {
        let name = "SSL_CERT_FILE"
        guard let path = environment[name], !path.isEmpty else { return nil }
        do throws(InvalidValue) {
            return try TrustedCertificates(file: path)
        } catch {
            throw .usage("\(name): \(error.message)", hint: error.hint)
        }
    }
}
