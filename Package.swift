// swift-tools-version: 6.2
import PackageDescription

var strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
// scripts/check sets it. A newer compiler's new warning must not break a user's build.
if Context.environment["STRICT_BUILD"] != nil {
    strict.append(.treatAllWarnings(as: .error))
}

let package = Package(
    name: "oidc-audit",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "oidc-audit", targets: ["OIDCAudit"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.0"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.10.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.100.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/CoreOffice/XMLCoder", from: "0.18.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // What is, what should be, and the difference: values and pure functions, no I/O.
        .target(name: "AuditCore", swiftSettings: strict),
        // One request at a time, honest about limits, faults and permissions.
        .target(
            name: "GitHubAPI",
            dependencies: [
                "AuditCore", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "_CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        // Which requests, how many at once, and what an answer means.
        .target(name: "Crawl", dependencies: ["AuditCore", "GitHubAPI"], swiftSettings: strict),
        // Cloud exports as trusts, and who can get in through them.
        .target(name: "CloudTrust", dependencies: ["AuditCore"], swiftSettings: strict),
        // Append-only memory of scans.
        .target(
            name: "History",
            dependencies: [
                "AuditCore", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        // Writes what a plan says, target by target, and makes sure of each.
        .target(name: "Remediation", dependencies: ["AuditCore", "GitHubAPI"], swiftSettings: strict),
        // An audit report in every format; pages of what the history holds.
        .target(
            name: "Reports",
            dependencies: [
                "AuditCore", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            resources: [.embedInCode("HTML/Page")],
            swiftSettings: strict),
        // A second, independent reading of GitHub's documentation: it imports nothing of ours.
        .target(
            name: "GitHubEmulator",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "_CryptoExtras", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdHTTP2", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        // Flags, files, console and exit status; joins the others.
        .executableTarget(
            name: "OIDCAudit",
            dependencies: [
                "AuditCore", "GitHubAPI", "Crawl", "CloudTrust", "History", "Reports", "Remediation", "GitHubEmulator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            // Links: the binary carries the policies at the top level as presets, and the articles for `help TOPIC`.
            resources: [.embedInCode("Resources/policies"), .embedInCode("Resources/articles")],
            swiftSettings: strict),

        // What several test targets share: a manual clock, scripted answers, goldens, sample reports.
        .target(
            name: "TestSupport",
            dependencies: ["AuditCore", "GitHubAPI", .product(name: "_CryptoExtras", package: "swift-crypto")],
            path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "AuditCoreTests", dependencies: ["AuditCore", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "GitHubAPITests",
            dependencies: [
                "AuditCore", "GitHubAPI", "GitHubEmulator", "TestSupport",
                .product(name: "_CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CrawlTests", dependencies: ["AuditCore", "GitHubAPI", "Crawl", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "CloudTrustTests", dependencies: ["AuditCore", "CloudTrust", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "HistoryTests",
            dependencies: ["AuditCore", "History", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "RemediationTests", dependencies: ["AuditCore", "GitHubAPI", "Remediation", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "ReportsTests",
            dependencies: [
                "AuditCore", "Reports", "TestSupport", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "XMLCoder", package: "XMLCoder"),
            ],
            exclude: ["Goldens"], swiftSettings: strict),
        .testTarget(
            name: "GitHubEmulatorTests",
            dependencies: [
                "GitHubEmulator", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "OIDCAuditTests",
            dependencies: [
                "OIDCAudit", "AuditCore", "GitHubAPI", "GitHubEmulator", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["Goldens"], swiftSettings: strict),
    ]
)
