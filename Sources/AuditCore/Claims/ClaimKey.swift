/// A name in a subject-claim template, such as `repo` or `job_workflow_ref`.
///
/// Open on purpose: GitHub adds claims, and does not check the names it is given, so an unknown key is kept as it came.
public struct ClaimKey: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    public init(stringLiteral value: String) {
        self.rawValue = value
    }

    public var description: String { rawValue }

    /// Whether the key names a custom property of the repository (`repo_property_NAME`).
    public var isCustomProperty: Bool {
        rawValue.hasPrefix(Self.customPropertyPrefix) && rawValue.count > Self.customPropertyPrefix.count
    }

    /// The property's name where the key is `repo_property_NAME`, else `nil`.
    public var customPropertyName: String? {
        isCustomProperty ? String(rawValue.dropFirst(Self.customPropertyPrefix.count)) : nil
    }

    public static let customPropertyPrefix = "repo_property_"
}

extension Sequence where Element == ClaimKey {
    /// The keys as a person reads them: `repo, context`.
    public var joinedNames: String {
        map(\.rawValue).joined(separator: ", ")
    }
}
