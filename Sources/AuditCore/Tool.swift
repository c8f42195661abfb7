/// This program, as it names itself in reports and to GitHub.
package enum Tool {
    package static let name = "oidc-audit"
    package static let version = "0.2.0"
}
