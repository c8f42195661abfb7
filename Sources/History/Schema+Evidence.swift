import GRDB

extension Schema {
    /// Seals, tallies, triggers, and views for other programs.
    static func createEvidence(_ db: Database) throws {
        try db.execute(
            sql: """
                -- What the report of a sealed scan counted in one organization.
                CREATE TABLE organizationTally (
                    id INTEGER PRIMARY KEY,
                    scanID INTEGER NOT NULL REFERENCES scan(id),
                    organizationID INTEGER NOT NULL REFERENCES organization(id),
                    listed INTEGER NOT NULL,
                    compliant INTEGER NOT NULL,
                    violating INTEGER NOT NULL,
                    waived INTEGER NOT NULL,
                    unreadable INTEGER NOT NULL,
                    skipped INTEGER NOT NULL,
                    criticalFindings INTEGER NOT NULL,
                    highFindings INTEGER NOT NULL,
                    mediumFindings INTEGER NOT NULL,
                    lowFindings INTEGER NOT NULL,
                    waivedFindings INTEGER NOT NULL,
                    -- by the source of the effective template
                    fromGithubDefault INTEGER NOT NULL,
                    fromOrganization INTEGER NOT NULL,
                    fromRepository INTEGER NOT NULL,
                    fromOrganizationOrCopy INTEGER NOT NULL,
                    fromUnknown INTEGER NOT NULL,
                    -- by the format of the subject
                    legacy INTEGER NOT NULL,
                    immutable INTEGER NOT NULL,
                    unknownFormat INTEGER NOT NULL,
                    UNIQUE (scanID, organizationID)
                ) STRICT;

                -- The chain: a link for each scan whose evidence is closed, and for each checkpoint of a pruning.
                CREATE TABLE seal (
                    id INTEGER PRIMARY KEY,           -- the place in the chain
                    scanID INTEGER UNIQUE REFERENCES scan(id), -- NULL: a checkpoint
                    recordsVersion INTEGER NOT NULL,  -- of the records that content is made of
                    content TEXT NOT NULL,            -- SHA-256 of the scan's records
                    origin TEXT,                      -- content where it was first sealed; NULL: here
                    originDigest TEXT,                -- digest of its link there
                    previous TEXT NOT NULL,           -- digest of the link before
                    digest TEXT NOT NULL UNIQUE
                ) STRICT;
                -- A checksum for each field of each record, which says where a scan's content does not agree.
                CREATE TABLE sealChecks (
                    sealID INTEGER PRIMARY KEY REFERENCES seal(id),
                    checks BLOB NOT NULL
                ) STRICT;
                -- Scans of which a pruning removed all that no later scan builds on.
                CREATE TABLE prunedScan (
                    scanID INTEGER PRIMARY KEY REFERENCES scan(id),
                    sealID INTEGER NOT NULL REFERENCES seal(id) -- the checkpoint
                ) STRICT;
                -- Holds a row while a pruning runs, within its transaction.
                CREATE TABLE pruning (id INTEGER PRIMARY KEY) STRICT;

                -- What a validator stands for can be pruned.
                CREATE INDEX settingValidator_settingObservationID ON settingValidator(settingObservationID);
                CREATE INDEX repositoryObservation_scanID ON repositoryObservation(scanID);
                CREATE INDEX settingObservation_scanID ON settingObservation(scanID);
                CREATE INDEX coverage_scanID ON coverage(scanID);
                CREATE INDEX finding_scanID ON finding(scanID);
                -- With all that decides whether a finding stood open at a scan.
                CREATE INDEX finding_identity ON finding(
                    hostID, policyName, ruleID, repositoryID, organizationID, waiver, scanID, isOpen);
                CREATE INDEX finding_repositoryID ON finding(repositoryID, scanID);
                """)
        try createTriggers(db)
        try createViews(db)
    }

    /// Whoever opens the file with another program can't change evidence by mistake. On purpose, somebody can: that is
    /// what the chain of digests is for.
    private static func createTriggers(_ db: Database) throws {
        for (table, key) in [
            ("scanOrganization", "id"), ("repositoryObservation", "id"), ("settingObservation", "id"),
            ("coverage", "id"),
            ("finding", "id"), ("organizationTally", "id"), ("scanProgress", "scanID"),
        ] {
            try db.execute(
                sql: """
                    CREATE TRIGGER \(table)_insert BEFORE INSERT ON \(table)
                    WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = NEW.scanID)
                    BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
                    -- REPLACE deletes without a trigger.
                    CREATE TRIGGER \(table)_replace BEFORE INSERT ON \(table)
                    WHEN EXISTS (SELECT 1 FROM \(table) WHERE \(key) = NEW.\(key))
                    BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
                    CREATE TRIGGER \(table)_update BEFORE UPDATE ON \(table)
                    WHEN EXISTS (SELECT 1 FROM seal WHERE scanID IN (OLD.scanID, NEW.scanID))
                    BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
                    CREATE TRIGGER \(table)_delete BEFORE DELETE ON \(table)
                    WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = OLD.scanID) AND NOT EXISTS (SELECT 1 FROM pruning)
                    BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
                    """)
        }
        try db.execute(
            sql: """
                CREATE TRIGGER scan_update BEFORE UPDATE ON scan
                WHEN EXISTS (SELECT 1 FROM seal WHERE scanID IN (OLD.id, NEW.id))
                BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
                CREATE TRIGGER scan_delete BEFORE DELETE ON scan WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = OLD.id)
                BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
                CREATE TRIGGER seal_update BEFORE UPDATE ON seal
                BEGIN SELECT RAISE(ABORT, 'a seal is never changed'); END;
                CREATE TRIGGER seal_delete BEFORE DELETE ON seal
                BEGIN SELECT RAISE(ABORT, 'a seal is never removed'); END;
                CREATE TRIGGER scan_replace BEFORE INSERT ON scan WHEN EXISTS (SELECT 1 FROM scan WHERE id = NEW.id)
                BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
                CREATE TRIGGER seal_replace BEFORE INSERT ON seal
                WHEN EXISTS (SELECT 1 FROM seal WHERE id = NEW.id OR scanID = NEW.scanID OR digest = NEW.digest)
                BEGIN SELECT RAISE(ABORT, 'a seal is never changed'); END;
                CREATE TRIGGER sealChecks_replace BEFORE INSERT ON sealChecks
                WHEN EXISTS (SELECT 1 FROM sealChecks WHERE sealID = NEW.sealID)
                BEGIN SELECT RAISE(ABORT, 'a seal is never changed'); END;
                CREATE TRIGGER sealChecks_update BEFORE UPDATE ON sealChecks
                BEGIN SELECT RAISE(ABORT, 'a seal is never changed'); END;
                CREATE TRIGGER sealChecks_delete BEFORE DELETE ON sealChecks
                WHEN NOT EXISTS (SELECT 1 FROM pruning)
                BEGIN SELECT RAISE(ABORT, 'a seal is never removed'); END;
                CREATE TRIGGER prunedScan_insert BEFORE INSERT ON prunedScan WHEN NOT EXISTS (SELECT 1 FROM pruning)
                BEGIN SELECT RAISE(ABORT, 'only a pruning prunes'); END;
                CREATE TRIGGER prunedScan_update BEFORE UPDATE ON prunedScan
                BEGIN SELECT RAISE(ABORT, 'only a pruning prunes'); END;
                CREATE TRIGGER prunedScan_delete BEFORE DELETE ON prunedScan
                BEGIN SELECT RAISE(ABORT, 'only a pruning prunes'); END;
                -- Ids by which evidence is known.
                CREATE TRIGGER host_delete BEFORE DELETE ON host
                BEGIN SELECT RAISE(ABORT, 'an identity is never removed'); END;
                CREATE TRIGGER organization_delete BEFORE DELETE ON organization
                BEGIN SELECT RAISE(ABORT, 'an identity is never removed'); END;
                CREATE TRIGGER repository_delete BEFORE DELETE ON repository
                BEGIN SELECT RAISE(ABORT, 'an identity is never removed'); END;
                CREATE TRIGGER host_update BEFORE UPDATE OF id, apiURL ON host
                BEGIN SELECT RAISE(ABORT, 'an identity is never changed'); END;
                CREATE TRIGGER organization_update BEFORE UPDATE ON organization
                BEGIN SELECT RAISE(ABORT, 'an identity is never changed'); END;
                CREATE TRIGGER repository_update BEFORE UPDATE ON repository
                BEGIN SELECT RAISE(ABORT, 'an identity is never changed'); END;
                """)
    }

    /// Names and columns of a version are never removed or renamed; the tables below them are our own.
    private static func createViews(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE VIEW v1_scan AS
                SELECT s.id AS scan_id, h.apiURL AS api_url, s.state, s.stop, s.startedAt AS started_at,
                    s.finishedAt AS finished_at, s.requested AS organizations, s.scope, s.policyName AS policy_name,
                    s.policySHA256 AS policy_sha256, s.verdict, s.isComplete AS complete, s.listed, s.compliant,
                    s.violating, s.waived, s.unreadable, s.skipped, s.requestsSent AS requests_sent,
                    s.requestsNotModified AS requests_not_modified, l.content AS content_sha256, l.digest,
                    EXISTS (SELECT 1 FROM prunedScan WHERE scanID = s.id) AS pruned
                FROM scan s JOIN host h ON h.id = s.hostID LEFT JOIN seal l ON l.scanID = s.id;

                CREATE VIEW v1_organization AS
                SELECT so.scanID AS scan_id, h.apiURL AS api_url, s.startedAt AS started_at, o.githubID AS organization_id,
                    so.login, so.templateStatus AS template_status, so.templateClaimKeys AS template_claim_keys,
                    so.templateUseImmutableSubject AS template_use_immutable_subject,
                    so.templateErrorMessage AS template_error, so.listingStatus AS listing_status, so.listed,
                    so.expected, so.removed, so.missing, so.listingError AS listing_error, t.compliant, t.violating,
                    t.waived, t.unreadable, t.skipped, t.criticalFindings AS critical_findings,
                    t.highFindings AS high_findings, t.mediumFindings AS medium_findings,
                    t.lowFindings AS low_findings, t.waivedFindings AS waived_findings,
                    t.fromGithubDefault AS from_github_default, t.fromOrganization AS from_organization,
                    t.fromRepository AS from_repository, t.fromOrganizationOrCopy AS from_organization_or_copy,
                    t.fromUnknown AS from_unknown, t.legacy, t.immutable, t.unknownFormat AS unknown_format
                FROM scanOrganization so JOIN scan s ON s.id = so.scanID JOIN host h ON h.id = s.hostID
                LEFT JOIN organization o ON o.id = so.organizationID
                LEFT JOIN organizationTally t ON t.scanID = so.scanID AND t.organizationID = so.organizationID
                WHERE s.state = 'sealed';

                CREATE VIEW v1_repository_state AS
                SELECT so.scanID AS scan_id, s.startedAt AS started_at, so.login AS organization,
                    r.githubID AS repository_id, o.owner || '/' || o.name AS full_name, o.visibility,
                    o.isArchived AS archived, o.isFork AS fork, o.topics, o.customProperties AS custom_properties,
                    CASE WHEN p.scanID NOT NULL THEN \(bit("p.read")) END AS was_read, c.errorCode AS error_code, c.errorMessage AS error_message, t.observedAt AS since,
                    t.useDefault AS use_default, t.includeClaimKeys AS include_claim_keys,
                    t.useImmutableSubject AS use_immutable_subject, t.subClaimPrefix AS sub_claim_prefix
                FROM scanOrganization so JOIN scan s ON s.id = so.scanID
                JOIN (SELECT DISTINCT organizationID, repositoryID FROM repositoryObservation) known
                    ON known.organizationID = so.organizationID
                JOIN repository r ON r.id = known.repositoryID
                LEFT JOIN scanProgress p ON p.scanID = so.scanID
                JOIN repositoryObservation o ON o.id = (
                    SELECT id FROM repositoryObservation WHERE repositoryID = r.id AND scanID <= so.scanID
                    ORDER BY scanID DESC, id DESC LIMIT 1)
                LEFT JOIN settingObservation t ON t.id = (
                    SELECT id FROM settingObservation WHERE repositoryID = r.id AND scanID <= so.scanID
                    ORDER BY scanID DESC, id DESC LIMIT 1)
                LEFT JOIN coverage c ON c.id = (
                    SELECT id FROM coverage WHERE repositoryID = r.id AND scanID <= so.scanID
                    ORDER BY scanID DESC, id DESC LIMIT 1)
                WHERE s.state = 'sealed' AND o.organizationID = so.organizationID AND o.presence = 'listed'
                    AND (p.scanID IS NULL OR \(bit("p.listed")));

                CREATE VIEW v1_setting_change AS
                SELECT t.scanID AS scan_id, t.observedAt AS observed_at, r.githubID AS repository_id, (
                        SELECT owner || '/' || name FROM repositoryObservation
                        WHERE repositoryID = r.id AND scanID <= t.scanID ORDER BY scanID DESC, id DESC LIMIT 1
                    ) AS full_name,
                    t.useDefault AS use_default, t.includeClaimKeys AS include_claim_keys,
                    t.useImmutableSubject AS use_immutable_subject, t.subClaimPrefix AS sub_claim_prefix,
                    h.apiURL AS api_url, EXISTS (SELECT 1 FROM seal WHERE scanID = t.scanID) AS sealed
                FROM settingObservation t JOIN repository r ON r.id = t.repositoryID JOIN host h ON h.id = r.hostID;

                CREATE VIEW v1_finding AS
                SELECT f.scanID AS scan_id, h.apiURL AS api_url, s.startedAt AS started_at, f.policyName AS policy_name,
                    f.ruleID AS rule, CASE WHEN NOT f.isOpen THEN 'closed' WHEN f.isWaived THEN 'waived' ELSE 'open' END
                        AS state,
                    f.severity, f.message, f.problems, f.firstSeenAt AS first_seen, r.githubID AS repository_id, (
                        SELECT owner || '/' || name FROM repositoryObservation
                        WHERE repositoryID = r.id AND scanID <= f.scanID ORDER BY scanID DESC, id DESC LIMIT 1
                    ) AS full_name,
                    o.githubID AS organization_id, f.waiver
                FROM finding f JOIN scan s ON s.id = f.scanID JOIN host h ON h.id = f.hostID
                LEFT JOIN repository r ON r.id = f.repositoryID LEFT JOIN organization o ON o.id = f.organizationID;

                CREATE VIEW v1_seal AS
                SELECT id AS place, scanID AS scan_id, recordsVersion AS records_version, content AS content_sha256, origin AS origin_sha256,
                    originDigest AS origin_digest, previous, digest
                FROM seal;
                """)
    }

    /// Whether a set of row ids, as `RowIDSet` stores it, holds that of the repository `r`: SQLite knows bytes as
    /// hexadecimal digits alone.
    private static func bit(_ column: String) -> String {
        let byte = "hex(substr(\(column), r.id / 8 + 1, 1))"
        func digit(_ place: Int) -> String { "max(instr('0123456789ABCDEF', substr(\(byte), \(place), 1)) - 1, 0)" }
        // Beyond the last byte there is no digit.
        return "(length(\(column)) > r.id / 8 AND ((\(digit(1)) * 16 + \(digit(2))) >> (r.id % 8)) & 1)"
    }
}
