import AuditCore

extension Shape where Root == TrustExport {
    static var trustExport: Shape {
        .object {
            Member("path", .string) { $0.path }
            Member("sha256", .sha256) { $0.sha256 }
            Member("kind", .string, "the command that made it, such as aws.list-roles") { $0.kind }
            Member("roles", .integer) { $0.roles }
            Member("trusts", .integer, "ways in that it holds for GitHub's tokens") { $0.trusts }
            Member("other_issuers", .integer, "roles that trust other providers") { $0.otherIssuers }
            Member("truncated", .maybe(.string), "what is missing of the export; null if nothing is known to be") {
                $0.truncation
            }
            Member("unread", .list(.unreadRole), "roles that could not be read") { $0.unread }
        }
    }
}

extension Shape where Root == TrustExport.Unread {
    fileprivate static var unreadRole: Shape {
        .object {
            Member("identity", .string) { $0.identity }
            Member("pointer", .string, "where it stands in the file") { $0.pointer }
            Member("why", .string) { $0.why }
        }
    }
}

extension Shape where Root == ClaimDemand {
    static var claimDemand: Shape {
        .object {
            Member("claim", .string) { $0.claim.rawValue }
            Member("any_of", .list(.textPattern), "values of which one must match; where negated, none may") {
                $0.anyOf
            }
            Member("negated", .boolean) { $0.isNegated }
            Member("when_absent", .boolean, "its value for a token without the claim") { $0.whenAbsent }
            Member("read", .boolean, "false if the cloud does not read the claim") { $0.isRead }
            Member("written", .string, "operator and key as they are written") { $0.written }
        }
    }
}

extension Shape where Root == TextPattern {
    fileprivate static var textPattern: Shape {
        .object {
            Member.optional("equals", .string) { $0.kind == .equals ? $0.text : nil }
            Member.optional("equals_ignore_case", .string) { $0.kind == .equalsIgnoringCase ? $0.text : nil }
            Member.optional("like", .string, "* stands for any run of characters, ? for one") {
                $0.kind == .like ? $0.text : nil
            }
        }
    }
}

extension Shape where Root == Reach {
    static var reach: Shape {
        .object {
            Member("outermost", .word, "who gets in, or may, that is farthest outside") { $0.outermost }
            Member(
                "is_exact", .boolean, "every group was decided, and no repository of unknown subjects may use it"
            ) { $0.isExact }
            Member("by_name", .maybe(.boolean), "anyone who owned the same names would get in; null if undecided") {
                switch $0.byName {
                case .no: false
                case .yes: true
                case .possible: nil
                }
            }
            Member("witnesses", .list(outsider), "tokens from outside that prove it") { $0.outsiders }
        }
    }

    private static var outsider: Shape<Reach.Outsider> {
        .object {
            Member("who", .word) { $0.group }
            Member("is_certain", .boolean) { $0.isCertain }
            Member("why", .maybe(.string), "why it is not certain") { $0.doubt }
            Member("sub", .maybe(.string), "null if none was found") { $0.witness?.subject }
            Member("claims", .map(.string), "of such a token, as far as the trust reads them") {
                $0.witness?.sortedClaims ?? []
            }
        }
    }
}

extension Witness {
    var sortedClaims: [(key: String, value: String)] {
        claims.sorted { $0.key.rawValue < $1.key.rawValue }.map { (key: $0.key.rawValue, value: $0.value) }
    }
}

extension Shape where Root == Undecided {
    static var undecided: Shape {
        .object {
            Member("kind", .one(of: Undecided.Kind.allCases.map(\.rawValue))) { $0.kind.rawValue }
            Member("what", .string) { $0.what }
            Member("why", .string) { $0.why }
        }
    }
}

extension Shape where Root == NoMatch {
    static var noMatch: Shape {
        .object {
            Member("why", .string, "one word, such as renamed or format_flipped") { $0.word }
            Member("message", .string) { $0.message }
        }
    }
}

extension Shape where Root == TokenAnswer {
    static var tokenAnswer: Shape {
        .object {
            Member("accepted", .maybe(.boolean), "null if it can't be decided") { $0.isAccepted }
            Member("refused_by", .maybe(.string), "the claim that refuses it, deny or conditions") { $0.refusedBy }
            Member("why", .maybe(.string)) { $0.why }
        }
    }
}

extension Shape where Root == Access {
    static var access: Shape {
        .object {
            Member("repository", .string) { $0.repository.fullName }
            Member("repository_id", .id) { $0.repository.id }
            Member("identity", .string) { $0.identity }
            Member("trust", .string, "its id") { $0.trust }
            Member("contexts", .words(), "of jobs") { $0.contexts }
            Member("only", .map(.strings), "names to which a context is narrowed") { row in
                JobContext.Kind.allCases.compactMap { kind in row.only[kind].map { (key: kind.rawValue, value: $0) } }
            }
            Member("witness", .string, "a subject that is accepted") { $0.witness.subject }
            Member("claims", .map(.string), "of such a token, as far as the trust reads them") {
                $0.witness.sortedClaims
            }
            Member("is_certain", .boolean) { $0.certainty == .certain }
            Member("certainty", .one(of: ["certain", "possible", "unknown"])) { $0.certainty.rawValue }
            Member("why", .maybe(.string), "why it is not certain") { $0.reason }
        }
    }
}

extension Shape where Root == AccessDifference {
    static var accessDifference: Shape {
        .object("a row of access") {
            Member("repository", .string, "its full name before a loss, after a gain") { $0.repository.fullName }
            Member("repository_id", .id) { $0.repository.id }
            Member("identity", .string) { $0.identity }
            Member("trust", .string, "its id") { $0.trust }
            Member("contexts", .words(), "that are lost or gained") { $0.contexts }
            Member("before", .maybe(.string), "a subject that is accepted before") { $0.before }
            Member("after", .maybe(.string), "a subject that is accepted after") { $0.after }
            Member("is_certain", .boolean) { $0.isCertain }
            Member("add", .list(addition), "values that keep the access and give nobody any") { $0.add }
            Member("obstacle", .maybe(.string), "why no value keeps all of it and nothing else") { $0.obstacle }
        }
    }

    private static var addition: Shape<AccessDifference.Addition> {
        .object("a value to add") {
            Member("claim", .string) { $0.claim.rawValue }
            Member("value", .string) { $0.value }
            Member("key", .string, "the condition key of the role") { $0.key }
            Member("operator", .string, "of the condition, as AWS writes it") { $0.comparison }
            Member("instead_of", .maybe(.string), "the operator from which the key's values have to move") {
                $0.insteadOf
            }
        }
    }
}
