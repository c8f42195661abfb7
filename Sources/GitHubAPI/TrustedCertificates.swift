import NIOSSL

/// Certificates that are trusted beside the system's, such as those of a company's own authority.
package struct TrustedCertificates: Sendable {
    let certificates: [NIOSSLCertificate]

    /// - Parameter pem: one certificate or more, as PEM text.
    /// - Returns: `nil` if there is none, or one can't be read.
    package init?(pem: [UInt8]) {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(pem), !certificates.isEmpty else { return nil }
        self.certificates = certificates
    }
}
