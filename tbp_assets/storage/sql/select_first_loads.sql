-- The first load of each day; of those of releases that did not time it nothing is known.
SELECT trading_date, source_sha256, seconds
FROM (
    SELECT DISTINCT ON (trading_date) trading_date, source_sha256, seconds
    FROM load_ledger
    WHERE dataset = :dataset
      AND data_source = :data_source
    ORDER BY trading_date, batch_id
) AS first
WHERE seconds >= 0
