-- Flags of a range of days, of one ticker and rule or of all.
SELECT date AS trading_date, ticker, rule, observed, reference, detail
FROM data_quality_flags
WHERE data_type = :dataset
  AND data_source = :data_source
  AND date BETWEEN :first_day AND :last_day
  AND (CAST(:ticker AS text) IS NULL OR ticker = CAST(:ticker AS text))
  AND (CAST(:rule AS text) IS NULL OR rule = CAST(:rule AS text))
ORDER BY date, ticker, rule
