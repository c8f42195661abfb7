/// The subject that jobs of one repository present, with what varies from job to job in braces.
package struct SubjectPreview: Hashable, Sendable {
    /// `nil` if the template or the format is unknown.
    package let subject: String?
    /// Whether GitHub documents how each part renders.
    package let isCertain: Bool
    /// Characters that every job's subject has; what GitHub may put in front counts.
    let fixedLength: Int
    /// How many values vary from job to job.
    let varyingCount: Int

    package static let unknown = SubjectPreview(nil)

    /// - Parameter language: `nil` if it is not known.
    package init(_ language: SubjectLanguage?) {
        guard let language else {
            (subject, isCertain, fixedLength, varyingCount) = (nil, false, 0, 0)
            return
        }
        subject = language.text
        isCertain = language.isCertain
        var fixed = max(0, language.segments.count - 1)
        var varying = 0
        if let start = language.possibleStart { fixed += start.unicodeScalars.count + 1 }
        for piece in language.segments.flatMap(\.pieces) {
            switch piece {
            case .text(let text): fixed += text.unicodeScalars.count
            case .hole: varying += 1
            }
        }
        (fixedLength, varyingCount) = (fixed, varying)
    }
}
