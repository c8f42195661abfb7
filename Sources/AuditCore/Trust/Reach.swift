/// Who can present what a trust accepts, from outside in.
package struct Reach: Hashable, Sendable {
    package enum Group: String, Hashable, Sendable, CaseIterable {
        /// Any account of GitHub.
        case anyone
        /// Whoever takes a name that was ours and no longer is.
        case renamer
        /// An owner whom the trust names and who is neither scanned nor declared.
        case foreignOwner = "foreign_owner"
        /// Any repository of ours, also one made tomorrow.
        case owner
        /// Several of ours.
        case repositories
        case one
        case nobody
    }

    /// The answer for one group.
    package enum Answer: Hashable, Sendable {
        case no
        case yes(Witness)
        /// It was not decided; the text says why.
        case possible(Witness?, why: String)

        package var witness: Witness? {
            switch self {
            case .no: nil
            case .yes(let witness): witness
            case .possible(let witness, _): witness
            }
        }

        package var isNo: Bool { self == .no }

        /// Whether it is not certain that the group gets in.
        package var isOpen: Bool { if case .yes = self { false } else { true } }

        package func possible(_ why: String) -> Answer {
            if case .yes(let witness) = self { .possible(witness, why: why) } else { self }
        }
    }

    /// The answers for groups.
    package static var answers: [WritableKeyPath<Reach, Answer>] {
        [\.anyone, \.renamer, \.foreignOwner, \.owner, \.byName]
    }

    package var anyone: Answer
    package var renamer: Answer
    package var foreignOwner: Answer
    package var owner: Answer
    /// Whether a stranger who came to own our names, with other ids, would be accepted: the trust goes by name.
    package var byName: Answer
    /// How many repositories of ours can use it.
    package var repositoryCount: Int
    /// Whether repositories whose subjects are not known may use it, too.
    package var mayHaveMore: Bool

    package init(
        anyone: Answer, renamer: Answer, foreignOwner: Answer, owner: Answer, byName: Answer, repositoryCount: Int,
        mayHaveMore: Bool,
    ) {
        self.anyone = anyone
        self.renamer = renamer
        self.foreignOwner = foreignOwner
        self.owner = owner
        self.byName = byName
        self.repositoryCount = repositoryCount
        self.mayHaveMore = mayHaveMore
    }

    /// The same, with nothing certain but that a group can't get in.
    package func possible(why: String) -> Reach {
        var reach = outsidersPossible(why: why)
        (reach.owner, reach.byName) = (owner.possible(why), byName.possible(why))
        return reach
    }

    /// The same, with that certain of outsiders alone.
    package func outsidersPossible(why: String) -> Reach {
        var reach = self
        (reach.anyone, reach.renamer) = (anyone.possible(why), renamer.possible(why))
        reach.foreignOwner = foreignOwner.possible(why)
        return reach
    }

    /// The first group that can get in, or that may.
    package var outermost: Group {
        for (answer, group) in outside where !answer.isNo { return group }
        if repositoryCount == 0, mayHaveMore { return .repositories }
        return repositoryCount > 1 ? .repositories : repositoryCount == 1 ? .one : .nobody
    }

    /// The groups that are not a list, in their order.
    package var outside: [(answer: Answer, group: Group)] {
        [(anyone, .anyone), (renamer, .renamer), (foreignOwner, .foreignOwner), (owner, .owner)]
    }

    /// Whether each group was decided, and no repository of unknown subjects may use it.
    package var isExact: Bool { isDecided && !mayHaveMore }

    /// Whether each group was decided.
    package var isDecided: Bool {
        (outside.map(\.answer) + [byName]).allSatisfy { if case .possible = $0 { false } else { true } }
    }
}
