import Foundation
import Testing

@testable import OIDCAudit

/// Exports that are made to do harm, from the command line.
@Suite(.timeLimit(.minutes(5))) struct TrustHostileTests {
    private typealias Trusts = TrustCommandTests

    /// Ten thousand wildcards: it ends, and says that it did not decide.
    @Test func whatIsTooIntricateIsThree() async throws {
        try await Trusts.withHistory { (folder) async throws -> Void in
            let file = try folder.write(
                Trusts.roles(Trusts.role("stars", "repo:acme/api:*" + String(repeating: "*a?", count: 3300) + "*")),
                to: "stars.json")
            let run = await Trusts.run(folder, "--trust", file)
            #expect(run.status == 3, "\(run.output)\(run.error)")
            #expect(
                run.output.hasPrefix("INCOMPLETE") && run.output.contains("too intricate to decide"), "\(run.output)")
        }
    }

    /// Names and patterns that could move a cursor, turn text around or begin a formula stay text in every format.
    @Test func oddTextStaysText() async throws {
        try await Trusts.withHistory { (folder) async throws -> Void in
            let pattern = "repo:acme/api:environment:\\u202e\\u001b[2J\\u00e9?<b>"
            let file = try folder.write(
                Trusts.roles(
                    Trusts.role("odd", pattern, "=1+1"), Trusts.role("open", "*:\\u0301*"),
                    Trusts.role("a\\u001b[31m\\u202e\\u0000\\n|<b>`", "repo:acme/api:*")), to: "odd.json")
            let formats = ["json", "html", "csv", "markdown", "sarif", "junit", "access"]
            let outputs = formats.flatMap { ["-o", "\($0)=\(folder.path)/out.\($0)"] }
            let run = await CommandRun.run(
                ["trust", "acme", "--db", folder.database, "--trust", file, "--policy", "preset:trust"] + outputs)
            #expect(run.status == 1, "\(run.error)")
            var texts = ["text": run.output]
            for format in formats {
                texts[format] = try String(contentsOfFile: "\(folder.path)/out.\(format)", encoding: .utf8)
            }
            for (format, text) in texts {
                let odd = text.unicodeScalars.filter { scalar in
                    let category = scalar.properties.generalCategory
                    return category == .format || category == .control && !["\n", "\r", "\t"].contains(scalar)
                }
                #expect(odd.isEmpty, "\(format) \(odd.map(\.value))")
            }
            for format in ["html", "junit", "markdown"] {
                #expect(texts[format]?.contains("<b>") == false, "\(format)")
            }
        }
    }

    /// Two spellings that Unicode takes for one are two roles, and AWS has neither: none is passed over in silence.
    @Test func namesThatNoRoleHasAreUnread() async throws {
        try await Trusts.withHistory { (folder) async throws -> Void in
            let file = try folder.write(
                Trusts.roles(
                    Trusts.deploy, Trusts.role("e\u{301}", "repo:acme/api:*"), Trusts.role("\u{E9}", "repo:acme/web:*")),
                to: "spellings.json")
            let run = await Trusts.run(folder, "--trust", file, "-f", "json")
            #expect(run.status == 3, "\(run.output)")
            #expect((run.json["summary"] as? [String: Any])?["unread"] as? Int == 2)
        }
    }
}
