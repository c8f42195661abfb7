import AuditCore
import GRDB

/// The columns of `settingObservation` that say something of the setting, as they are stored.
struct SettingColumns: Equatable {
    var useDefault: Bool
    var includeClaimKeys: String?
    var useImmutableSubject: Bool?
    var subClaimPrefix: String?

    /// The columns of a row `s`, in the order of this type.
    static let selection = "s.useDefault, s.includeClaimKeys, s.useImmutableSubject, s.subClaimPrefix"

    static let insertion = """
        INSERT INTO settingObservation (repositoryID, scanID, observedAt, useDefault, includeClaimKeys,
            useImmutableSubject, subClaimPrefix)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """

    init(_ setting: RepositorySetting, _ json: inout JSONTextWriter) {
        useDefault = setting.useDefault
        includeClaimKeys = setting.includeClaimKeys.map { json.text(of: $0.map(\.rawValue)) }
        useImmutableSubject = setting.useImmutableSubject
        subClaimPrefix = setting.subClaimPrefix
    }

    /// - Parameter start: index of `useDefault`; the others follow in the order of this type.
    init(_ row: Row, at start: Int) throws {
        useDefault = try row.decode(atIndex: start)
        includeClaimKeys = try row.decode(atIndex: start + 1)
        useImmutableSubject = try row.decode(atIndex: start + 2)
        subClaimPrefix = try row.decode(atIndex: start + 3)
    }

    var values: [(any DatabaseValueConvertible)?] {
        [useDefault, includeClaimKeys, useImmutableSubject, subClaimPrefix]
    }

    /// Two spellings that Unicode takes for the same are two settings.
    static func == (left: SettingColumns, right: SettingColumns) -> Bool {
        left.useDefault == right.useDefault && left.useImmutableSubject == right.useImmutableSubject
            && left.includeClaimKeys.map(ExactText.init) == right.includeClaimKeys.map(ExactText.init)
            && left.subClaimPrefix.map(ExactText.init) == right.subClaimPrefix.map(ExactText.init)
    }

    func setting(_ reader: inout JSONTextReader) throws -> RepositorySetting {
        RepositorySetting(
            useDefault: useDefault,
            includeClaimKeys: try includeClaimKeys.map { try reader.strings($0).map(ClaimKey.init(rawValue:)) },
            useImmutableSubject: useImmutableSubject, subClaimPrefix: subClaimPrefix)
    }
}
