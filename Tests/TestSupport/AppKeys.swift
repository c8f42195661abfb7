package import _CryptoExtras

/// Keys of Apps that nobody has: made anew in each run.
package enum AppKeys {
    package static let own = make()
    package static let other = make()

    /// As GitHub hands it out.
    package static var pkcs1PEM: String { own.pemRepresentation }
    package static var pkcs8PEM: String { own.pkcs8PEMRepresentation }
    package static var publicPEM: String { own.publicKey.pemRepresentation }

    package static var otherPEM: String { other.pemRepresentation }

    private static func make() -> _RSA.Signing.PrivateKey {
        do { return try _RSA.Signing.PrivateKey(keySize: .bits2048) } catch { preconditionFailure("no key: \(error)") }
    }

    /// 512 bits, PKCS#1.
    package static let smallPEM = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIBOgIBAAJBANhOT8iH9gCNqDE5O7WcNjU0YkKMOryS8rFIJ+ziWc41xFXmJtW0
        mUQRBgx3UUxE8a1NFg9UvneTxg45F4txxmMCAwEAAQJAZqcTmflcN/sCPQoKWi/e
        UfWgRDDEl0Wtw5CY0gTB1egy6BOSM2A2/on4Hz6XtJAE/sxscH3qxbt4N24YGyoH
        8QIhAPJOcKyMiRurVSQrfrjAM+8AGJZW6Dmq2S50KWZO2rafAiEA5Ie1ytOP7Aii
        aQWCwNpcn7eMR8ZuGutUZZEFaEzBLb0CIBtGSxaRJynPKmFM6BHByNbBSwM5OyCq
        o5HAD5ztiV7/AiEApw25S0n5xB3PsxuvKBC3cp128yTPaegq6o/nNwYclLUCIFKJ
        CBaoH/Nn1DobEnC1UHk/rN4wnzl+OcF9ZmFpKgdH
        -----END RSA PRIVATE KEY-----
        """

    /// 512 bits, PKCS#8.
    package static let smallPKCS8PEM = """
        -----BEGIN PRIVATE KEY-----
        MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEA2E5PyIf2AI2oMTk7
        tZw2NTRiQow6vJLysUgn7OJZzjXEVeYm1bSZRBEGDHdRTETxrU0WD1S+d5PGDjkX
        i3HGYwIDAQABAkBmpxOZ+Vw3+wI9CgpaL95R9aBEMMSXRa3DkJjSBMHV6DLoE5Iz
        YDb+ifgfPpe0kAT+zGxwferFu3g3bhgbKgfxAiEA8k5wrIyJG6tVJCt+uMAz7wAY
        llboOarZLnQpZk7atp8CIQDkh7XK04/sCKJpBYLA2lyft4xHxm4a61RlkQVoTMEt
        vQIgG0ZLFpEnKc8qYUzoEcHI1sFLAzk7IKqjkcAPnO2JXv8CIQCnDblLSfnEHc+z
        G68oELdynXbzJM9p6Crqj+c3BhyUtQIgUokIFqgf82fUOhsScLVQeT+s3jCfOX45
        wX1mYWkqB0c=
        -----END PRIVATE KEY-----
        """

    package static let ellipticCurvePEM = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIIiJG1c10r3im110wCCtjPhNGWl/nCvWKqdVCboVxUnfoAoGCCqGSM49
        AwEHoUQDQgAEEVmZTF5GH34QAMxXUZjOTek0PJl/vMC3OhH9RF5p9lpp3GT5YQs9
        MXQesdn9raSWIUekEsD2xCw2V/pI7mqHXA==
        -----END EC PRIVATE KEY-----
        """
}
