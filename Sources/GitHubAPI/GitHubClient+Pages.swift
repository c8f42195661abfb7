import AuditCore

extension GitHubClient {
    /// Fetches a listing from its first page to its last: all of it or nothing, since whoever asks for it takes what is
    /// not in it for what is not there.
    ///
    /// - Throws: `.malformed` also where a page may be missing.
    func allPages<Entry: AnswerReadable>(
        from path: String, as type: Entry.Type,
    ) async throws(GitHubError) -> [Entry] {
        var entries: [Entry] = []
        var asked: Set<String> = []
        var next: String? = "\(endpoint)\(path)"
        while let url = next {
            guard asked.insert(url).inserted else { throw .malformed("the listing leads back to a page before") }
            guard asked.count <= Self.pagesMax else { throw .malformed("more than \(Self.pagesMax) pages") }
            let answer = try await get(url: url)
            entries += try read(answer.body, as: [Entry].self)
            let link = LinkHeader(answer.headers["link"])
            guard !link.isUnreadable else {
                throw .malformed("the Link header of page \(asked.count) can't be understood")
            }
            guard !answer.isPartial else {
                throw .malformed("GitHub left entries out of page \(asked.count) until the token is approved for SSO")
            }
            next = link["next"].flatMap { endpoint.resolve($0, against: url) }
            guard next != nil || link["next"] == nil else {
                throw .malformed("the page after page \(asked.count) is on another origin, which is not asked")
            }
            guard next != nil || link.page("last").map({ $0 <= asked.count }) ?? true else {
                throw .malformed("page \(asked.count) does not say where the next one is")
            }
        }
        return entries
    }

    private static var pagesMax: Int { 1000 }
}
