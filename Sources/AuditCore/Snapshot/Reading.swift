/// What came of asking GitHub for one thing.
package enum Reading<Value: Hashable & Sendable>: Hashable, Sendable {
    case read(Value)
    /// It could not be read: never to be mistaken for a default.
    case unreadable(UnreadableReason)

    /// The value, where it was read.
    package var value: Value? {
        if case .read(let value) = self { value } else { nil }
    }
}

/// Why something could not be read.
package struct UnreadableReason: Hashable, Sendable, CustomStringConvertible {
    /// The kind of trouble; the raw values are stored and reported.
    package enum Code: String, Sendable, CaseIterable {
        case notFound = "not_found"
        case forbidden
        case ssoRequired = "sso_required"
        case unauthorized
        case rateLimited = "rate_limited"
        case gone
        case blocked
        case serverFault = "server_fault"
        case malformed
        case timeout
        case connectionLost = "connection_lost"
        case redirected
        /// An answer for which GitHub documents no meaning.
        case unexpected
        /// It changed while the scan ran, so that what was read of others may follow from either state.
        case changed
        /// The credential is refused for everything.
        case credentialRefused = "credential_refused"
        /// The scan ended before its turn came.
        case notRead = "not_read"
        /// It is not listed, and the listing is not known to be complete.
        case incompleteListing = "incomplete_listing"

        /// Whether the token's rights are the likely cause; a 404 counts, since GitHub hides what is not allowed.
        package var isPermission: Bool {
            switch self {
            case .notFound, .forbidden, .ssoRequired, .unauthorized, .blocked, .credentialRefused: true
            default: false
            }
        }

        /// Whether GitHub or the network failed, rather than refused.
        package var isFault: Bool {
            switch self {
            case .serverFault, .malformed, .timeout, .connectionLost, .redirected, .unexpected, .gone: true
            default: false
            }
        }
    }

    package let code: Code
    /// One line for people, without a final stop.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// What a waiver of `readable` can accept, as a problem of a finding; `nil` if it is the scan that fell short.
    package var problem: String? {
        switch code {
        case .notRead, .changed: nil
        default: "unreadable: \(code.rawValue)"
        }
    }

    package static let notRead = UnreadableReason(.notRead, "the scan ended before its turn came")

    /// - Parameter stop: why the scan ended, as far as it did.
    package static func notRead(after stop: ScanStop?) -> UnreadableReason {
        stop?.refusal.map { UnreadableReason(.notRead, "not read: \($0.explanation)") } ?? .notRead
    }

    /// Of a repository that is missing from a listing which may be incomplete.
    package static let notListed = UnreadableReason(
        .incompleteListing, "it is not listed, and the listing is not known to be complete")

    package static let organizationNotFound = UnreadableReason(.notFound, "the organization could not be found")

    package static let outOfScope = UnreadableReason(.notRead, "it was out of the scan's scope")

    package var description: String { message }
}
