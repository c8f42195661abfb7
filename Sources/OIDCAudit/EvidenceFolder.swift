import AuditCore
import Crypto
import Foundation
import History
import Reports

/// A folder with the evidence of one period, and nothing else.
struct EvidenceFolder {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    private static let sums = "SHA256SUMS"
    private static let files = ["evidence.html", "evidence.json", "evidence.ndjson", sums]

    /// Where a text stands in the folder: its name is the digest of its bytes.
    static func path(of text: JudgingText) -> String {
        let isJSON = text.bytes.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{")
        return "\(folder(of: text.kind))/\(text.sha256).\(isJSON ? "json" : "yaml")"
    }

    private static func folder(of kind: JudgingText.Kind) -> String {
        switch kind {
        case .policy: "policies"
        case .waivers: "waivers"
        }
    }

    private static let folders = [folder(of: .policy), folder(of: .waivers)]

    /// Refuses a folder that holds something else, of which nothing is to be lost or taken for evidence.
    func check() throws(CommandFailure) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        guard DocumentFile.isFolder(path) else {
            throw .usage("cannot write evidence to \(path): it is a file", hint: "name a new or an empty folder")
        }
        var others = try names(in: "").filter { !(Self.files + Self.folders).contains($0) }
        for folder in Self.folders {
            others += try names(in: folder).filter { !Self.isText($0) }.map { "\(folder)/\($0)" }
        }
        guard let other = others.first else { return }
        throw .usage(
            "cannot write evidence to \(path): it holds \(other), which is none", hint: "name a new or an empty folder")
    }

    /// Writes every file, the digests last: until then the folder does not pass its check.
    ///
    /// - Parameter texts: those that are kept.
    func write(_ evidence: PeriodEvidence, _ texts: [JudgingText]) async throws(CommandFailure) {
        try make("")
        for folder in Self.folders {
            for name in try names(in: folder) { try remove("\(folder)/\(name)") }
        }
        try remove(Self.sums)
        var sums: [(name: String, sha256: String)] = []
        for text in texts {
            try make(Self.folder(of: text.kind))
            sums.append(try write(Self.path(of: text)) { $0.write(text.bytes) })
        }
        // Of ten thousand repositories each takes most of a second, so they are made beside each other.
        async let page = result(Self.files[0]) { EvidenceHTML.write(evidence, to: &$0) }
        async let document = result(Self.files[1]) { EvidencePage.document.write((evidence, ""), to: &$0) }
        async let records = result(Self.files[2]) { EvidencePage.writeRecords(evidence, to: &$0) }
        for written in await [page, document, records] { sums.append(try written.get()) }
        let lines = sums.sorted { $0.name < $1.name }.map { "\($0.sha256)  \($0.name)\n" }
        _ = try write(Self.sums) { $0.write(lines.joined()) }
    }

    // MARK: -

    private func location(_ name: String) -> String { name.isEmpty ? path : "\(path)/\(name)" }

    private static func isText(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0].utf8.count == 64 && parts[0].allSatisfy(\.isHexDigit)
            && ["json", "yaml"].contains(parts[1])
    }

    /// In alphabetical order; none if there is no such folder.
    private func names(in folder: String) throws(CommandFailure) -> [String] {
        let location = location(folder)
        guard FileManager.default.fileExists(atPath: location) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: location).sorted()
        } catch {
            throw .usage("cannot read the folder \(location)", hint: "name a folder that can be read and written")
        }
    }

    private func make(_ folder: String) throws(CommandFailure) {
        let location = location(folder)
        do {
            try FileManager.default.createDirectory(atPath: location, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                message: "cannot make the folder \(location)", hint: "name another folder", status: .failure)
        }
    }

    private func remove(_ name: String) throws(CommandFailure) {
        let location = location(name)
        guard unlink(location) != 0, errno != ENOENT else { return }
        throw CommandFailure(
            message: "cannot replace \(location): \(SystemError(errno))", hint: "name another folder", status: .failure)
    }

    private func result(
        _ name: String, _ body: @Sendable (inout ReportOutput) -> Void,
    ) -> Result<(name: String, sha256: String), CommandFailure> {
        do throws(CommandFailure) {
            return .success(try write(name, body))
        } catch {
            return .failure(error)
        }
    }

    private func write(
        _ name: String, _ body: (inout ReportOutput) throws -> Void,
    ) throws(CommandFailure) -> (name: String, sha256: String) {
        try AtomicFile.write(to: location(name), what: "evidence", body)
        return (name, try digest(of: location(name)))
    }

    /// Of what the file holds now, piece by piece.
    private func digest(of file: String) throws(CommandFailure) -> String {
        do {
            let handle = try FileHandle(forReadingFrom: URL(filePath: file))
            defer { try? handle.close() }
            var hash = SHA256()
            while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
            return hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        } catch {
            throw CommandFailure(
                message: "cannot read back \(file): \(error)", hint: "name another folder", status: .failure)
        }
    }
}
