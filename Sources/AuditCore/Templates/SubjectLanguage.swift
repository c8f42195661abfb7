/// What the subjects of one repository's jobs are made of: texts that every job has and holes that each job fills, in the
/// order of the template. Previews, rules, plans and trends read this one value.
///
/// Source: GitHub's OIDC reference, "Customizing the subject claims": `key:value` pairs joined by `:`, `context` without
/// its own name, `:` inside a value as `%3A`. That `repository` renders as `repo` does, ids included, is settled by use
/// (Azure/Azure-Landing-Zones#4223).
package struct SubjectLanguage: Hashable, Sendable {
    package enum Piece: Hashable, Sendable {
        case text(String)
        /// A value that differs from job to job.
        case hole(ClaimKey)
    }

    /// One key's share of the subject.
    package struct Segment: Hashable, Sendable {
        package let key: ClaimKey
        package let pieces: [Piece]
        /// Whether GitHub documents, or use has settled, how the key renders.
        package let isCertain: Bool

        /// With each hole in braces: `ref:{ref}`.
        package var text: String {
            pieces.map { piece in
                switch piece {
                case .text(let text): text
                case .hole(let key): "{\(key)}"
                }
            }.joined()
        }
    }

    package let segments: [Segment]
    /// `legacy` or `immutable`.
    package let format: SubjectFormat
    /// What GitHub may put in front of the segments without documenting it; `nil`: nothing.
    package let possibleStart: String?
    /// Whether each segment is certain, nothing may stand in front, and the prefix names this repository.
    package let isCertain: Bool
    /// Whether nothing may stand in front, and the prefix names this repository.
    private let isStartKnown: Bool
    /// The repository, if a hole of its subjects holds its own workflows, which no other one has.
    private let workflowsOf: String?

    /// Takes a template and what GitHub says of the repository apart.
    ///
    /// - Returns: `nil` if it is not known what GitHub makes of the template: the prefix is absent or of neither form,
    ///   or it carries ids and the template neither holds `repo` nor both ids.
    package init?(
        _ template: SubjectTemplate, of setting: RepositorySetting, in repository: Repository,
        isEnterpriseServer: Bool,
    ) {
        let prefix = setting.subClaimPrefix.flatMap(SubjectPrefix.init)
        let format = SubjectFormat(
            of: template, prefix, isSent: setting.subClaimPrefix != nil, isEnterpriseServer: isEnterpriseServer)
        guard format != .unknown else { return nil }
        self.format = format
        segments = template.keys.map { Self.segment($0, setting, repository) }
        let startsOpen = !template.holdsRepository && (prefix == nil ? !isEnterpriseServer : prefix?.ownerID != nil)
        // NOTE: nobody has shown whether a template without repo gains a repo segment in front where subjects are immutable.
        possibleStart = startsOpen ? setting.subClaimPrefix ?? "" : nil
        // A prefix that names another repository than the listing does: it was renamed in between, or worse.
        isStartKnown = !startsOpen && prefix?.names(repository) ?? true
        isCertain = isStartKnown && segments.allSatisfy(\.isCertain)
        workflowsOf = template.keys.contains("workflow_ref") ? repository.fullName : nil
    }

    /// Subjects as they may be where not even their beginning is known: what GitHub would make of the template, were all that
    /// is not known so. None of them is certain.
    package static func likely(
        _ template: SubjectTemplate, of setting: RepositorySetting, in repository: Repository,
        isEnterpriseServer: Bool,
    ) -> [SubjectLanguage] {
        let sent = setting.subClaimPrefix.flatMap(SubjectPrefix.init)
        let legacy = "repo:\(repository.fullName.escapedInSubject)"
        let own = [legacy] + (isEnterpriseServer ? [] : [repository.immutablePrefix].compactMap { $0 })
        var prefixes = own
        if let prefix = setting.subClaimPrefix, let sent {
            prefixes = sent.names(repository) ? [prefix] : [prefix] + own.filter { !$0.isExactly(prefix) }
        }
        var likely: [SubjectLanguage] = []
        func add(_ prefix: String, isInFront: Bool) {
            var setting = setting
            setting.subClaimPrefix = prefix
            let front = isInFront ? [Segment(key: "repo", pieces: [.text(prefix)], isCertain: true)] : []
            let language = SubjectLanguage(
                assuming: front + template.keys.map { segment($0, setting, repository) },
                prefix.contains("@") ? .immutable : .legacy,
                workflowsOf: template.keys.contains("workflow_ref") ? repository.fullName : nil)
            if !likely.contains(where: { $0.segments == language.segments }) { likely.append(language) }
        }
        for prefix in prefixes { add(prefix, isInFront: false) }
        // Whether a segment of both ids stands in front is what nobody has shown.
        guard !template.holdsRepository else { return likely }
        for prefix in prefixes where prefix.contains("@") { add(prefix, isInFront: true) }
        return likely
    }

    private init(assuming segments: [Segment], _ format: SubjectFormat, workflowsOf: String?) {
        self.segments = segments
        self.format = format
        self.workflowsOf = workflowsOf
        possibleStart = nil
        (isCertain, isStartKnown) = (true, true)
    }

    /// The subject with each hole in braces.
    package var text: String { segments.map(\.text).joined(separator: ":") }

    /// The subject of one context's tokens, with its holes as wide as they are known.
    ///
    /// - Returns: `nil` if no job of that context gets a token: GitHub requires an environment where the template names it.
    package func subject(in context: JobContext, _ identity: TokenIdentity) -> TokenText? {
        if !context.hasEnvironment, needsEnvironment { return nil }
        var subject = TokenText([])
        for (index, segment) in known.enumerated() {
            if index > 0 { subject = subject + ":" }
            for piece in segment.pieces {
                switch piece {
                case .text(let text): subject = subject + TokenText(text)
                case .hole("context"): subject = subject + TokenClaims.contextText(context, identity)
                case .hole(let key):
                    subject = subject + (TokenClaims.value(of: key, in: context, identity) ?? "").escaped
                }
            }
        }
        guard !isCertain else { return subject }
        return subject + TokenText(known.isEmpty ? "" : ":") + TokenText(Self.unknownHole)
    }

    /// The text that all subjects begin with, and in `rest` what is behind it, the same for repositories whose subjects differ in
    /// that text alone.
    package var start: (text: String, rest: String) {
        var (text, rest) = ("", "")
        var isFixed = true
        func add(_ more: String) { if isFixed { text += more } else { rest += more } }
        for (index, segment) in known.enumerated() {
            if index > 0 { add(":") }
            for piece in segment.pieces {
                switch piece {
                case .text(let more): add(more)
                case .hole(let key):
                    isFixed = false
                    rest += "\u{1}\(key)\u{1}"
                    if key == "workflow_ref" { rest += workflowsOf ?? "" }
                }
            }
        }
        if !isCertain {
            if !known.isEmpty { add(":") }
            rest += "\u{1}\u{1}"
        }
        return (text, rest + (needsEnvironment ? "\u{2}" : ""))
    }

    /// Whether its subjects hold the tail of a default subject.
    package var holdsContext: Bool { segments.contains { $0.key == "context" } }

    /// Whether not even the beginning is known.
    package var isWhollyUnknown: Bool { known.isEmpty && !isCertain }

    private var known: ArraySlice<Segment> {
        isCertain ? segments[...] : isStartKnown ? segments.prefix(while: \.isCertain) : []
    }

    private var needsEnvironment: Bool { segments.contains { $0.key == "environment" } }

    /// A part of a subject, or a whole one, of which nothing is known.
    package static let unknownHole = TokenHole("subject", .anything, usual: "")

    // MARK: -

    private static func segment(
        _ key: ClaimKey, _ setting: RepositorySetting, _ repository: Repository,
    ) -> Segment {
        func fixed(_ text: String, isCertain: Bool = true) -> Segment {
            Segment(key: key, pieces: [.text(text)], isCertain: isCertain)
        }
        func value(_ value: String, isCertain: Bool = true) -> Segment {
            fixed("\(key):\(value.escapedInSubject)", isCertain: isCertain)
        }
        func varying(isCertain: Bool) -> Segment {
            Segment(key: key, pieces: [.text("\(key):"), .hole(key)], isCertain: isCertain)
        }
        switch key {
        case "repo", "repository":
            // The prefix is GitHub's own rendering of this segment.
            return fixed(setting.subClaimPrefix ?? "repo:\(repository.fullName.escapedInSubject)")
        case "context":
            return Segment(key: key, pieces: [.hole(key)], isCertain: true)
        case "repository_id":
            return value(String(repository.id.rawValue))
        case "repository_owner":
            return value(repository.owner)
        case "repository_owner_id":
            return repository.ownerID.map { value(String($0)) } ?? varying(isCertain: false)
        case "repository_visibility":
            return repository.visibility.known.map { value($0.rawValue) } ?? varying(isCertain: false)
        default:
            if let name = key.customPropertyName, let values = repository.customProperties?.values(of: name),
                !values.isEmpty
            {
                // A property is a claim only where the organization includes it in tokens, which is not read here.
                return value(values.joined(separator: ","), isCertain: false)
            }
            let presence = ClaimCatalog.claim(for: key)?.presence
            return varying(isCertain: presence == .always || presence == .environmentJobs)
        }
    }
}

extension SubjectTemplate {
    /// Whether a segment names the repository as GitHub's prefix does.
    package var holdsRepository: Bool { keys.contains { $0.rendersAsRepository } }

    /// Whether both ids stand in the template itself.
    package var holdsBothIDs: Bool { keys.contains("repository_owner_id") && keys.contains("repository_id") }
}

extension ClaimKey {
    /// Whether it renders as `repo:OWNER/REPO`: the two names are one claim in a subject.
    package var rendersAsRepository: Bool { self == "repo" || self == "repository" }

    /// The key by which rules compare: `repo` for `repository`.
    var canonical: ClaimKey { rendersAsRepository ? "repo" : self }
}

extension String {
    /// The text as a value of a subject, where a colon would begin the next claim.
    package var escapedInSubject: String {
        guard utf8.contains(UInt8(ascii: ":")) else { return self }
        return split(separator: ":", omittingEmptySubsequences: false).joined(separator: "%3A")
    }
}

extension SubjectPrefix {
    /// Whether names and, where there are any, ids are those of the listing.
    fileprivate func names(_ repository: Repository) -> Bool {
        owner.isExactly(repository.owner) && self.repository.isExactly(repository.name)
            && (repositoryID ?? repository.id.rawValue) == repository.id.rawValue
            && (repository.ownerID == nil || (ownerID ?? repository.ownerID) == repository.ownerID)
    }
}
