-- DuckDB: views on history.ndjson, which  oidc-audit history export -o history.ndjson  writes.
--   cat history.sql trend.sql | duckdb
-- A line belongs to the scan of the next seal; a checkpoint is a seal without one.

CREATE VIEW line AS
SELECT *, json->>'record' AS record,
    first_value((json->>'scan')::BIGINT IGNORE NULLS)
        OVER (ORDER BY line ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS scan_id
FROM (SELECT row_number() OVER () AS line, json FROM read_ndjson_objects('history.ndjson'));

CREATE VIEW scan AS
SELECT scan_id, fields.* FROM (
    SELECT scan_id, json_transform_strict(json, '{
        "api_url": "VARCHAR", "started_at": "TIMESTAMPTZ", "finished_at": "TIMESTAMPTZ", "policy_name": "VARCHAR",
        "verdict": "VARCHAR", "complete": "BOOLEAN"}') AS fields
    FROM line WHERE record = 'scan');

CREATE VIEW seal AS
SELECT scan_id, json->>'digest' AS digest FROM line WHERE record = 'seal' AND (json->>'scan') IS NOT NULL;

-- What a scan found of an organization, and whether it lacks something there.
CREATE VIEW organization AS
SELECT scan_id, line, fields.*, fields.template_status = 'unreadable' OR fields.listing_status = 'partial'
    OR len(fields.missing) > 0 OR fields.organization_id IS NULL AS is_short FROM (
    SELECT scan_id, line, json_transform_strict(json, '{
        "organization_id": "BIGINT", "login": "VARCHAR", "template_status": "VARCHAR", "listing_status": "VARCHAR",
        "missing": ["BIGINT"]}') AS fields
    FROM line WHERE record = 'organization');

CREATE VIEW tally AS
SELECT scan_id, fields.*, accepted_unread FROM (
    -- Histories of older programs lack the last.
    SELECT scan_id, coalesce((json->>'accepted_unread')::BIGINT, 0) AS accepted_unread, json_transform_strict(json, '{
        "organization_id": "BIGINT", "listed": "BIGINT", "compliant": "BIGINT", "violating": "BIGINT", "waived": "BIGINT",
        "unreadable": "BIGINT", "skipped": "BIGINT", "critical_findings": "BIGINT", "high_findings": "BIGINT",
        "medium_findings": "BIGINT", "low_findings": "BIGINT", "waived_findings": "BIGINT", "from_github_default": "BIGINT",
        "from_organization": "BIGINT", "from_repository": "BIGINT", "from_organization_or_copy": "BIGINT",
        "from_unknown": "BIGINT", "legacy": "BIGINT", "immutable": "BIGINT", "unknown_format": "BIGINT"}') AS fields
    FROM line WHERE record = 'tally');

-- A row for each change of a finding.
CREATE VIEW finding AS
SELECT scan_id, fields.* FROM (
    SELECT scan_id, json_transform(json, '{
        "repository_id": "BIGINT", "organization_id": "BIGINT", "policy_name": "VARCHAR", "rule": "VARCHAR", "open": "BOOLEAN",
        "severity": "VARCHAR", "message": "VARCHAR", "problems": ["VARCHAR"], "first_seen": "TIMESTAMPTZ"}') AS fields
    FROM line WHERE record = 'finding');

-- As history trend says it: an organization is complete where its scan is, or where another one explains why it is not; the
-- template's source is unknown of repositories that could not be read.
CREATE VIEW trend AS
WITH known AS (
    SELECT o.*, o.is_short OR coalesce(t.unreadable > t.accepted_unread, FALSE) AS lacks
    FROM organization o LEFT JOIN tally t USING (scan_id, organization_id))
SELECT scan_id, started_at, digest, k.login, policy_name,
    s.complete OR NOT k.lacks AND EXISTS (
        FROM known x WHERE x.scan_id = k.scan_id AND x.line <> k.line AND x.lacks) AS complete,
    compliant + violating + waived AS judged, t.* EXCLUDE (scan_id) REPLACE (from_unknown + greatest(0, least(unreadable,
        listed - from_github_default - from_organization - from_repository - from_organization_or_copy - from_unknown))
        AS from_unknown)
FROM scan s JOIN seal USING (scan_id) JOIN tally t USING (scan_id) JOIN known k USING (scan_id, organization_id)
ORDER BY k.line;
