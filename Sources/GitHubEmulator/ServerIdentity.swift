import NIOSSL

/// A certificate and its key, with which the emulator serves over TLS.
package struct ServerIdentity: Sendable {
    let configuration: TLSConfiguration

    /// - Throws: where one of them is no PEM text.
    package init(certificatePEM: [UInt8], keyPEM: [UInt8]) throws {
        configuration = .makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(certificatePEM).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: keyPEM, format: .pem)))
    }
}
