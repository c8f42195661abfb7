import HTTPTypes
import Hummingbird

/// The part of a list that a request asks for, and the links to the others.
struct Paging {
    let number: Int
    let size: Int
    /// What the query asks for beside the page.
    private let query: [String]

    init(_ request: Request) {
        let parameters = request.uri.queryParameters
        let asked = parameters.get("per_page", as: Int.self) ?? 0
        size = asked < 1 ? 30 : min(100, asked)
        number = min(max(1, parameters.get("page", as: Int.self) ?? 1), 1_000_000)
        query = (request.uri.query ?? "").split(separator: "&").filter { !$0.hasPrefix("page=") }.map(String.init)
    }

    func part<Element>(of list: [Element]) -> ArraySlice<Element> {
        list.dropFirst((number - 1) * size).prefix(size)
    }

    /// - Parameter address: of the list, without its query.
    /// - Returns: the `Link` field's value; `nil` if the list has one page.
    func link(count: Int, to address: String) -> String? {
        let pages = max(1, (count + size - 1) / size)
        guard pages > 1 else { return nil }
        func target(_ number: Int, _ relation: String) -> String {
            "<\(address)?\((query + ["page=\(number)"]).joined(separator: "&"))>; rel=\"\(relation)\""
        }
        var targets: [String] = []
        if number > 1 { targets += [target(1, "first"), target(min(number - 1, pages), "prev")] }
        if number < pages { targets += [target(number + 1, "next"), target(pages, "last")] }
        return targets.joined(separator: ", ")
    }
}

extension Answer {
    /// A page of a list that stands at an address.
    static func page<Element>(
        _ list: [Element], _ paging: Paging, at address: String, _ text: (Element) -> String,
    ) -> Answer {
        let answer = Answer(json: "[" + paging.part(of: list).map(text).joined(separator: ",") + "]")
        return paging.link(count: list.count, to: address).map { answer.header(.link, $0) } ?? answer
    }
}
