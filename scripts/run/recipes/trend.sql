-- After history.sql: findings of each night and organization, as oidc-audit history trend counts them.
SELECT started_at::DATE AS night, login, complete, judged, critical_findings, high_findings, medium_findings, low_findings
FROM trend;
