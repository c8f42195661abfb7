import Foundation
import GRDB

/// Which repositories a scan has met. It is gone once the scan is sealed, unless a page of a listing was lost.
struct ProgressRecord: Codable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "scanProgress"

    var scanID: Int64
    private var listed: Data
    private var read: Data

    /// - Parameters:
    ///   - listed: row ids of repositories that it listed.
    ///   - read: row ids of those whose setting it asked for.
    init(scanID: Int64, listed: RowIDSet = RowIDSet(), read: RowIDSet = RowIDSet()) {
        self.scanID = scanID
        self.listed = Data(listed.bytes)
        self.read = Data(read.bytes)
    }

    var listedRows: RowIDSet { RowIDSet(bytes: Array(listed)) }

    var readRows: RowIDSet {
        get { RowIDSet(bytes: Array(read)) }
        set { read = Data(newValue.bytes) }
    }
}

/// The organization's template as a running scan first read it. It is gone once the scan is sealed.
struct ScanTemplateRecord: Codable, Equatable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "scanTemplate"

    var scanID: Int64
    var organizationID: Int64
    /// JSON list; `nil`: never set.
    var claimKeys: String?
    var useImmutableSubject: Bool?
}
