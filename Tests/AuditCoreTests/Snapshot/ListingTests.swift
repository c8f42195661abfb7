import AuditCore
import TestSupport
import Testing

@Suite struct ListingTests {
    private func short(_ error: String?, expected: Int? = 11) -> Listing {
        Listing(status: .partial, listed: 10, expected: expected, error: error)
    }

    /// What a history gives back has the same words.
    @Test func aLowerBoundIsSaidInTheWordsThatAreKept() {
        #expect(short("page 2 was not read; \(Listing.privateCountNotShown)").isExpectedAtLeast)
        #expect(!short("10 listed of the 11 that the organization counts").isExpectedAtLeast)
        #expect(!short(Listing.privateCountNotShown, expected: nil).isExpectedAtLeast)
        // What a host says stands before it, if anywhere.
        #expect(!short("\(Listing.privateCountNotShown) (404)").isExpectedAtLeast)
        #expect(!short(nil).isExpectedAtLeast)
    }

    /// One that is missing can't be half of eleven; of a lower bound nobody knows.
    @Test func aRuleAboutAnOrganizationCountsWhatALowerBoundLeavesOpen() throws {
        let policy = try Policy.of(
            #"{"id": "a", "rule": "dormant-organization-template", "severity": "low", "min_percent": 50}"#)
        func outcome(_ listing: Listing) -> (violations: Int, undecided: Int) {
            let organization = OrganizationSnapshot.sample(
                listing: listing, (1...10).map { .read("r\($0)", id: $0, .gitHubDefault) })
            let rule = Evaluator(policy: policy, gate: Gate()).evaluate(.sample([organization])).policy.rules[0]
            return (rule.violations, rule.undecided)
        }
        #expect(outcome(short("10 listed of the 11 that the organization counts")) == (1, 0))
        #expect(outcome(short("10 listed of at least 11; \(Listing.privateCountNotShown)")) == (0, 1))
    }
}
