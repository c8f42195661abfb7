/// Suggests the word that a mistyped one was probably meant to be.
package enum NearestWord {
    /// `did you mean "repo"?`, or the whole choice where nothing is near.
    package static func hint(for word: String, among words: [String]) -> String {
        if let nearest = nearest(to: word, among: words) { return "did you mean \"\(nearest)\"?" }
        return "valid: " + words.joined(separator: ", ")
    }

    /// The nearest word, where at most a third of the longer one would have to change. Ties go to the first.
    package static func nearest(to word: String, among words: [String]) -> String? {
        let letters = Array(word.lowercased().unicodeScalars.prefix(lengthMax + 1))
        guard letters.count <= lengthMax else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in words {
            let other = Array(candidate.lowercased().unicodeScalars)
            let distance = distance(letters, other)
            guard distance * 3 <= max(letters.count, other.count), distance < best?.distance ?? .max else { continue }
            best = (candidate, distance)
        }
        return best?.word
    }

    // MARK: -

    /// Longer words are no typing mistakes, and the cost grows with the square.
    private static let lengthMax = 64

    /// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours count one each.
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for i in 1...left.count {
            var current = [i]
            for j in 1...right.count {
                let replacement = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
                var cost = min(replacement, previous[j] + 1, current[j - 1] + 1)
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    cost = min(cost, beforePrevious[j - 2] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
