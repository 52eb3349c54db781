-- Dagster's runs by status, and when one of each last ended (seconds since 1970).
SELECT status, count(*) AS runs, max(end_time) AS ended_at FROM runs GROUP BY status
