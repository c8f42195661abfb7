import AuditCore
import Testing

@testable import GitHubAPI

/// What the credentials of a process share.
@Suite(.timeLimit(.minutes(5))) struct RequestSlotsTests {
    @Test func thereAreAsManyAsThereAre() async {
        let slots = RequestSlots(2)
        #expect(await slots.take(left: nil))
        #expect(await slots.take(left: 5))
        let third = Task { await slots.take(left: 1) }
        await slots.waiters(1)
        slots.giveBack()
        #expect(await third.value)
        #expect(slots.inFlightMost == 2)
    }

    @Test func whoHasMostLeftGoesFirst() async {
        let slots = RequestSlots(1)
        #expect(await slots.take(left: nil))
        let (order, feed) = AsyncStream.makeStream(of: Int?.self)
        let lefts: [Int?] = [10, nil, 500, 0]
        for (number, left) in lefts.enumerated() {
            Task {
                if await slots.take(left: left) { feed.yield(left) }
            }
            await slots.waiters(number + 1)
        }
        var met: [Int?] = []
        slots.giveBack()
        for await left in order {
            met.append(left)
            if met.count == lefts.count { break }
            slots.giveBack()
        }
        #expect(met == [nil, 500, 10, 0])
    }

    @Test func whoIsCancelledGetsNoneAndTakesNone() async {
        let slots = RequestSlots(1)
        #expect(await slots.take(left: nil))
        let waiting = Task { await slots.take(left: nil) }
        await slots.waiters(1)
        waiting.cancel()
        #expect(await waiting.value == false)
        slots.giveBack()
        #expect(await slots.take(left: nil))
        let late = Task { () -> Bool in
            withUnsafeCurrentTask { $0?.cancel() }
            return await slots.take(left: nil)
        }
        #expect(await late.value == false)
    }

    @Test func aShareIsAsLargeAsTheOthersLeaveIt() {
        let slots = RequestSlots(100)
        #expect(slots.share == 100)
        for (users, share) in [(3, 33), (100, 1), (300, 1), (0, 100)] {
            slots.setUsers(users)
            #expect(slots.share == share)
        }
    }

    /// A governor lets no more pass than its credential's share, and one alone until the credential is accepted.
    @Test func aGovernorKeepsToItsShareAndBeginsAlone() {
        let slots = RequestSlots(4)
        slots.setUsers(2)
        let governor = RateGovernor(RateLimits(), slots: slots, beginsAlone: true) { .init(secondsSince1970: 0) }
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        #expect(governor.pass(costing: 1, at: .zero) == .busy(answers: 0))
        governor.learn(from: [:], .refusal(.notFound("Not Found")), costing: 1, at: .zero)
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        #expect(governor.pass(costing: 1, at: .zero) == .open)
        #expect(governor.pass(costing: 1, at: .zero) == .busy(answers: 1))
        slots.setUsers(1)
        #expect(governor.pass(costing: 1, at: .zero) == .open)
    }
}

extension RequestSlots {
    /// Returns once as many wait.
    fileprivate func waiters(_ count: Int) async {
        while waitingCount < count { await Task.yield() }
    }
}
