import GRDB

extension Schema {
    /// The texts of policies and waiver files. A scan names its own by their digests, which are sealed with it: a text
    /// that has the digest is the one, and none is ever changed.
    static func createJudgingTexts(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE scan ADD COLUMN waiversSHA256 TEXT; -- of the waiver file; NULL: none was given
                CREATE TABLE judgingText (
                    id INTEGER PRIMARY KEY,
                    kind TEXT NOT NULL CHECK (kind IN ('policy', 'waivers')),
                    sha256 TEXT NOT NULL,             -- of the text
                    name TEXT NOT NULL,               -- as whoever ran the scan named it
                    text BLOB NOT NULL,
                    UNIQUE (kind, sha256)
                ) STRICT;
                CREATE TRIGGER judgingText_update BEFORE UPDATE ON judgingText
                BEGIN SELECT RAISE(ABORT, 'a text is never changed'); END;
                CREATE TRIGGER judgingText_delete BEFORE DELETE ON judgingText
                BEGIN SELECT RAISE(ABORT, 'a text is never removed'); END;
                CREATE TRIGGER judgingText_replace BEFORE INSERT ON judgingText
                WHEN EXISTS (SELECT 1 FROM judgingText WHERE id = NEW.id OR kind = NEW.kind AND sha256 = NEW.sha256)
                BEGIN SELECT RAISE(ABORT, 'the text is there'); END;
                """)
    }
}
