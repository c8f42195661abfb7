import Foundation

extension World {
    /// A token of an installation.
    struct Minted: Sendable {
        let installation: Int64
        let permissions: [String: String]
        let expires: Date
        /// How often it is refused yet.
        var refusals: Int
    }

    /// What a token may do.
    enum Bearer: Sendable {
        case installation(WorldFile.Installation, permissions: [String: String])
        /// Unknown, expired, or of an installation that is gone.
        case unknown
        case suspended
    }

    /// The app that signed a token, or why none did.
    func app(of token: String, at now: Date) -> Result<WorldFile.App, SignedToken.Fault> {
        guard let signed = SignedToken(token) else { return .failure(.undecodable) }
        guard let app = file.apps.first(where: { signed.issuer == "\($0.id)" || signed.issuer == $0.clientId }) else {
            return .failure(.unknownIssuer)
        }
        do throws(SignedToken.Fault) {
            try signed.verify(publicKey: app.publicKey, at: now)
            return .success(app)
        } catch {
            return .failure(error)
        }
    }

    func installation(_ id: Int64) -> WorldFile.Installation? {
        for app in file.apps {
            if let found = app.installations.first(where: { $0.id == id }) { return found }
        }
        return nil
    }

    /// Makes a token.
    func mint(
        _ installation: WorldFile.Installation, of app: WorldFile.App, permissions: [String: String], at now: Date,
    ) -> (token: String, expires: Date) {
        let random = (0..<2).map { _ in UUID().uuidString.replacing("-", with: "").lowercased() }.joined()
        let token = "ghs_\(app.id)_\(random)"
        let expires = now.addingTimeInterval(Double(app.tokenSeconds))
        minted[token] = Minted(
            installation: installation.id, permissions: permissions, expires: expires, refusals: app.freshRefusals)
        return (token, expires)
    }

    /// Looks a token up, which uses up one of its refusals.
    ///
    /// - Returns: `nil` if no installation's token is of that form.
    func bearer(of token: String, at now: Date) -> Bearer? {
        guard let known = minted[token] else { return nil }
        guard known.expires > now, let installation = installation(known.installation) else { return .unknown }
        guard known.refusals <= 0 else {
            minted[token]?.refusals -= 1
            return .unknown
        }
        return installation.suspended ? .suspended : .installation(installation, permissions: known.permissions)
    }

    /// All tokens that were made, oldest first.
    package var mintedTokens: [String] { minted.sorted { $0.value.expires < $1.value.expires }.map(\.key) }

    /// Whose limits a request counts against: each installation has its own, everybody else shares one.
    func meter(of authorization: String?) -> Int64 {
        guard let token = authorization?.split(separator: " ").last else { return 0 }
        return minted[String(token)]?.installation ?? 0
    }
}
