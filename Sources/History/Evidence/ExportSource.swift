import AuditCore
import GRDB

/// An export as far as it has been imported.
final class ExportSource {
    let reader: ExportReader
    private var scans: ArraySlice<ExportedScan>
    /// By the address of its API: ids are those of one host, and the next may count alike.
    private var hosts: [String: ExportedHost] = [:]
    /// The numbers here of the scans that this history holds.
    private(set) var scansHere: Set<Int64> = []
    /// How many scans of a content came before: scans of one second that found the same have the same.
    private var counts: [String: Int] = [:]

    init(_ reader: ExportReader) throws {
        self.reader = reader
        scans = try reader.all()[...]
    }

    var next: ExportedScan? { scans.first }

    var startedAt: String { next?.startedAt ?? "" }

    /// How many scans before the next one have its content.
    var twinsBefore: Int { next.map { counts[$0.seal.link.firstSeal.content] ?? 0 } ?? 0 }

    func advance() {
        let scan = scans.removeFirst()
        counts[scan.seal.link.firstSeal.content, default: 0] += 1
    }

    /// What the export knows of a host so far.
    func host(_ apiURL: String) -> ExportedHost {
        if let host = hosts[apiURL] { return host }
        let host = ExportedHost()
        hosts[apiURL] = host
        return host
    }

    /// Notes that this history holds a scan.
    func note(_ scanID: Int64) { scansHere.insert(scanID) }
}
