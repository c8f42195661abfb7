import Foundation
import TestSupport
import Testing
import _CryptoExtras

@testable import GitHubAPI

/// The private key of an App, as GitHub, tools and CI variables hand it over.
@Suite struct AppKeyTests {
    private func error(_ text: String) -> AppKeyError? {
        do throws(AppKeyError) {
            _ = try AppKey(text)
            return nil
        } catch { return error }
    }

    private static let forms: [@Sendable (String) -> String] = [
        { $0 }, { $0.replacing("\n", with: "\\n") }, { $0.replacing("\n", with: "\r\n") },
        { $0.replacing("\n", with: " ") }, { $0.replacing("\n", with: "") }, { "\n \($0)\n\n" },
        { Data($0.utf8).base64EncodedString() },
        { Data($0.utf8).base64EncodedString(options: .lineLength76Characters) },
        { "Bag Attributes\n    localKeyID: 01\n" + $0 },
    ]

    @Test func bothFormatsAreReadInEachForm() throws {
        for pem in [AppKeys.pkcs1PEM, AppKeys.pkcs8PEM] {
            for (index, form) in Self.forms.enumerated() {
                let signature = try #require(try AppKey(form(pem)).signature(of: "text"), "\(index)")
                #expect(
                    AppKeys.own.publicKey.isValidSignature(
                        .init(rawRepresentation: signature), for: Data("text".utf8), padding: .insecurePKCS1v1_5))
            }
        }
        let der = AppKeys.own.derRepresentation.base64EncodedString()
        #expect(error(der) == nil)
    }

    @Test func ofACertificateAndItsKeyTheKeyIsRead() throws {
        for pem in [AppKeys.pkcs1PEM, AppKeys.pkcs8PEM] {
            #expect(error(LoopbackIdentity.certificatePEM + pem) == nil)
            #expect(error(pem + LoopbackIdentity.certificatePEM) == nil)
            #expect(error(AppKeys.publicPEM + pem) == nil)
        }
    }

    @Test func aKeyOfAnotherAlgorithmIsNoRSAKey() throws {
        func pem(_ der: [UInt8]) -> String {
            "-----BEGIN PRIVATE KEY-----\n\(Data(der).base64EncodedString())\n-----END PRIVATE KEY-----\n"
        }
        for curve: UInt8 in 0x6E...0x71 {
            let head: [UInt8] = [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, curve, 4, 0x22, 4, 0x20]
            #expect(error(pem(head + Array(repeating: 7, count: 32))) == .otherAlgorithm)
        }
        // The last byte of the identifier makes an RSASSA-PSS key of it.
        let body = AppKeys.pkcs8PEM.split(separator: "\n").dropFirst().dropLast().joined()
        var der = Array(try #require(Data(base64Encoded: body)))
        let place = try #require(Data(der).range(of: Data([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1])))
        der[place.upperBound - 1] = 0x0A
        #expect(error(pem(der)) == .otherAlgorithm)
    }

    @Test func whatIsNoSuchKeyIsNamed() throws {
        let body = AppKeys.pkcs1PEM.split(separator: "\n").dropFirst().dropLast().joined(separator: "\n")
        func block(_ label: String, _ body: String) -> String {
            "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
        }
        let cases: [(String, AppKeyError)] = [
            ("", .empty), (" \n\t", .empty), ("\\n", .empty), ("hunter2", .notAKey), ("-", .notAKey),
            (AppKeys.publicPEM, .publicKey), (block("RSA PUBLIC KEY", body), .publicKey),
            (block("ENCRYPTED PRIVATE KEY", body), .encrypted),
            (
                block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,E5378DF5\n\n" + body),
                .encrypted
            ),
            (LoopbackIdentity.certificatePEM, .certificate), (block("CERTIFICATE REQUEST", body), .certificateRequest),
            (AppKeys.ellipticCurvePEM, .otherAlgorithm), (LoopbackIdentity.keyPEM, .otherAlgorithm),
            (block("OPENSSH PRIVATE KEY", body), .ssh), (AppKeys.smallPEM, .tooSmall),
            (AppKeys.smallPKCS8PEM, .tooSmall), (String(AppKeys.pkcs1PEM.prefix(400)), .cutShort),
            (block("RSA PRIVATE KEY", String(body.prefix(400))), .notAKey),
            (block("RSA PRIVATE KEY", "???"), .notAKey), (block("DH PARAMETERS", body), .notAKey),
            (String(repeating: "A", count: 1000), .notAKey),
        ]
        for (text, expected) in cases {
            #expect(error(text) == expected, "\(text.prefix(60))")
            guard expected != .empty else { continue }
            #expect(error(Data(text.utf8).base64EncodedString()) == expected, "\(text.prefix(60))")
        }
        for error in AppKeyError.allCases {
            #expect(!"\(error)\(error.hint)".contains("\n"))
        }
    }

    @Test func aKeyShowsNothingOfItself() throws {
        let key = try AppKey(AppKeys.pkcs1PEM)
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "[key]")
        #expect(String(reflecting: key) == "[key]")
        #expect(dumped == "- [key]\n")
    }

    @Test(arguments: [
        ("1", true), ("123456", true), ("Iv1.8a61f9b3a7aba766", true), ("Iv23liABCDEF01234567", true), ("", false),
        ("0", false), ("-5", false), ("+5", false), ("my-app", false), ("12 34", false), ("Iv1", false),
        ("Iv23li\"}ABCDEF", false), ("١٢٣", false), ("99999999999999999999", false),
    ])
    func anAppIsKnownByANumberOrAClientID(text: String, isID: Bool) {
        #expect(AppCredential.isID(text) == isID)
    }
}
