/// A repository as GitHub's listings write it (`MinimalRepository`): about 5 KB, of which a scanner uses little.
struct RepositoryJSON {
    let repository: WorldFile.Repository
    let owner: String
    let ownerID: Int64
    let holdsProperties: Bool

    init(_ repository: WorldFile.Repository, of organization: WorldFile.Organization) {
        self.repository = repository
        owner = repository.owner ?? organization.login
        ownerID = organization.id
        holdsProperties = organization.listsProperties
    }

    var text: String {
        let api = "https://api.github.com/repos/\(owner)/\(repository.name)"
        let page = "https://github.com/\(owner)/\(repository.name)"
        let isPrivate = repository.visibility != "public"
        var members: [(String, String)] = [
            ("id", "\(repository.id)"),
            ("node_id", JSONBody.quoted("R_kgDO\(repository.id)")),
            ("name", JSONBody.quoted(repository.name)),
            ("full_name", JSONBody.quoted("\(owner)/\(repository.name)")),
            ("private", "\(isPrivate)"),
            ("owner", ownerText),
            ("html_url", JSONBody.quoted(page)),
            ("description", JSONBody.quoted("The \(repository.name) service and its deployment")),
            ("fork", "\(repository.fork)"),
            ("url", JSONBody.quoted(api)),
        ]
        members += Self.addresses.map { name, suffix in (name, JSONBody.quoted(api + suffix)) }
        members += [
            ("git_url", JSONBody.quoted("git://github.com/\(owner)/\(repository.name).git")),
            ("ssh_url", JSONBody.quoted("git@github.com:\(owner)/\(repository.name).git")),
            ("clone_url", JSONBody.quoted("\(page).git")),
            ("svn_url", JSONBody.quoted(page)),
            ("homepage", "null"), ("size", "1024"), ("stargazers_count", "0"), ("watchers_count", "0"),
            ("language", "\"Swift\""), ("has_issues", "true"), ("has_projects", "true"), ("has_downloads", "true"),
            ("has_wiki", "false"), ("has_pages", "false"), ("has_discussions", "false"), ("forks_count", "0"),
            ("mirror_url", "null"), ("archived", "\(repository.archived)"), ("disabled", "false"),
            ("open_issues_count", "0"), ("license", "null"), ("allow_forking", "true"), ("is_template", "false"),
            ("web_commit_signoff_required", "false"), ("topics", JSONBody.list(repository.topics)),
            ("visibility", JSONBody.quoted(repository.visibility)), ("forks", "0"), ("open_issues", "0"),
            ("watchers", "0"), ("default_branch", "\"main\""), ("created_at", "\"2024-01-01T00:00:00Z\""),
            ("updated_at", "\"2026-11-01T00:00:00Z\""), ("pushed_at", "\"2026-11-01T00:00:00Z\""),
            ("permissions", "{\"admin\":false,\"maintain\":false,\"push\":false,\"triage\":false,\"pull\":true}"),
        ]
        if holdsProperties, let properties = repository.customProperties {
            let values = properties.sorted { $0.key < $1.key }
                .map { ($0.key, $0.value.map(JSONBody.quoted) ?? "null") }
            members.append(("custom_properties", JSONBody.object(values)))
        }
        return JSONBody.object(members)
    }

    // MARK: -

    private var ownerText: String {
        let api = "https://api.github.com/users/\(owner)"
        let members: [(String, String)] = [
            ("login", JSONBody.quoted(owner)), ("id", "\(ownerID)"), ("node_id", JSONBody.quoted("O_kgDO\(ownerID)")),
            ("avatar_url", JSONBody.quoted("https://avatars.githubusercontent.com/u/\(ownerID)?v=4")),
            ("gravatar_id", "\"\""), ("url", JSONBody.quoted(api)),
            ("html_url", JSONBody.quoted("https://github.com/\(owner)")),
        ]
        let addresses = [
            "followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events",
            "received_events",
        ].map { ("\($0)_url", JSONBody.quoted("\(api)/\($0)")) }
        return JSONBody.object(members + addresses + [("type", "\"Organization\""), ("site_admin", "false")])
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
