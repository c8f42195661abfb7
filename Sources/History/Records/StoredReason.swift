import AuditCore

extension UnreadableReason {
    /// What the columns of an error say; a code that this version does not know is an unexpected one.
    init(stored code: String, _ message: String?) {
        self.init(Code(rawValue: code) ?? .unexpected, message ?? "unknown")
    }
}
