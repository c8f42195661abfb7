import AuditCore
import Foundation
import GRDB
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Cloud exports held against scans, from the command line.
@Suite(.timeLimit(.minutes(5))) struct TrustCommandTests {
    static let key = "token.actions.githubusercontent.com"

    /// A role whose trust policy demands these subjects and the audience of AWS.
    static func role(_ name: String, _ subjects: String..., key: String = key) -> String {
        let values = subjects.map { "\"\($0)\"" }.joined(separator: ", ")
        return """
            {"Arn": "arn:aws:iam::111122223333:role/\(name)", "RoleName": "\(name)", "AssumeRolePolicyDocument":
              {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/\(key)"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringLike": {"\(key):sub": [\(values)]},
                              "StringEquals": {"\(key):aud": "sts.amazonaws.com"}}}]}}
            """
    }

    static func roles(_ roles: String..., more: String = "") -> String {
        "{\"Roles\": [\(roles.joined(separator: ",\n"))]\(more)}"
    }

    static let deploy = role("deploy", "repo:acme/api:ref:refs/heads/main")

    /// Two nights of `acme` on github.com: on the second one `old` is `web`, and `flipped` has immutable subjects.
    static func withHistory(
        _ body: @Sendable @escaping (Folder) async throws -> Void,
    ) async throws {
        func onDefault(_ name: String, id: Int64, archived: Bool = false) -> WorldFile.Repository {
            WorldFile.Repository(
                name: name, id: id, archived: archived,
                setting: .init(useDefault: true, subClaimPrefix: "repo:acme/\(name)"))
        }
        try await EmulatedScan.with([
            onDefault("api", id: 1001), onDefault("old", id: 1002), onDefault("flipped", id: 1003),
            onDefault("attic", id: 1004, archived: true),
        ]) { (scan) async throws -> Void in
            #expect(await scan("acme", clockSkewSeconds: -86_400).status == 1)
            await scan.world.change { world in
                world.organizations[0].repositories[1].name = "web"
                world.organizations[0].repositories[1].setting?.subClaimPrefix = "repo:acme/web"
                world.organizations[0].repositories[2].setting?.subClaimPrefix = "repo:acme@77/flipped@1003"
            }
            #expect(await scan("acme").status == 1)
            // The emulator is an Enterprise Server, which has no immutable subjects.
            let queue = try DatabaseQueue(path: scan.folder.database)
            try await queue.write { db in
                let triggers = try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger)") }
                try db.execute(sql: "UPDATE host SET apiURL = 'https://api.github.com'")
                try db.execute(sql: "UPDATE scan SET isEnterpriseServer = 0")
            }
            try queue.close()
            try await body(scan.folder)
        }
    }

    static func run(_ folder: Folder, _ arguments: String...) async -> CommandRun {
        await CommandRun.run(["trust", "acme", "--db", folder.database] + arguments)
    }

    static func items(_ run: CommandRun, _ key: String) -> [[String: Any]] {
        run.json[key] as? [[String: Any]] ?? []
    }

    // MARK: - What is found

    @Test func anAccountIsJudged() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(
                Self.roles(
                    Self.deploy, Self.role("everyone", "repo:acme*"), Self.role("dead", "repo:acme/old:*"),
                    Self.role("flipped", "repo:acme/flipped:*")), to: "roles.json")
            let text = await Self.run(folder, "--trust", file)
            #expect(text.status == 1, "\(text.error)")
            for line in [
                "FAILED  1 trust open to outsiders, 2 trusts without a repository\n", "any account of GitHub gets in\n",
                "    acme/old is acme/web now\n", "acme/flipped presents immutable subjects now",
                "    acme/api: branch main\n      subject: repo:acme/api:ref:refs/heads/main\n",
            ] { #expect(text.output.contains(line), "\(line)\n\(text.output)") }
            #expect(
                text.output.firstRange(of: "OUTSIDE")!.lowerBound < text.output.firstRange(of: "NO MATCH")!.lowerBound)

            let json = await Self.run(folder, "--trust", file, "-f", "json")
            #expect(json.status == 1 && json.json["schema"] as? String == "oidc-audit.trust/v1")
            let trusts = Self.items(json, "trusts")
            #expect(
                trusts.map { ($0["no_match"] as? [[String: Any]])?.compactMap { $0["why"] as? String } ?? [] }
                    == [["renamed"], [], [], ["format_flipped"]])
            #expect(
                trusts.map { ($0["reach"] as? [String: Any])?["outermost"] as? String }
                    == ["nobody", "one", "anyone", "nobody"])
            let rows = Self.items(json, "access").filter { ($0["identity"] as? String)?.hasSuffix("/deploy") == true }
            #expect(rows.map { $0["repository_id"] as? Int } == [1001])
        }
    }

    @Test func nothingToSayIsZero() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(Self.roles(Self.deploy), to: "roles.json")
            let run = await Self.run(folder, "--trust", file)
            #expect(run.status == 0, "\(run.output)\(run.error)")
            #expect(run.output.hasPrefix("PASSED  nobody outside gets in\n"))
            // As of the first night, the repository had its old name.
            let old = try folder.write(Self.roles(Self.role("dead", "repo:acme/old:*")), to: "old.json")
            #expect(await Self.run(folder, "--trust", old, "--at", "1").status == 0)
            #expect(await Self.run(folder, "--trust", old).status == 1)
        }
    }

    @Test func ownersOfOursAreDeclared() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(Self.roles(Self.role("x", "repo:other/x:*", "repo:acme/api:*")), to: "r.json")
            let open = await Self.run(folder, "--trust", file)
            #expect(open.status == 1 && open.output.contains("--also-ours"))
            let closed = await Self.run(folder, "--trust", file, "--also-ours", "other@5")
            // Nobody outside gets in; whether other/x does is not known.
            #expect(closed.status == 3, "\(closed.output)")
            #expect(!closed.output.contains("OUTSIDE") && closed.output.contains("not scanned"), "\(closed.output)")
        }
    }

    // MARK: - Questions

    @Test func aChangeIsAskedAbout() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(Self.roles(Self.deploy), to: "roles.json")
            let run = await Self.run(folder, "--trust", file, "--what-if", "immutable:acme")
            #expect(run.status == 1)
            for line in [
                "LOST  1 row of access that the change takes away\n", "    add to StringLike \(Self.key):sub:\n",
                "      \"repo:acme@77/api@1001:ref:refs/heads/main\"\n", "GAINED  nothing\n",
            ] { #expect(run.output.contains(line), "\(line)\n\(run.output)") }
            let harmless = await Self.run(folder, "--trust", file, "--what-if", "delete:acme/web")
            #expect(harmless.status == 0 && harmless.output.contains("LOST  nothing\n"))
            for (text, message) in [
                ("rename:acme/apo=x", "did you mean \"acme/api\"?"), ("renam:acme/api=x", "did you mean \"rename\"?"),
                ("delete:acme/api=x", "is not a change"), ("rename:acme/api", "is not a change"),
                ("delete:acme", "is not a change"), ("rename:acme/api=other/x", "names another owner"),
                ("transfer:acme/api=o@x", "is not an owner"), ("nothing", "is not KIND:VALUE"),
            ] {
                let refused = await Self.run(folder, "--trust", file, "--what-if", text)
                #expect(refused.status == 2 && refused.error.contains(message), "\(text): \(refused.error)")
            }
        }
    }

    @Test func repositoriesAndIdentitiesAreAskedAbout() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(
                Self.roles(Self.deploy, Self.role("all", "repo:acme/*"), Self.role("dead", "repo:acme/old:*")),
                to: "roles.json")
            func identities(_ arguments: String...) async -> [String] {
                let run = await CommandRun.run(
                    ["trust", "acme", "--db", folder.database, "--trust", file, "-f", "json"] + arguments)
                return Self.items(run, "trusts").compactMap { ($0["identity"] as? String)?.split(separator: "/").last }
                    .map(String.init)
            }
            #expect(await identities("--repository", "acme/api") == ["all", "deploy"])
            // The one that was meant for it by its old name, too.
            #expect(await identities("--repository", "ACME/web") == ["all", "dead"])
            #expect(await identities("--identity", "de*") == ["dead", "deploy"])
            #expect(await Self.run(folder, "--trust", file, "--identity", "x").status == 2)
            let unknown = await Self.run(folder, "--trust", file, "--repository", "acme/apo")
            #expect(unknown.status == 2 && unknown.error.contains("did you mean \"acme/api\"?"))
        }
    }

    @Test func oneTokenIsAskedAbout() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(Self.roles(Self.deploy, Self.role("all", "repo:acme/*")), to: "roles.json")
            func ask(_ claims: String) async throws -> CommandRun {
                let path = try folder.write(claims, to: "claims.json")
                return await Self.run(folder, "--trust", file, "--token-claims", path, "-f", "json")
            }
            let accepted = try await ask(
                #"{"sub": "repo:acme/api:pull_request", "aud": "sts.amazonaws.com", "iat": 1}"#)
            #expect(accepted.status == 0)
            let tokens = Self.items(accepted, "trusts").compactMap { $0["token"] as? [String: Any] }
            #expect(tokens.map { $0["accepted"] as? Bool } == [true, false])
            #expect(tokens.map { $0["refused_by"] as? String } == [nil, "sub"])
            let refused = try await ask(#"{"sub": "repo:acme/api:pull_request", "aud": "other"}"#)
            #expect(refused.status == 1)
            #expect(try await ask(#"{"sub": "repo:acme/api:x", "aud": "x", "iss": "https://x"}"#).status == 1)
            let listed = #"{"sub": "repo:acme/api:pull_request", "aud": ["sts.amazonaws.com"]}"#
            #expect(try await ask(listed).status == 0)
            #expect(try await ask("[]").status == 2)
            #expect(try await ask(#"{"sub": 5}"#).error.contains("the claim \"sub\" must be a string, not a number"))
            #expect(try await ask(#"{"aud": "x"}"#).error.contains("there is no claim \"sub\""))
        }
    }

    // MARK: - Policies

    @Test func aPolicyDecidesTheStatus() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(
                Self.roles(Self.deploy, Self.role("everyone", "repo:acme*")), to: "roles.json")
            let all = await Self.run(folder, "--trust", file, "--policy", "preset:trust")
            #expect(all.status == 1, "\(all.error)")
            for line in [
                "\n  critical  trust-anyone: No account of GitHub but yours can get in. (1 finding)\n",
                "    arn:aws:iam::111122223333:role/everyone\n      any account of GitHub gets in\n      fix: ",
            ] { #expect(all.output.contains(line), "\(line)\n\(all.output)") }
            let json = await Self.run(folder, "--trust", file, "--policy", "preset:trust", "-f", "json")
            let open = Self.items(json, "findings").filter { $0["rule"] as? String == "trust-anyone" }
            #expect(
                open.map { $0["fingerprint"] as? String }
                    == ["trusts/aws/arn:aws:iam::111122223333:role/everyone/trust-anyone"])
            #expect((json.json["gate"] as? [String: Any])?["exit_status"] as? Int == 1)

            let closed = try folder.write(Self.roles(Self.deploy), to: "closed.json")
            let low = await Self.run(folder, "--trust", closed, "--policy", "preset:trust", "--fail-on", "high")
            #expect(low.status == 0, "\(low.output)")
        }
    }

    @Test func findingsAreAccepted() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(Self.roles(Self.role("everyone", "repo:acme*")), to: "roles.json")
            let baseline = folder.path + "/baseline.json"
            let policy = ["--trust", file, "--policy", "preset:trust"]
            func run(_ arguments: String...) async -> CommandRun {
                await CommandRun.run(["trust", "acme", "--db", folder.database] + policy + arguments)
            }
            let written = await run("--write-baseline", baseline)
            #expect(written.status == 0, "\(written.output)\(written.error)")
            #expect(await run("--baseline", baseline, "--new-only").status == 0)
            #expect(await run("--baseline", baseline).status == 1)
            let waivers = try folder.write(
                """
                version: 1
                waivers:
                  - {rule: trust-anyone, identity: "every*", owner: o, reason: r, expires: 2026-12-31}
                """, to: "waivers.yaml")
            let waived = await run("--waivers", waivers, "--fail-on", "critical")
            #expect(waived.status == 0, "\(waived.output)\(waived.error)")
            let added = folder.path + "/added.yaml"
            let add = ["waiver", "add", added, "--rule", "trust-anyone", "--owner", "o", "--reason", "r"]
            let until = ["--expires", "2999-12-31"]
            #expect(await CommandRun.run(add + until + ["--identity", "every*"]).status == 0)
            #expect(try WaiverFile.load(added).waivers.map(\.target) == [.init(identity: Glob("every*"))])
            #expect(
                await CommandRun.run(add + until + ["--identity", "x", "--organization", "acme"]).status == 2)
            let misplaced = try folder.write(
                """
                version: 1
                waivers:
                  - {rule: trust-anyone, organization: acme, owner: o, reason: r, expires: 2026-12-31}
                """, to: "misplaced.yaml")
            #expect(await run("--waivers", misplaced).status == 2)
        }
    }

    @Test func policiesOfOneKindAreForTheirCommands() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(Self.roles(Self.deploy), to: "roles.json")
            let check = await CommandRun.run(["check", "acme", "--db", folder.database, "--policy", "preset:trust"])
            #expect(check.status == 2 && check.error.contains("oidc-audit trust"), "\(check.error)")
            let compared = await CommandRun.run([
                "check", "acme", "--db", folder.database, "--policy", "preset:strict", "--compare", "preset:trust",
            ])
            #expect(compared.status == 2 && compared.error.contains("oidc-audit trust"), "\(compared.error)")
            let strict = await Self.run(folder, "--trust", file, "--policy", "preset:strict")
            #expect(strict.status == 2 && strict.error.contains("preset:trust"), "\(strict.error)")
            for mistake in [
                ["--fail-on", "high"], ["--policy", "preset:trust", "--new-only"],
                ["--policy", "preset:trust", "--baseline", "scan:1"],
            ] {
                let run = await CommandRun.run(["trust", "acme", "--db", folder.database, "--trust", file] + mistake)
                #expect(run.status == 2, "\(mistake)")
            }
        }
    }

    // MARK: - Time

    @Test func whatIsNewSinceAReportIsSaid() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(Self.roles(Self.deploy, Self.role("gone", "repo:acme/web:*")), to: "roles.json")
            let report = folder.path + "/before.json"
            let policy = ["--policy", "preset:trust"]
            let arguments = ["trust", "acme", "--db", folder.database, "--trust", file] + policy
            let before = await CommandRun.run(arguments + ["-o", "json=\(report)"])
            #expect(before.status == 1, "\(before.error)")
            let same = await CommandRun.run(arguments + ["--since-report", report])
            #expect(same.output.contains("SINCE  nothing is new or gone"), "\(same.output)\(same.error)")

            _ = try folder.write(
                Self.roles(Self.deploy, Self.role("everyone", "repo:acme*")), to: "roles.json")
            let later = await CommandRun.run(arguments + ["--since-report", report, "-f", "json"])
            let news = try #require(later.json["since"] as? [String: Any])
            func names(_ key: String, _ member: String) -> [String] {
                (news[key] as? [[String: Any]] ?? []).compactMap { $0[member] as? String }
            }
            let arn = "arn:aws:iam::111122223333:role/"
            #expect(Set(names("new_access", "identity")) == [arn + "everyone"])
            #expect(names("gone_access", "repository") == ["acme/web"])
            #expect(names("reach", "identity") == [arn + "everyone", arn + "gone"])
            #expect(names("new_findings", "rule").contains("trust-anyone"))
            #expect(Set(names("gone_findings", "name")) == [arn + "gone"])
            for text in ["{}", "[]", "x", #"{"schema": "oidc-audit.plan/v1"}"#] {
                let odd = try folder.write(text, to: "odd.json")
                #expect(await Self.run(folder, "--trust", file, "--since-report", odd).status == 2, "\(text)")
            }
        }
    }

    @Test func aScanThatIsTooOldLeavesItOpen() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(Self.roles(Self.deploy), to: "roles.json")
            #expect(await Self.run(folder, "--trust", file, "--max-age", "1h").status == 0)
            let queue = try DatabaseQueue(path: folder.database)
            try await queue.write { db in
                try db.execute(sql: "UPDATE scan SET startedAt = '2026-01-01T00:00:00Z'")
            }
            try queue.close()
            let old = await Self.run(folder, "--trust", file, "--max-age", "1h")
            #expect(old.status == 3 && old.output.contains("is older than 1h"), "\(old.output)\(old.error)")
            // Of one scan its age is nobody's matter unless it is asked for.
            #expect(await Self.run(folder, "--trust", file).status == 0)
            #expect(await Self.run(folder, "--trust", file, "--max-age", "1h", "--at", "1").status == 2)
        }
    }

    // MARK: - Exports

    @Test func doctorLooksAtExports() async throws {
        let folder = try Folder()
        func doctor(_ arguments: String...) async -> CommandRun {
            await CommandRun.run(["doctor", "--trust", folder.path] + arguments)
        }
        let roles = try folder.write(Self.roles(Self.deploy), to: "roles.json")
        let provider = "arn:aws:iam::111122223333:oidc-provider/\(Self.key)"
        let whole = await doctor()
        #expect(whole.status == 0, "\(whole.output)\(whole.error)")
        for line in [
            "EXPORT  \(roles)\n", "  kind        aws.list-roles\n", "  age         less than a day\n",
            "  roles       1, with 1 trust for GitHub, 0 with other issuers\n",
            "    aws iam get-account-authorization-details --filter Role --output json",
            "MISSING  what none of the files holds\n  the audiences that\n  \(provider)\n  accepts\n",
        ] { #expect(whole.output.contains(line), "\(line)\n\(whole.output)") }

        // With the provider nothing is missing of it.
        _ = try folder.write(
            "{\"Url\": \"\(Self.key)\", \"ClientIDList\": [\"sts.amazonaws.com\"]}", to: "provider.json")
        #expect(await !doctor().output.contains("MISSING"))

        _ = try folder.write(Self.roles(Self.deploy, more: ", \"Marker\": \"x\""), to: "roles.json")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -9.5 * 86_400)], ofItemAtPath: roles)
        let paged = await doctor()
        #expect(paged.status == 3 && paged.error.contains("one page of several"), "\(paged.error)")
        #expect(paged.output.contains("  age         9 days\n") && paged.output.contains("the roles of today"))

        let users = try folder.write("{\"Users\": []}", to: "users.json")
        let odd = await doctor("-f", "json")
        #expect(odd.status == 2 && odd.error.contains("a list of users"), "\(odd.error)")
        let files = Self.items(odd, "files")
        #expect(files.map { $0["export"] is NSNull } == [false, false, true])
        #expect(files.last?["path"] as? String == users)

        // As `trust` ends: without a role nothing is known.
        let empty = try Folder()
        for text in ["{\"Roles\": []}", "{\"Url\": \"\(Self.key)\", \"ClientIDList\": [\"sts.amazonaws.com\"]}"] {
            _ = try empty.write(text, to: "export.json")
            let none = await CommandRun.run(["doctor", "--trust", empty.path])
            #expect(none.status == 3 && none.error.contains("the files hold no role"), "\(none.error)")
            #expect(none.error.contains("aws iam list-roles") && none.output.contains("roles and whom they trust"))
        }

        #expect(await CommandRun.run(["doctor"]).status == 2)
        #expect(await CommandRun.run(["doctor", "acme", "--trust", roles]).status == 2)
    }

    // MARK: - Formats

    @Test func eachFormatIsWritten() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let file = try folder.write(
                Self.roles(Self.deploy, Self.role("everyone", "repo:acme*")), to: "roles.json")
            let access = folder.path + "/access.ndjson"
            let page = folder.path + "/trust.html"
            let run = await Self.run(folder, "--trust", file, "-o", "access=\(access)", "-o", "html=\(page)")
            #expect(run.status == 1, "\(run.error)")
            let rows = try String(contentsOfFile: access, encoding: .utf8).split(separator: "\n")
            // An archived repository has access too: it may be opened again.
            #expect(rows.count == 5 && rows.allSatisfy { $0.contains("\"identity\"") }, "\(rows)")
            #expect(try String(contentsOfFile: page, encoding: .utf8).contains("any account of GitHub gets in"))
            for format in ["html", "csv", "markdown"] {
                let run = await Self.run(folder, "--trust", file, "-f", format)
                #expect(run.status == 1 && run.output.contains("role/everyone"), "\(format) \(run.error)")
            }
            let line = await Self.run(folder, "--trust", file, "-f", "line")
            #expect(
                line.status == 1 && line.output.hasPrefix("FAILED: acme: 1 trust open to outsiders"), "\(line.output)")
            #expect(line.output.split(separator: "\n").count == 1 && line.output.contains("; scan "))
            #expect(await Self.run(folder, "--trust", file, "-f", "none").output.isEmpty)
            let metrics = await Self.run(folder, "--trust", file, "-f", "prometheus")
            #expect(metrics.output.contains("reach=\"anyone\"} 1\n"), "\(metrics.output)")
            for format in ["sarif", "junit", "github", "gitlab"] {
                #expect(await Self.run(folder, "--trust", file, "-f", format).status == 2)
                let run = await Self.run(folder, "--trust", file, "-f", format, "--policy", "preset:trust")
                #expect(run.status == 1 && run.output.contains("trust-anyone"), "\(format) \(run.error)")
            }
            for mistake in [
                ["-f", "nothing"], ["-o", "nothing=x"], ["-o", "line=\(folder.path)/x"],
                ["-o", "html=\(page)", "-o", "csv=\(page)"],
            ] {
                let run = await CommandRun.run(["trust", "acme", "--db", folder.database, "--trust", file] + mistake)
                #expect(run.status == 2, "\(mistake)")
            }
        }
    }

    // MARK: - Files

    @Test func whatIsNotReadIsThree() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let page = try folder.write(
                Self.roles(Self.deploy, more: ", \"IsTruncated\": true, \"Marker\": \"x\""), to: "page.json")
            let run = await Self.run(folder, "--trust", page)
            #expect(run.status == 3)
            #expect(run.output.hasPrefix("INCOMPLETE") && run.output.contains("one page of several"), "\(run.output)")
            let odd = try folder.write(
                Self.roles(Self.deploy, "{\"Arn\": \"arn:aws:iam::1:role/odd\"}"), to: "odd.json")
            let unread = await Self.run(folder, "--trust", odd, "-f", "json")
            #expect(unread.status == 3 && (unread.json["summary"] as? [String: Any])?["unread"] as? Int == 1)
            let none = try folder.write("{\"Roles\": []}", to: "none.json")
            #expect(await Self.run(folder, "--trust", none).status == 3)
        }
    }

    @Test func whatIsNoExportIsTwo() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            for text in [
                "", "x", "[", "{}", "[[]]", "{\"Statement\": []}", "null", "\u{0}", "{\"Roles\": 1}",
                String(repeating: "[", count: 100_000),
                "{\"Roles\": [{\"RoleName\": \"\\u001b[31m\"}], \"Policies\": 1}",
            ] {
                let file = try folder.write(text, to: "odd.json")
                let run = await Self.run(folder, "--trust", file)
                #expect(run.status == 2 && run.output.isEmpty, "\(text.prefix(40)) \(run.status)")
                #expect(run.error.contains("aws iam list-roles") && !run.error.contains("\u{1B}"), "\(run.error)")
            }
            #expect(await Self.run(folder, "--trust", folder.path + "/nothing.json").status == 2)
            #expect(await Self.run(folder).status == 2)
        }
    }

    @Test func foldersAreRead() async throws {
        try await Self.withHistory { (folder) async throws -> Void in
            let exports = folder.path + "/exports"
            try FileManager.default.createDirectory(atPath: exports + "/more", withIntermediateDirectories: true)
            #expect(await Self.run(folder, "--trust", exports).status == 2)
            _ = try folder.write(Self.roles(Self.deploy), to: "exports/a.json")
            _ = try folder.write(Self.roles(Self.role("all", "repo:acme/*")), to: "exports/more/b.json")
            _ = try folder.write("what these are", to: "exports/README.md")
            // A link to itself has an end.
            try FileManager.default.createSymbolicLink(
                atPath: exports + "/more/loop", withDestinationPath: exports)
            #expect(mkfifo(exports + "/pipe.json", 0o600) == 0)
            let run = await Self.run(folder, "--trust", exports, "-f", "json")
            #expect(run.status == 0, "\(run.error)")
            #expect(run.error.contains("note: skipped"))
            #expect(Self.items(run, "trusts").count == 2)
        }
    }
}
