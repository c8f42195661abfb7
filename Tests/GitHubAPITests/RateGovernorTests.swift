import AuditCore
import Synchronization
import TestSupport
import Testing

@testable import GitHubAPI

/// When requests may depart, and what answers teach.
@Suite(.timeLimit(.minutes(5))) struct RateGovernorTests {
    private func limits(_ change: (inout RateLimits) -> Void = { _ in }) -> RateLimits {
        var limits = RateLimits()
        change(&limits)
        return limits
    }

    private func headers(
        limit: Int = 5000, remaining: Int, reset: Int64 = Timestamp.sample.secondsSince1970 + 600,
        resource: String = "core",
    ) -> HeaderFields {
        [
            "x-ratelimit-limit": "\(limit)", "x-ratelimit-remaining": "\(remaining)", "x-ratelimit-reset": "\(reset)",
            "x-ratelimit-resource": resource, "Date": "Sat, 21 Nov 2026 02:00:00 GMT",
        ]
    }

    private func answer(
        _ governor: RateGovernor, _ headers: HeaderFields, _ kind: AnswerKind = .success, at now: Duration = .zero,
    ) {
        governor.learn(from: headers, kind, costing: 1, at: now)
    }

    /// Sends and is answered at once.
    private func exchange(_ governor: RateGovernor, _ headers: HeaderFields, at now: Duration = .zero) {
        #expect(governor.pass(costing: 1, at: now) == .open)
        answer(governor, headers, at: now)
    }

    // MARK: - In flight

    @Test func noMoreAreInFlightThanMayBe() {
        let governor = RateGovernor(limits { $0.concurrency = 2 })
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        #expect(governor.pass(costing: 1, at: .zero) == .busy(answers: 0))
        governor.lose(.timeout, costing: 1, at: .zero)
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        #expect(governor.pass(costing: 1, at: .zero) == .busy(answers: 1))
    }

    @Test func whoWaitsForAnAnswerGetsIt() async {
        let governor = RateGovernor(limits { $0.concurrency = 1 })
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { await governor.nextAnswer(after: 0) } }
            await Task.yield()
            governor.lose(.timeout, costing: 1, at: .zero)
        }
        // An answer that came meanwhile is not waited for.
        await governor.nextAnswer(after: 0)
        let cancelled = Task { await governor.nextAnswer(after: 1) }
        cancelled.cancel()
        await cancelled.value
    }

    @Test func aClientKeepsToTheWidthWhateverIsAskedOfIt() async throws {
        let path = "/repos/acme/api/actions/oidc/customization/sub"
        let transport = ScriptedTransport([path: [.ok(#"{"use_default": true}"#)]])
        var settings = GitHubClient.Settings(endpoint: .gitHub, token: nil, userAgent: "test")
        settings.limits.concurrency = 3
        let client = GitHubClient(settings, transport: transport, clock: ManualClock()) { .sample }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await client.setting(of: .sample("api", id: 1001)) } }
            try await group.waitForAll()
        }
        #expect(transport.paths.count == 50)
        #expect(transport.inFlightMax == 3)
    }

    // MARK: - The minute

    @Test(arguments: [1, 7, 30, 61, 200])
    func noMinuteWhereverItBeginsHoldsMoreThanItsPoints(pause: Int) {
        // Departures after pauses of all lengths, with writes among the reads.
        var minute = SlidingWindow(points: 20, length: .seconds(60))
        var random = SeededGenerator(pause)
        var now = Duration.zero
        var departed: [(at: Duration, cost: Int)] = []
        while departed.count < 400 {
            let cost = Int.random(in: 0..<10, using: &random) == 0 ? 5 : 1
            while let free = minute.wait(costing: cost, at: now) {
                #expect(free > now)
                now = free
            }
            minute.spend(cost, at: now)
            departed.append((now, cost))
            if Bool.random(using: &random) { now += .milliseconds(Int.random(in: 0...(pause * 100), using: &random)) }
        }
        for start in departed {
            let points = departed.filter { $0.at >= start.at && $0.at < start.at + .seconds(60) }.map(\.cost).reduce(
                0, +)
            #expect(points <= 20)
        }
    }

    @Test func aWriteCostsFivePoints() {
        var minute = SlidingWindow(points: 10, length: .seconds(60))
        minute.spend(5, at: .zero)
        minute.spend(1, at: .seconds(1))
        #expect(minute.wait(costing: 5, at: .seconds(2)) == .seconds(60))
        #expect(minute.wait(costing: 4, at: .seconds(2)) == nil)
        minute.spend(4, at: .seconds(2))
        #expect(minute.wait(costing: 6, at: .seconds(60)) == .seconds(61))
        // More than there are in a minute is all of them.
        #expect(minute.wait(costing: 50, at: .seconds(61)) == .seconds(62))
        #expect(minute.wait(costing: 50, at: .seconds(62)) == nil)
    }

    @Test func evenlyMeansOneAfterTheOther() {
        var minute = SlidingWindow(points: 60, length: .seconds(60))
        var now = Duration.zero
        var departures: [Duration] = []
        for _ in 0..<10 {
            while let turn = minute.takeTurn(costing: 1, at: now) { now = turn }
            departures.append(now)
        }
        #expect(departures == (0..<10).map { .seconds($0) })
        // Time that was not used is not made up for.
        now = .seconds(1000)
        #expect(minute.takeTurn(costing: 1, at: now) == nil)
        #expect(minute.takeTurn(costing: 1, at: now) == nil)
        #expect(minute.takeTurn(costing: 1, at: now) == .seconds(1001))
    }

    /// The host counts a request when it arrives, which may be at any time until the answer.
    @Test func aPointIsFreeAMinuteAfterTheAnswer() {
        let governor = RateGovernor(
            limits {
                $0.pointsPerMinute = 10
                $0.minute = .seconds(60)
                $0.holdsFromTheStart = true
            })
        for _ in 0..<2 { #expect(governor.pass(costing: 5, at: .zero) == .open) }
        // Nobody knows yet when they are free.
        #expect(governor.pass(costing: 1, at: .seconds(90)) == .busy(answers: 0))
        governor.learn(from: headers(remaining: 4000), .success, costing: 5, at: .seconds(91))
        #expect(governor.pass(costing: 1, at: .seconds(92)) == .wait(until: .seconds(151)))
        #expect(governor.spentPoints(at: .seconds(92)) == 10)
        governor.lose(.timeout, costing: 5, at: .seconds(100))
        for _ in 0..<5 { #expect(governor.pass(costing: 1, at: .seconds(151)) == .open) }
        #expect(governor.pass(costing: 1, at: .seconds(151)) == .wait(until: .seconds(160)))
        // One that was not sent has cost nothing.
        governor.giveBack(costing: 1)
        #expect(governor.spentPoints(at: .seconds(151)) == 9)
    }

    /// Requests of a host that counts them at any moment of their way: none of its minutes holds more than it allows.
    @Test(arguments: 0..<20)
    func noMinuteOfTheHostIsExceededHoweverLongTheWaysAre(seed: Int) {
        let governor = RateGovernor(
            limits {
                $0.pointsPerMinute = 30
                $0.minute = .seconds(60)
                $0.holdsFromTheStart = true
                $0.concurrency = 12
                $0.waitMax = .seconds(1_000_000)
            })
        var random = SeededGenerator(seed)
        var now = Duration.zero
        var counted: [Duration] = []
        var answers: [Duration] = []
        while counted.count < 400 {
            switch governor.pass(costing: 1, at: now) {
            case .open:
                let way = Int.random(in: 1...20_000, using: &random)
                counted.append(now + .milliseconds(Int.random(in: 0...way, using: &random)))
                answers.append(now + .milliseconds(way))
            case .wait(let until):
                let next = min(until, answers.min() ?? until)
                now = max(now, next)
            case .busy: now = max(now, answers.min() ?? now)
            case .shut(let error): Issue.record("\(error)"); return
            }
            for answer in answers.filter({ $0 <= now }).sorted() {
                governor.learn(from: [:], .success, costing: 1, at: answer)
            }
            answers.removeAll { $0 <= now }
        }
        for start in counted {
            #expect(counted.count { $0 >= start && $0 < start + .seconds(60) } <= 30)
        }
    }

    @Test func aRefusalTeachesToSpread() {
        let governor = RateGovernor(limits { $0.pointsPerMinute = 61 })
        exchange(governor, headers(remaining: 4000))
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        let refusal = RateLimitRefusal(wait: .seconds(60), message: "secondary")
        answer(governor, headers(remaining: 3999), .rateLimit(refusal))
        #expect(governor.wasRefused)
        exchange(governor, headers(remaining: 3998), at: .seconds(60))
        #expect(governor.pass(costing: 1, at: .seconds(60)) == .wait(until: .seconds(61)))
        #expect(governor.note(at: .seconds(60))?.message == "61 points a minute are spread evenly")
    }

    @Test func aSpentHourTeachesNothingOfThePace() {
        let governor = RateGovernor(RateLimits())
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        let refusal = RateLimitRefusal(wait: .seconds(60), message: "API rate limit exceeded", isPrimary: true)
        answer(governor, headers(remaining: 0), .rateLimit(refusal))
        #expect(!governor.wasRefused)
    }

    @Test func whoWasRefusedBeforeBeginsEvenly() {
        let governor = RateGovernor(
            limits {
                $0.pointsPerMinute = 61
                $0.isPacedEvenly = true
            })
        exchange(governor, headers(remaining: 4000))
        #expect(governor.pass(costing: 1, at: .zero) == .wait(until: .seconds(1)))
    }

    // MARK: - The hour

    @Test func theHourIsNeverOverspent() {
        let governor = RateGovernor(RateLimits())
        exchange(governor, headers(remaining: 3))
        // Three are left, and what is in flight may not have been counted.
        for _ in 0..<3 { #expect(governor.pass(costing: 1, at: .zero) == .open) }
        #expect(governor.pass(costing: 1, at: .zero) == .busy(answers: 1))
        answer(governor, headers(remaining: 2))
        #expect(governor.pass(costing: 1, at: .zero) == .busy(answers: 2))
        answer(governor, headers(remaining: 1))
        answer(governor, headers(remaining: 0))
        // The window turns after 600 seconds of GitHub's clock; a second more makes sure.
        #expect(governor.pass(costing: 1, at: .zero) == .wait(until: .seconds(601)))
        #expect(governor.note(at: .zero)?.message == "the limit of 5000 requests is spent")
        #expect(governor.budget(at: .seconds(601)) == nil)
        #expect(governor.pass(costing: 1, at: .seconds(601)) == .open)
    }

    @Test func anAnswerThatDidNotChangeCostsNothing() {
        let governor = RateGovernor(RateLimits())
        exchange(governor, headers(remaining: 2))
        for _ in 0..<10 {
            #expect(governor.pass(costing: 1, at: .zero) == .open)
            answer(governor, headers(remaining: 2), .notModified)
        }
        #expect(governor.counts(at: .zero) == RequestCounts(sent: 11, notModified: 10))
    }

    @Test func answersThatOvertakeEachOtherDoNotRefill() {
        let governor = RateGovernor(RateLimits())
        exchange(governor, headers(remaining: 10))
        exchange(governor, headers(remaining: 8))
        exchange(governor, headers(remaining: 9))
        #expect(governor.budget(at: .zero)?.remaining == 8)
        // GitHub's reset time may differ by a second between answers.
        let reset = Timestamp.sample.secondsSince1970 + 600
        exchange(governor, headers(remaining: 7, reset: reset + 1))
        exchange(governor, headers(remaining: 9, reset: reset - 1))
        exchange(governor, headers(remaining: 6, reset: reset - 1))
        #expect(governor.budget(at: .zero)?.remaining == 6)
        // A reset time beyond any window was none to go by.
        exchange(governor, headers(remaining: 5000, reset: reset + 1_000_000))
        exchange(governor, headers(remaining: 6, reset: reset))
        #expect(governor.budget(at: .zero)?.remaining == 6)
        // A late one of the window before.
        exchange(governor, headers(remaining: 1, reset: reset - 3600))
        #expect(governor.budget(at: .zero)?.remaining == 6)
        // A new window.
        exchange(governor, headers(remaining: 4999, reset: reset + 3600))
        #expect(governor.budget(at: .zero)?.remaining == 4999)
        // Another resource's limit is another limit.
        exchange(governor, headers(limit: 30, remaining: 0, resource: "search"))
        #expect(governor.budget(at: .zero)?.limit == 5000)
    }

    @Test func aClockThatIsWrongHereChangesNothing() {
        // The reset time is ten minutes off by GitHub's own clock, whatever ours says.
        let governor = RateGovernor(RateLimits()) { Timestamp(secondsSince1970: 0) }
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        governor.learn(from: headers(remaining: 0), .success, costing: 1, at: .zero)
        #expect(governor.pass(costing: 1, at: .zero) == .wait(until: .seconds(601)))
    }

    @Test(arguments: [Int64.min, -1, 0, Int64.max])
    func aResetTimeBeyondReasonIsBounded(reset: Int64) {
        let governor = RateGovernor(RateLimits())
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        answer(governor, headers(remaining: 0, reset: reset))
        switch governor.pass(costing: 1, at: .zero) {
        case .wait(let until): #expect(until == .seconds(1))
        case .shut(let error): #expect(reset == .max && error.reason.code == .rateLimited)
        case .open, .busy: Issue.record("a spent hour was overspent")
        }
    }

    @Test func aRequestWithoutAnAnswerMayHaveBeenCounted() {
        let governor = RateGovernor(RateLimits())
        exchange(governor, headers(remaining: 2))
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        governor.lose(.timeout, costing: 1, at: .zero)
        // It narrows the door, and closes none: the next answer tells.
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        #expect(governor.pass(costing: 1, at: .zero) == .busy(answers: 2))
        answer(governor, headers(remaining: 2))
        for _ in 0..<2 { #expect(governor.pass(costing: 1, at: .zero) == .open) }
    }

    @Test func afterAClosingOneRequestFindsOutWhetherItIsOver() {
        let governor = RateGovernor(RateLimits())
        exchange(governor, headers(remaining: 5))
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        let straggler = headers(remaining: 4)
        exchange(governor, headers(remaining: 0), at: .zero)
        #expect(governor.pass(costing: 1, at: .zero) == .wait(until: .seconds(601)))
        // One that was in flight says nothing of what follows.
        answer(governor, straggler)
        #expect(governor.pass(costing: 1, at: .seconds(601)) == .open)
        #expect(governor.pass(costing: 1, at: .seconds(601)) == .busy(answers: 3))
        let reset = Timestamp.sample.secondsSince1970 + 4200
        answer(governor, headers(remaining: 4000, reset: reset), at: .seconds(601))
        for _ in 0..<10 { #expect(governor.pass(costing: 1, at: .seconds(601)) == .open) }
    }

    @Test func refusalsWithoutATimeGrowWhateverWasInFlight() {
        let governor = RateGovernor(limits { $0.waitMax = .seconds(100_000) })
        let refusal = AnswerKind.rateLimit(RateLimitRefusal(wait: nil, message: "secondary"))
        var now = Duration.zero
        for wait in [60, 120, 240, 480] {
            #expect(governor.pass(costing: 1, at: now) == .open)
            answer(governor, headers(remaining: 4000), refusal, at: now)
            // One that was sent before the refusal comes back after it.
            answer(governor, headers(remaining: 4000), .success, at: now)
            now += .seconds(wait)
            #expect(governor.pass(costing: 1, at: now - .milliseconds(1)) == .wait(until: now))
        }
    }

    @Test func aRefusalClosesTheDoorThoughThePaceHoldsItToo() {
        let governor = RateGovernor(
            limits {
                $0.pointsPerMinute = 61
                $0.isPacedEvenly = true
            })
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        #expect(governor.pass(costing: 1, at: .zero) == .wait(until: .seconds(1)))
        answer(governor, [:], .rateLimit(RateLimitRefusal(wait: nil, message: "secondary")))
        #expect(governor.pass(costing: 1, at: .seconds(59)) == .wait(until: .seconds(60)))
    }

    @Test func aShortTimeThatIsNamedAgainAndAgainIsNotGoneBy() {
        let governor = RateGovernor(limits { $0.waitMax = .seconds(1_000_000) })
        var now = Duration.zero
        var waits: [Int64] = []
        while case .open = governor.pass(costing: 1, at: now) {
            answer(governor, [:], .rateLimit(RateLimitRefusal(wait: .seconds(1), message: "m")), at: now)
            guard case .wait(let until) = governor.pass(costing: 1, at: now) else { break }
            waits.append((until - now).components.seconds)
            now = until
        }
        #expect(waits == [1, 1, 1, 1, 1, 60, 120, 240, 480, 960, 1920, 3840])
        guard case .shut(.rateLimited("m; refused 12 times in a row", _)) = governor.pass(costing: 1, at: now) else {
            Issue.record("still open")
            return
        }
    }

    @Test func pointsThatSomebodyAskedForHoldOnEveryHost() {
        let governor = RateGovernor(
            limits {
                $0.pointsPerMinute = 2
                $0.holdsFromTheStart = true
            })
        exchange(governor, [:])
        exchange(governor, [:])
        #expect(governor.pass(costing: 1, at: .zero) == .wait(until: .seconds(61)))
    }

    @Test func whatAnotherScanSpentOfTheMinuteIsSpent() {
        let governor = RateGovernor(
            limits {
                $0.pointsPerMinute = 10
                $0.spentBefore = .init(points: 8, ago: .seconds(20))
            })
        exchange(governor, headers(remaining: 4000))
        exchange(governor, headers(remaining: 3999))
        #expect(governor.spentPoints(at: .zero) == 10)
        #expect(governor.pass(costing: 1, at: .zero) == .wait(until: .seconds(41)))
        #expect(governor.spentPoints(at: .seconds(41)) == 2)
    }

    @Test func aHostWithoutLimitsHasNoBudget() {
        let governor = RateGovernor(limits { $0.concurrency = 10_000 })
        for _ in 0..<2000 { #expect(governor.pass(costing: 1, at: .zero) == .open) }
        answer(governor, [:])
        #expect(governor.budget(at: .zero) == nil)
        #expect(governor.pass(costing: 1, at: .zero) == .open)
    }

    /// A host that is gone is not asked ten thousand times; one that is away for a moment is.
    @Test func aSilenceOfAMinuteIsForGood() {
        let governor = RateGovernor(RateLimits())
        func lose(_ count: Int, at now: Duration) {
            for _ in 0..<count {
                #expect(governor.pass(costing: 1, at: now) == .open)
                governor.lose(.timeout, costing: 1, at: now)
            }
        }
        lose(150, at: .seconds(30))
        #expect(governor.pass(costing: 1, at: .seconds(31)) == .open)
        governor.learn(from: [:], .serverFault(), costing: 1, at: .seconds(59))
        // A pause in which nobody asked is no silence.
        lose(150, at: .seconds(120))
        lose(1, at: .seconds(179))
        #expect(governor.pass(costing: 1, at: .seconds(179)) == .open)
        governor.lose(.timeout, costing: 1, at: .seconds(180))
        #expect(governor.pass(costing: 1, at: .seconds(181)) == .shut(.timeout))
    }
}

extension RateGovernor {
    fileprivate convenience init(_ limits: RateLimits) {
        self.init(limits) { .sample }
    }
}
