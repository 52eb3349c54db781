-- A day that fails again keeps its row. Retries of a step inside one run are one attempt.
INSERT INTO failed_downloads (data_type, data_source, date, ticker, error_type, error_message, run_id)
VALUES (:data_type, :data_source, :date, :ticker, :error_type, :error_message, :run_id)
ON CONFLICT (data_type, data_source, date, coalesce(ticker, '')) WHERE resolved_at IS NULL
DO UPDATE SET
    attempts = failed_downloads.attempts + (failed_downloads.run_id <> excluded.run_id)::integer,
    error_type = excluded.error_type,
    error_message = excluded.error_message,
    run_id = excluded.run_id,
    last_attempt_at = clock_timestamp()
