/// Runs work with at most `width` pieces at once; what comes of one piece may add more.
///
/// - Parameters:
///   - next: the next piece, or `nil` while there is none; asked again after each output.
///   - run: one piece of work.
///   - handle: takes the outputs, one at a time, in the order in which they end; returns whether what is under way
///     should be cancelled.
func runBounded<Work: Sendable, Output: Sendable>(
    width: Int, next: () -> Work?, run: @escaping @Sendable (Work) async -> Output, handle: (Output) -> Bool,
) async {
    await withTaskGroup(of: Output.self) { group in
        var running = 0
        while true {
            while running < width, let work = next() {
                group.addTask { await run(work) }
                running += 1
            }
            guard let output = await group.next() else { return }
            running -= 1
            if handle(output) { group.cancelAll() }
        }
    }
}
