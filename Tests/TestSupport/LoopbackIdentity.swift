/// A certificate for `localhost` and `127.0.0.1`, valid until 2126, and its key. Nothing but tests trusts it.
package enum LoopbackIdentity {
    package static let certificatePEM = """
        -----BEGIN CERTIFICATE-----
        MIIBqDCCAU+gAwIBAgIUeQQdPEihL775NUV40sihKw7OPwwwCgYIKoZIzj0EAwIw
        GzEZMBcGA1UEAwwQb2lkYy1hdWRpdCB0ZXN0czAgFw0yNjExMjExNDEzMTJaGA8y
        MTI2MTAyODE0MTMxMlowGzEZMBcGA1UEAwwQb2lkYy1hdWRpdCB0ZXN0czBZMBMG
        ByqGSM49AgEGCCqGSM49AwEHA0IABGk9RWk63aOI4nyhqZ1iBDF+ecX1bYK/0lfD
        QPwCbk5LKe4OfYtj9tpkR+HK4Mc9U9xNiR0vA1G/AsZVAFebU/WjbzBtMB0GA1Ud
        DgQWBBRwsYCRecuonuh02+vAJakanuliGjAfBgNVHSMEGDAWgBRwsYCRecuonuh0
        2+vAJakanuliGjAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwDwYDVR0TAQH/
        BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAvW6cKd3ZiwW6QV5nOc8D5D7FbF8FU
        ECcQRfPvrzRdkwIgdsSniO9OZmQCdUFst7S19+0t4kUhzIbeiUCJXSmR3As=
        -----END CERTIFICATE-----
        """

    package static let keyPEM = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9pT0iBuRNWPniy3q
        SdTgs+MTpRGnzBN26heRYTbZcImhRANCAARpPUVpOt2jiOJ8oamdYgQxfnnF9W2C
        v9JXw0D8Am5OSynuDn2LY/baZEfhyuDHPVPcTYkdLwNRvwLGVQBXm1P1
        -----END PRIVATE KEY-----
        """
}
