import AuditCore
import TestSupport
import Testing

@Suite struct WaiverTests {
    private func list(_ json: String) throws -> WaiverList {
        try WaiverList(JSONParser.parse(Array(json.utf8)), source: "waivers.json")
    }

    private func waiver(_ rest: String) throws -> Waiver {
        try list(#"{"version": 1, "waivers": [{"rule": "a", "owner": "o", "reason": "r", \#(rest)}]}"#).waivers[0]
    }

    static let mistakes: [(text: String, position: String, message: String)] = [
        ("[]", "1:1", "a waiver file must be an object, not a list"),
        (#"{"version": 3, "waivers": []}"#, "1:13", "unsupported waiver file version"),
        (#"{"version": 1}"#, "1:1", "a waiver file has no \"waivers\""),
        (#"{"version": 1, "waivers": {}}"#, "1:27", "\"waivers\" must be a list, not an object"),
        (#"{"version": 1, "waivers": [{"rule": "a", "expiry": "x"}]}"#, "1:42", "unknown key \"expiry\" in a waiver"),
        (#"{"version": 1, "waivers": [{"rule": "A B"}]}"#, "1:37", "\"A B\" is not a rule's id"),
        (#"{"version": 1, "waivers": [{"rule": "a"}]}"#, "1:28", "a waiver has no \"repository\""),
        (
            #"{"version": 1, "waivers": [{"rule": "a", "repository": -4}]}"#, "1:56", "-4 is not a repository's id"
        ),
        (
            #"{"version": 1, "waivers": [{"rule": "a", "organization": "o", "repository_id": 7}]}"#, "1:80",
            "\"repository_id\" stands without \"repository\""
        ),
        (
            #"{"version": 1, "waivers": [{"rule": "a", "repository": "api-?", "repository_id": 7}]}"#, "1:56",
            "\"api-?\" can mean several repositories, and \"repository_id\" means one"
        ),
        (
            #"{"version": 1, "waivers": [{"rule": "a", "repository": 7, "repository_id": 7}]}"#, "1:56",
            "\"repository\" is a number beside \"repository_id\""
        ),
        (
            #"{"version": 1, "waivers": [{"rule": "a", "repository": "api", "repository_id": "7"}]}"#, "1:80",
            "\"repository_id\" must be a number, not a string"
        ),
        (
            #"{"version": 1, "waivers": [{"rule": "a", "organization": "a/b"}]}"#, "1:58",
            "\"a/b\" is not an organization's login"
        ),
        (
            #"{"version": 1, "waivers": [{"rule": "a", "repository": "x", "expires": "2027-02-30"}]}"#, "1:72",
            "\"2027-02-30\" is not a date"
        ),
        (
            #"{"version": 1, "waivers": [{"rule": "a", "repository": "x", "expires": "2027-02-28"}]}"#, "1:28",
            "a waiver has no \"owner\""
        ),
        (
            #"{"version": 1, "waivers": [{"rule": "a", "repository": "x", "expires": "2027-02-28", "owner": ""}]}"#,
            "1:95", "\"owner\" is empty"
        ),
        (
            #"{"version": 1, "waivers": [{"rule": "a", "repository": "x", "expires": "2027-02-28", "owner": "o"}]}"#,
            "1:28", "a waiver has no \"reason\""
        ),
    ]

    @Test(arguments: mistakes.indices)
    func namesThePlaceOfAMistake(index: Int) {
        let mistake = Self.mistakes[index]
        let error = #expect(throws: DocumentError.self) { try list(mistake.text) }
        #expect(error?.position.description == mistake.position, "\(mistake.message)")
        #expect(error?.message == mistake.message)
    }

    @Test func refusesTheSameWaiverTwice() {
        let one = #"{"rule": "a", "repository": "API", "owner": "o", "reason": "r", "expires": "2027-01-01"}"#
        let other = #"{"rule": "a", "repository": "api", "owner": "p", "reason": "s", "expires": "2027-02-01"}"#
        let error = #expect(throws: DocumentError.self) {
            try list(#"{"version": 1, "waivers": [\#(one), \#(other)]}"#)
        }
        #expect(error?.message == "the waiver of a on api stands twice")
    }

    @Test func theSameGlobOfTwoOrganizationsIsTwoWaivers() throws {
        let texts = ["acme", "other"].map {
            #"{"rule": "a", "organization": "\#($0)", "repository": "*/api", "owner": "o", "reason": "r", "expires": "2027-01-01"}"#
        }
        let list = try list(#"{"version": 1, "waivers": [\#(texts.joined(separator: ","))]}"#)
        #expect(list.waivers.map(\.description) == ["waiver of a on */api of acme", "waiver of a on */api of other"])
    }

    @Test func anEmptyFileIsOne() throws {
        #expect(try list(#"{"version": 1, "waivers": []}"#).waivers.isEmpty)
        #expect(try list(#"{"version": 1, "waivers": null}"#).waivers.isEmpty)
    }

    @Test func coversWhatItNames() throws {
        let api = Repository.sample("legacy-API", id: 7)
        for (rest, covers) in [
            (#""repository": "legacy-*""#, true), (#""repository": "api""#, false), (#""repository": 7"#, true),
            (#""repository": 8"#, false), (#""repository": "7""#, false), (#""repository": "acme/legacy-*""#, true),
            (#""repository": "other/legacy-*""#, false), (#""repository": "acme/old", "repository_id": 7"#, true),
            (#""repository": "legacy-api", "repository_id": 8"#, false),
            (#""repository": "*", "organization": "ACME""#, true),
            (#""repository": "*", "organization": "other""#, false), (#""organization": "acme""#, false),
        ] {
            let waiver = try waiver(rest + #", "expires": "2027-01-31""#)
            #expect(waiver.covers(api, of: "acme") == covers, "\(rest)")
        }
        #expect(try waiver(#""organization": "Acme", "expires": "2027-01-31""#).covers(organization: "acme"))
        #expect(try !waiver(#""repository": "*", "expires": "2027-01-31""#).covers(organization: "acme"))
    }

    /// What an organization's own waiver takes from one for all, however each is written.
    @Test func anOrganizationsOwnWaiverTakesTheOthersPlaceThere() throws {
        let day = #", "expires": "2027-01-31""#
        for (common, own, isLeftElsewhere) in [
            (#""repository": "acme/b""#, #""repository": "acme/b""#, nil),
            (#""repository": "b""#, #""repository": "b""#, true),
            (#""repository": "b""#, #""repository": "ACME/B""#, true),
            (#""repository": "acme/b""#, #""repository": "b""#, nil),
            (#""repository": "*/b""#, #""repository": "b""#, true),
            (#""organization": "acme", "repository": "b""#, #""repository": "b""#, nil),
            (#""organization": "acme""#, #""organization": "acme""#, nil),
            (#""repository": 7"#, #""repository": 7"#, true),
            // As waiver add writes it.
            (#""repository": "b""#, #""repository": "b", "repository_id": 7"#, true),
            (#""repository": "acme/b""#, #""repository": "b", "repository_id": 7"#, nil),
            (#""repository": "b", "repository_id": 7"#, #""repository": 7"#, true),
        ] as [(String, String, Bool?)] {
            let broad = try waiver(common + day)
            var narrow = try waiver(own + day).target
            narrow.organization = "acme"
            let left = OwnWaivers([broad.about(narrow)], of: "acme").rest(of: broad)
            #expect((left != nil) == (isLeftElsewhere != nil), "\(common) \(own)")
            guard let left else { continue }
            #expect(!left.covers(.sample("b", id: 7), of: "acme"), "\(common)")
            #expect(left.covers(.sample("b", id: 7, owner: "other"), of: "other"), "\(common)")
        }
        for (common, own) in [
            (#""repository": "b""#, #""repository": "c""#), (#""repository": "*""#, #""repository": "b""#),
            (#""repository": "other/b""#, #""repository": "b""#), (#""identity": "b""#, #""repository": "b""#),
        ] {
            let broad = try waiver(common + day)
            #expect(OwnWaivers([try waiver(own + day)], of: "acme").rest(of: broad) == broad, "\(common)")
        }
        let except = try waiver(#""repository": "b", "except_organizations": ["Acme"]"# + day)
        #expect(!except.covers(.sample("b", id: 7), of: "acme"))
        #expect(except.covers(.sample("b", id: 7, owner: "other"), of: "other"))
    }

    /// Two repositories can have had one name.
    @Test func anIDTellsWaiversOfOneNameApart() throws {
        func entry(_ target: String) -> String {
            #"{"rule": "a", "owner": "o", "reason": "r", "expires": "2027-01-31", \#(target)}"#
        }
        let targets = [
            #""repository": "acme/b", "repository_id": 7"#, #""repository": "ACME/b", "repository_id": 8"#,
            #""repository": "acme/c", "repository_id": 9"#,
            #""repository": "b", "repository_id": 7, "except_organizations": ["Beta"]"#,
        ]
        let waivers = try list(
            #"{"version": 1, "waivers": [\#(targets.map(entry).joined(separator: ", "))]}"#
        ).waivers
        #expect(
            waivers.map(\.description) == [
                "waiver of a on acme/b (id 7)", "waiver of a on ACME/b (id 8)", "waiver of a on acme/c",
                "waiver of a on b, except in beta",
            ])
        // The history knows them by these texts, whatever else is in the list.
        #expect(
            waivers.map { $0.identity(under: "acme") } == [
                "acme: a on acme/b (id 7) until 2027-01-31", "acme: a on ACME/b (id 8) until 2027-01-31",
                "acme: a on acme/c (id 9) until 2027-01-31", "acme: a on b, except in beta (id 7) until 2027-01-31",
            ])
    }

    /// Each is looked up, and not held against each: five thousand of both take no longer than to read them.
    @Test func ownWaiversAreLookedUp() {
        func waivers(_ organization: String?, _ count: Int) -> [Waiver] {
            (0..<count).map { number in
                Waiver(
                    rule: "a", target: .init(organization: organization, repository: .named(Glob("r\(number)"))),
                    owner: "o", reason: "r", expires: Day(of: .sample))
            }
        }
        let common = waivers(nil, 5_000)
        let own = OwnWaivers(waivers("acme", 4_999), of: "acme")
        var rest: [Waiver] = []
        let time = ContinuousClock().measure { rest = common.compactMap(own.rest) }
        #expect(rest.count == 5_000)
        #expect(rest.count { $0.target.exceptOrganizations == ["acme"] } == 4_999)
        // Held against each, it is some 25 million comparisons: minutes.
        #expect(time < .seconds(5))
    }

    @Test func holdsThroughItsLastDay() throws {
        let waiver = try waiver(#""repository": "x", "expires": "2027-01-31""#)
        #expect(!waiver.isExpired(at: try #require(Timestamp("2027-01-31T23:59:59Z"))))
        #expect(waiver.isExpired(at: try #require(Timestamp("2027-02-01T00:00:00Z"))))
    }

    @Test func aDayIsOneOfTheCalendar() throws {
        let day = try #require(Day("2028-02-28"))
        #expect(day.adding(days: 1).description == "2028-02-29")
        #expect(day.adding(days: 2).description == "2028-03-01")
        #expect(day.adding(days: -28).days(since: day) == -28)
        #expect(Day(of: Timestamp(secondsSince1970: -1)).description == "1969-12-31")
        for text in ["2027-2-1", "2027-02-29", "27-02-01", "2027-01-31T00:00:00Z", "", "2027-01-31Z"] {
            #expect(Day(text) == nil, "\(text)")
        }
    }

    @Test func thePolicyCapsTheSpan() throws {
        let policy = try Policy.parsed(
            """
            {"version": 1, "name": "p", "max_waiver_days": 30,
             "rules": [{"id": "a", "rule": "leading-claim", "severity": "low"}]}
            """)
        func list(_ day: String) throws -> WaiverList {
            try self.list(
                """
                {"version": 1, "waivers": [{"rule": "b", "repository": "x", "owner": "o", "reason": "r",
                 "expires": "\(day)"}]}
                """)
        }
        try list("2026-12-21").check(against: policy, now: .sample)
        let error = #expect(throws: DocumentError.self) {
            try list("2026-12-22").check(against: policy, now: .sample)
        }
        #expect(
            error?.message == "the waiver of b on x holds for 31 more days, and the policy p allows 30")
        #expect(error?.hint == "let it expire on 2026-12-21 or before")
        #expect(
            try list("2026-12-22").problems(under: policy, now: .sample).map(\.message) == [
                "the policy p has no entry \"b\"",
                "the waiver of b on x holds for 31 more days, and the policy p allows 30",
            ])
        #expect(
            try list("2026-11-20").problems(under: nil, now: .sample).map(\.message) == [
                "the waiver of b on x expired on 2026-11-20"
            ])
        #expect(throws: DocumentError.self) {
            try Policy.parsed(#"{"version": 1, "name": "p", "max_waiver_days": 0, "rules": []}"#)
        }
    }
}
