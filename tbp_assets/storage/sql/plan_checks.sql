-- In Dagster's schema: a check that a run intends to make of some partitions, a row each, with the event that says so.
INSERT INTO asset_check_executions (
    asset_key, check_name, partition, run_id, execution_status,
    evaluation_event, evaluation_event_timestamp, evaluation_event_storage_id
)
SELECT :asset_key, :check_name, planned.partition, said.run_id, 'PLANNED', said.event, said.timestamp, said.id
FROM event_logs AS said
CROSS JOIN unnest(CAST(:partitions AS text[])) WITH ORDINALITY AS planned (partition, place)
WHERE said.id = :event_id
ORDER BY planned.place
