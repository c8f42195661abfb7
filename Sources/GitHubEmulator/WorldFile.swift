package import Foundation

/// A GitHub as a file describes it: organizations, repositories, tokens, limits and faults.
///
/// Keys are snake_case. Everything but names and ids has a default, so that a world says only what matters to it.
package struct WorldFile: Codable, Sendable {
    /// Empty: every token is accepted, and none is needed.
    package var tokens: [String] = []
    package var organizations: [Organization]
    /// Absent: no rate limit, and `/rate_limit` answers 404, as on an Enterprise Server by default.
    package var rateLimit: RateLimit?
    /// Absent: none.
    package var secondaryLimit: SecondaryLimit?
    /// What a classic token may do, as `X-OAuth-Scopes` says; absent: the header is not sent.
    package var oauthScopes: [String]?
    package var faults: [Fault] = []
    package var latencyMilliseconds = 0
    /// Whose token it is, as `GET /user` says; absent: it answers 403, as to an installation's token.
    package var user: String?
    /// Repositories whose setting changes whenever their organization is asked for, as if a night had passed.
    package var changesPerNight = 0
    /// Where there are some, tokens that the world does not know are refused.
    package var apps: [App] = []

    package struct Organization: Codable, Sendable {
        package var login: String
        package var id: Int64
        /// `User` has repositories alone.
        package var type = "Organization"
        /// Absent: never set.
        package var template: [String]?
        package var useImmutableSubject: Bool?
        /// How the template's endpoint refuses, if it does.
        package var templateRefusal: Refusal?
        /// How the endpoint refuses a change of the template, if it does.
        package var writeRefusal: Refusal?
        /// Whether a repository that inherits is reported with the organization's claims, or without any.
        package var echoesTemplate = false
        /// Custom properties whose values tokens carry, in the order in which they are listed.
        package var includedProperties: [String] = []
        /// How the endpoints of custom properties refuse, if they do.
        package var propertiesRefusal: Refusal?
        /// Whether the listing holds custom properties, or only the endpoint of their values does.
        package var listsProperties = true
        /// Whether the number of private repositories is shown.
        package var showsPrivateCount = true
        /// Repositories that exist but are not listed, as to a token that sees selected repositories only.
        package var hiddenRepositories = 0
        /// `all` or `selected`: what an installation's token sees; absent: the token is of no installation.
        package var repositorySelection: String?
        package var repositories: [Repository]
    }

    package struct Repository: Codable, Sendable {
        package var name: String
        package var id: Int64
        /// Where it lives now, if not in the organization that lists it.
        package var owner: String?
        package var visibility = "private"
        package var archived = false
        package var fork = false
        package var topics: [String] = []
        package var customProperties: [String: String?]?
        /// The answer of the template's endpoint, word for word. Absent: never customized.
        package var setting: Setting?
        /// Whether it was made, renamed or moved after 2026-07-15: its prefix has ids, whatever is written.
        package var immutable = false
        /// How the template's endpoint refuses, if it does.
        package var refusal: Refusal?
        /// How the endpoint refuses a change alone, if it does.
        package var writeRefusal: Refusal?
        /// The listing still shows the old name, as when it was renamed a moment ago; the template's endpoint answers
        /// 301 there.
        package var renamedTo: String?
    }

    package struct Setting: Codable, Sendable {
        package var useDefault: Bool
        package var includeClaimKeys: [String]?
        package var useImmutableSubject: Bool?
        package var subClaimPrefix: String?
    }

    package enum Refusal: String, Codable, Sendable {
        case notFound = "not_found"
        case forbidden
        case ssoRequired = "sso_required"
        case blocked
        case unavailableForLegalReasons = "unavailable_for_legal_reasons"
        case gone
    }

    package struct RateLimit: Codable, Sendable {
        package var limit: Int
        package var windowSeconds: Int

        package init(limit: Int, windowSeconds: Int) {
            self.limit = limit
            self.windowSeconds = windowSeconds
        }
    }

    /// What no minute may exceed, wherever it begins.
    package struct SecondaryLimit: Codable, Sendable {
        package var points = 900
        /// How long the minute is: a test has less time.
        package var windowMilliseconds = 60_000
        /// Requests in flight at once.
        package var concurrent = 100
        /// Requests of a minute that create content, as which every write counts here.
        package var writes = 80
    }

    package struct Fault: Codable, Sendable {
        /// A path, with `*` for any run of characters. Absent: every request.
        package var path: String?
        /// Absent: every method.
        package var method: String?
        /// How many matching requests pass unharmed first.
        package var after = 0
        /// How many are harmed then. Absent: all.
        package var times: Int?
        package var kind: Kind
        /// For `status`.
        package var status: Int?
        /// For rate limits; absent: the header is not sent.
        package var retryAfterSeconds: Int?
        /// For `primary_limit`: when the window turns, from now; may be negative.
        package var resetInSeconds: Int?
        /// For `redirect`; for `link`, the whole header.
        package var location: String?
        /// For `body`.
        package var body: String?

        package enum Kind: String, Codable, Sendable {
            /// The status, with GitHub's JSON error body.
            case status
            /// The status, with the token that was sent in the message.
            case echo
            /// The status, with an HTML page.
            case html
            /// The connection is reset before a byte of the answer.
            case reset
            /// The connection is closed in the middle of the body.
            case truncate
            /// What was asked is done, and the connection is reset before a byte of the answer.
            case lostAnswer = "lost_answer"
            /// No answer at all.
            case hang
            /// What was asked is done, and no answer ever comes.
            case silence
            /// One byte a second.
            case drip
            /// 200 with half of a JSON text.
            case malformed
            /// 200 with an error document.
            case errorDocument = "error_document"
            /// 200 with 64 MiB of spaces.
            case huge
            /// 200, or the status, with a body of the world's choice.
            case body
            case primaryLimit = "primary_limit"
            case secondaryLimit = "secondary_limit"
            case redirect
            /// The answer as it is, with another `Link`.
            case link
            /// The answer as it is, with `X-GitHub-SSO: partial-results`.
            case partialResults = "partial_results"
        }
    }
}

// MARK: - Reading with defaults, which synthesized decoding does not know

extension WorldFile {
    /// Reads a world from JSON.
    package init(json: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(WorldFile.self, from: json)
        try check()
    }

    /// Refuses numbers with which the emulator can't count.
    private func check() throws {
        var numbers = [latencyMilliseconds, changesPerNight, rateLimit?.limit ?? 0, rateLimit?.windowSeconds ?? 0]
        numbers += [
            secondaryLimit?.points ?? 0, secondaryLimit?.windowMilliseconds ?? 0, secondaryLimit?.concurrent ?? 0,
            secondaryLimit?.writes ?? 0,
        ]
        numbers += organizations.map(\.hiddenRepositories)
        for fault in faults {
            numbers += [fault.after, fault.times ?? 0, fault.retryAfterSeconds ?? 0]
            guard (100...599).contains(fault.status ?? 500) else {
                throw EmulatorError.badWorld("\(fault.status ?? 0) is not a status")
            }
            guard (-1_000_000_000...1_000_000_000).contains(fault.resetInSeconds ?? 0) else {
                throw EmulatorError.badWorld("reset_in_seconds is beyond 1000000000")
            }
        }
        guard numbers.allSatisfy((0...1_000_000_000).contains) else {
            throw EmulatorError.badWorld("a number is below 0 or above 1000000000")
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        organizations = try container.decode([Organization].self, forKey: .organizations)
        try container.read(.tokens, into: &tokens)
        try container.read(.rateLimit, into: &rateLimit)
        try container.read(.secondaryLimit, into: &secondaryLimit)
        try container.read(.oauthScopes, into: &oauthScopes)
        try container.read(.faults, into: &faults)
        try container.read(.latencyMilliseconds, into: &latencyMilliseconds)
        try container.read(.changesPerNight, into: &changesPerNight)
        try container.read(.user, into: &user)
        try container.read(.apps, into: &apps)
    }
}

extension KeyedDecodingContainer {
    /// Reads what is there; else the declaration's default stays.
    func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
        if let found = try decodeIfPresent(Value.self, forKey: key) { value = found }
    }
}

extension WorldFile.Organization {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            login: try container.decode(String.self, forKey: .login), id: try container.decode(Int64.self, forKey: .id),
            repositories: try container.decode([WorldFile.Repository].self, forKey: .repositories))
        try container.read(.type, into: &type)
        try container.read(.template, into: &template)
        try container.read(.useImmutableSubject, into: &useImmutableSubject)
        try container.read(.templateRefusal, into: &templateRefusal)
        try container.read(.writeRefusal, into: &writeRefusal)
        try container.read(.echoesTemplate, into: &echoesTemplate)
        try container.read(.includedProperties, into: &includedProperties)
        try container.read(.propertiesRefusal, into: &propertiesRefusal)
        try container.read(.listsProperties, into: &listsProperties)
        try container.read(.showsPrivateCount, into: &showsPrivateCount)
        try container.read(.hiddenRepositories, into: &hiddenRepositories)
        try container.read(.repositorySelection, into: &repositorySelection)
    }
}

extension WorldFile.Repository {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decode(String.self, forKey: .name), id: try container.decode(Int64.self, forKey: .id))
        try container.read(.owner, into: &owner)
        try container.read(.visibility, into: &visibility)
        try container.read(.archived, into: &archived)
        try container.read(.fork, into: &fork)
        try container.read(.topics, into: &topics)
        try container.read(.customProperties, into: &customProperties)
        try container.read(.setting, into: &setting)
        try container.read(.immutable, into: &immutable)
        try container.read(.refusal, into: &refusal)
        try container.read(.writeRefusal, into: &writeRefusal)
        try container.read(.renamedTo, into: &renamedTo)
    }
}

extension WorldFile.SecondaryLimit {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        try container.read(.points, into: &points)
        try container.read(.windowMilliseconds, into: &windowMilliseconds)
        try container.read(.concurrent, into: &concurrent)
        try container.read(.writes, into: &writes)
    }
}

extension WorldFile.SecondaryLimit {
    package init(points: Int) {
        self.init()
        self.points = points
    }
}

extension WorldFile.Fault {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(kind: try container.decode(Kind.self, forKey: .kind))
        try container.read(.path, into: &path)
        try container.read(.method, into: &method)
        try container.read(.after, into: &after)
        try container.read(.times, into: &times)
        try container.read(.status, into: &status)
        try container.read(.retryAfterSeconds, into: &retryAfterSeconds)
        try container.read(.resetInSeconds, into: &resetInSeconds)
        try container.read(.location, into: &location)
        try container.read(.body, into: &body)
    }
}
