import AuditCore
import GRDB

/// The tables and how they came to be. A migration that was released is never edited; a change is a new one at the end.
/// Migrations speak SQL alone: what the program makes of a table may change, what a migration did may not.
///
/// What a scan sees is stored when it differs from what was known, not once a scan: the state at scan S of a repository
/// is its last row with `scanID <= S`. So a sealed scan of an unchanged organization adds one row to `scan` and one to
/// `scanOrganization`. Nothing of a sealed scan is updated or deleted.
enum Schema {
    /// Marks the file as ours in SQLite's header: "OIDC" in ASCII.
    static let applicationID: Int32 = 0x4F49_4443

    /// A migration's number, such as `r1`, which its name begins with; what a file says may be anything.
    static func version(_ migration: String) -> String {
        String(migration.prefix { $0 != ":" }.prefix(40)).singleLine
    }

    /// Identifiers of the migrations of versions before the first release, whose files are not read.
    static let unreleased: Set<String> = [
        "v1", "v2: custom properties; findings of organizations and waivers",
        "v3: credentials, validators, resumed scans", "v4: seals, tallies, triggers, views", "v5: journal of changes",
        "v6: which intents an outcome concludes",
    ]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("r1: first release") { db in
            try createTables(db)
            try createEvidence(db)
            try createJournal(db)
        }
        migrator.registerMigration("r2: unreadable repositories that are accepted") { db in
            try db.execute(
                sql: "ALTER TABLE organizationTally ADD COLUMN acceptedUnread INTEGER NOT NULL DEFAULT 0")
        }
        migrator.registerMigration("r3: what scans were judged by") { db in try createJudgingTexts(db) }
        migrator.registerMigration("r4: why findings went that were not fixed") { db in
            try db.execute(sql: "ALTER TABLE finding ADD COLUMN departure TEXT")
        }
        migrator.registerMigration("r5: texts that were stored") { db in try createStoredTexts(db) }
        migrator.registerMigration("r6: why organizations were not read whole") { db in
            try db.execute(sql: "ALTER TABLE scanOrganization ADD COLUMN stop TEXT")
        }
        migrator.registerMigration("r7: organizations that a credential lists") { db in try createListed(db) }
        return migrator
    }

    /// As the last finished scan of such a list had them, so that one that is missing later shows. Not evidence.
    private static func createListed(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE listedOrganization (
                    hostID INTEGER NOT NULL REFERENCES host(id),
                    list TEXT NOT NULL,               -- a salted hash of the credential and of what it lists
                    login TEXT NOT NULL COLLATE NOCASE,
                    githubID INTEGER,                 -- NULL: the list does not say it
                    PRIMARY KEY (hostID, list, login)
                ) STRICT, WITHOUT ROWID;
                """)
    }

    private static func createTables(_ db: Database) throws {
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(
            sql: """
                CREATE TABLE host (
                    id INTEGER PRIMARY KEY,
                    apiURL TEXT NOT NULL UNIQUE,
                    salt BLOB                         -- random bytes that make fingerprints of tokens worthless elsewhere
                ) STRICT;

                CREATE TABLE organization (
                    id INTEGER PRIMARY KEY,
                    hostID INTEGER NOT NULL REFERENCES host(id),
                    githubID INTEGER NOT NULL,
                    UNIQUE (hostID, githubID)
                ) STRICT;

                CREATE TABLE repository (
                    id INTEGER PRIMARY KEY,
                    hostID INTEGER NOT NULL REFERENCES host(id),
                    githubID INTEGER NOT NULL,
                    UNIQUE (hostID, githubID)
                ) STRICT;

                -- One run of `scan`. Counts and verdict are there from sealing on.
                CREATE TABLE scan (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    hostID INTEGER NOT NULL REFERENCES host(id),
                    state TEXT NOT NULL CHECK (state IN ('running', 'interrupted', 'sealed')),
                    stop TEXT,
                    startedAt TEXT NOT NULL,
                    finishedAt TEXT,
                    isEnterpriseServer INTEGER NOT NULL,
                    toolVersion TEXT NOT NULL,
                    requested TEXT NOT NULL,          -- JSON list of logins
                    scope TEXT NOT NULL,              -- JSON
                    policyName TEXT,
                    policySHA256 TEXT,
                    verdict TEXT,
                    isComplete INTEGER,
                    listed INTEGER,
                    compliant INTEGER,
                    violating INTEGER,
                    waived INTEGER,
                    unreadable INTEGER,
                    skipped INTEGER,
                    requestsSent INTEGER,
                    requestsNotModified INTEGER,
                    requestsRetried INTEGER,
                    waitedMilliseconds INTEGER
                ) STRICT;

                CREATE TABLE scanOrganization (
                    id INTEGER PRIMARY KEY,
                    scanID INTEGER NOT NULL REFERENCES scan(id),
                    organizationID INTEGER REFERENCES organization(id),
                    login TEXT NOT NULL,
                    templateStatus TEXT NOT NULL CHECK (templateStatus IN ('set', 'never_set', 'unreadable')),
                    templateClaimKeys TEXT,           -- JSON list
                    templateUseImmutableSubject INTEGER,
                    templateErrorCode TEXT,
                    templateErrorMessage TEXT,
                    listingStatus TEXT NOT NULL CHECK (listingStatus IN ('complete', 'partial', 'unverified')),
                    listed INTEGER NOT NULL,
                    expected INTEGER,
                    removed TEXT NOT NULL,            -- JSON list of full names
                    missing TEXT NOT NULL,            -- JSON list of full names
                    listingError TEXT,
                    listingFailureCode TEXT,
                    includedProperties TEXT,          -- JSON list of names; NULL: not asked for, or not readable
                    includedPropertiesErrorCode TEXT,
                    includedPropertiesErrorMessage TEXT
                ) STRICT;
                CREATE INDEX scanOrganization_scanID ON scanOrganization(scanID);

                -- What an organization's listing said of a repository.
                CREATE TABLE repositoryObservation (
                    id INTEGER PRIMARY KEY,
                    repositoryID INTEGER NOT NULL REFERENCES repository(id),
                    scanID INTEGER NOT NULL REFERENCES scan(id),
                    organizationID INTEGER NOT NULL REFERENCES organization(id),
                    -- removed: gone from a complete listing; missing: gone from another
                    presence TEXT NOT NULL CHECK (presence IN ('listed', 'removed', 'missing')),
                    owner TEXT NOT NULL,
                    ownerGithubID INTEGER,
                    name TEXT NOT NULL,
                    visibility TEXT NOT NULL,
                    isArchived INTEGER,
                    isFork INTEGER,
                    topics TEXT,                      -- JSON list
                    customProperties TEXT             -- JSON object of lists
                ) STRICT;
                CREATE INDEX repositoryObservation_repositoryID ON repositoryObservation(repositoryID, scanID);
                CREATE INDEX repositoryObservation_organizationID ON repositoryObservation(organizationID, repositoryID);

                -- What a repository's template endpoint said.
                CREATE TABLE settingObservation (
                    id INTEGER PRIMARY KEY,
                    repositoryID INTEGER NOT NULL REFERENCES repository(id),
                    scanID INTEGER NOT NULL REFERENCES scan(id),
                    observedAt TEXT NOT NULL,
                    useDefault INTEGER NOT NULL,
                    includeClaimKeys TEXT,            -- JSON list
                    useImmutableSubject INTEGER,
                    subClaimPrefix TEXT
                ) STRICT;
                CREATE INDEX settingObservation_repositoryID ON settingObservation(repositoryID, scanID);

                -- Whether a repository's setting could be read: a row where that changed. No row: it could.
                CREATE TABLE coverage (
                    id INTEGER PRIMARY KEY,
                    repositoryID INTEGER NOT NULL REFERENCES repository(id),
                    scanID INTEGER NOT NULL REFERENCES scan(id),
                    errorCode TEXT,                   -- NULL: readable again
                    errorMessage TEXT
                ) STRICT;
                CREATE INDEX coverage_repositoryID ON coverage(repositoryID, scanID);

                -- A finding that appeared (isOpen), changed its problems, came to be waived or ceased to be, or went, under
                -- the policy of that name; about one of a repository, an organization or a waiver.
                CREATE TABLE finding (
                    id INTEGER PRIMARY KEY,
                    scanID INTEGER NOT NULL REFERENCES scan(id),
                    hostID INTEGER NOT NULL REFERENCES host(id),
                    repositoryID INTEGER REFERENCES repository(id),
                    organizationID INTEGER REFERENCES organization(id),
                    waiver TEXT,
                    policyName TEXT NOT NULL,
                    ruleID TEXT NOT NULL,
                    isOpen INTEGER NOT NULL,
                    isWaived INTEGER NOT NULL,
                    severity TEXT NOT NULL,
                    message TEXT NOT NULL,
                    problems TEXT NOT NULL,           -- JSON list
                    firstSeenAt TEXT NOT NULL,
                    CHECK ((repositoryID IS NOT NULL) + (organizationID IS NOT NULL) + (waiver IS NOT NULL) = 1)
                ) STRICT;

                -- Which repositories a scan has met: bits by repository.id. Gone once it is sealed, unless a page of a
                -- listing was lost.
                CREATE TABLE scanProgress (
                    scanID INTEGER PRIMARY KEY REFERENCES scan(id),
                    listed BLOB NOT NULL,
                    read BLOB NOT NULL
                ) STRICT;

                -- A token that asked, known by a salted hash alone.
                CREATE TABLE credential (
                    id INTEGER PRIMARY KEY,
                    hostID INTEGER NOT NULL REFERENCES host(id),
                    fingerprint TEXT NOT NULL,
                    usedAt TEXT NOT NULL,
                    spentPoints INTEGER,              -- of the minute before usedAt; NULL: not known
                    refusedAt TEXT,                   -- when a secondary rate limit last refused it
                    UNIQUE (hostID, fingerprint)
                ) STRICT;

                -- What a credential need not read in full again. Not evidence: what it stands for is in the observations.
                CREATE TABLE settingValidator (
                    credentialID INTEGER NOT NULL REFERENCES credential(id),
                    repositoryID INTEGER NOT NULL REFERENCES repository(id),
                    fullName TEXT NOT NULL,           -- of the address that was asked
                    settingObservationID INTEGER NOT NULL REFERENCES settingObservation(id),
                    validator TEXT NOT NULL,
                    PRIMARY KEY (credentialID, repositoryID)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE pageValidator (
                    credentialID INTEGER NOT NULL REFERENCES credential(id),
                    organizationID INTEGER NOT NULL REFERENCES organization(id),
                    page INTEGER NOT NULL,
                    lastPage INTEGER,
                    hasProperties INTEGER NOT NULL,   -- whether the listing holds custom properties
                    observations TEXT NOT NULL,       -- JSON list of repositoryObservation.id
                    validator TEXT NOT NULL,
                    PRIMARY KEY (credentialID, organizationID, page)
                ) STRICT, WITHOUT ROWID;

                -- The organization's template as a running scan first read it. Gone once it is sealed.
                CREATE TABLE scanTemplate (
                    scanID INTEGER NOT NULL REFERENCES scan(id),
                    organizationID INTEGER NOT NULL REFERENCES organization(id),
                    claimKeys TEXT,                   -- JSON list; NULL: never set
                    useImmutableSubject INTEGER,
                    PRIMARY KEY (scanID, organizationID)
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
