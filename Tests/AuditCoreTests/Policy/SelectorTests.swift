import AuditCore
import TestSupport
import Testing

@Suite struct SelectorTests {
    @Test(arguments: [
        ("*", "anything", true), ("", "", true), ("", "a", false), ("api", "API", true), ("api-*", "api-", true),
        ("api-*", "apix", false), ("*-prod", "eu-prod", true), ("*-prod", "eu-prod-2", false), ("a?c", "abc", true),
        ("a?c", "ac", false), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false), ("**", "x", true),
        ("a.c", "abc", false),
    ])
    func globMatchesWholeNamesWithoutCase(pattern: String, name: String, matches: Bool) {
        #expect(Glob(pattern).matches(name) == matches)
    }

    @Test func aHostileGlobTakesNoTime() {
        let pattern = Glob(String(repeating: "a*", count: 200) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 2000)))
    }

    @Test func fieldsAreAndedAndValuesOred() {
        var selector = Selector()
        selector.names = [Glob("api*"), Glob("web*")]
        selector.visibility = [.public, .internal]
        #expect(selector.match(.sample("web", id: 1, visibility: .public)) == .yes)
        #expect(selector.match(.sample("api", id: 1, visibility: .internal)) == .yes)
        #expect(selector.match(.sample("api", id: 1, visibility: .private)) == .no("visibility is private"))
        #expect(selector.match(.sample("db", id: 1, visibility: .public)) == .no("name not included"))
    }

    @Test func aLackingFactIsUndecidedUnlessAnotherDecides() {
        var selector = Selector()
        selector.properties = ["tier": ["production"]]
        selector.excludeNames = [Glob("sandbox")]
        let properties = ["tier": ["production", "eu"]]
        #expect(selector.match(.sample("api", id: 1, customProperties: properties)) == .yes)
        #expect(selector.match(.sample("api", id: 1)) == .undecided("the host did not send custom properties"))
        #expect(selector.match(.sample("sandbox", id: 1)) == .no("name excluded"))

        var topics = Selector()
        topics.topics = ["production"]
        topics.fork = false
        #expect(
            topics.match(.sample("api", id: 1, isFork: nil, topics: nil)) == .undecided("the host did not send fork"))
        #expect(topics.match(.sample("api", id: 1, isFork: true, topics: nil)) == .no("a fork"))
    }

    /// `private: true` is true of internal repositories too.
    @Test func aVisibilityThatIsKnownInPartDecidesWhatItCan() {
        let half = Repository.sample("api", id: 1, visibility: .notPublic)
        func match(_ words: Repository.Visibility..., of repository: Repository = half) -> Selector.Match {
            var selector = Selector()
            selector.visibility = words
            return selector.match(repository)
        }
        let undecided = Selector.Match.undecided("it is not known whether it is private or internal")
        #expect(match(.private) == undecided)
        #expect(match(.internal) == undecided)
        #expect(match(.public, .internal) == undecided)
        #expect(match(.public) == .no("visibility is private or internal"))
        #expect(match(.private, .internal) == .yes)
        let unknown = Repository.sample("api", id: 1, visibility: .unknown)
        for word in [Repository.Visibility.public, .private, .internal] {
            #expect(match(word, of: unknown) == .undecided("the host sent no visibility that is known"))
        }
        #expect(match(.public, .private, .internal, of: unknown) == .yes)
    }

    @Test func archivedRepositoriesAreSkippedUnlessAskedFor() {
        let archived = Repository.sample("old", id: 1, isArchived: true)
        #expect(Scope().decide(archived) == .skipped("archived"))
        #expect(Scope(includesArchived: true).decide(archived) == .included)
        let unknown = Repository.sample("x", id: 1, isArchived: nil)
        #expect(Scope().decide(unknown) == .undecided("scope undecided: the host did not send archived"))
        #expect(Scope(includesArchived: true).decide(unknown) == .included)
        var selector = Selector()
        selector.archived = false
        #expect(selector.match(unknown) == .undecided("the host did not send archived"))
    }

    @Test func nearestWordIsOfferedWhereItIsNear() {
        #expect(NearestWord.nearest(to: "contxt", among: ["repo", "context"]) == "context")
        #expect(NearestWord.nearest(to: "erpo", among: ["repo", "context"]) == "repo")
        #expect(NearestWord.nearest(to: "zebra", among: ["repo", "context"]) == nil)
        #expect(NearestWord.nearest(to: String(repeating: "x", count: 1_000_000), among: ["repo"]) == nil)
        #expect(NearestWord.nearest(to: "", among: ["repo"]) == nil)
    }
}
