/// What came of recomputing a history's chain.
public struct VerificationResult: Hashable, Sendable {
    /// The first thing that does not agree.
    public struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// The scan whose evidence it is; `nil` where it is the chain itself.
        public var scanID: ScanID?
        /// The repository or organization by its newest name; `nil` where the record is about neither.
        public var subject: String?
        /// The record's field, such as `include_claim_keys`.
        public var field: String?
        /// One line, without a final stop.
        public var message: String
        /// Whether every link agrees, and a digest that must be in the chain is not.
        public var isAbsence: Bool

        public init(
            scanID: ScanID? = nil, subject: String? = nil, field: String? = nil, message: String,
            isAbsence: Bool = false,
        ) {
            self.isAbsence = isAbsence
            self.scanID = scanID
            self.subject = subject
            self.field = field
            self.message = message
        }

        public var description: String {
            let place = [scanID.map { "scan \($0.rawValue)" }, subject, field].compactMap(\.self)
            return (place.isEmpty ? "" : place.joined(separator: ", ") + ": ") + message
        }
    }

    /// Links recomputed: scans with all their evidence, scans that were pruned, and checkpoints.
    public var scans = 0
    public var prunedScans = 0
    public var checkpoints = 0
    /// Scans that are running or can go on, and so are not sealed.
    public var openScans = 0
    /// The digest of the last link; `nil` where there is none.
    public var head: String?
    public var problem: Problem?

    /// Whether the chain has no link: nothing was sealed, so nothing is verified.
    public var isOfNothing: Bool { head == nil && problem == nil }

    public init() {}
}
