import AuditCore
import CloudTrust
import Foundation
import Reports

/// Cloud exports as `--trust` names them: files, or folders of JSON files.
struct TrustFiles {
    let trusts: [Trust]
    /// Names of the roles that were read, also of those that trust nobody of GitHub's.
    let roles: Set<String>
    let exports: [TrustExport]
    /// Files of folders that are no JSON files.
    let skipped: [String]

    /// Most files, and most bytes of all of them.
    private static let filesMax = 10_000
    private static let bytesMax = 256 << 20
    /// How deep folders are followed: a link may lead back into its own folder.
    private static let depthMax = 8

    /// - Parameter issuers: addresses that issue GitHub's tokens.
    init(paths: [String], issuers: [String]) throws(CommandFailure) {
        let found = try Self.find(paths)
        let reader = TrustFileReader(issuers: issuers)
        var files: [TrustFile] = []
        var exports: [TrustExport] = []
        var bytesRead = 0
        for path in found.files {
            let bytes = try DocumentFile.bytes(
                of: path, what: "cloud export", bytesMax: TrustFileReader.bytesMax)
            bytesRead += bytes.count
            guard bytesRead <= Self.bytesMax else {
                throw .usage(
                    "--trust: the files hold more than \(Self.bytesMax >> 20) MiB",
                    hint: "export the roles alone: aws iam list-roles --output json > roles.json")
            }
            let file: TrustFile
            do throws(TrustFileError) {
                file = try reader.read(bytes, path: path)
            } catch {
                throw .usage("--trust: \(error)", hint: error.hint)
            }
            files.append(file)
            var export = TrustExport(file, sha256: DocumentFile.sha256(of: bytes))
            let written = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
            export.modifiedAt = written.map { Timestamp(secondsSince1970: Int64($0.timeIntervalSince1970)) }
            exports.append(export)
        }
        trusts = TrustFile.trusts(of: files)
        roles = Set(files.flatMap { $0.read.map(\.name) })
        self.exports = exports
        skipped = found.skipped
    }

    // MARK: -

    struct Found {
        var files: [String] = []
        var skipped: [String] = []
    }

    /// The files that paths name; never none.
    static func find(_ paths: [String]) throws(CommandFailure) -> Found {
        var found = Found()
        for path in paths { try find(path, depth: 0, into: &found) }
        guard !found.files.isEmpty else {
            throw .usage(
                "--trust: \(paths.joined(separator: ", ")) holds no JSON file", hint: TrustFileError.command)
        }
        return found
    }

    private static func find(_ path: String, depth: Int, into found: inout Found) throws(CommandFailure) {
        guard DocumentFile.isFolder(path) else {
            if !found.files.contains(where: { $0.isExactly(path) }) { found.files.append(path) }
            return
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw .usage("--trust: cannot read the folder \(path)", hint: "check its permissions")
        }
        for name in names.sorted() where !name.hasPrefix(".") {
            let inner = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
            if DocumentFile.isFolder(inner) {
                if depth < depthMax { try find(inner, depth: depth + 1, into: &found) }
            } else if isJSON(name), isRegular(inner) {
                if !found.files.contains(where: { $0.isExactly(inner) }) { found.files.append(inner) }
            } else {
                found.skipped.append(inner)
            }
            guard found.files.count <= filesMax else {
                throw .usage("--trust: \(path) holds more than \(filesMax) files", hint: "name the exports alone")
            }
        }
    }

    private static func isJSON(_ name: String) -> Bool {
        ["json", "ndjson", "jsonl"].contains((name as NSString).pathExtension.lowercased())
    }

    /// A pipe in a folder would be waited for.
    private static func isRegular(_ path: String) -> Bool {
        let resolved = URL(filePath: path).resolvingSymlinksInPath().path
        let type = (try? FileManager.default.attributesOfItem(atPath: resolved))?[.type] as? FileAttributeType
        return type == .typeRegular
    }
}

extension TrustExport {
    fileprivate init(_ file: TrustFile, sha256: String) {
        self.init(path: file.path, sha256: sha256, kind: file.kind.rawValue)
        roles = file.roles
        trusts = file.trusts.count
        otherIssuers = file.otherIssuers
        truncation = file.truncation
        unread = file.unread.map { Unread(identity: $0.identity, pointer: $0.pointer, why: $0.why) }
    }
}

/// The claims of one token, as `--token-claims` names them.
enum TokenClaimsFile {
    static func load(_ path: String) throws(CommandFailure) -> [ClaimKey: String] {
        let file = try DocumentFile(path: path, what: "file of claims")
        guard case .object(let members) = file.document.value else {
            throw DocumentFile.failure(
                DocumentError(
                    at: file.document.position,
                    "the claims of a token are an object, and this is \(file.document.kind)",
                    hint: "give the decoded payload alone, never the token itself"), in: path)
        }
        var claims: [ClaimKey: String] = [:]
        // Clouds compare strings: no condition on a claim is met by a number.
        for member in members {
            switch member.value.value {
            case .string(let text): claims[ClaimKey(member.key)] = text
            // A token may write its one audience as a list.
            case .array(let elements) where member.key.isExactly("aud"):
                guard elements.count == 1, case .string(let text) = elements[0].value else {
                    throw DocumentFile.failure(
                        DocumentError(
                            at: member.value.position, "the claim \"aud\" must be a string or a list of one",
                            hint: "every token of GitHub Actions has one audience"), in: path)
                }
                claims["aud"] = text
            default: continue
            }
        }
        if claims["sub"] == nil, let subject = members.first(where: { $0.key.isExactly("sub") })?.value {
            throw DocumentFile.failure(
                DocumentError(
                    at: subject.position, "the claim \"sub\" must be a string, not \(subject.kind)",
                    hint: "every token of GitHub Actions has one"), in: path)
        }
        guard claims["sub"] != nil else {
            throw DocumentFile.failure(
                DocumentError(
                    at: file.document.position, "there is no claim \"sub\"",
                    hint: "every token of GitHub Actions has one"), in: path)
        }
        return claims
    }
}

/// An earlier report, as `--since-report` names it.
enum EarlierTrustFile {
    static func load(_ path: String) throws(CommandFailure) -> EarlierTrusts {
        let file = try DocumentFile(path: path, what: "report of trusts", limits: .generated)
        do throws(DocumentError) {
            return try EarlierTrustDocument.parse(file.document)
        } catch {
            throw DocumentFile.failure(error, in: path)
        }
    }
}
