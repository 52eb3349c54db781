-- In Dagster's schema: planned checks get what was found, an evaluation each, which is in the event log already. The
-- rows are looked up by their keys one by one, for the reason that select_cells.sql names. Returned are the evaluations
-- that had a row.
UPDATE asset_check_executions AS settled
SET execution_status = found.status, evaluation_event = said.event, evaluation_event_timestamp = said.timestamp,
    evaluation_event_storage_id = said.id, materialization_event_storage_id = found.materialization_id
FROM unnest(
    CAST(:event_ids AS bigint[]), CAST(:asset_keys AS text[]), CAST(:check_names AS text[]),
    CAST(:partitions AS text[]), CAST(:statuses AS text[]), CAST(:materialization_ids AS bigint[])
) AS found (event_id, asset_key, check_name, partition, status, materialization_id)
CROSS JOIN LATERAL (
    SELECT id, run_id, event, timestamp FROM event_logs WHERE id = found.event_id LIMIT 1
) AS said
CROSS JOIN LATERAL (
    SELECT id
    FROM asset_check_executions AS planned
    WHERE planned.asset_key = found.asset_key
      AND planned.check_name = found.check_name
      AND planned.run_id = said.run_id
      AND planned.partition = found.partition
    LIMIT 1
) AS planned
WHERE settled.id = planned.id
RETURNING found.event_id
