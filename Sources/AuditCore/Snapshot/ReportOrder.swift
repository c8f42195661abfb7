/// A name's place in reports: names are compared as lower-case UTF-8 bytes.
package struct ReportOrder: Sendable {
    private var bytes: [UInt8] = []

    package init(_ name: String) {
        bytes.reserveCapacity(name.utf8.count)
        if !append(name) { bytes = Array(name.lowercased().utf8) }
    }

    /// By its full name.
    init(_ repository: Repository) {
        bytes.reserveCapacity(repository.owner.utf8.count + 1 + repository.name.utf8.count)
        let isPlain = append(repository.owner) && append("/") && append(repository.name)
        if !isPlain { bytes = Array(repository.fullName.lowercased().utf8) }
    }

    /// Whether it comes before another one.
    ///
    /// - Parameter tie: the answer where names agree.
    package func precedes(_ other: ReportOrder, or tie: @autoclosure () -> Bool) -> Bool {
        bytes.withUnsafeBufferPointer { left in
            other.bytes.withUnsafeBufferPointer { right in
                for place in 0..<min(left.count, right.count) where left[place] != right[place] {
                    return left[place] < right[place]
                }
                return left.count == right.count ? tie() : left.count < right.count
            }
        }
    }

    /// - Returns: false for a text that is not ASCII, whose lower case is a matter of Unicode.
    private mutating func append(_ text: String) -> Bool {
        for byte in text.utf8 {
            guard byte < 0x80 else { return false }
            bytes.append((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte)
        }
        return true
    }
}

extension Sequence {
    /// The elements in the order in which reports list repositories: by full name, by id where names agree.
    package func inReportOrder(by repository: (Element) -> Repository) -> [Element] {
        let elements = Array(self)
        // Places are sorted in the elements' stead, which are too large to be moved about.
        return elements.enumerated().map { place, element in
            let repository = repository(element)
            return (order: ReportOrder(repository), id: repository.id.rawValue, place: place)
        }
        .sorted { $0.order.precedes($1.order, or: $0.id < $1.id) }
        .map { elements[$0.place] }
    }
}
