/// This program, as it names itself in reports and to GitHub.
public enum Tool {
    public static let name = "oidc-audit"
    public static let version = "0.1.0"
}
