SELECT error_type,
       count(*) AS failures,
       count(*) FILTER (WHERE resolved_at IS NULL) AS unresolved,
       count(*) FILTER (WHERE resolved_by IN ('retry', 'schedule', 'sensor')) AS recovered,
       count(*) FILTER (WHERE resolved_by = 'person') AS repaired
FROM failed_downloads
WHERE data_type = :data_type
  AND data_source = :data_source
GROUP BY error_type
ORDER BY error_type
