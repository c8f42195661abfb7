extension Int {
    /// For people: `14.9 MiB`.
    var bytes: String {
        switch self {
        case ..<1024: "\(self) bytes"
        case ..<(1 << 20): "\((Double(self) / 102.4).rounded() / 10) KiB"
        default: "\((Double(self) / 104_857.6).rounded() / 10) MiB"
        }
    }
}
