import AuditCore

/// A way to carry one request to GitHub and its answer back, without retries, redirects or judgement.
package protocol Transport: Sendable {
    func send(_ request: APIRequest) async throws(TransportError) -> APIResponse

    /// Where tasks that send very many requests should run; `nil`: anywhere.
    var executor: (any TaskExecutor)? { get }
}

extension Transport {
    package var executor: (any TaskExecutor)? { nil }
}

/// One request on the wire.
package struct APIRequest: Sendable {
    package var method: String
    /// Absolute, percent-encoded.
    package var url: String
    package var headers: [(name: String, value: String)]
    /// From the first byte sent to the last byte received.
    package var timeout: Duration
    /// Of the unpacked body.
    package var bodyLimitBytes: Int
    /// The largest that a request may have: a listing page of 100 repositories is about 0.5 MB; the rest is small.
    static let bodyLimitMaxBytes = 16 << 20
    /// JSON; `nil` sends none.
    package var body: [UInt8]?
}

/// One answer, whole.
package struct APIResponse: Sendable {
    package var status: Int
    package var headers: HeaderFields
    package var body: [UInt8]

    package init(status: Int, headers: HeaderFields = HeaderFields(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Header fields of an answer; names compare without case.
package struct HeaderFields: Sendable, ExpressibleByDictionaryLiteral {
    private var fields: [(name: String, value: String)]

    /// White space around a value is no part of it (RFC 9110 §5.5), and no transport takes it away.
    package init(_ fields: [(name: String, value: String)] = []) {
        self.fields = fields.map { (name: $0.name, value: $0.value.trimmedOfHTTPSpace) }
    }

    package init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { (name: $0.0, value: $0.1) })
    }

    /// The value of a field; of one that was sent more than once, all values parted by commas (RFC 9110 §5.2).
    package subscript(name: String) -> String? {
        let values = fields.lazy.filter { field in
            field.name.utf8.count == name.utf8.count
                && zip(field.name.utf8, name.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
        }.map(\.value)
        guard let first = values.first else { return nil }
        return values.dropFirst().reduce(first) { $0 + ", " + $1 }
    }
}

extension String {
    /// The text without spaces and tabs around it (`OWS` of RFC 9110 §5.6.3).
    var trimmedOfHTTPSpace: String {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        // Nearly every value is such already.
        guard utf8.first.map(isSpace) == true || utf8.last.map(isSpace) == true else { return self }
        let rest = utf8.drop(while: isSpace)
        guard let end = rest.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(Substring(rest[...end]))
    }
}

/// A request that got no whole answer.
package enum TransportError: Error, Hashable, Sendable {
    case timeout
    /// The connection could not be made, or broke. The text says how.
    case connectionLost(String)
    case bodyTooLarge(limitBytes: Int)
    /// The proxy wants a user and a password, or others. Asking again could lock an account out.
    case proxyRefused
    case cancelled
}
