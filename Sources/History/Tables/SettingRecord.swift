import AuditCore
import GRDB

/// What a repository's template endpoint said.
struct SettingRecord: StoredRecord {
    static let databaseTableName = "settingObservation"

    var id: Int64?
    var repositoryRowID: Int64 = 0
    var scanID: Int64 = 0
    var observedAt = ""
    var useDefault = false
    var includeClaimKeys: String?
    var useImmutableSubject: Bool?
    var subClaimPrefix: String?

    static let columns: [StoredColumn<Self>] = [
        .key("id", \.id),
        .init("repositoryID", \.repositoryRowID, .repository),
        .key("scanID", \.scanID),
        // When it was first seen is no difference.
        .init("observedAt", \.observedAt, .time("observed_at"), isCompared: false),
        .init("useDefault", \.useDefault, .boolean("use_default")),
        .init("includeClaimKeys", \.includeClaimKeys, .names("include_claim_keys")),
        .init("useImmutableSubject", \.useImmutableSubject, .boolean("use_immutable_subject")),
        .init("subClaimPrefix", \.subClaimPrefix, .text("sub_claim_prefix")),
    ]
}

extension SettingRecord {
    init(
        _ setting: RepositorySetting, rowID: Int64, scanID: Int64, observedAt: Timestamp, _ json: inout JSONTextWriter,
    ) {
        repositoryRowID = rowID
        self.scanID = scanID
        self.observedAt = observedAt.description
        useDefault = setting.useDefault
        includeClaimKeys = setting.includeClaimKeys.map { json.text(of: $0.map(\.rawValue)) }
        useImmutableSubject = setting.useImmutableSubject
        subClaimPrefix = setting.subClaimPrefix
    }

    func setting(_ reader: inout JSONTextReader) throws -> RepositorySetting {
        RepositorySetting(
            useDefault: useDefault,
            includeClaimKeys: try includeClaimKeys.map { try reader.strings($0).map(ClaimKey.init(rawValue:)) },
            useImmutableSubject: useImmutableSubject, subClaimPrefix: subClaimPrefix)
    }
}
