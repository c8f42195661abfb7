/// What came of recomputing a history's chain.
package struct VerificationResult: Hashable, Sendable {
    /// The first thing that does not agree.
    package struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// The scan whose evidence it is; `nil` if it is the chain itself.
        package var scanID: ScanID?
        /// The repository or organization by its newest name; `nil` if the record is about neither.
        package var subject: String?
        /// The record's field, such as `include_claim_keys`.
        package var field: String?
        /// One line, without a final stop.
        package var message: String
        /// Whether every link agrees, and a digest that must be in the chain is not.
        package var isAbsence: Bool

        package init(
            scanID: ScanID? = nil, subject: String? = nil, field: String? = nil, message: String,
            isAbsence: Bool = false,
        ) {
            self.isAbsence = isAbsence
            self.scanID = scanID
            self.subject = subject
            self.field = field
            self.message = message
        }

        package var description: String {
            let place = [scanID.map { "scan \($0.rawValue)" }, subject, field].compactMap(\.self)
            return (place.isEmpty ? "" : place.joined(separator: ", ") + ": ") + message
        }
    }

    /// Links recomputed: scans with all their evidence, scans that were pruned, and checkpoints.
    package var scans = 0
    package var prunedScans = 0
    package var checkpoints = 0
    /// Scans that are running or can go on, and so are not sealed.
    package var openScans = 0
    /// Policies and waiver files that scans name by their digests and whose texts are not kept, as of imported scans, or
    /// where somebody removed every trace of them.
    package var textsNotKept = 0
    /// The digest of the last link; `nil` if there is none.
    package var head: String?
    package var problem: Problem?

    /// Whether the chain has no link: nothing was sealed, so nothing is verified.
    package var isOfNothing: Bool { head == nil && problem == nil }

    package init() {}
}
