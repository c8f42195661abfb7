/// How a person or a stored scan names an organization. Its id says which one it is; its login is a label, which can be
/// changed and then be taken by another organization.
package struct OrganizationReference: Hashable, Sendable, ExpressibleByStringLiteral {
    /// Without case.
    package var login: String
    /// `nil` if a login alone is known: the organization that bore it last is meant.
    package var id: OrganizationID?

    package init(login: String, id: OrganizationID? = nil) {
        self.login = login
        self.id = id
    }

    package init(stringLiteral login: String) {
        self.init(login: login)
    }
}

/// What a history knows of an organization that a person named by a login.
package struct KnownOrganization: Hashable, Sendable {
    /// As it was named.
    package var asked: String
    /// The organization that bore this login last, by the login that it bears now; as it was named where no scan found it.
    package var reference: OrganizationReference
    /// Another organization that bore this login before.
    package var formerHolder: Holder?

    package struct Holder: Hashable, Sendable {
        package var id: OrganizationID
        /// The last scan that saw it under this login.
        package var lastSeenBy: ScanDifference.Side

        package init(id: OrganizationID, lastSeenBy: ScanDifference.Side) {
            self.id = id
            self.lastSeenBy = lastSeenBy
        }
    }

    package init(asked: String, reference: OrganizationReference, formerHolder: Holder? = nil) {
        self.asked = asked
        self.reference = reference
        self.formerHolder = formerHolder
    }
}

// One line each, without a final stop.
extension OrganizationSnapshot {
    /// That it bears another name than before.
    package var renamings: [String] {
        var renamings: [String] = []
        if let askedLogin {
            renamings.append(
                "\(askedLogin) is \(login) now: the scan was asked for the old name, which another organization can take"
            )
        }
        if let formerLogin, formerLogin.lowercased() != askedLogin?.lowercased() {
            renamings.append("\(formerLogin) is \(login) now")
        }
        return renamings
    }

    /// That its name was another organization's; `nil` if it was not.
    package var takeover: String? {
        guard let formerHolder, let id else { return nil }
        return
            "\(login) is another organization now (id \(id.rawValue)) than the one that the last scan of that name saw "
            + "(id \(formerHolder.rawValue)): the two are not compared"
    }
}
