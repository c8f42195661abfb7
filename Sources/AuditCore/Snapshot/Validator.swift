/// An `ETag`: sent back with the next request of the same address by the same credential, it lets GitHub answer "not
/// modified", which costs nothing of the primary rate limit.
package struct Validator: Hashable, Sendable {
    package let rawValue: String

    /// - Returns: `nil` for what is no entity tag (RFC 9110 §8.8.3), or one that is longer than any of GitHub's.
    package init?(_ text: String) {
        let tag = text.utf8.starts(with: "W/".utf8) ? text.utf8.dropFirst(2) : text.utf8[...]
        let quote = UInt8(ascii: "\"")
        guard (3...256).contains(tag.count), tag.first == quote, tag.last == quote,
            tag.dropFirst().dropLast().allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != quote })
        else { return nil }
        rawValue = text
    }
}

/// What came of asking for something that may be known already.
package enum Conditional<Value: Sendable>: Sendable {
    /// As when the validator was given.
    case notModified
    /// - Parameter validator: for the next time; `nil` if GitHub gave none that would do.
    case modified(Value, validator: Validator?)

    /// The value, where it was read in full.
    package var value: Value? {
        if case .modified(let value, _) = self { value } else { nil }
    }
}

extension Conditional: Equatable where Value: Equatable {}
