-- A run that repairs its own fault repaired it by a retry.
UPDATE failed_downloads
SET resolved_at = clock_timestamp(), resolved_by = CASE WHEN run_id = :run_id THEN 'retry' ELSE :resolved_by END
WHERE data_type = :data_type
  AND data_source = :data_source
  AND date = :date
  AND resolved_at IS NULL
