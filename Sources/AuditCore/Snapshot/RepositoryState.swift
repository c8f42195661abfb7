/// What one scan knew of one repository, with the template that follows from it.
package struct RepositoryState: Hashable, Sendable {
    package var repository: Repository
    package var reading: Reading<RepositorySetting>
    /// `nil` if the setting was not read.
    package var effective: EffectiveTemplate?
    package let isEnterpriseServer: Bool
    /// The prefix of the last answer whose template is known.
    private var prefix: String?
    /// The last format that was known before this answer.
    private var formatBefore = SubjectFormat.unknown

    package init(
        _ repository: Repository, _ reading: Reading<RepositorySetting>, under organization: OrganizationTemplate,
        isEnterpriseServer: Bool,
    ) {
        self.repository = repository
        self.reading = reading
        self.isEnterpriseServer = isEnterpriseServer
        effective = reading.value?.effectiveTemplate(organization: organization)
        prefix = effective?.template == nil ? nil : reading.value?.subClaimPrefix
    }

    /// Whether both know enough to decide if the template or the subject changed. Two that were both out of scope were not
    /// asked about.
    func isComparable(with other: RepositoryState) -> Bool {
        guard let one = reading.value, let two = other.reading.value else {
            return reading == .unreadable(.outOfScope) && other.reading == .unreadable(.outOfScope)
        }
        guard effective?.template != nil, other.effective?.template != nil else { return false }
        let hasSamePrefix = prefix.map(ExactText.init) == other.prefix.map(ExactText.init)
        if format != .unknown, other.format != .unknown {
            // What another prefix does to a template that does not hold it, nobody has shown.
            return hasSamePrefix || [language, other.language].allSatisfy { $0?.possibleStart == nil }
        }
        // Without a prefix, only the flag may distinguish the two formats.
        return hasSamePrefix && (prefix != nil || one.useImmutableSubject == two.useImmutableSubject)
    }

    /// Whether an earlier scan added to what is known of the setting, or of what follows from it.
    func hasOtherSetting(than other: RepositoryState?) -> Bool {
        reading != other?.reading || effective != other?.effective || prefix != other?.prefix
            || format != other?.format
    }

    /// Whether it knows something that another does not.
    func knowsMore(than other: RepositoryState) -> Bool {
        func addsTo<Value>(_ one: Value?, _ two: Value?) -> Bool { one != nil && two == nil }
        let (facts, others) = (repository, other.repository)
        return addsTo(reading.value, other.reading.value)
            || addsTo(effective?.template, other.effective?.template)
            || addsTo(effective?.knownSource, other.effective?.knownSource)
            || addsTo(reading.value?.useImmutableSubject, other.reading.value?.useImmutableSubject)
            || (format != .unknown && other.format == .unknown)
            || facts.visibility.candidates.count < others.visibility.candidates.count
            || addsTo(facts.ownerID, others.ownerID) || addsTo(facts.isArchived, others.isArchived)
            || addsTo(facts.isFork, others.isFork) || addsTo(facts.topics, others.topics)
            || addsTo(facts.customProperties, others.customProperties)
    }

    /// Whether no earlier state could add to it.
    package var isWhole: Bool {
        let facts = repository
        return isRead && format != .unknown && (isEnterpriseServer || reading.value?.useImmutableSubject != nil)
            && facts.visibility.known != nil && facts.ownerID != nil && facts.isArchived != nil && facts.isFork != nil
            && facts.topics != nil && facts.customProperties != nil
    }

    /// Whether the setting was read, and with it what decides the template.
    package var isRead: Bool { reading.value != nil && effective?.template != nil && effective?.knownSource != nil }

    /// The same, with what an earlier scan knew in the place of what this one could not read.
    package func completed(by earlier: RepositoryState) -> RepositoryState {
        var state = self
        state.repository = repository.completed(by: earlier.repository)
        if format == .unknown { state.formatBefore = earlier.format }
        state.prefix = prefix ?? earlier.prefix
        guard case .read(let setting) = reading else {
            if earlier.reading.value != nil { (state.reading, state.effective) = (earlier.reading, earlier.effective) }
            return state
        }
        state.reading = .read(earlier.reading.value.map { setting.completed(by: $0) } ?? setting)
        state.effective = effective?.completed(by: earlier.effective) ?? earlier.effective
        return state
    }

    /// The same, with a visibility that says more and shows no change.
    fileprivate func seeing(_ visibility: Repository.Visibility) -> RepositoryState {
        guard !repository.visibility.isKnownToDiffer(from: visibility) else { return self }
        var state = self
        state.repository.visibility = visibility
        return state
    }

    // Format and subject are worked out when they are asked for, since few of very many are shown.

    /// What subjects are made of; `nil` if that is not known.
    package var language: SubjectLanguage? {
        guard var setting = reading.value, let template = effective?.template else { return nil }
        setting.subClaimPrefix = prefix
        return SubjectLanguage(template, of: setting, in: repository, isEnterpriseServer: isEnterpriseServer)
    }

    /// What tokens of its jobs can say, a value for each context. Where subjects are not known, `sub` is a hole that may hold
    /// anything, and the other claims are as known as ever.
    package var tokens: [TokenLanguage] { tokens(of: TokenLanguage.keys) }

    /// The same with no other claims than these, and of no other contexts.
    package func tokens(of keys: [ClaimKey], in contexts: [JobContext] = JobContext.allCases) -> [TokenLanguage] {
        let identity = TokenIdentity(repository)
        let language = language
        return contexts.compactMap { context in
            let subject = language.map { $0.subject(in: context, identity) } ?? TokenText(SubjectLanguage.unknownHole)
            var tokens = TokenLanguage(context, identity, subject: subject, keys: keys)
            if language?.holdsContext == true { tokens?.doubt = context.doubt }
            return tokens
        }
    }

    /// What subjects may be made of where not even their beginning is known: GitHub's default, if the template is not known
    /// either.
    package var likelyLanguages: [SubjectLanguage] {
        var setting = reading.value ?? RepositorySetting(useDefault: true)
        let template = reading.value == nil ? nil : effective?.template
        setting.subClaimPrefix = template == nil ? nil : prefix
        return SubjectLanguage.likely(
            template ?? .gitHubDefault, of: setting, in: repository, isEnterpriseServer: isEnterpriseServer)
    }

    /// What tokens can say where subjects are not known.
    ///
    /// - Parameter number: of the language among those that are likely.
    package func tokens(
        likely number: Int, of keys: [ClaimKey], in contexts: [JobContext] = JobContext.allCases,
    ) -> [TokenLanguage] {
        let identity = TokenIdentity(repository)
        let languages = likelyLanguages
        guard languages.indices.contains(number) else { return [] }
        return contexts.compactMap { context in
            TokenLanguage(context, identity, subject: languages[number].subject(in: context, identity), keys: keys)
        }
    }

    /// Why its subjects are not known for certain; `nil` if they are.
    package var unknownSubject: String? {
        if case .unreadable(let reason) = reading { return reason.message }
        guard let template = effective?.template else { return "the organization's template decides and is not known" }
        guard let language else { return "it is not known what GitHub makes of \(template.keys.joinedNames)" }
        guard !language.isCertain else { return nil }
        let open = language.segments.filter { !$0.isCertain }.map(\.key)
        return open.isEmpty
            ? "it is not known how its subjects begin" : "it is not known what GitHub makes of \(open.joinedNames)"
    }

    package var format: SubjectFormat { language?.format ?? formatBefore }

    /// The subject that jobs present.
    package var preview: SubjectPreview { SubjectPreview(language) }

    /// Whether the organization's template decides: it is inherited, or was copied from it.
    package var followsOrganization: Bool {
        effective?.source == .organization || effective?.source == .organizationOrCopy
    }

    /// Whether its template changes with the organization's: it follows that, or would if one were set.
    package var changesWithOrganization: Bool {
        followsOrganization || effective?.source == .gitHubDefault && reading.value?.useDefault == false
    }
}

/// A repository that one scan knew otherwise than an earlier one.
package struct RepositoryChange: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case added
        /// Gone from a complete listing, or listed by another organization.
        case removed
        /// To another owner: its id, and the repository's, say so.
        case transferred
        case renamed
        case archived
        case unarchived
        case visibility
        /// The effective template, or where it comes from.
        case template
        /// Between subjects with names alone and those with ids.
        case immutability
        /// What jobs present, the same template and format notwithstanding.
        case subject
        /// The repository's answer, without a known effect on its tokens.
        case setting
        /// Topics, custom properties and the like.
        case facts
    }

    package var before: RepositoryState? { content.before }
    package var after: RepositoryState? { content.after }
    /// As it is known last.
    package var repository: Repository { content.repository }
    /// In the order of `Kind`; never empty.
    package var kinds: [Kind] { content.kinds }
    /// Effective templates, without the states around them; `nil` if the setting was not read.
    package var effective: (before: EffectiveTemplate?, after: EffectiveTemplate?) {
        (content.before?.effective, content.after?.effective)
    }

    /// The scan by which the state before is known, where the earlier of two that are compared could not read all of it.
    package var knownBy: ScanDifference.Side? { content.knownBy }
    /// Whether only the repository's answer is known to have changed, and not what follows from it: shown, and no drift.
    package var isOfAnswerAlone: Bool { kinds == [.setting] }
    /// Whether the subject of its jobs is known in both states.
    package var isEffectKnown: Bool {
        guard let before, let after else { return true }
        return before.isComparable(with: after)
    }

    /// Apart, since tens of thousands are sorted and grouped.
    private let content: Content

    private final class Content: Sendable {
        let before: RepositoryState?
        let after: RepositoryState?
        let repository: Repository
        let kinds: [Kind]
        let knownBy: ScanDifference.Side?

        init(
            _ before: RepositoryState?, _ after: RepositoryState?, _ repository: Repository, _ kinds: [Kind],
            _ knownBy: ScanDifference.Side?,
        ) {
            self.before = before
            self.after = after
            self.repository = repository
            self.kinds = kinds
            self.knownBy = knownBy
        }
    }

    /// - Parameters:
    ///   - before: `nil` if it is known not to have been there; likewise `after`.
    ///   - knownBy: as above.
    /// - Returns: `nil` if nothing is known to have changed. What either state could not read is no change.
    package init?(
        from before: RepositoryState?, to after: RepositoryState?, knownBy: ScanDifference.Side? = nil,
    ) {
        guard let last = after ?? before else { return nil }
        let kinds: [Kind]
        switch (before, after) {
        case (nil, _): kinds = [.added]
        case (_, nil): kinds = [.removed]
        case (let before?, let after?): kinds = Self.kinds(before, after)
        }
        guard !kinds.isEmpty else { return nil }
        content = Content(before, after, last.repository, kinds, knownBy)
    }

    // MARK: -

    private static func kinds(_ before: RepositoryState, _ after: RepositoryState) -> [Kind] {
        var kinds: [Kind] = []
        let (old, new) = (before.repository, after.repository)
        if old != new {
            if let owner = old.ownerID, let newOwner = new.ownerID, owner != newOwner {
                kinds.append(.transferred)
            } else if !old.hasName(of: new) {
                kinds.append(.renamed)
            }
            if old.isArchived == false, new.isArchived == true { kinds.append(.archived) }
            if old.isArchived == true, new.isArchived == false { kinds.append(.unarchived) }
            if old.visibility.isKnownToDiffer(from: new.visibility) { kinds.append(.visibility) }
        }
        if let oldSetting = before.reading.value, let newSetting = after.reading.value {
            let hasOtherTemplate = before.effective?.isKnownToDiffer(from: after.effective) == true
            if hasOtherTemplate { kinds.append(.template) }
            if before.format.isKnownToDiffer(from: after.format) {
                kinds.append(.immutability)
            } else if !hasOtherTemplate, oldSetting != newSetting || old != new,
                let subject = before.seeing(new.visibility).preview.subject, let now = after.preview.subject,
                !subject.isExactly(now)
            {
                kinds.append(.subject)
            }
            if oldSetting.isKnownToDiffer(from: newSetting), kinds.allSatisfy({ !$0.isOfTemplate }) {
                kinds.append(.setting)
            }
        }
        if kinds.allSatisfy({ $0 == .setting }), old.isKnownToDiffer(from: new) { kinds.append(.facts) }
        return kinds
    }
}

extension RepositoryChange.Kind {
    /// Whether it is read at the endpoint of the template, and not in the listing.
    package var isOfSetting: Bool { isOfTemplate || self == .setting }

    fileprivate var isOfTemplate: Bool {
        switch self {
        case .template, .immutability, .subject: true
        default: false
        }
    }
}

// MARK: - What is known of both, and not the same

extension EffectiveTemplate {
    fileprivate var knownSource: TemplateSource? { source == .unknown ? nil : source }

    /// The same, with what an earlier scan knew in the place of what this one could not read. A template and where it comes
    /// from go together: what an organization's template was says nothing of where another one comes from.
    fileprivate func completed(by earlier: EffectiveTemplate?) -> EffectiveTemplate {
        guard let template else {
            return EffectiveTemplate(earlier?.template, from: earlier?.knownSource ?? knownSource ?? .unknown)
        }
        let isOwn = earlier?.source == .repository || earlier?.template == template
        let sourceBefore = isOwn ? earlier?.knownSource : nil
        return EffectiveTemplate(template, from: knownSource ?? sourceBefore ?? .unknown)
    }

    /// The same, whether or not GitHub's answer repeats the claims that a repository inherits.
    private var comparedSource: TemplateSource? { source == .organizationOrCopy ? .organization : knownSource }

    fileprivate func isKnownToDiffer(from other: EffectiveTemplate?) -> Bool {
        guard let other, let template, let another = other.template else { return false }
        guard template.means(another) else { return true }
        return comparedSource.flatMap { source in other.comparedSource.map { $0 != source } } ?? false
    }
}

extension SubjectFormat {
    /// By its name: the ids of one are part of the subject.
    fileprivate func isKnownToDiffer(from other: SubjectFormat) -> Bool {
        self != .unknown && other != .unknown && name != other.name
    }
}

extension RepositorySetting {
    /// A flag or prefix that one answer leaves out has not changed by that.
    fileprivate func isKnownToDiffer(from other: RepositorySetting) -> Bool {
        func differ<Value: Equatable>(_ one: Value?, _ two: Value?) -> Bool { one != nil && two != nil && one != two }
        return useDefault != other.useDefault || includeClaimKeys != other.includeClaimKeys
            || differ(useImmutableSubject, other.useImmutableSubject)
            || differ(subClaimPrefix.map(ExactText.init), other.subClaimPrefix.map(ExactText.init))
    }

    /// The same, with a flag or prefix that this answer leaves out and an earlier one had.
    fileprivate func completed(by earlier: RepositorySetting) -> RepositorySetting {
        var setting = self
        setting.useImmutableSubject = useImmutableSubject ?? earlier.useImmutableSubject
        setting.subClaimPrefix = subClaimPrefix ?? earlier.subClaimPrefix
        return setting
    }
}

extension Repository {
    /// The same, with what an earlier scan knew in the place of what this one did not.
    fileprivate func completed(by earlier: Repository) -> Repository {
        var repository = self
        if earlier.visibility.candidates.count < visibility.candidates.count,
            !earlier.visibility.isKnownToDiffer(from: visibility)
        {
            repository.visibility = earlier.visibility
        }
        repository.ownerID = ownerID ?? (earlier.belongs(to: owner) ? earlier.ownerID : nil)
        repository.isArchived = isArchived ?? earlier.isArchived
        repository.isFork = isFork ?? earlier.isFork
        repository.topics = topics ?? earlier.topics
        repository.customProperties = customProperties ?? earlier.customProperties
        return repository
    }
}

extension RepositoryState {
    /// The same with another answer to what its setting is, under the same template.
    package func presenting(_ setting: RepositorySetting) -> RepositoryState {
        var state = self
        state.reading = .read(setting)
        state.prefix = state.effective?.template == nil ? nil : setting.subClaimPrefix
        return state
    }
}
