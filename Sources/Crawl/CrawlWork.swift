import AuditCore
import GitHubAPI

/// One piece of a crawl: a request and what came of it.
enum CrawlWork: Sendable {
    case organizationTemplate
    case includedProperties
    case propertyValues(RepositoryPage.Place)
    case page(RepositoryPage.Place, known: PriorKnowledge.Page?)
    /// A repository that was named, in the place of pages.
    case repository(RepositoryName)
    case setting(Repository, known: PriorKnowledge.Setting?)

    /// Validators come with what was read in full.
    enum Output: Sendable {
        case organizationTemplate(Result<OrganizationTemplate, GitHubError>)
        case includedProperties(Result<[String], GitHubError>)
        case propertyValues(RepositoryPage.Place, Result<PropertyValuePage, GitHubError>)
        case page(RepositoryPage.Place, Result<(RepositoryPage, Validator?), GitHubError>)
        case repository(RepositoryName, Result<Repository, GitHubError>)
        case setting(Repository, Result<(RepositorySetting, Validator?), GitHubError>, observedAt: Timestamp)
    }

    func run(
        _ github: GitHubClient, of login: OrganizationLogin, now: @Sendable () -> Timestamp,
    ) async -> Output {
        switch self {
        case .organizationTemplate:
            return .organizationTemplate(
                await Result(catching: { () async throws(GitHubError) in
                    try await github.organizationTemplate(of: login)
                }))
        case .includedProperties:
            return .includedProperties(
                await Result(catching: { () async throws(GitHubError) in
                    try await github.includedProperties(of: login)
                }))
        case .propertyValues(let place):
            return .propertyValues(
                place,
                await Result(catching: { () async throws(GitHubError) in
                    try await github.propertyValuePage(place, of: login)
                }))
        case .page(let place, let known):
            return .page(
                place,
                await Result(catching: { () async throws(GitHubError) in
                    switch try await github.repositoryPage(place, of: login, unless: known?.validator) {
                    case .modified(let page, let validator): (page, validator)
                    case .notModified: (RepositoryPage(known), nil)
                    }
                }))
        case .repository(let name):
            return .repository(
                name,
                await Result(catching: { () async throws(GitHubError) in
                    let repository = try await github.repository(name.owner.rawValue, name.name)
                    guard repository.belongs(to: login.rawValue) else { throw .transferred(to: repository.owner) }
                    return repository
                }))
        case .setting(let repository, let known):
            let result = await Result(catching: { () async throws(GitHubError) in
                // Listed among this organization's, and another's all the same.
                guard repository.belongs(to: login.rawValue) else { throw .transferred(to: repository.owner) }
                return switch (try await github.setting(of: repository, unless: known?.validator), known) {
                case (.modified(let setting, let validator), _): (setting, validator)
                case (.notModified, let known?): (known.value, Validator?.none)
                case (.notModified, nil):
                    throw GitHubError.notModifiedUnasked
                }
            })
            return .setting(repository, result, observedAt: now())
        }
    }
}

extension CrawlWork.Output {
    /// What is worth asking again, where all that came of it is a fault of GitHub or of the network. The organization's
    /// template is not: it must have been read before the repositories.
    var workAgain: CrawlWork? {
        switch self {
        case .includedProperties(.failure(let error)) where error.mayPass: .includedProperties
        case .propertyValues(let place, .failure(let error)) where error.mayPass: .propertyValues(place)
        case .page(let place, .failure(let error)) where error.mayPass: .page(place, known: nil)
        case .repository(let name, .failure(let error)) where error.mayPass: .repository(name)
        case .setting(let repository, .failure(let error), _) where error.mayPass: .setting(repository, known: nil)
        default: nil
        }
    }
}

extension GitHubError {
    /// Whether it may be over some time later.
    fileprivate var mayPass: Bool {
        switch self {
        case .serverFault, .timeout, .connectionLost: true
        default: false
        }
    }
}

extension RepositoryPage {
    /// A page that is as it was.
    fileprivate init(_ known: PriorKnowledge.Page?) {
        self.init(repositories: known?.repositories ?? [], last: known?.last)
    }
}

extension Result {
    fileprivate init(catching body: () async throws(Failure) -> Success) async {
        do throws(Failure) {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
