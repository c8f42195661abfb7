import GRDB

extension Schema {
    /// What was written to GitHub: the intent before it, the outcome after it, and neither ever changed. Apart from the
    /// chain of scans, which holds what was seen.
    static func createJournal(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE changeset (
                    id INTEGER PRIMARY KEY,
                    hostID INTEGER NOT NULL REFERENCES host(id),
                    kind TEXT NOT NULL,               -- apply, set, rollback
                    startedAt TEXT NOT NULL,
                    actor TEXT,                       -- login of the token's owner; NULL: it is not a user's
                    planDigest TEXT NOT NULL,
                    plan TEXT NOT NULL,               -- the document, oidc-audit.plan/v1
                    undoes INTEGER REFERENCES changeset(id),
                    toolVersion TEXT NOT NULL
                ) STRICT;
                CREATE TABLE changeIntent (
                    id INTEGER PRIMARY KEY,
                    changesetID INTEGER NOT NULL REFERENCES changeset(id),
                    place INTEGER NOT NULL,           -- in the plan's changes, from 0
                    intendedAt TEXT NOT NULL
                ) STRICT;
                CREATE INDEX changeIntent_changeset ON changeIntent(changesetID, place);
                CREATE TABLE changeOutcome (
                    id INTEGER PRIMARY KEY,
                    changesetID INTEGER NOT NULL REFERENCES changeset(id),
                    place INTEGER NOT NULL,
                    concludedAt TEXT NOT NULL,
                    outcome TEXT NOT NULL,
                    message TEXT,
                    found TEXT,                       -- what was read back, where it is neither state of the plan: a document
                    -- The last intent of the change by then, 0: none. Moments are of seconds: which of an intent and an
                    -- outcome came first, rows must say.
                    lastIntentID INTEGER NOT NULL
                ) STRICT;
                CREATE INDEX changeOutcome_changeset ON changeOutcome(changesetID, place);
                """)
        for table in ["changeset", "changeIntent", "changeOutcome"] {
            try db.execute(
                sql: """
                    CREATE TRIGGER \(table)_update BEFORE UPDATE ON \(table)
                    BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
                    CREATE TRIGGER \(table)_delete BEFORE DELETE ON \(table)
                    BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
                    CREATE TRIGGER \(table)_replace BEFORE INSERT ON \(table)
                    WHEN EXISTS (SELECT 1 FROM \(table) WHERE id = NEW.id)
                    BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
                    """)
        }
        try db.execute(sql: changeView)
    }

    private static let changeView = """
        CREATE VIEW v1_change AS
        SELECT c.id AS changeset_id, h.apiURL AS api_url, c.kind, c.startedAt AS started_at, c.actor,
            c.planDigest AS plan_digest, p.key AS place,
            coalesce(json_extract(p.value, '$.organization'), '')
                || coalesce('/' || json_extract(p.value, '$.repository'), '') AS name,
            json_extract(p.value, '$.id') AS github_id, json_extract(p.value, '$.before') AS before,
            json_extract(p.value, '$.after') AS after, (
                SELECT max(intendedAt) FROM changeIntent WHERE changesetID = c.id AND place = p.key) AS intended_at,
            o.concludedAt AS concluded_at, o.outcome, o.message
        FROM changeset c JOIN host h ON h.id = c.hostID JOIN json_each(c.plan, '$.changes') p
        LEFT JOIN changeOutcome o ON o.id = (
                SELECT max(id) FROM changeOutcome WHERE changesetID = c.id AND place = p.key)
            AND o.lastIntentID >= coalesce((
                SELECT max(id) FROM changeIntent WHERE changesetID = c.id AND place = p.key), 0);
        """
}
