-- Seconds from a day's first failure to its repair, and when a day failed last, of the failures that are remembered.
SELECT CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM resolved_at - created_at)) AS double precision)
           AS median,
       CAST(max(extract(epoch FROM resolved_at - created_at)) AS double precision) AS longest,
       max(last_attempt_at) AS failed_at
FROM failed_downloads
WHERE data_type = :dataset
  AND data_source = :data_source
