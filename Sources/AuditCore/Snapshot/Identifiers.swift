/// An organization's login, checked for the characters that GitHub allows.
package struct OrganizationLogin: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// - Returns: `nil` unless the text is 1 to 100 letters, digits, hyphens or underscores: nothing that could
    ///   change the meaning of a URL's path.
    package init?(_ text: String) {
        guard (1...100).contains(text.utf8.count),
            text.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            })
        else { return nil }
        self.rawValue = text
    }

    package var description: String { rawValue }
}

/// An organization's numeric id, which survives renames. Unique on one API host.
package struct OrganizationID: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// A repository's numeric id, which survives renames and transfers. Unique on one API host.
package struct RepositoryID: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// The number by which the history knows a scan; grows by one a scan.
package struct ScanID: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}
