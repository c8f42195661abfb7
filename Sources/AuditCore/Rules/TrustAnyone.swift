/// No outsider's token is accepted.
package struct TrustAnyone: TrustRule {
    package static let name = "trust-anyone"
    package static let summary = "No account of GitHub but yours can get in."
    package static let rationale = """
        All of github.com shares one issuer, and whoever owns a repository there can mint tokens with a subject of \
        almost any text: owner, repository and branch are theirs to name, and the template, too. A wildcard before \
        the slash behind your owner's name lets them in. Conditions on the request, such as an IP address, narrow it \
        and do not replace the owner. Source: GitHub's OIDC reference, and Datadog's and Tinder's reports of such \
        roles.
        """
    package static let remediation =
        "Let every value of sub begin with repo:OWNER/, with an owner of yours, as in repo:OWNER/REPOSITORY:*."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:*")], expected: .pass),
        RuleExample(role: [.init("StringLike", "sub", "repo:acme*")], expected: .fail("any account of GitHub gets in")),
        RuleExample(
            role: [.init("StringLike", "job_workflow_ref", "acme/*")], expected: .fail("any account of GitHub gets in")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        subject.verdict(
            subject.reach.anyone, "any account of GitHub gets in", expected: "an owner of yours, and a slash behind it",
            remediation: "Let every value of sub begin with repo:OWNER/, with an owner of yours.")
    }
}
