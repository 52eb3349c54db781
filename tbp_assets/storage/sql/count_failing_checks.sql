-- Days whose newest result of a check is a failure. Only the events of those are opened, for their severity,
-- which Dagster leaves out where it is ERROR.
WITH failing AS (
    SELECT max(id) AS id
    FROM asset_check_executions
    WHERE execution_status IN ('SUCCEEDED', 'FAILED')
    GROUP BY asset_key, check_name, partition
    HAVING max(id) = max(id) FILTER (WHERE execution_status = 'FAILED')
)
SELECT check_name,
       coalesce(
           lower(split_part(
               CAST(evaluation_event AS json) #>> '{dagster_event,event_specific_data,severity,__enum__}', '.', 2
           )), 'error'
       ) AS severity,
       count(*) AS days
FROM asset_check_executions
WHERE id IN (SELECT id FROM failing)
GROUP BY 1, 2
ORDER BY 1, 2
