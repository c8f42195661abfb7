"""Lets clients that others wrote meet the emulator: each notices something that this project's own client reads nothing of.

    foreign-clients.py world KEY            prints a world, and writes the key of its App to KEY
    foreign-clients.py githubkit VERSION ADDRESS KEY   shapes and redirects, by GitHub's own description
    foreign-clients.py pygithub ADDRESS     addresses, each of which must be of the host that was asked
    foreign-clients.py jwt PROGRAM ADDRESS KEY   PyJWT verifies what the program signs and the emulator accepts
"""
import http.server, json, os, subprocess, sys, threading, urllib.error, urllib.request

TOKEN, APP, CLIENT = "conformance", 12345, "Iv23liABCDEF01234567"
SUB = "actions/oidc/customization/sub"
NAMES = [f"service-{number:02}" for number in range(35)]


def world(key_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with open(os.open(key_path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                                     serialization.NoEncryption()))
    public = key.public_key().public_bytes(serialization.Encoding.PEM,
                                           serialization.PublicFormat.SubjectPublicKeyInfo)
    repositories = [{"name": name, "id": 1001 + index, "visibility": "public", "topics": ["service"],
                     "custom_properties": {"tier": "one", "none": None}} for index, name in enumerate(NAMES)]
    repositories += [{"name": "old-name", "id": 2001, "renamed_to": "new-name", "visibility": "public"},
                     {"name": "immutable", "id": 2002, "immutable": True},
                     {"name": "taken-down", "id": 2003, "refusal": "unavailable_for_legal_reasons"}]
    print(json.dumps({
        "tokens": [TOKEN], "user": "octocat", "oauth_scopes": ["admin:org", "repo"],
        "rate_limit": {"limit": 1_000_000, "window_seconds": 3600},
        "apps": [{"id": APP, "client_id": CLIENT, "public_key": public.decode(),
                  "installations": [{"id": 9, "account": "Acme"}, {"id": 10, "account": "gone", "suspended": True}]}],
        "organizations": [{"login": "Acme", "id": 77, "template": ["repo", "context"], "use_immutable_subject": False,
                           "included_properties": ["tier"], "repository_selection": "all",
                           "repositories": repositories}]}))


def githubkit(version, address, key_path):
    from githubkit import AppAuthStrategy, GitHub
    from githubkit.exception import RequestFailed

    for base in (address, f"{address}/api/v3"):
        github = GitHub(TOKEN, base_url=f"{base}/", http_cache=False, auto_retry=False)
        rest = github.rest(version)
        assert rest.meta.get_all_versions().json() == ["2022-11-28", "2026-03-10"]
        assert rest.meta.root().parsed_data.rate_limit_url == f"{base}/rate_limit"
        organization = rest.orgs.get("acme")
        assert organization.headers["x-github-api-version-selected"] == version
        assert organization.parsed_data.repos_url == f"{base}/orgs/Acme/repos"
        listed = [repository.name for repository in
                  github.rest.paginate(rest.repos.list_for_org, org="acme", per_page=10)]
        assert sorted(listed) == sorted([*NAMES, "old-name", "immutable", "taken-down"]), listed
        assert rest.rate_limit.get().parsed_data.resources.search.limit == 30
        assert rest.users.get_authenticated().parsed_data.login == "octocat"
        assert rest.apps.list_repos_accessible_to_installation().parsed_data.total_count == 38
        for name in ("new-name", "old-name"):  # the second leads to the first
            assert rest.repos.get("acme", name).parsed_data.full_name == "Acme/new-name"
        values = rest.orgs.custom_properties_for_repos_get_organization_values("acme").parsed_data
        assert values[0].repository_full_name == "Acme/service-00" and len(values) == 30
        included = rest.oidc.list_oidc_custom_property_inclusions_for_org("acme").parsed_data
        assert [inclusion.custom_property_name for inclusion in included] == ["tier"]
        # A change of a former name is sent on as it is.
        for claims in (["repo", "ref"], ["repo", "context"]):
            rest.actions.set_custom_oidc_sub_claim_for_repo("acme", "old-name", use_default=False,
                                                            include_claim_keys=claims)
            for name in ("old-name", "new-name"):
                setting = rest.actions.get_custom_oidc_sub_claim_for_repo("acme", name).parsed_data
                assert setting.include_claim_keys == claims and setting.use_default is False
            rest.oidc.update_oidc_custom_sub_template_for_org("acme", include_claim_keys=claims)
            assert rest.oidc.get_oidc_custom_sub_template_for_org("acme").parsed_data.include_claim_keys == claims
        # 201, and nothing changes.
        rest.actions.set_custom_oidc_sub_claim_for_repo("acme", "immutable", use_default=True,
                                                        use_immutable_subject=False)
        immutable = rest.actions.get_custom_oidc_sub_claim_for_repo("acme", "immutable").parsed_data
        # An Enterprise Server has no immutable subjects, and sends nothing of them.
        prefix = immutable.model_dump(exclude_unset=True).get("sub_claim_prefix")
        assert prefix == ("repo:Acme@77/immutable@2002" if base == address else None), prefix
        for wrong, status in ((lambda: rest.repos.get("acme", "none"), 404),
                              (lambda: rest.actions.get_custom_oidc_sub_claim_for_repo("acme", "taken-down"), 451),
                              (lambda: github.request("PUT", f"/repos/acme/{NAMES[0]}/{SUB}", json={}), 422),
                              (lambda: github.request("GET", "/orgs/acme",
                                                      headers={"X-GitHub-Api-Version": "1999-01-01"}), 400)):
            try:
                wrong()
            except RequestFailed as error:
                assert error.response.status_code == status and error.response.json()["message"], error
            else:
                raise AssertionError(f"no {status}")
        with open(key_path) as file: key = file.read()
        signing = GitHub(AppAuthStrategy(CLIENT, key), base_url=f"{base}/", http_cache=False, auto_retry=False)
        app = signing.rest(version)
        assert app.apps.get_authenticated().parsed_data.id == APP
        assert [one.id for one in app.apps.list_installations().parsed_data] == [9, 10]
        assert app.apps.get_org_installation("acme").parsed_data.account.login == "Acme"
        assert app.apps.create_installation_access_token(9, data={}).parsed_data.token.startswith("ghs_")


def pygithub(address):
    from github import Auth, Github

    for base in (address, f"{address}/api/v3"):
        github = Github(base_url=base, auth=Auth.Token(TOKEN), per_page=10, retry=None)
        organization = github.get_organization("acme")
        assert organization.created_at and organization.html_url.startswith(address)
        repositories = list(organization.get_repos())
        assert len(repositories) == 38 and all(repository.url.startswith(base) for repository in repositories)
        assert repositories[-1].network_count == 0  # asks for the whole repository, at the listing's address
        assert github.get_repo("acme/old-name").full_name == "Acme/new-name"
        assert github.get_user().login == "octocat"
        assert github.get_rate_limit().resources.core.limit == 1_000_000
        assert len(list(organization.list_custom_property_values())) == 38
        assert [one.login for one in (repository.owner for repository in repositories[:1])] == ["Acme"]


def jwt(program, address, key_path):
    import jwt as pyjwt
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    seen = []

    class Recorder(http.server.BaseHTTPRequestHandler):
        """Hands everything on, and keeps what was accepted."""
        def log_message(self, *_): pass

        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            headers = {name: value for name, value in self.headers.items() if name in ("Authorization", "Accept")}
            request = urllib.request.Request(address + self.path, body, headers, method=self.command)
            try: answer = urllib.request.urlopen(request)
            except urllib.error.HTTPError as error: answer = error
            if answer.status < 300: seen.append((self.path, self.headers.get("Authorization", "")))
            text = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    environment = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
    run = subprocess.run([program, "template", "get", "acme", "--app-id", CLIENT, "--app-key-file", key_path,
                          "--api-url", url], env={**environment, "GITHUB_API_URL": url}, capture_output=True, text=True)
    server.shutdown()
    assert run.returncode == 0, run.stderr
    signed = [field.split(" ")[1] for path, field in seen if path.startswith("/app") or path.endswith("/installation")]
    assert signed, seen
    with open(key_path, "rb") as file: public = load_pem_private_key(file.read(), None).public_key()
    for token in signed:
        claims = pyjwt.decode(token, public, algorithms=["RS256"], options={"require": ["iat", "exp", "iss"]})
        assert set(claims) == {"iat", "exp", "iss"} and claims["iss"] == CLIENT, claims
        assert claims["exp"] - claims["iat"] <= 600, claims


{"world": world, "githubkit": githubkit, "pygithub": pygithub, "jwt": jwt}[sys.argv[1]](*sys.argv[2:])
