/// A name in a subject-claim template, such as `repo` or `job_workflow_ref`.
///
/// Open on purpose: GitHub adds claims, and does not check the names it is given, so an unknown key is kept as it came.
package struct ClaimKey: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    package init(stringLiteral value: String) {
        self.rawValue = value
    }

    /// Clouds compare bytes, and so does GitHub: two spellings that Unicode takes for the same are two claims.
    package static func == (left: ClaimKey, right: ClaimKey) -> Bool { left.rawValue.isExactly(right.rawValue) }

    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    package var description: String { rawValue }

    /// Whether the key names a custom property of the repository (`repo_property_NAME`).
    ///
    /// GitHub documents letters, digits and underscores for keys.
    package var isCustomProperty: Bool {
        rawValue.utf8.starts(with: Self.customPropertyPrefix.utf8)
            && rawValue.utf8.count > Self.customPropertyPrefix.utf8.count
            && rawValue.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// The property's name where the key is `repo_property_NAME`, else `nil`.
    package var customPropertyName: String? {
        isCustomProperty ? String(rawValue.dropFirst(Self.customPropertyPrefix.count)) : nil
    }

    /// The key as a message shows it: in quotation marks unless it is letters, digits and `_` alone, so that a blank or a
    /// comma within it can be seen.
    package var shown: String {
        let isPlain =
            !rawValue.isEmpty
            && rawValue.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "*"):
                    true
                default: false
                }
            }
        return isPlain ? rawValue : rawValue.quoted
    }

    /// Most keys that a message names: GitHub limits no template.
    static let shownMax = 50

    package static let customPropertyPrefix = "repo_property_"
}

extension [ClaimKey] {
    /// Each key where it stands first.
    var distinct: [ClaimKey] {
        var seen: Set<ClaimKey> = []
        return filter { seen.insert($0).inserted }
    }

    /// Without those that render as an earlier one does.
    var eachOnce: [ClaimKey] {
        var seen: Set<ClaimKey> = []
        return filter { seen.insert($0.canonical).inserted }
    }
}

extension Sequence where Element == ClaimKey {
    /// The keys as a person reads them: `repo, context`; of very many the first, and how many more there are.
    package var joinedNames: String {
        let names = map(\.shown)
        let shown = names.prefix(ClaimKey.shownMax).joined(separator: ", ")
        return names.count > ClaimKey.shownMax ? "\(shown) and \(names.count - ClaimKey.shownMax) more" : shown
    }
}
