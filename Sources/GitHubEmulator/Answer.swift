import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What the emulator answers, before it becomes a response.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields = [:]
    var body: ByteBuffer

    init(_ status: HTTPResponse.Status = .ok, json: String) {
        self.status = status
        self.body = ByteBuffer(string: json)
    }

    init(_ body: ByteBuffer) {
        status = .ok
        self.body = body
    }

    /// An error in GitHub's shape (`BasicError`).
    static func error(_ status: HTTPResponse.Status, _ message: String, documentation: String = "") -> Answer {
        Answer(
            status,
            json: """
                {"message":\(JSONBody.quoted(message)),"documentation_url":"https://docs.github.com/rest\(documentation)",\
                "status":"\(status.code)"}
                """)
    }

    static let notFound = Answer.error(.notFound, "Not Found")

    /// - Parameter permission: what a fine-grained token would need.
    static func refusal(_ refusal: WorldFile.Refusal, organization: String, permission: String) -> Answer {
        switch refusal {
        case .notFound: return .notFound
        case .forbidden:
            var answer = Answer.error(.forbidden, "Resource not accessible by personal access token")
            answer.headers[.xAcceptedGithubPermissions] = permission
            return answer
        case .ssoRequired:
            var answer = Answer.error(.forbidden, "Resource protected by organization SAML enforcement.")
            answer.headers[.xGithubSSO] =
                "required; url=https://github.com/orgs/\(organization)/sso?authorization_request=AZSCKL"
            return answer
        case .blocked: return .error(.forbidden, "Repository access blocked")
        case .unavailableForLegalReasons:
            return Answer(
                HTTPResponse.Status(code: 451),
                json: """
                    {"message":"Repository access blocked","block":{"reason":"dmca",\
                    "created_at":"2026-10-01T00:00:00Z","html_url":"https://github.com/github/dmca"}}
                    """)
        case .gone: return .error(.gone, "This version of the API is no longer supported")
        }
    }

    func header(_ name: HTTPField.Name, _ value: String) -> Answer {
        var copy = self
        copy.headers[name] = value
        return copy
    }

    var response: Response {
        var headers = headers
        headers[.contentType] = headers[.contentType] ?? "application/json; charset=utf-8"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

/// Pieces of JSON text.
enum JSONBody {
    static func quoted(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            return "\"\(text)\""
        }
        return (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    static func list(_ texts: [String]) -> String {
        "[" + texts.map(quoted).joined(separator: ",") + "]"
    }

    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}
