import AuditCore
import Synchronization
import TestSupport
import Testing

@testable import Crawl
@testable import GitHubAPI

@Suite(.timeLimit(.minutes(5))) struct CrawlQueueTests {
    /// A desk for `acme`, of which nothing is known.
    func desk(concurrency: Int = 4) throws -> CrawlQueue {
        let account = OrganizationAccount(
            id: OrganizationID(rawValue: 77), login: try #require(OrganizationLogin("acme")),
            publicRepositoryCount: 0, repositoryCount: nil, tokenScopes: nil)
        let limits = CrawlLimits(concurrency: concurrency)
        let crawl = OrganizationCrawl(account: account, limits: limits, scope: Scope(), now: .sample)
        return CrawlQueue(crawl, ObservationBatcher(account.id, limits) { _ in }, now: { .sample }, emit: { _ in })
    }

    static func page(_ count: Int) -> CrawlWork.Output {
        .page(
            .number(1),
            .success((RepositoryPage(repositories: (1...count).map { .sample("service-\($0)", id: Int64($0)) }), nil)))
    }

    /// What a worker came by: each kind of request by a letter.
    static func letter(_ work: CrawlWork?) -> String {
        switch work {
        case .organizationTemplate: "T"
        case .page: "P"
        case .setting: "S"
        case .includedProperties, .propertyValues, .repository: "?"
        case nil: "-"
        }
    }

    @Test func whoeverWaitsIsGivenWhatAnAnswerLeadsTo() async throws {
        let desk = try desk()
        #expect(Self.letter(await desk.next()) == "T")
        #expect(Self.letter(await desk.next()) == "P")
        await withTaskGroup(of: String.self) { group in
            for _ in 0..<3 { group.addTask { Self.letter(await desk.next()) } }
            #expect(!desk.take(Self.page(2)))
            // Two repositories for three workers: the third waits on.
            #expect(await group.next() == "S")
            #expect(await group.next() == "S")
            #expect(!desk.take(.organizationTemplate(.success(.neverSet))))
            for id in 1...2 as ClosedRange<Int64> {
                #expect(
                    !desk.take(
                        .setting(.sample("service-\(id)", id: id), .failure(.notFound("")), observedAt: .sample)))
            }
            // Everything has come back: the template once more.
            #expect(await group.next() == "T")
        }
        async let waiting = desk.next()
        #expect(!desk.take(.organizationTemplate(.success(.neverSet))))
        #expect(await waiting == nil)
        let (observation, stop) = desk.finish()
        #expect(stop == nil)
        #expect(observation.template == .neverSet)
    }

    @Test func whenNothingIsInFlightEveryoneGoesHome() async throws {
        let desk = try desk()
        _ = await desk.next()
        _ = await desk.next()
        await withTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { Self.letter(await desk.next()) } }
            _ = desk.take(.organizationTemplate(.failure(.notFound(""))))
            _ = desk.take(.page(.number(1), .failure(.notFound(""))))
            for await letter in group { #expect(letter == "-") }
        }
    }

    @Test func aRefusedTokenEndsItForAll() async throws {
        let desk = try desk()
        _ = await desk.next()
        _ = await desk.next()
        #expect(!desk.take(Self.page(5)))
        #expect(Self.letter(await desk.next()) == "S")
        #expect(
            desk.take(
                .setting(
                    .sample("service-1", id: 1), .failure(.unauthorized("Bad credentials")), observedAt: .sample)))
        // The template is still in flight; nothing else is handed out.
        async let waiting = desk.next()
        #expect(desk.take(.organizationTemplate(.failure(.unauthorized("Bad credentials")))))
        #expect(await waiting == nil)
        #expect(desk.finish().1 == .unauthorized)
    }

    @Test func whatAFaultKeptBackIsAskedOnceMoreAtTheEnd() async throws {
        let desk = try desk()
        for _ in 0..<2 { _ = await desk.next() }
        // The page itself first: nothing is in flight beside it.
        _ = desk.take(.organizationTemplate(.success(.neverSet)))
        _ = desk.take(.page(.number(1), .failure(.serverFault(status: 502))))
        #expect(Self.letter(await desk.next()) == "P")
        _ = desk.take(Self.page(2))
        // From here on a fault is the last word.
        for id in 1...2 as ClosedRange<Int64> {
            #expect(Self.letter(await desk.next()) == "S")
            _ = desk.take(.setting(.sample("service-\(id)", id: id), .failure(.timeout), observedAt: .sample))
        }
        #expect(Self.letter(await desk.next()) == "T")
        _ = desk.take(.organizationTemplate(.success(.neverSet)))
        #expect(await desk.next() == nil)
        #expect(desk.finish().0.listing.listed == 2)
    }

    @Test func cancellationHandsOutNothingMore() async throws {
        let desk = try desk()
        let letters = await withTaskGroup(of: String.self) { group in
            group.cancelAll()
            for _ in 0..<4 { group.addTask { Self.letter(await desk.next()) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(letters == ["-", "-", "-", "-"])
    }
}
