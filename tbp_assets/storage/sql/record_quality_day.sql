INSERT INTO data_quality_days (date, data_type, data_source, source_sha256, judged_by, run_id)
VALUES (:trading_date, :dataset, :data_source, :source_sha256, :judged_by, :run_id)
ON CONFLICT (data_type, data_source, date) DO UPDATE
SET source_sha256 = excluded.source_sha256, judged_by = excluded.judged_by, run_id = excluded.run_id,
    measured_at = clock_timestamp()
