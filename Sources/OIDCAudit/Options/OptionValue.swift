public import ArgumentParser
import AuditCore
import Foundation
import Synchronization

/// Why a text is not what an option takes, and what is.
struct InvalidValue: Error {
    let message: String
    let hint: String

    init(message: String, hint: String) {
        self.message = message
        self.hint = hint
    }

    init(_ text: String, _ why: String, hint: String) {
        self.init(message: "\"\(text)\" \(why)", hint: hint)
    }

    static func unknown(_ text: String, among words: [String]) -> InvalidValue {
        InvalidValue(text, "is unknown", hint: NearestWord.hint(for: text, among: words))
    }
}

/// A type that options are declared with: it reads their text, or says why it can't.
protocol OptionValue: ExpressibleByArgument {
    init(option text: String) throws(InvalidValue)
}

extension OptionValue {
    /// Reads a text, and notes why where it can't be read.
    fileprivate static func read(_ text: String) -> Self? {
        do throws(InvalidValue) { return try Self(option: text) } catch {
            Refusal.note(error)
            return nil
        }
    }

    init?(argument: String) {
        guard let value = Self.read(argument) else { return nil }
        self = value
    }

    /// A shell offers the words that the type lists.
    static var defaultCompletionKind: CompletionKind { allValueStrings.isEmpty ? .default : .list(allValueStrings) }
}

/// Reads an option's text where it needs no type of its own.
func reading<Value>(
    _ read: @escaping @Sendable (String) throws(InvalidValue) -> Value,
) -> @Sendable (String) throws -> Value {
    { text in
        do throws(InvalidValue) { return try read(text) } catch {
            Refusal.note(error)
            throw error
        }
    }
}

/// The first value that was refused while arguments were parsed. The parser's own error does not hand out the reason.
final class Refusal: Sendable {
    @TaskLocal private static var current: Refusal?
    private let first = Mutex<InvalidValue?>(nil)

    static func note(_ error: InvalidValue) {
        current?.first.withLock { $0 = $0 ?? error }
    }

    /// - Returns: what came of it, and what was refused meanwhile; `nil`: nothing was.
    static func noted<Value>(
        while body: () throws -> Value,
    ) -> (result: Result<Value, any Error>, refused: InvalidValue?) {
        let refusal = Refusal()
        let result = $current.withValue(refusal) { Result(catching: body) }
        return (result, refusal.first.withLock { $0 })
    }
}

// MARK: - Types that several options share

/// Who may read and write a file, as `chmod` takes it in numbers.
struct FileMode: OptionValue, Equatable {
    let bits: mode_t

    init(option text: String) throws(InvalidValue) {
        // Its owner must be able to write it the next time.
        guard (3...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
            let bits = mode_t(text, radix: 8), bits <= 0o777, bits & 0o600 == 0o600
        else {
            throw InvalidValue(text, "is not a mode of files", hint: "for example 644, or 640 for a group alone")
        }
        self.bits = bits
    }
}

extension OptionValue where Self: CaseIterable, Self: RawRepresentable, RawValue == String {
    init?(argument: String) {
        guard let value = Self.read(argument) else { return nil }
        self = value
    }

    init(option text: String) throws(InvalidValue) {
        guard let value = Self(rawValue: text) else { throw .unknown(text, among: Self.allCases.map(\.rawValue)) }
        self = value
    }
}

/// A whole number within bounds.
struct Number<Bounds: NumberBounds>: OptionValue, ExpressibleByIntegerLiteral, Sendable {
    let value: Int

    init(integerLiteral value: Int) { self.value = value }

    init(option text: String) throws(InvalidValue) {
        let range = Bounds.range
        guard let value = Int(text), range.contains(value) else {
            throw InvalidValue(
                text, "is not a number from \(range.lowerBound) to \(range.upperBound)", hint: Bounds.hint)
        }
        self.value = value
    }

    var defaultValueDescription: String { "\(value)" }
}

protocol NumberBounds {
    static var range: ClosedRange<Int> { get }
    static var hint: String { get }
}

enum FromOne: NumberBounds {
    static let range = 1...1_000_000
    static let hint = "for example 50"
}

enum FromZero: NumberBounds {
    static let range = 0...1_000_000
    static let hint = "for example 100"
}

extension Duration: OptionValue, @retroactive ExpressibleByArgument {
    public static var defaultCompletionKind: CompletionKind { .default }

    public init?(argument: String) {
        guard let value = Self.read(argument) else { return nil }
        self = value
    }

    init(option text: String) throws(InvalidValue) {
        guard let duration = Duration(text: text) else {
            throw InvalidValue(text, "is not a duration", hint: "for example 90s, 30m or 2h")
        }
        self = duration
    }

    public var defaultValueDescription: String {
        let unit = Self.units.last { self >= $0.unit && self / $0.unit == (self / $0.unit).rounded() }
        guard let unit else { return "0s" }
        return "\(Int(self / unit.unit))\(unit.suffix)"
    }
}

extension OrganizationLogin: OptionValue {
    init(option text: String) throws(InvalidValue) {
        guard let login = OrganizationLogin(text) else {
            throw InvalidValue(
                text, "is not an organization's name",
                hint: "give the login alone, such as octo-org: letters, digits and hyphens")
        }
        self = login
    }
}

extension [OrganizationLogin] {
    /// Each once, whatever the case of its letters.
    var distinct: [OrganizationLogin] {
        var seen: Set<String> = []
        return filter { seen.insert($0.rawValue.lowercased()).inserted }
    }
}

extension ScanReference: OptionValue {
    init(option text: String) throws(InvalidValue) {
        guard let reference = ScanReference(text) else {
            throw InvalidValue(text, "is not a scan", hint: "use \(Self.forms)")
        }
        self = reference
    }
}

extension ChangesetID: OptionValue {
    init?(argument: String) {
        guard let value = Self.read(argument) else { return nil }
        self = value
    }

    init(option text: String) throws(InvalidValue) {
        guard let number = Int64(text.hasPrefix("#") ? String(text.dropFirst()) : text) else {
            throw InvalidValue(
                text, "is not the number of a set of changes", hint: "oidc-audit history changes lists them")
        }
        self.init(rawValue: number)
    }
}

/// Up to when: a day to its end, or a moment.
struct EndTime: OptionValue {
    let moment: Timestamp

    init(option text: String) throws(InvalidValue) {
        guard let moment = Timestamp(text) ?? Timestamp(dayOf: text)?.adding(seconds: 86_399) else {
            throw InvalidValue(text, "is not a time", hint: "use a date such as 2026-09-30; that day is included")
        }
        self.moment = moment
    }
}

extension Timestamp {
    /// A time that was asked for, such as `since 2026-06-01 and by 2026-06-30`; `nil` if it is any.
    static func words(since start: Timestamp?, until end: Timestamp?) -> String? {
        let words = [
            start.map { "since \(Day(of: $0).start == $0 ? "\(Day(of: $0))" : "\($0)")" },
            end.map { "by \(Day(of: $0).end.adding(seconds: -1) == $0 ? "\(Day(of: $0))" : "\($0)")" },
        ].compactMap(\.self)
        return words.isEmpty ? nil : words.joined(separator: " and ")
    }
}

/// A time since when something is asked for: `7d`, `12h`, `2026-09-01` (from the start of that day) or a moment.
enum StartTime: OptionValue {
    case moment(Timestamp)
    case ago(seconds: Int64)

    init(option text: String) throws(InvalidValue) {
        let units: [(suffix: String, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("w", 604_800)]
        if let moment = Timestamp(text) ?? Timestamp(dayOf: text) {
            self = .moment(moment)
        } else if let unit = units.first(where: { text.hasSuffix($0.suffix) }), let count = Int64(text.dropLast()),
            (1...100_000).contains(count)
        {
            self = .ago(seconds: count * unit.seconds)
        } else {
            throw InvalidValue(text, "is not a time", hint: "use 7d, 12h, or a date such as 2026-09-01")
        }
    }

    func moment(now: Timestamp) -> Timestamp {
        switch self {
        case .moment(let moment): moment
        case .ago(let seconds): now.adding(seconds: -seconds)
        }
    }
}
