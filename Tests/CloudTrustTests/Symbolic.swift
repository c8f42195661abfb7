import AuditCore

@testable import CloudTrust

/// The machinery that decides for all tokens at once, asked about one.
enum Symbolic {
    static func accepts(_ demand: Demand, _ language: TokenLanguage) -> Bool {
        if case .yes = TokenRun.decide(language, CompiledDemand(demand)) { true } else { false }
    }

    static func accepts(_ demand: Demand, _ claims: [ClaimKey: String]) -> Bool {
        accepts(demand, TokenLanguage(context: .branch, claims: claims.mapValues { TokenText($0) }, optional: []))
    }
}
