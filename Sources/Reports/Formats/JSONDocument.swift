package import AuditCore

/// A kind of JSON document, and its shape.
package struct JSONDocument<Root>: Sendable {
    /// Such as `plan`.
    let kind: String
    let shape: Shape<Root>

    /// - Parameter subject: what it is, for the messages of its reader, such as `a plan`; `nil` if nothing of ours reads it.
    init(_ kind: String, readAs subject: String? = nil, @Members<Root> _ members: () -> [Member<Root>]) {
        let members = members()
        let name = JSONSchema.name(of: kind)
        self.kind = kind
        shape = .object(subject) {
            Member("schema", .one(of: [name]), "the kind of document and its version") { _ in name }
            members
        }
    }

    /// What stands in it as `schema`, such as `oidc-audit.plan/v1`.
    var name: String { JSONSchema.name(of: kind) }

    package func write(_ root: Root, to output: inout ReportOutput) {
        var writer = JSONWriter(output)
        shape.write(root, nil, &writer)
        output = writer.output
    }

    package func text(of root: Root) -> String {
        JSONWriter.text { shape.write(root, nil, &$0) }
    }

    /// Refuses what is not of this shape.
    package func check(_ document: Document) throws(DocumentError) {
        try shape.schema.check(document, named: name)
    }

    /// The JSON Schema (draft 2020-12), for programs that read it.
    ///
    /// Where other members than these may come in the same version, none is forbidden.
    package var schemaText: String { JSONSchema.text(of: shape.schema, kind: kind) }
}
