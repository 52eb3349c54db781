SELECT date AS trading_date, source_sha256, judged_by, run_id, measured_at
FROM data_quality_days
WHERE data_type = :dataset
  AND data_source = :data_source
  AND date BETWEEN :first_day AND :last_day
