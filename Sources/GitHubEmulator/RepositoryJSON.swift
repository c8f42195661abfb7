/// A repository as GitHub writes it: about 5 KB, of which a scanner uses little.
struct RepositoryJSON {
    private let repository: WorldFile.Repository
    private let owner: String
    private let ownerID: Int64
    private let ownerType: String
    private let holdsProperties: Bool
    private let origin: Origin
    private let version: APIVersion

    init(_ repository: WorldFile.Repository, of organization: WorldFile.Organization, _ context: EmulatorContext) {
        self.repository = repository
        owner = repository.owner ?? organization.login
        ownerID = organization.id
        ownerType = organization.type
        holdsProperties = organization.listsProperties
        origin = context.origin
        version = context.version
    }

    /// As a listing has it (`MinimalRepository`), with a name that may be a former one.
    var listed: String { JSONBody.object(members(repository.name)) }

    /// As it stands alone (`FullRepository`).
    var whole: String {
        let owner = ownerType == "Organization" ? [("organization", account.text)] : []
        return JSONBody.object(
            members(repository.currentName) + owner + [("network_count", "0"), ("subscribers_count", "0")])
    }

    // MARK: -

    private var account: AccountJSON { AccountJSON(login: owner, id: ownerID, type: ownerType, origin: origin) }

    private func members(_ name: String) -> [(String, String)] {
        let api = "\(origin.api)/repos/\(owner)/\(name)"
        let page = "\(origin.web)/\(owner)/\(name)"
        let host = origin.web.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        let isPrivate = repository.visibility != "public"
        var members: [(String, String)] = [
            ("id", "\(repository.id)"),
            ("node_id", JSONBody.quoted("R_kgDO\(repository.id)")),
            ("name", JSONBody.quoted(name)),
            ("full_name", JSONBody.quoted("\(owner)/\(name)")),
            ("private", "\(isPrivate)"),
            ("owner", account.text),
            ("html_url", JSONBody.quoted(page)),
            ("description", JSONBody.quoted("The \(name) service and its deployment")),
            ("fork", "\(repository.fork)"),
            ("url", JSONBody.quoted(api)),
        ]
        members += Self.addresses.map { name, suffix in (name, JSONBody.quoted(api + suffix)) }
        members += [
            ("git_url", JSONBody.quoted("git://\(host)/\(owner)/\(name).git")),
            ("ssh_url", JSONBody.quoted("git@\(host):\(owner)/\(name).git")),
            ("clone_url", JSONBody.quoted("\(page).git")),
            ("svn_url", JSONBody.quoted(page)),
            ("homepage", "null"), ("size", "1024"), ("stargazers_count", "0"), ("watchers_count", "0"),
            ("language", "\"Swift\""), ("has_issues", "true"), ("has_projects", "true"),
            ("has_wiki", "false"), ("has_pages", "false"), ("has_discussions", "false"), ("forks_count", "0"),
            ("mirror_url", "null"), ("archived", "\(repository.archived)"), ("disabled", "false"),
            ("open_issues_count", "0"), ("license", "null"), ("allow_forking", "true"), ("is_template", "false"),
            ("web_commit_signoff_required", "false"), ("topics", JSONBody.list(repository.topics)),
            ("visibility", JSONBody.quoted(repository.visibility)), ("forks", "0"), ("open_issues", "0"),
            ("watchers", "0"), ("default_branch", "\"main\""), ("created_at", "\"2024-01-01T00:00:00Z\""),
            ("updated_at", "\"2026-11-01T00:00:00Z\""), ("pushed_at", "\"2026-11-01T00:00:00Z\""),
            ("permissions", "{\"admin\":false,\"maintain\":false,\"push\":false,\"triage\":false,\"pull\":true}"),
        ]
        // The second version has none.
        if version == .first { members.append(("has_downloads", "true")) }
        if holdsProperties, let properties = repository.customProperties {
            let values = properties.sorted { $0.key < $1.key }
                .map { ($0.key, $0.value.map(JSONBody.quoted) ?? "null") }
            members.append(("custom_properties", JSONBody.object(values)))
        }
        return members
    }

    private static let addresses: [(String, String)] = [
        ("forks_url", "/forks"), ("keys_url", "/keys{/key_id}"), ("collaborators_url", "/collaborators{/collaborator}"),
        ("teams_url", "/teams"), ("hooks_url", "/hooks"), ("issue_events_url", "/issues/events{/number}"),
        ("events_url", "/events"), ("assignees_url", "/assignees{/user}"), ("branches_url", "/branches{/branch}"),
        ("tags_url", "/tags"), ("blobs_url", "/git/blobs{/sha}"), ("git_tags_url", "/git/tags{/sha}"),
        ("git_refs_url", "/git/refs{/sha}"), ("trees_url", "/git/trees{/sha}"), ("statuses_url", "/statuses/{sha}"),
        ("languages_url", "/languages"), ("stargazers_url", "/stargazers"), ("contributors_url", "/contributors"),
        ("subscribers_url", "/subscribers"), ("subscription_url", "/subscription"),
        ("commits_url", "/commits{/sha}"), ("git_commits_url", "/git/commits{/sha}"),
        ("comments_url", "/comments{/number}"), ("issue_comment_url", "/issues/comments{/number}"),
        ("contents_url", "/contents/{+path}"), ("compare_url", "/compare/{base}...{head}"), ("merges_url", "/merges"),
        ("archive_url", "/{archive_format}{/ref}"), ("downloads_url", "/downloads"),
        ("issues_url", "/issues{/number}"), ("pulls_url", "/pulls{/number}"),
        ("milestones_url", "/milestones{/number}"),
        ("notifications_url", "/notifications{?since,all,participating}"), ("labels_url", "/labels{/name}"),
        ("releases_url", "/releases{/id}"), ("deployments_url", "/deployments"),
    ]
}
