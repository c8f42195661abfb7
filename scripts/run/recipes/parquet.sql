-- After history.sql: two files for whatever reads Parquet.
COPY (FROM trend) TO 'trend.parquet' (FORMAT parquet, COMPRESSION zstd);
COPY (SELECT finding.*, started_at FROM finding JOIN scan USING (scan_id)) TO 'finding.parquet' (FORMAT parquet, COMPRESSION zstd);
