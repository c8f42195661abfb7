import AuditCore
import Foundation
import TestSupport
import Testing

@testable import GitHubAPI

/// Whatever is no valid answer is unreadable, in every answer that decides a verdict.
@Suite(.timeLimit(.minutes(5))) struct UnlawfulAnswerTests {
    private static let page = "/orgs/acme/repos?type=all&sort=created&direction=asc&per_page=100&page=1"
    private static let template = "/orgs/acme/actions/oidc/customization/sub"
    private static let setting = "/repos/acme/api/actions/oidc/customization/sub"
    private static let values = "/orgs/acme/properties/values?per_page=100&page=1"
    private static let included = "/orgs/acme/actions/oidc/customization/properties/repo"

    /// An answer and what it is read by.
    struct Answer: Sendable, CustomTestStringConvertible {
        let name: String
        let path: String
        /// An object that is read, in which every damage is one of the answer.
        let object: String
        /// Around the object.
        var isList = false
        let read: @Sendable (GitHubClient) async throws -> Void

        var testDescription: String { name }

        func body(_ object: String) -> String { isList ? "[\(object)]" : object }
    }

    static let answers: [Answer] = [
        Answer(
            name: "setting", path: setting,
            object: #"{"use_default":false,"include_claim_keys":["repo","context"],"sub_claim_prefix":"repo:acme/api"}"#
        ) { client in _ = try await client.setting(of: .sample("api", id: 1)) },
        Answer(
            name: "organization's template", path: template, object: #"{"include_claim_keys":["repo","context"]}"#
        ) { client in _ = try await client.organizationTemplate(of: .sample) },
        Answer(
            name: "organization", path: "/orgs/acme",
            object: #"{"id":77,"login":"acme","public_repos":1,"total_private_repos":2}"#
        ) { client in _ = try await client.organization(.sample) },
        Answer(
            name: "listing", path: page,
            object: #"{"id":1,"name":"api","owner":{"login":"acme","id":77},"custom_properties":{"tier":["a"]}}"#,
            isList: true
        ) { client in
            let page = try await client.repositoryPage(.number(1), of: .sample).value
            if page?.malformedCount != 0 { throw GitHubError.malformed("an entry") }
        },
        Answer(
            name: "repository", path: "/repositories/1",
            object: #"{"id":1,"name":"api","owner":{"login":"acme","id":77}}"#
        ) { client in _ = try await client.repository(RepositoryID(rawValue: 1)) },
        Answer(
            name: "included properties", path: included, object: #"{"custom_property_name":"tier"}"#, isList: true
        ) { client in _ = try await client.includedProperties(of: .sample) },
        Answer(
            name: "values of properties", path: values,
            object: #"{"repository_id":1,"properties":[{"property_name":"tier","value":["a","b"]}]}"#, isList: true
        ) { client in _ = try await client.propertyValuePage(.number(1), of: .sample) },
        Answer(
            name: "rate limit", path: "/rate_limit",
            object: #"{"resources":{"core":{"limit":5000,"remaining":1,"reset":1795226400}}}"#
        ) { client in _ = try await client.rateLimit() },
        Answer(
            name: "installation", path: "/installation/repositories?per_page=1",
            object: #"{"repository_selection":"all"}"#
        ) { client in _ = try await client.seesSelectedRepositoriesOnly() },
        Answer(name: "user", path: "/user", object: #"{"login":"octocat"}"#) { client in
            _ = try await client.tokenLogin()
        },
    ]

    private func outcome(_ answer: Answer, _ body: [UInt8]) async -> GitHubError? {
        let client = GitHubClient(
            GitHubClient.Settings(endpoint: .gitHub, token: nil, userAgent: "oidc-audit/test"),
            transport: ScriptedTransport([answer.path: [.bytes(body)]]), clock: ManualClock()
        ) { .sample }
        do {
            try await answer.read(client)
            return nil
        } catch {
            return error as? GitHubError ?? .timeout
        }
    }

    private func expectMalformed(_ answer: Answer, _ body: [UInt8], _ comment: String) async {
        guard case .malformed = await outcome(answer, body) else {
            Issue.record("\(answer.name) was read: \(comment)")
            return
        }
    }

    @Test(arguments: answers) func asItIsItIsRead(answer: Answer) async {
        #expect(await outcome(answer, Array(answer.body(answer.object).utf8)) == nil)
        #expect(await outcome(answer, Array((" \r\n\t" + answer.body(answer.object) + "\n").utf8)) == nil)
    }

    /// What stands in a member that nobody asks for.
    private static let badValues: [[UInt8]] =
        [
            "01", "-01", "1.", ".5", "1e", "1e+", "-", "+1", "0x10", "1_000", "NaN", "Infinity", "nul", "tru", "TRUE",
            "truex", "'a'", #""\q""#, #""\x41""#, #""\u12""#, #""\u12G4""#, #""\ud800""#, #""\udc00""#, #""\ud800A""#,
            #""\ud800\n""#, #""\ud800\u0041""#, "\"a\nb\"", "\"a\tb\"", "\"a\u{0}b\"", "\"abcdefghij\u{1F}\"", "\"",
            "\"a\\",
            "[1 2]", "[1,]", "[,]", "[,1]", "[1", "{1:2}", #"{"a"}"#, #"{"a":}"#, #"{"a" 1}"#, #"{"a":1,}"#, "{,}",
            "{a:1}",
            #"{"a":1 "b":2}"#, "]", "}", "[}", "{]", "/* x */ 1", "1 // x", "1 2", "", "\u{B}1", "\u{A0}1", "\u{FEFF}1",
            #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"[{"b":{"a":1,"c":0,"a":null}}]"#,
        ].map { Array($0.utf8) } + [
            // A stray byte, a text cut short, an overlong slash, a surrogate, and beyond Unicode.
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22] + Array(repeating: 0x61, count: 20) + [0x80, 0x22],
        ]

    @Test(arguments: answers) func whatIsPassedOverMustBeJSONToo(answer: Answer) async {
        let (head, tail) = (Array("{".utf8), Array(answer.object.dropFirst().utf8))
        let last = Array(answer.object.dropLast().utf8)
        let (open, close) = answer.isList ? (Array("[".utf8), Array("]".utf8)) : ([], [])
        for bad in Self.badValues {
            let comment = String(decoding: bad, as: UTF8.self)
            let first = open + head + Array(#""zzz":"#.utf8) + bad + [UInt8(ascii: ",")] + tail + close
            await expectMalformed(answer, first, "first: \(comment)")
            let lastOf = open + last + Array(#","zzz":"#.utf8) + bad + [UInt8(ascii: "}")] + close
            await expectMalformed(answer, lastOf, "last: \(comment)")
            let nested = open + last + Array(#","zzz":[{"y":[1,"#.utf8) + bad + Array("]}]}".utf8) + close
            await expectMalformed(answer, nested, "nested: \(comment)")
        }
        let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
        await expectMalformed(answer, Array(answer.body(#"{"zzz":\#(deep),"# + answer.object.dropFirst()).utf8), "deep")
    }

    /// Which of two members of one name counts is nobody's to say.
    @Test(arguments: answers) func noMemberStandsTwice(answer: Answer) async throws {
        let document = try JSONParser.parse(Array(answer.object.utf8))
        guard case .object(let members) = document.value else { return }
        for member in members {
            let rest = answer.object.dropFirst()
            let escaped = "\\u00" + String(member.key.utf8.first ?? 0, radix: 16) + member.key.dropFirst()
            for name in [member.key, escaped] {
                for value in ["null", "true", "7", #""x""#, "[]", "{}"] {
                    await expectMalformed(
                        answer, Array(answer.body(#"{"\#(name)":\#(value),"# + rest).utf8), "\(name): \(value) first")
                    let end = answer.object.dropLast() + #","\#(name)":\#(value)}"#
                    await expectMalformed(answer, Array(answer.body(String(end)).utf8), "\(name): \(value) last")
                }
            }
        }
    }

    /// Many members, as no list of names is short for ever.
    @Test(arguments: answers) func noMemberStandsTwiceAmongVeryMany(answer: Answer) async {
        let many = (0..<2000).map { #""m\#($0)":\#($0)"# }.joined(separator: ",")
        let good = answer.object.dropLast() + ",\(many)}"
        #expect(await outcome(answer, Array(answer.body(String(good)).utf8)) == nil)
        for double in [0, 127, 128, 1999] {
            let bad = answer.object.dropLast() + #",\#(many),"m\#(double)":0}"#
            await expectMalformed(answer, Array(answer.body(String(bad)).utf8), "m\(double)")
        }
    }

    @Test(arguments: answers) func otherEncodingsAndShapesAreNone(answer: Answer) async throws {
        let text = answer.body(answer.object)
        let encodings: [String.Encoding] = [
            .utf16, .utf16LittleEndian, .utf16BigEndian, .utf32, .utf32LittleEndian, .utf32BigEndian,
        ]
        for encoding in encodings {
            await expectMalformed(answer, Array(try #require(text.data(using: encoding))), "\(encoding)")
        }
        let marked = [0xEF, 0xBB, 0xBF] + Array(text.utf8)
        await expectMalformed(answer, marked, "byte order mark")
        for bad in [
            "", " ", "null", "true", "7", "\"\"", text + text, text + ",", text + "]", text + "x", "," + text,
            String(text.dropLast()), "(\(text))", "{\(text)}", text + "\u{0}", "\u{0}" + text, ")]}'\n" + text,
            answer.body(String(answer.object.dropLast()) + ",}"), answer.isList ? "[\(answer.object),]" : "[\(text)]",
            // An installation need not say what it sees.
            answer.isList ? answer.object : answer.name == "installation" ? "[]" : "{}",
        ] { await expectMalformed(answer, Array(bad.utf8), bad) }
    }

    // MARK: - Values that no answer has

    @Test(arguments: [
        #"{"use_default":"true"}"#, #"{"use_default":null}"#, #"{"use_default":1}"#, "{}", "[]",
        #"{"use_default":false,"include_claim_keys":"repo"}"#, #"{"use_default":false,"include_claim_keys":{}}"#,
        #"{"use_default":false,"include_claim_keys":[null]}"#,
        #"{"use_default":false,"include_claim_keys":[["repo"]]}"#,
        #"{"use_default":false,"include_claim_keys":["a\u0000b"]}"#, #"{"use_default":true,"sub_claim_prefix":7}"#,
        #"{"use_default":true,"use_immutable_subject":"yes"}"#,
    ])
    func aSettingOfOtherTypesIsNone(body: String) async {
        await expectMalformed(Self.answers[0], Array(body.utf8), body)
    }

    @Test func theReasonNamesWhatIsWrong() async {
        func why(_ body: String) async -> GitHubError? { await outcome(Self.answers[0], Array(body.utf8)) }
        #expect(await why("{}") == .malformed("no field use_default"))
        #expect(await why(#"{"use_default":1}"#) == .malformed("wrong type of use_default"))
        #expect(
            await why(#"{"use_default":false,"include_claim_keys":["repo",1]}"#)
                == .malformed("wrong type of include_claim_keys[1]"))
        #expect(
            await why(#"{"use_default":true,"use_default":false}"#)
                == .malformed("no JSON: the key \"use_default\" stands twice in one object"))
        #expect(await why("[]") == .malformed("wrong type of the document"))
    }

    /// Ids are from 1 to 2^63 - 1, however they are spelled.
    @Test func idsAreThoseThatGitHubGivesOut() async {
        let bad = [
            "0", "-0", "-1", "9223372036854775808", "18446744073709551617", "1.5", "1e19", "1e-1", "\"1\"", "null",
            "true",
        ]
        let good = ["1", "9223372036854775807", "1.0", "1e2", "10e-1", "922337203685477580.7e1"]
        for answer in Self.answers {
            for (name, id) in [("id", "1"), ("id", "77"), ("repository_id", "1")] {
                let member = #""\#(name)":\#(id)"#
                guard answer.object.contains(member) else { continue }
                for number in bad {
                    // An owner without an id is an owner.
                    guard number != "null" || id != "77" || answer.name == "organization" else { continue }
                    let object = answer.object.replacing(member, with: #""\#(name)":\#(number)"#)
                    await expectMalformed(answer, Array(answer.body(object).utf8), "\(name) \(number)")
                }
                for number in good {
                    let object = answer.object.replacing(member, with: #""\#(name)":\#(number)"#)
                    #expect(await outcome(answer, Array(answer.body(object).utf8)) == nil, "\(answer.name) \(number)")
                }
            }
        }
    }

    /// Which of two values a property has, or which of two repositories one is, is nobody's to say either.
    @Test func aPropertyOrARepositoryThatStandsTwiceIsNotRead() async {
        let answer = Self.answers[6]
        let twice =
            #"{"repository_id":1,"properties":[{"property_name":"a","value":"x"},{"property_name":"a","value":"y"}]}"#
        await expectMalformed(answer, Array("[\(twice)]".utf8), "property")
        await expectMalformed(answer, Array("[\(answer.object),\(answer.object)]".utf8), "repository")
    }

    // MARK: - Errors

    private func templateError(_ body: [UInt8]) async -> GitHubError? {
        let transport = RefusingTransport(body: body)
        let client = GitHubClient(
            GitHubClient.Settings(endpoint: .gitHub, token: nil, userAgent: "oidc-audit/test"), transport: transport,
            clock: ManualClock()
        ) { .sample }
        do throws(GitHubError) {
            _ = try await client.organizationTemplate(of: .sample)
            return nil
        } catch {
            return error
        }
    }

    /// It decides that repositories which inherit have GitHub's default.
    @Test func onlyGitHubsOwnMessageAboutTheOrganizationSaysNeverSet() async {
        let never = "No Actions OIDC custom sub claim template found for the organization"
        func message(_ text: String) -> [UInt8] { Array(#"{"message":"\#(text)","status":"404"}"#.utf8) }
        for text in [
            "\(never) acme", "\(never) ACME", "\(never.uppercased()) acme", "\(never) acme.",
            "No \\u0041ctions" + never.dropFirst(10) + " acme",
        ] {
            #expect(await templateError(message(text)) == .organizationTemplateNeverSet, "\(text)")
        }
        for text in [
            "\(never) globex", "\(never) acme-2", "\(never) acm", "\(never)", "\(never) ", "\(never) acme globex",
            "\(never) \\u0430cme", "\(never) acme\\u0000", "Not Found", "x \(never) acme", "",
        ] {
            guard case .notFound = await templateError(message(text)) else { Issue.record("\(text)"); continue }
        }
        for body in [
            #"{"message":"\#(never) acme","message":"Not Found"}"#,
            #"{"message":"Not Found","message":"\#(never) acme"}"#,
            #"{"message":"\#(never) acme",}"#, #"{"message":"\#(never) acme","x":01}"#, #"["\#(never) acme"]"#,
            #"{"message":["\#(never) acme"]}"#, #"{"error":{"message":"\#(never) acme"}}"#, "\(never) acme",
            #"{"message":"\#(never) acme"} x"#,
        ] {
            let isPage = !body.hasPrefix("{") && !body.hasPrefix("[")
            #expect(
                await templateError(Array(body.utf8)) == (isPage ? .foreignPage(status: 404) : .notFound("Not Found")),
                "\(body)")
        }
        let wide = #"{"message":"\#(never) acme"}"#.data(using: .utf16LittleEndian)
        #expect(await templateError(Array(wide ?? Data())) == .notFound("Not Found"))
    }

    /// A message that stands twice says neither that a limit holds nor that a right is missing.
    @Test func aMalformedErrorIsNoRateLimit() {
        let limit = "You have exceeded a secondary rate limit."
        func kind(_ body: String) -> AnswerKind {
            APIResponse(status: 403, body: Array(body.utf8)).kind(token: nil, now: { .sample })
        }
        guard case .rateLimit = kind(#"{"message":"\#(limit)"}"#) else { Issue.record("no limit"); return }
        for body in [
            #"{"message":"\#(limit)","message":"Must have admin rights"}"#, #"{"message":"\#(limit)",}"#,
            #"{"message":"x","mess\u0061ge":"\#(limit)"}"#,
        ] {
            guard case .refusal(.forbidden("no message", nil)) = kind(body) else { Issue.record("\(body)"); continue }
        }
    }
}

/// Answers everything with 404 and one body.
private struct RefusingTransport: Transport {
    let body: [UInt8]

    func send(_ request: APIRequest) async throws(TransportError) -> APIResponse {
        APIResponse(status: 404, body: body)
    }
}
