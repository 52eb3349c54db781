SELECT id, data_type, data_source, date, ticker, error_type, error_message, attempts, run_id, created_at, last_attempt_at,
       resolved_at, resolved_by
FROM failed_downloads
WHERE data_type = :data_type
  AND data_source = :data_source
  AND date BETWEEN :first_day AND :last_day
  AND (:resolved OR resolved_at IS NULL)
ORDER BY date, id
