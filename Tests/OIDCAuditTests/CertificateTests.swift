import AuditCore
import Foundation
import TestSupport
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Which certificates are trusted, and what is said where a file of them is none.
@Suite(.timeLimit(.minutes(5))) struct CertificateTests {
    @Test func overTLSTheAuthorityOfTheFileIsTrusted() async throws {
        try await FaultTests.overTLS((1...120).map { .good("r\($0)", id: Int64($0)) }) { (scan) async throws -> Void in
            let authority = try scan.folder.write(LoopbackIdentity.certificatePEM, to: "ca.pem")
            let run = await scan("acme", "-f", "json", "--ca-file", authority)
            #expect(run.status == 0, "\(run.error)")
            #expect(run.repositories().count == 120)
            // HTTP/2 has no Host field.
            #expect(await scan.world.lastHeaders["host"] == nil)
            let environment = ["GH_ENTERPRISE_TOKEN": "test-token", "OIDC_AUDIT_CA_FILE": authority]
            #expect(await scan("acme", environment: environment).status == 0)
        }
    }

    @Test(arguments: [("", "can't be read"), ("no certificate", "holds no certificate")])
    func aFileWithoutCertificatesIsTwo(text: String, why: String) async throws {
        let folder = try Folder()
        let path = text.isEmpty ? folder.path + "/missing" : try folder.write(text, to: "ca.pem")
        let run = await CommandRun.run(
            ["scan", "acme", "--policy", "preset:strict", "--db", folder.database, "--ca-file", path],
            environment: ["GH_TOKEN": "x"])
        #expect(run.status == 2)
        #expect(run.error.contains("--ca-file: \"\(path)\" \(why)"))
        #expect(!folder.exists("history.sqlite"))
    }
    // MARK: - SSL_CERT_FILE

    /// A certificate of nobody: valid, and not the emulator's.
    private static let stranger = """
        -----BEGIN CERTIFICATE-----
        MIIBjDCCATOgAwIBAgIUFTRPolMFlUg9bLQ06hoQcCCafDEwCgYIKoZIzj0EAwIw
        GzEZMBcGA1UEAwwQc3RyYW5nZXIuaW52YWxpZDAgFw0yNjExMjgwMjIxNTZaGA8y
        MTI2MTEwNDAyMjE1NlowGzEZMBcGA1UEAwwQc3RyYW5nZXIuaW52YWxpZDBZMBMG
        ByqGSM49AgEGCCqGSM49AwEHA0IABNzP8tUPoCc+YNbE/fCEanb5b9sSYXN7Wy36
        QQC/MYTCRuKmquAsxzLGo6OFObq9Q/Ktah1XIARSpTFRhHSSDemjUzBRMB0GA1Ud
        DgQWBBSGYoMgetnPQUwo/CtrH1738O0N5zAfBgNVHSMEGDAWgBSGYoMgetnPQUwo
        /CtrH1738O0N5zAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIBFz
        4+7XurRuqhy8SA3yiex9kgtcFIDGmuqB2CLtx1ZbAiBEGokc0PLd3Bj//oUNNlUp
        d5evuFZ7OIfiVi6tcj2Iag==
        -----END CERTIFICATE-----
        """

    @Test func theFileOfTheEnvironmentReplacesTheSystems() async throws {
        try await FaultTests.overTLS { (scan) async throws -> Void in
            let authority = try scan.folder.write(LoopbackIdentity.certificatePEM, to: "ca.pem")
            let stranger = try scan.folder.write(Self.stranger, to: "stranger.pem")
            func status(_ variable: String, _ arguments: [String] = []) async -> CommandRun {
                await scan.run(
                    ["acme"] + arguments,
                    environment: ["GH_ENTERPRISE_TOKEN": "test-token", "SSL_CERT_FILE": variable], isTerminal: false)
            }
            let trusted = await status(authority)
            #expect(trusted.status == 0, "\(trusted.error)")
            let untrusted = await status(stranger)
            #expect(untrusted.status == 5)
            #expect(untrusted.error.contains("the server's certificate is not trusted"))
            #expect(untrusted.error.contains("SSL_CERT_FILE"))
            // The option adds to whatever is trusted otherwise, an empty variable is none.
            #expect(await status(stranger, ["--ca-file", authority]).status == 0)
            #expect(await status("", ["--ca-file", authority]).status == 0)
        }
    }

    @Test(arguments: [("", "can't be read"), ("no certificate", "holds no certificate")])
    func aVariableThatNamesNoCertificatesIsTwo(text: String, why: String) async throws {
        let folder = try Folder()
        let path = text.isEmpty ? folder.path + "/missing" : try folder.write(text, to: "ca.pem")
        let run = await CommandRun.run(
            ["scan", "acme", "--policy", "preset:strict", "--db", folder.database],
            environment: ["GH_TOKEN": "x", "SSL_CERT_FILE": path])
        #expect(run.status == 2)
        #expect(run.error.contains("SSL_CERT_FILE: \"\(path)\" \(why)"))
        #expect(!folder.exists("history.sqlite"))
    }
}
