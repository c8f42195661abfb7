import ArgumentParser
import AuditCore
import CloudTrust

/// A change to ask about, as `--what-if` takes it: `KIND:VALUE`.
struct WhatIfOption: OptionValue {
    private enum Kind: String, CaseIterable {
        case rename, transfer, delete, immutable, template
    }

    private enum Change {
        case rename(to: String)
        case transfer(to: String, id: Int64?)
        case delete
        case immutable
        case template([ClaimKey])
    }

    static let forms =
        "rename:OWNER/OLD=NEW, transfer:OWNER/REPO=OWNER2, delete:OWNER/REPO, immutable:OWNER[/REPO], "
        + "template:OWNER/REPO=repo,context"

    private let text: String
    private let owner: String
    /// `nil`: every repository of the owner.
    private let name: String?
    private let change: Change

    init(option text: String) throws(InvalidValue) {
        self.text = text
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw InvalidValue(text, "is not KIND:VALUE", hint: "use \(Self.forms)") }
        guard let kind = Kind(rawValue: parts[0]) else {
            throw .unknown(parts[0], among: Kind.allCases.map(\.rawValue))
        }
        let sides = parts[1].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let target = sides[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let wanted = sides.count > 1 ? sides[1] : nil
        guard target.allSatisfy({ !$0.isEmpty }), target.count == 2 || target.count == 1 && kind == .immutable,
            (wanted == nil) == (kind == .delete || kind == .immutable), wanted?.isEmpty != true
        else { throw InvalidValue(text, "is not a change", hint: "use \(Self.forms)") }
        (owner, name) = (target[0], target.count == 2 ? target[1] : nil)
        let value = wanted ?? ""
        switch kind {
        case .delete: change = .delete
        case .immutable: change = .immutable
        case .rename:
            // With its owner it would be a transfer.
            let new = value.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard new.count == 1 || new.count == 2 && new[0].isExactlyIgnoringCase(target[0]), new.last != "" else {
                throw InvalidValue(text, "names another owner", hint: "a rename keeps the owner; else transfer:")
            }
            change = .rename(to: new[new.count - 1])
        case .transfer:
            let new = try OwnerOption(option: value)
            change = .transfer(to: new.login, id: new.id)
        case .template:
            change = .template(
                value.split(separator: ",", omittingEmptySubsequences: false).map { ClaimKey(String($0)) })
        }
    }

    /// What each means for the repositories of a scan: there may be as many of both.
    static func changes(_ options: [WhatIfOption], in world: TrustWorld) throws(CommandFailure) -> [WorldChange] {
        guard !options.isEmpty else { return [] }
        let named = Dictionary(grouping: world.repositories.map(\.repository)) {
            ExactText($0.fullName.lowercasedASCII)
        }
        var changes: [WorldChange] = []
        for option in options { changes += try option.changes(in: world, named) }
        return changes
    }

    private func changes(
        in world: TrustWorld, _ named: [ExactText: [Repository]],
    ) throws(CommandFailure) -> [WorldChange] {
        let meant =
            name.map { named[ExactText("\(owner)/\($0)".lowercasedASCII)] ?? [] }
            ?? world.repositories.map(\.repository).filter { $0.owner.isExactlyIgnoringCase(owner) }
        guard !meant.isEmpty else {
            let full = name.map { "\(owner)/\($0)" } ?? owner
            let names = name == nil ? world.owners.map(\.login) : world.repositories.map(\.repository.fullName)
            let nearest = NearestWord.nearest(to: full, among: names)
            throw .usage(
                "--what-if: \"\(text)\": the scan lists no repository \(name == nil ? "of " : "")\(full)",
                hint: nearest.map { "did you mean \"\($0)\"?" } ?? "name one as the scan lists it")
        }
        return meant.map { repository in
            switch change {
            case .rename(let new): .rename(repository.id, to: new)
            case .transfer(let new, let id):
                .transfer(
                    repository.id, to: new,
                    ownerID: id ?? world.owners.first { $0.login.isExactlyIgnoringCase(new) }?.id)
            case .delete: .delete(repository.id)
            case .immutable: .immutable(repository.id)
            case .template(let keys): .template(repository.id, keys)
            }
        }
    }
}

/// An owner with its numeric id where that is known: `OWNER` or `OWNER@ID`.
struct OwnerOption: OptionValue {
    let login: String
    let id: Int64?

    init(option text: String) throws(InvalidValue) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard let login = OrganizationLogin(parts[0]), parts.count <= 2 else {
            throw InvalidValue(text, "is not an owner", hint: "use OWNER or OWNER@ID, such as octo-org@9919")
        }
        self.login = login.rawValue
        guard parts.count == 2 else {
            id = nil
            return
        }
        guard let id = Int64(parts[1]), id > 0 else {
            throw InvalidValue(text, "is not an owner", hint: "the id of an owner is a number: octo-org@9919")
        }
        self.id = id
    }
}
