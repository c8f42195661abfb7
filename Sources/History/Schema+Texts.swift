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

    /// The digests of texts that were stored, so that a missing one shows: those of imported scans never were.
    static func createStoredTexts(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE storedText (
                    kind TEXT NOT NULL,
                    sha256 TEXT NOT NULL,
                    name TEXT NOT NULL,
                    PRIMARY KEY (kind, sha256)
                ) STRICT, WITHOUT ROWID;
                INSERT INTO storedText (kind, sha256, name) SELECT kind, sha256, name FROM judgingText;
                CREATE TRIGGER judgingText_insert AFTER INSERT ON judgingText
                BEGIN INSERT OR IGNORE INTO storedText (kind, sha256, name) VALUES (NEW.kind, NEW.sha256, NEW.name); END;
                CREATE TRIGGER storedText_update BEFORE UPDATE ON storedText
                BEGIN SELECT RAISE(ABORT, 'a text is never changed'); END;
                CREATE TRIGGER storedText_delete BEFORE DELETE ON storedText
                BEGIN SELECT RAISE(ABORT, 'a text is never removed'); END;
                """)
    }
}
