-- Bars a second of the newest loads that were timed; null where there are none.
SELECT CAST(sum(bars) / sum(seconds) AS double precision)
FROM (
    SELECT inserted + updated + deleted + unchanged AS bars, seconds
    FROM load_ledger
    WHERE dataset = :dataset
      AND data_source = :data_source
      AND seconds > 0
    ORDER BY batch_id DESC
    LIMIT :most
) AS newest
