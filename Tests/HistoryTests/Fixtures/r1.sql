BEGIN TRANSACTION;
CREATE TABLE changeIntent (
    id INTEGER PRIMARY KEY,
    changesetID INTEGER NOT NULL REFERENCES changeset(id),
    place INTEGER NOT NULL,           -- in the plan's changes, from 0
    intendedAt TEXT NOT NULL
) STRICT;
INSERT INTO "changeIntent" VALUES(1,1,0,'2026-11-28T03:00:27Z');
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
INSERT INTO "changeOutcome" VALUES(1,1,0,'2026-11-28T03:00:27Z','applied',NULL,NULL,1);
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
INSERT INTO "changeset" VALUES(1,1,'set','2026-11-28T03:00:27Z',NULL,'010742627d9622eac6efab5f62892244a3f5eb1393b53c62f915bcca0bb7ebf1','{
  "schema": "oidc-audit.plan/v1",
  "digest": "010742627d9622eac6efab5f62892244a3f5eb1393b53c62f915bcca0bb7ebf1",
  "api_url": "http://127.0.0.1:8261",
  "enterprise_server": false,
  "created_at": "2026-11-28T03:00:27Z",
  "scan": null,
  "policy": {
    "name": "",
    "sha256": ""
  },
  "organizations": [
    {
      "login": "acme",
      "id": 77
    }
  ],
  "changes": [
    {
      "organization": "acme",
      "repository": "api",
      "id": 1001,
      "rules": [],
      "before": {
        "use_default": false,
        "include_claim_keys": ["repo", "context"],
        "use_immutable_subject": null,
        "sub_claim_prefix": "repo:acme/api"
      },
      "may_inherit": false,
      "after": {
        "use_default": false,
        "include_claim_keys": ["repo", "ref"],
        "use_immutable_subject": null,
        "sub_claim_prefix": "repo:acme/api"
      },
      "subjects": [
        {
          "repository": "acme/api",
          "id": 1001,
          "before": "repo:acme/api:{context}",
          "after": "repo:acme/api:ref:{ref}"
        }
      ],
      "warnings": []
    }
  ],
  "manual": []
}
',NULL,'0.1.0');
CREATE TABLE coverage (
    id INTEGER PRIMARY KEY,
    repositoryID INTEGER NOT NULL REFERENCES repository(id),
    scanID INTEGER NOT NULL REFERENCES scan(id),
    errorCode TEXT,                   -- NULL: readable again
    errorMessage TEXT
) STRICT;
CREATE TABLE credential (
    id INTEGER PRIMARY KEY,
    hostID INTEGER NOT NULL REFERENCES host(id),
    fingerprint TEXT NOT NULL,
    usedAt TEXT NOT NULL,
    spentPoints INTEGER,              -- of the minute before usedAt; NULL: not known
    refusedAt TEXT,                   -- when a secondary rate limit last refused it
    UNIQUE (hostID, fingerprint)
) STRICT;
INSERT INTO "credential" VALUES(1,1,'f7db4c6c5760634a3b87a2d904bcce81','2026-11-28T03:00:27Z',0,NULL);
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
INSERT INTO "finding" VALUES(1,1,1,1,NULL,NULL,'strict','required-claims',1,0,'high','missing claim: job_workflow_ref','["missing claim: job_workflow_ref"]','2026-11-28T03:00:24Z');
INSERT INTO "finding" VALUES(2,1,1,1,NULL,NULL,'strict','follows-organization',1,0,'medium','template comes from repository','["template comes from repository"]','2026-11-28T03:00:24Z');
INSERT INTO "finding" VALUES(3,1,1,2,NULL,NULL,'strict','required-claims',1,0,'high','missing claim: job_workflow_ref','["missing claim: job_workflow_ref"]','2026-11-28T03:00:24Z');
INSERT INTO "finding" VALUES(4,1,1,2,NULL,NULL,'strict','follows-organization',1,0,'medium','template comes from github_default','["template comes from github_default"]','2026-11-28T03:00:24Z');
INSERT INTO "finding" VALUES(5,3,1,1,NULL,NULL,'strict','required-claims',1,0,'high','missing claims: context, job_workflow_ref','["missing claim: context","missing claim: job_workflow_ref"]','2026-11-28T03:00:24Z');
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO "grdb_migrations" VALUES('r1: first release');
CREATE TABLE host (
    id INTEGER PRIMARY KEY,
    apiURL TEXT NOT NULL UNIQUE,
    salt BLOB                         -- random bytes that make fingerprints of tokens worthless elsewhere
) STRICT;
INSERT INTO "host" VALUES(1,'http://127.0.0.1:8261',X'2DBFA35978AEE4AE538F56022FA771B311317D484ECDF55212902059061A71C2');
CREATE TABLE organization (
    id INTEGER PRIMARY KEY,
    hostID INTEGER NOT NULL REFERENCES host(id),
    githubID INTEGER NOT NULL,
    UNIQUE (hostID, githubID)
) STRICT;
INSERT INTO "organization" VALUES(1,1,77);
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
INSERT INTO "organizationTally" VALUES(1,1,1,2,0,2,0,0,0,0,2,2,0,0,1,0,1,0,0,2,0,0);
INSERT INTO "organizationTally" VALUES(2,2,1,2,0,2,0,0,0,0,2,2,0,0,1,0,1,0,0,2,0,0);
INSERT INTO "organizationTally" VALUES(3,3,1,2,0,2,0,0,0,0,2,2,0,0,1,0,1,0,0,2,0,0);
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
INSERT INTO "pageValidator" VALUES(1,1,1,NULL,0,'[1,2]','W/"496f8dd8647d0478"');
CREATE TABLE prunedScan (
    scanID INTEGER PRIMARY KEY REFERENCES scan(id),
    sealID INTEGER NOT NULL REFERENCES seal(id) -- the checkpoint
) STRICT;
CREATE TABLE pruning (id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE repository (
    id INTEGER PRIMARY KEY,
    hostID INTEGER NOT NULL REFERENCES host(id),
    githubID INTEGER NOT NULL,
    UNIQUE (hostID, githubID)
) STRICT;
INSERT INTO "repository" VALUES(1,1,1001);
INSERT INTO "repository" VALUES(2,1,1002);
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
INSERT INTO "repositoryObservation" VALUES(1,1,1,1,'listed','acme',77,'api','private',0,0,'[]','{}');
INSERT INTO "repositoryObservation" VALUES(2,2,1,1,'listed','acme',77,'web','public',0,0,'[]','{}');
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
INSERT INTO "scan" VALUES(1,1,'sealed',NULL,'2026-11-28T03:00:24Z','2026-11-28T03:00:24Z',0,'0.1.0','["acme"]','{"archived":false,"exclude":[],"include":[],"properties":{},"topics":[],"visibility":[]}','strict','cd1fa0e9cb3e600a446c7ea3137a820d7b15d2af0d4bb8026c0ca828e044185c','violations',1,2,0,2,0,0,0,8,0,0,0);
INSERT INTO "scan" VALUES(2,1,'sealed',NULL,'2026-11-28T03:00:25Z','2026-11-28T03:00:25Z',0,'0.1.0','["acme"]','{"archived":false,"exclude":[],"include":[],"properties":{},"topics":[],"visibility":[]}','strict','cd1fa0e9cb3e600a446c7ea3137a820d7b15d2af0d4bb8026c0ca828e044185c','violations',1,2,0,2,0,0,0,8,3,0,0);
INSERT INTO "scan" VALUES(3,1,'sealed',NULL,'2026-11-28T03:00:27Z','2026-11-28T03:00:27Z',0,'0.1.0','["acme"]','{"archived":false,"exclude":[],"include":[],"properties":{},"topics":[],"visibility":[]}','strict','cd1fa0e9cb3e600a446c7ea3137a820d7b15d2af0d4bb8026c0ca828e044185c','violations',1,2,0,2,0,0,0,8,2,0,0);
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
INSERT INTO "scanOrganization" VALUES(1,1,1,'acme','set','["repo","context","job_workflow_ref"]',NULL,NULL,NULL,'complete',2,2,'[]','[]',NULL,NULL,'[]',NULL,NULL);
INSERT INTO "scanOrganization" VALUES(2,2,1,'acme','set','["repo","context","job_workflow_ref"]',NULL,NULL,NULL,'complete',2,2,'[]','[]',NULL,NULL,'[]',NULL,NULL);
INSERT INTO "scanOrganization" VALUES(3,3,1,'acme','set','["repo","context","job_workflow_ref"]',NULL,NULL,NULL,'complete',2,2,'[]','[]',NULL,NULL,'[]',NULL,NULL);
CREATE TABLE scanProgress (
    scanID INTEGER PRIMARY KEY REFERENCES scan(id),
    listed BLOB NOT NULL,
    read BLOB NOT NULL
) STRICT;
CREATE TABLE scanTemplate (
    scanID INTEGER NOT NULL REFERENCES scan(id),
    organizationID INTEGER NOT NULL REFERENCES organization(id),
    claimKeys TEXT,                   -- JSON list; NULL: never set
    useImmutableSubject INTEGER,
    PRIMARY KEY (scanID, organizationID)
) STRICT, WITHOUT ROWID;
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
INSERT INTO "seal" VALUES(1,1,1,'ac5999bc804581f3d03c62798a231489d2e726d4710fcf210f8c7f8b01612f9b',NULL,NULL,'0000000000000000000000000000000000000000000000000000000000000000','6788137866ff8736b9813ed1d3258ba7f4c0c5ab2feacb78cde8d9b3b5bc50b8');
INSERT INTO "seal" VALUES(2,2,1,'46fa70bce99d2e33b5e2465c63bee47beffd352b27d209eefda52148d641f5f5',NULL,NULL,'6788137866ff8736b9813ed1d3258ba7f4c0c5ab2feacb78cde8d9b3b5bc50b8','bc9ac94fdb0c0c1594a90fcf4be429686aedc81236d18c2be1a97ce5176d4615');
INSERT INTO "seal" VALUES(3,3,1,'fd4039ba1851c8911d11bfcf6f697c6b278177f36df5a397045f99a058ea0496',NULL,NULL,'bc9ac94fdb0c0c1594a90fcf4be429686aedc81236d18c2be1a97ce5176d4615','585a747fc602b99c1fb2cc157a10731562eee0ced01484d92585cbc656f39f34');
CREATE TABLE sealChecks (
    sealID INTEGER PRIMARY KEY REFERENCES seal(id),
    checks BLOB NOT NULL
) STRICT;
INSERT INTO "sealChecks" VALUES(1,X'000000000000000000C55C7A5099E10DD4A44B077730C4348E30C4348E5899060BEEC38AF60BC206B2EFB497FBC2479DD1F4E6F9BCC975730BE511B24DD5AB0C37AFA80C35D5AB0C37AFA80C35AFA80C35AFA80C3547B50C3DAFA80C35AFA80C35AFA80C3501B3FFFFFFFFFFFFFFD3C8E58A57857ED8531DCA574B7A118CA44B0777A44B0777A44B0777C0870E17D5AB0C37D5AB0C37A5381674A5381674A44B0777A44B0777A5381674A44B0777A44B077702E90300000000000057CC9723D3C8E58A2E29A74457857ED8D3C8E58A1FD1F7A2CAE7F9975899060B5899060BA538167425B8655402EA03000000000000EACD9724D3C8E58A2E29A74457857ED8D3C8E58A293DD1D4E6AE8C595899060B5899060BA538167425B8655403E90300000000000057CC972330C4348E5899060BE251F8B1A44B077756384AC203EA03000000000000EACD972430C4348EE511B24DA44B07775899060B3C904BC006E90300000000000057CC9723A44B0777A44B0777C2479DD1643609D2E511B24D5899060B6D7C577CFCDFA2D99CECFB5730C4348E06E90300000000000057CC9723A44B0777A44B0777C2479DD10BF10438E511B24D5899060B9CEBFDEBBC384C2422F8337730C4348E06EA03000000000000EACD9724A44B0777A44B0777C2479DD1643609D2E511B24D5899060B6D7C577CFCDFA2D99CECFB5730C4348E06EA03000000000000EACD9724A44B0777A44B0777C2479DD10BF10438E511B24D5899060B9CEBFDEB03D1B029A7DF405430C4348E07B3FFFFFFFFFFFFFFD3C8E58AD5AB0C37AFA80C35D5AB0C37AFA80C35AFA80C35AFA80C35AFA80C35D5AB0C37D5AB0C37AFA80C35AFA80C351CA70C34AFA80C351CA70C34AFA80C35AFA80C35D5AB0C37AFA80C35AFA80C35');
INSERT INTO "sealChecks" VALUES(2,X'000000000000000000C55C7A5099E10DD4A44B0777F7DA60F5F7DA60F55899060BEEC38AF60BC206B2EFB497FBC2479DD1F4E6F9BCC975730BE511B24DD5AB0C37AFA80C35D5AB0C37AFA80C35AFA80C35AFA80C3547B50C3D42AA0C36AFA80C35AFA80C3501B3FFFFFFFFFFFFFFD3C8E58A57857ED8531DCA574B7A118CA44B0777A44B0777A44B0777C0870E17D5AB0C37D5AB0C37A5381674A5381674A44B0777A44B0777A5381674A44B0777A44B077707B3FFFFFFFFFFFFFFD3C8E58AD5AB0C37AFA80C35D5AB0C37AFA80C35AFA80C35AFA80C35AFA80C35D5AB0C37D5AB0C37AFA80C35AFA80C351CA70C34AFA80C351CA70C34AFA80C35AFA80C35D5AB0C37AFA80C35AFA80C35');
INSERT INTO "sealChecks" VALUES(3,X'000000000000000000C55C7A5099E10DD4A44B07772DBBD3ED2DBBD3ED5899060BEEC38AF60BC206B2EFB497FBC2479DD1F4E6F9BCC975730BE511B24DD5AB0C37AFA80C35D5AB0C37AFA80C35AFA80C35AFA80C3547B50C3DD5AB0C37AFA80C35AFA80C3501B3FFFFFFFFFFFFFFD3C8E58A57857ED8531DCA574B7A118CA44B0777A44B0777A44B0777C0870E17D5AB0C37D5AB0C37A5381674A5381674A44B0777A44B0777A5381674A44B0777A44B077703E90300000000000057CC97232DBBD3ED5899060B88D742C9A44B077756384AC206E90300000000000057CC9723A44B0777A44B0777C2479DD1643609D2E511B24D5899060B6D7C577CCC703BB47587723730C4348E07B3FFFFFFFFFFFFFFD3C8E58AD5AB0C37AFA80C35D5AB0C37AFA80C35AFA80C35AFA80C35AFA80C35D5AB0C37D5AB0C37AFA80C35AFA80C351CA70C34AFA80C351CA70C34AFA80C35AFA80C35D5AB0C37AFA80C35AFA80C35');
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
INSERT INTO "settingObservation" VALUES(1,1,1,'2026-11-28T03:00:24Z',0,'["repo","context"]',NULL,'repo:acme/api');
INSERT INTO "settingObservation" VALUES(2,2,1,'2026-11-28T03:00:24Z',1,NULL,0,'repo:acme/web');
INSERT INTO "settingObservation" VALUES(3,1,3,'2026-11-28T03:00:27Z',0,'["repo","ref"]',NULL,'repo:acme/api');
CREATE TABLE settingValidator (
    credentialID INTEGER NOT NULL REFERENCES credential(id),
    repositoryID INTEGER NOT NULL REFERENCES repository(id),
    fullName TEXT NOT NULL,           -- of the address that was asked
    settingObservationID INTEGER NOT NULL REFERENCES settingObservation(id),
    validator TEXT NOT NULL,
    PRIMARY KEY (credentialID, repositoryID)
) STRICT, WITHOUT ROWID;
INSERT INTO "settingValidator" VALUES(1,1,'acme/api',3,'W/"dd355525c2a342f2"');
INSERT INTO "settingValidator" VALUES(1,2,'acme/web',2,'W/"dda3336cb2ba8959"');
CREATE INDEX scanOrganization_scanID ON scanOrganization(scanID);
CREATE INDEX repositoryObservation_repositoryID ON repositoryObservation(repositoryID, scanID);
CREATE INDEX repositoryObservation_organizationID ON repositoryObservation(organizationID, repositoryID);
CREATE INDEX settingObservation_repositoryID ON settingObservation(repositoryID, scanID);
CREATE INDEX coverage_repositoryID ON coverage(repositoryID, scanID);
CREATE INDEX settingValidator_settingObservationID ON settingValidator(settingObservationID);
CREATE INDEX repositoryObservation_scanID ON repositoryObservation(scanID);
CREATE INDEX settingObservation_scanID ON settingObservation(scanID);
CREATE INDEX coverage_scanID ON coverage(scanID);
CREATE INDEX finding_scanID ON finding(scanID);
CREATE INDEX finding_identity ON finding(
    hostID, policyName, ruleID, repositoryID, organizationID, waiver, scanID, isOpen);
CREATE INDEX finding_repositoryID ON finding(repositoryID, scanID);
CREATE TRIGGER scanOrganization_insert BEFORE INSERT ON scanOrganization
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = NEW.scanID)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER scanOrganization_replace BEFORE INSERT ON scanOrganization
WHEN EXISTS (SELECT 1 FROM scanOrganization WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
CREATE TRIGGER scanOrganization_update BEFORE UPDATE ON scanOrganization
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID IN (OLD.scanID, NEW.scanID))
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER scanOrganization_delete BEFORE DELETE ON scanOrganization
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = OLD.scanID) AND NOT EXISTS (SELECT 1 FROM pruning)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER repositoryObservation_insert BEFORE INSERT ON repositoryObservation
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = NEW.scanID)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER repositoryObservation_replace BEFORE INSERT ON repositoryObservation
WHEN EXISTS (SELECT 1 FROM repositoryObservation WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
CREATE TRIGGER repositoryObservation_update BEFORE UPDATE ON repositoryObservation
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID IN (OLD.scanID, NEW.scanID))
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER repositoryObservation_delete BEFORE DELETE ON repositoryObservation
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = OLD.scanID) AND NOT EXISTS (SELECT 1 FROM pruning)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER settingObservation_insert BEFORE INSERT ON settingObservation
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = NEW.scanID)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER settingObservation_replace BEFORE INSERT ON settingObservation
WHEN EXISTS (SELECT 1 FROM settingObservation WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
CREATE TRIGGER settingObservation_update BEFORE UPDATE ON settingObservation
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID IN (OLD.scanID, NEW.scanID))
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER settingObservation_delete BEFORE DELETE ON settingObservation
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = OLD.scanID) AND NOT EXISTS (SELECT 1 FROM pruning)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER coverage_insert BEFORE INSERT ON coverage
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = NEW.scanID)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER coverage_replace BEFORE INSERT ON coverage
WHEN EXISTS (SELECT 1 FROM coverage WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
CREATE TRIGGER coverage_update BEFORE UPDATE ON coverage
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID IN (OLD.scanID, NEW.scanID))
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER coverage_delete BEFORE DELETE ON coverage
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = OLD.scanID) AND NOT EXISTS (SELECT 1 FROM pruning)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER finding_insert BEFORE INSERT ON finding
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = NEW.scanID)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER finding_replace BEFORE INSERT ON finding
WHEN EXISTS (SELECT 1 FROM finding WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
CREATE TRIGGER finding_update BEFORE UPDATE ON finding
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID IN (OLD.scanID, NEW.scanID))
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER finding_delete BEFORE DELETE ON finding
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = OLD.scanID) AND NOT EXISTS (SELECT 1 FROM pruning)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER organizationTally_insert BEFORE INSERT ON organizationTally
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = NEW.scanID)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER organizationTally_replace BEFORE INSERT ON organizationTally
WHEN EXISTS (SELECT 1 FROM organizationTally WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
CREATE TRIGGER organizationTally_update BEFORE UPDATE ON organizationTally
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID IN (OLD.scanID, NEW.scanID))
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER organizationTally_delete BEFORE DELETE ON organizationTally
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = OLD.scanID) AND NOT EXISTS (SELECT 1 FROM pruning)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER scanProgress_insert BEFORE INSERT ON scanProgress
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = NEW.scanID)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER scanProgress_replace BEFORE INSERT ON scanProgress
WHEN EXISTS (SELECT 1 FROM scanProgress WHERE scanID = NEW.scanID)
BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
CREATE TRIGGER scanProgress_update BEFORE UPDATE ON scanProgress
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID IN (OLD.scanID, NEW.scanID))
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
CREATE TRIGGER scanProgress_delete BEFORE DELETE ON scanProgress
WHEN EXISTS (SELECT 1 FROM seal WHERE scanID = OLD.scanID) AND NOT EXISTS (SELECT 1 FROM pruning)
BEGIN SELECT RAISE(ABORT, 'the scan is sealed'); END;
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
    CASE WHEN p.scanID NOT NULL THEN (length(p.read) > r.id / 8 AND ((max(instr('0123456789ABCDEF', substr(hex(substr(p.read, r.id / 8 + 1, 1)), 1, 1)) - 1, 0) * 16 + max(instr('0123456789ABCDEF', substr(hex(substr(p.read, r.id / 8 + 1, 1)), 2, 1)) - 1, 0)) >> (r.id % 8)) & 1) END AS was_read, c.errorCode AS error_code, c.errorMessage AS error_message, t.observedAt AS since,
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
    AND (p.scanID IS NULL OR (length(p.listed) > r.id / 8 AND ((max(instr('0123456789ABCDEF', substr(hex(substr(p.listed, r.id / 8 + 1, 1)), 1, 1)) - 1, 0) * 16 + max(instr('0123456789ABCDEF', substr(hex(substr(p.listed, r.id / 8 + 1, 1)), 2, 1)) - 1, 0)) >> (r.id % 8)) & 1));
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
CREATE INDEX changeIntent_changeset ON changeIntent(changesetID, place);
CREATE INDEX changeOutcome_changeset ON changeOutcome(changesetID, place);
CREATE TRIGGER changeset_update BEFORE UPDATE ON changeset
BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER changeset_delete BEFORE DELETE ON changeset
BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER changeset_replace BEFORE INSERT ON changeset
WHEN EXISTS (SELECT 1 FROM changeset WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
CREATE TRIGGER changeIntent_update BEFORE UPDATE ON changeIntent
BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER changeIntent_delete BEFORE DELETE ON changeIntent
BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER changeIntent_replace BEFORE INSERT ON changeIntent
WHEN EXISTS (SELECT 1 FROM changeIntent WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
CREATE TRIGGER changeOutcome_update BEFORE UPDATE ON changeOutcome
BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER changeOutcome_delete BEFORE DELETE ON changeOutcome
BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER changeOutcome_replace BEFORE INSERT ON changeOutcome
WHEN EXISTS (SELECT 1 FROM changeOutcome WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the row is there'); END;
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('scan',3);
COMMIT;
