-- Each value that a load changed or took away, beside what it became (null where the bar went), newest load first.
WITH replaced AS (
    SELECT *
    FROM market_data_revisions
    WHERE timeframe = :timeframe
      AND data_source = :data_source
      AND timestamp >= :range_start
      AND timestamp < :range_end
      AND (CAST(:ticker AS text) IS NULL OR ticker = CAST(:ticker AS text))
      AND (CAST(:batch AS bigint) IS NULL OR replaced_by = CAST(:batch AS bigint))
), versions AS (
    SELECT ticker, timestamp, batch_id, open, high, low, close, volume, transactions
    FROM market_data_raw
    WHERE timeframe = :timeframe
      AND data_source = :data_source
      AND timestamp >= :range_start
      AND timestamp < :range_end
    UNION ALL
    SELECT ticker, timestamp, batch_id, open, high, low, close, volume, transactions
    FROM market_data_revisions
    WHERE timeframe = :timeframe
      AND data_source = :data_source
      AND timestamp >= :range_start
      AND timestamp < :range_end
)
SELECT (old.timestamp AT TIME ZONE 'America/New_York')::date AS trading_date, old.ticker, cell.name, cell.old, cell.new,
       old.change, old.ingested_at AS valid_from, old.valid_to, old.replaced_by AS batch_id, count(*) OVER () AS total
FROM replaced AS old
LEFT JOIN versions AS new
    ON new.ticker = old.ticker AND new.timestamp = old.timestamp AND new.batch_id = old.replaced_by
CROSS JOIN LATERAL (VALUES
    (1, 'open', old.open, new.open),
    (2, 'high', old.high, new.high),
    (3, 'low', old.low, new.low),
    (4, 'close', old.close, new.close),
    (5, 'volume', old.volume, new.volume),
    (6, 'transactions', old.transactions::double precision, new.transactions::double precision)
) AS cell (position, name, old, new)
WHERE cell.old IS DISTINCT FROM cell.new
ORDER BY old.replaced_by DESC, old.ticker, old.timestamp, cell.position
LIMIT :most
