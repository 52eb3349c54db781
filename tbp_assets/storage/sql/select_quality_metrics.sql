-- Metrics of a range of days, of one ticker or of all.
SELECT date, ticker, total_rows, accepted_rows, rejected_rows, modified_rows,
       CAST(rejection_reasons AS text) AS rejection_reasons, CAST(flags AS text) AS flags,
       CAST(quality_score AS double precision) AS quality_score
FROM data_quality_metrics
WHERE data_type = :dataset
  AND data_source = :data_source
  AND date BETWEEN :first_day AND :last_day
  AND (CAST(:ticker AS text) IS NULL OR ticker = CAST(:ticker AS text))
ORDER BY date, ticker
