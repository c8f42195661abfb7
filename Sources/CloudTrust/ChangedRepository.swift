import AuditCore

/// A repository before or after a change. What each of thousands of trusts needs of it is computed once
/// (`scripts/bench trust`).
final class ChangedRepository {
    let state: RepositoryState
    /// Why its subjects are not known; `nil` if they are.
    let unknownSubject: String?
    let fullName: String
    let format: SubjectFormat
    /// What its subjects begin with, and what they say behind it; `nil` if they are not known at all.
    let start: (text: String, rest: String)?
    /// Whether its subjects begin with `repo` or `repository`.
    let startsWithNames: Bool
    private var subjects: [SubjectKey: Subject] = [:]

    private struct SubjectKey: Hashable {
        let context: JobContext
        let likely: Int?
    }

    /// Most trusts fill the holes alike, so the last text is kept.
    private struct Subject {
        let text: TokenText?
        var last: (holes: [String: String], filled: String)?
    }

    init(_ state: RepositoryState) {
        self.state = state
        unknownSubject = state.unknownSubject
        fullName = state.repository.fullName
        format = state.format
        let language = state.language
        start = language?.start
        startsWithNames = language?.segments.first?.key.rendersAsRepository == true
    }

    /// The subject of a token; `nil` if no job of that context gets one.
    ///
    /// - Parameter likely: the number of the language that is taken as likely where nothing is known.
    func subject(in context: JobContext, likely: Int?, _ holes: [String: String]) -> String? {
        let key = SubjectKey(context: context, likely: likely)
        var subject = subjects[key] ?? Subject(text: text(in: context, likely))
        if let last = subject.last, last.holes == holes { return last.filled }
        let filled = subject.text?.filled { holes[$0.name] ?? $0.usual }
        subject.last = filled.map { (holes, $0) }
        subjects[key] = subject
        return filled
    }

    private func text(in context: JobContext, _ likely: Int?) -> TokenText? {
        let tokens =
            likely.map { state.tokens(likely: $0, of: [], in: [context]) }
            ?? state.tokens(of: [], in: [context])
        return tokens.first?.claims["sub"]
    }
}
