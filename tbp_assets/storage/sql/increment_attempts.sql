UPDATE failed_downloads
SET attempts = attempts + 1, last_attempt_at = clock_timestamp()
WHERE id = ANY(:ids)
  AND resolved_at IS NULL
