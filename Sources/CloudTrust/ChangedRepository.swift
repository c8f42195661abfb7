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
        let assumed: SubjectFormat?
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
    /// - Parameter assumed: the format that is assumed where nothing is known.
    func subject(in context: JobContext, assumed: SubjectFormat?, _ holes: [String: String]) -> String? {
        let key = SubjectKey(context: context, assumed: assumed)
        var subject = subjects[key] ?? Subject(text: text(in: context, assumed))
        if let last = subject.last, last.holes == holes { return last.filled }
        let filled = subject.text?.filled { holes[$0.name] ?? $0.usual }
        subject.last = filled.map { (holes, $0) }
        subjects[key] = subject
        return filled
    }

    private func text(in context: JobContext, _ assumed: SubjectFormat?) -> TokenText? {
        let tokens =
            assumed.map { TokenLanguage.assumed(state.repository, $0, keys: [], in: [context]) }
            ?? state.tokens(of: [], in: [context])
        return tokens.first?.claims["sub"]
    }
}
