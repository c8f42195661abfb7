import AuditCore

/// What is left of the primary rate limit's window, as the responses say.
struct PrimaryBudget {
    /// Its reset time is by the machine's clock, as all times in messages.
    private(set) var status: RateLimitStatus
    /// The reset time as GitHub sent it, by GitHub's clock: answers of one window agree on it.
    private let reset: Timestamp
    /// End of the window on the client's own clock.
    private(set) var endsAt: Duration

    /// Learns from an answer. Answers overtake each other, so the least that a window's responses say is what is left.
    ///
    /// - Parameters:
    ///   - budget: what was known; `nil` before the first answer.
    ///   - now: on the client's own clock.
    ///   - calendar: the time, for hosts whose answers carry no `Date`: the reset time is GitHub's clock, not ours.
    static func learn(
        _ budget: inout PrimaryBudget?, from headers: HeaderFields, at now: Duration, calendar: () -> Timestamp,
    ) {
        guard let limit = headers["x-ratelimit-limit"].flatMap({ Int($0) }),
            let remaining = headers["x-ratelimit-remaining"].flatMap({ Int($0) }),
            let reset = headers["x-ratelimit-reset"].flatMap({ Int64($0) }), reasonable.contains(Int64(limit)),
            reasonable.contains(Int64(remaining)), headers["x-ratelimit-resource"] ?? "core" == "core"
        else { return }
        let sent = Timestamp(secondsSince1970: min(max(0, reset), reasonable.upperBound))
        if let known = budget {
            let difference = sent.seconds(since: known.reset)
            // GitHub's reset time may differ by a second between the answers of one window.
            if abs(difference) <= 2 {
                // Once it is over, an answer of it is a late one.
                if known.endsAt > now { budget?.status.remaining = min(remaining, known.status.remaining) }
                return
            }
            // A late answer of the window before; a reset time that lay far beyond any window was none to go by.
            if (-7200..<0).contains(difference) { return }
        }
        budget = PrimaryBudget(
            status: RateLimitStatus(
                limit: limit, remaining: remaining, resetsAt: headers.machineTime(of: reset, calendar: calendar)),
            reset: sent,
            endsAt: now + .seconds(headers.secondsUntil(reset: reset, calendar: calendar)))
    }

    /// Numbers that can be counted with.
    static let reasonable: ClosedRange<Int64> = 0...(1 << 40)
}

extension HeaderFields {
    /// Seconds until a reset time that GitHub names, by GitHub's own clock, and one more: it counts whole seconds, so
    /// that one more makes sure that the window has turned.
    func secondsUntil(reset: Int64, calendar: () -> Timestamp) -> Int64 {
        min(seconds(until: reset, calendar: calendar), Self.waitMaxSeconds - 1) + 1
    }

    /// Seconds until a time that the host names, by the host's own clock; none if it is over.
    func seconds(until time: Int64, calendar: () -> Timestamp) -> Int64 {
        let clock = self["date"].flatMap(Timestamp.init(httpDate:)) ?? calendar()
        let left = min(max(0, time), 1 << 40) - clock.secondsSince1970
        return min(max(0, left), Self.waitMaxSeconds)
    }

    /// A time that the host names by its own clock, by the machine's.
    func machineTime(of time: Int64, calendar: () -> Timestamp) -> Timestamp {
        calendar().adding(seconds: seconds(until: time, calendar: calendar))
    }

    /// A year: longer than any wait that a caller allows, and no hostile number can overflow a `Duration`.
    static let waitMaxSeconds: Int64 = 31_536_000
}
