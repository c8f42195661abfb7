/// What can be read from a listing.
protocol ListingReadable {
    init(listing json: inout ListingJSON) throws(ListingJSON.Fault)
}

extension String: ListingReadable {
    init(listing json: inout ListingJSON) throws(ListingJSON.Fault) { self = try json.string() }
}

extension Int64: ListingReadable {
    init(listing json: inout ListingJSON) throws(ListingJSON.Fault) { self = try json.integer() }
}

extension Bool: ListingReadable {
    init(listing json: inout ListingJSON) throws(ListingJSON.Fault) { self = try json.bool() }
}

extension Array: ListingReadable where Element: ListingReadable {
    init(listing json: inout ListingJSON) throws(ListingJSON.Fault) {
        self = try json.array { json throws(ListingJSON.Fault) in try json.read() }
    }
}
