/// An organization or a user as other objects hold it (`SimpleUser`).
struct AccountJSON {
    let login: String
    let id: Int64
    var type = "Organization"
    let origin: Origin

    var text: String { JSONBody.object(members) }

    /// In GitHub's order; larger objects of accounts begin with them.
    var members: [(String, String)] {
        let api = "\(origin.api)/users/\(login)"
        let addresses: [(String, String)] = [
            ("followers", ""), ("following", "{/other_user}"), ("gists", "{/gist_id}"), ("starred", "{/owner}{/repo}"),
            ("subscriptions", ""), ("organizations", ""), ("repos", ""), ("events", "{/privacy}"),
            ("received_events", ""),
        ]
        let path = ["organizations": "orgs"]
        return [
            ("login", JSONBody.quoted(login)), ("id", "\(id)"),
            ("node_id", JSONBody.quoted("\(type.prefix(1))_kgDO\(id)")),
            ("avatar_url", JSONBody.quoted("\(origin.web)/avatars/u/\(id)?v=4")), ("gravatar_id", "\"\""),
            ("url", JSONBody.quoted(api)), ("html_url", JSONBody.quoted("\(origin.web)/\(login)")),
        ]
            + addresses.map { name, suffix in
                ("\(name)_url", JSONBody.quoted("\(api)/\(path[name] ?? name)\(suffix)"))
            } + [("type", JSONBody.quoted(type)), ("site_admin", "false")]
    }
}
