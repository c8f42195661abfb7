package import AuditCore

/// A JSON report of `trust`, read to compare a later one with it.
package enum EarlierTrustDocument {
    package static func parse(_ file: Document) throws(DocumentError) -> EarlierTrusts {
        let reader = try ObjectReader(file, as: "a report of trusts")
        guard try reader.string("schema") == TrustPage.document.name else {
            throw DocumentError(
                at: reader.position(of: "schema"), "this is no report of trusts",
                hint: "oidc-audit trust ORG --trust roles.json -o json=FILE writes one")
        }
        var earlier = EarlierTrusts()
        for element in try elements(reader.required("trusts"), "trusts") {
            let trust = try ObjectReader(element, as: "a trust")
            let identity = try trust.string("identity")
            let reach = try ObjectReader(trust.required("reach"), as: "the reach of a trust")
            earlier.note(try reach.word("outermost"), of: identity)
            let repositories = try ObjectReader(trust.required("repositories"), as: "repositories")
            let count = try repositories.optionalNumber("count", in: 0...Int.max) ?? 0
            if count >= TrustPage.rowsBelow { earlier.wide[identity, default: 0] += count }
        }
        for element in try elements(reader.required("access"), "access") {
            let row = try ObjectReader(element, as: "a row of access")
            guard let id = try row.optionalNumber("repository_id", in: 1...Int.max) else { continue }
            let key = EarlierTrusts.Access(
                repository: RepositoryID(rawValue: Int64(id)), identity: try row.string("identity"))
            earlier.access[key] = try row.string("repository")
        }
        guard let findings = reader.optional("findings") else { return earlier }
        var known: [String: EarlierTrusts.Finding] = [:]
        for element in try elements(findings, "findings") {
            let finding = try ObjectReader(element, as: "a finding")
            let name: String
            if let identity = try finding.optionalString("identity") {
                name = identity
            } else {
                name = try finding.string("organization")
            }
            known[try finding.string("fingerprint")] = EarlierTrusts.Finding(
                rule: try finding.string("rule"), name: name,
                message: try finding.string("message"))
        }
        earlier.findings = known
        return earlier
    }

    private static func elements(_ document: Document, _ key: String) throws(DocumentError) -> [Document] {
        guard case .array(let elements) = document.value else {
            throw DocumentError(at: document.position, "\"\(key)\" must be a list, not \(document.kind)")
        }
        return elements
    }
}
