package import AuditCore

/// A JSON report of `trust`, read to compare a later one with it.
package enum EarlierTrustDocument {
    package static func parse(_ file: Document) throws(DocumentError) -> EarlierTrusts {
        let reader = try ObjectReader(file, as: "a report of trusts")
        guard try reader.string("schema") == TrustPage.document.name else {
            throw DocumentError(
                at: reader.position(of: "schema"), "this is not a report of trusts",
                hint: "oidc-audit trust ORG --trust roles.json -o json=FILE writes one")
        }
        var earlier = EarlierTrusts()
        if let files = reader.optional("files") {
            for element in try elements(files, "files") {
                let export = try ObjectReader(element, as: "an export")
                if let why = export.optional("truncated"), !why.isNull { earlier.isPartial = true }
                guard let roles = export.optional("unread") else { continue }
                for role in try elements(roles, "unread") {
                    earlier.unread.insert(try ObjectReader(role, as: "an unread role").string("identity"))
                }
            }
        }
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
            var only: [String: [String]] = [:]
            if let names = row.optional("only"), case .object(let members) = names.value {
                for member in members { only[member.key] = try texts(member.value, member.key) }
            }
            guard let contexts = row.optional("contexts") else { continue }
            earlier.note(try texts(contexts, "contexts"), only: only, of: key)
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

    private static func texts(_ document: Document, _ key: String) throws(DocumentError) -> [String] {
        var texts: [String] = []
        for element in try elements(document, key) { texts.append(try element.string(named: key)) }
        return texts
    }

    private static func elements(_ document: Document, _ key: String) throws(DocumentError) -> [Document] {
        guard case .array(let elements) = document.value else {
            throw DocumentError(at: document.position, "\"\(key)\" must be a list, not \(document.kind)")
        }
        return elements
    }
}
