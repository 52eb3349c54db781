-- What the rows of each day add up to.
SELECT date AS trading_date, sum(total_rows)::bigint AS total, sum(accepted_rows)::bigint AS accepted,
       sum(rejected_rows)::bigint AS rejected, sum(modified_rows)::bigint AS modified,
       CAST(trunc(100.0 * sum(accepted_rows) / NULLIF(sum(total_rows), 0), 2) AS double precision) AS score
FROM data_quality_metrics
WHERE data_type = :dataset
  AND data_source = :data_source
  AND date BETWEEN :first_day AND :last_day
GROUP BY date
ORDER BY date
