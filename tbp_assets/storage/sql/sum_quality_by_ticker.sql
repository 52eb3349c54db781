-- What the rows of each ticker add up to over a range of days, the worst first.
SELECT ticker, sum(total_rows)::bigint AS total, sum(accepted_rows)::bigint AS accepted,
       sum(rejected_rows)::bigint AS rejected, sum(modified_rows)::bigint AS modified,
       CAST(trunc(100.0 * sum(accepted_rows) / NULLIF(sum(total_rows), 0), 2) AS double precision) AS score
FROM data_quality_metrics
WHERE data_type = :dataset
  AND data_source = :data_source
  AND date BETWEEN :first_day AND :last_day
GROUP BY ticker
ORDER BY score NULLS LAST, rejected DESC, modified DESC, ticker
