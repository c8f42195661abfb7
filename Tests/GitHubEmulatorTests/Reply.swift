import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

@testable import GitHubEmulator

/// What any HTTP client is answered.
struct Reply: Sendable {
    var status: UInt
    /// Names in lower case.
    var headers: [String: String]
    var body: String

    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:]
    }

    var list: [[String: Any]] {
        (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [[String: Any]]) ?? []
    }

    var message: String? { json["message"] as? String }
}

/// What is asked. Redirects are not followed.
struct Question: Sendable {
    var method = HTTPMethod.GET
    var path: String
    var headers: [(String, String)] = []
    var body: String?

    init(
        _ path: String, method: HTTPMethod = .GET, token: String? = nil, headers: [String: String] = [:],
        body: String? = nil,
    ) {
        self.method = method
        self.path = path
        self.body = body
        self.headers = headers.map { ($0.key, $0.value) }
        if let token { self.headers.append(("Authorization", "Bearer \(token)")) }
    }
}

extension Emulator {
    /// Serves, and asks one question after the other.
    func asked(_ questions: [Question]) async throws -> [Reply] {
        try await run { address in
            var configuration = HTTPClient.Configuration()
            configuration.redirectConfiguration = .disallow
            let client = HTTPClient(configuration: configuration)
            do {
                var replies: [Reply] = []
                for question in questions { replies.append(try await Self.reply(to: question, address, client)) }
                try await client.shutdown()
                return replies
            } catch {
                try? await client.shutdown()
                throw error
            }
        }
    }

    private static func reply(to question: Question, _ address: String, _ client: HTTPClient) async throws -> Reply {
        var request = HTTPClientRequest(url: address + question.path)
        request.method = question.method
        for (name, value) in question.headers { request.headers.add(name: name, value: value) }
        if let body = question.body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await client.execute(request, timeout: .seconds(240))
        let body = try await response.body.collect(upTo: 16 << 20)
        return Reply(
            status: response.status.code,
            headers: Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }) { $1 },
            body: String(buffer: body).replacing(address, with: "ORIGIN"))
    }
}
