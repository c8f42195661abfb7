import AuditCore
import Foundation
import GitHubEmulator

extension WorldFile {
    private static let hint = "a world is a JSON file; the emulator's documentation shows one"

    /// Reads a world, or says what is wrong with it and where.
    init(path: String) throws(CommandFailure) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .usage("cannot read the world \(path)", hint: "name a JSON file")
        }
        do {
            try self.init(json: data)
        } catch let error as DecodingError {
            throw .usage("\(path)\(Self.problem(error, in: Array(data)))", hint: Self.hint)
        } catch {
            throw .usage("\(path): \(error)", hint: Self.hint)
        }
    }

    /// The decoder knows no positions: they are looked up in the text.
    ///
    /// - Returns: what comes after the file's name: `:1:19: organizations[0] has no "id"`.
    private static func problem(_ error: DecodingError, in bytes: [UInt8]) -> String {
        let document: Document
        do throws(DocumentError) { document = try JSONParser.parse(bytes, valuesMax: 1_000_000) } catch {
            return ":\(error)"
        }
        switch error {
        case .keyNotFound(let key, let context):
            let parent = Place(context.codingPath, in: document)
            return ":\(parent.document.position): \(parent.name) has no \"\(key.stringValue.snakeCased)\""
        case .valueNotFound(let type, let context), .typeMismatch(let type, let context):
            let place = Place(context.codingPath, in: document)
            return ":\(place.document.position): \(place.name) must be \(words(for: type)), not \(place.document.kind)"
        case .dataCorrupted(let context):
            let place = Place(context.codingPath, in: document)
            guard case .string(let text) = place.document.value else {
                let odd = place.firstOddNumber ?? place
                return ":\(odd.document.position): \(odd.name) must be a whole number that fits in 64 bits"
            }
            return ":\(place.document.position): \"\(text)\" is not a value of \(place.name)"
        @unknown default: return ": \(error.localizedDescription)"
        }
    }

    private static func words(for type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any FixedWidthInteger.Type: "a whole number"
        case is any DecodedList.Type: "a list"
        default: "an object"
        }
    }

    /// A value of the file, as far as its coding path leads.
    private struct Place {
        private static let root = "the world"

        var document: Document
        var name = ""

        init(_ path: [any CodingKey], in document: Document) {
            self.document = document
            for key in path {
                if let index = key.intValue {
                    name += "[\(index)]"
                    guard case .array(let elements) = self.document.value, elements.indices.contains(index) else {
                        break
                    }
                    self.document = elements[index]
                } else {
                    let word = key.stringValue.snakeCased
                    name += (name.isEmpty ? "" : ".") + word
                    guard case .object(let members) = self.document.value,
                        let member = members.first(where: { $0.key == word || $0.key == key.stringValue })
                    else { break }
                    self.document = member.value
                }
            }
            if name.isEmpty { name = Self.root }
        }

        private init(_ document: Document, named name: String) {
            self.document = document
            self.name = name
        }

        /// The decoder refuses a number that it can't hold without saying where; a world's are all whole.
        var firstOddNumber: Place? {
            switch document.value {
            case .number: document.integer == nil ? self : nil
            case .array(let elements):
                elements.enumerated().lazy
                    .compactMap { Place($1, named: "\(name)[\($0)]").firstOddNumber }.first
            case .object(let members):
                members.lazy.compactMap { member in
                    Place(member.value, named: (name == Self.root ? "" : name + ".") + member.key).firstOddNumber
                }.first
            case .null, .bool, .string: nil
            }
        }
    }
}

/// What the decoder reads from an array of JSON.
private protocol DecodedList {}
extension Array: DecodedList {}

extension String {
    /// `include_claim_keys` for `includeClaimKeys`.
    fileprivate var snakeCased: String {
        reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
    }
}
