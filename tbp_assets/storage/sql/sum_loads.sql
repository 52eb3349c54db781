-- What all loads did. The ledger is only added to, so none of these sums ever falls; a clock set back makes no time negative.
SELECT count(*) AS loads, coalesce(sum(inserted), 0)::bigint AS inserted, coalesce(sum(updated), 0)::bigint AS updated,
       coalesce(sum(deleted), 0)::bigint AS deleted, coalesce(sum(unchanged), 0)::bigint AS unchanged,
       max(loaded_at) AS loaded_at, array_agg(seconds) FILTER (WHERE seconds >= 0) AS seconds
FROM load_ledger
WHERE dataset = :dataset
  AND data_source = :data_source
