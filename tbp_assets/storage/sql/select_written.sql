-- What some runs wrote, for each trading date; a step that was repeated wrote more than one row for a day.
SELECT trading_date, sum(inserted)::bigint AS inserted, sum(updated)::bigint AS updated, sum(deleted)::bigint AS deleted,
       (array_agg(unchanged ORDER BY batch_id))[1] AS unchanged
FROM load_ledger
WHERE dataset = :dataset
  AND data_source = :data_source
  AND run_id = ANY(:runs)
GROUP BY trading_date
