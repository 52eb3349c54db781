-- Each value that a load changed or took away, beside what it became (null where the bar went), newest load first. The
-- next version of a bar is looked up by its key, bar by bar: to compare two sets of bars is left to no planner, which
-- takes tables without statistics for empty and would go through all of one for each bar of the other.
SELECT (old.timestamp AT TIME ZONE 'America/New_York')::date AS trading_date, old.ticker, cell.name, cell.old, cell.new,
       old.change, old.ingested_at AS valid_from, old.valid_to, old.replaced_by AS batch_id, count(*) OVER () AS total
FROM market_data_revisions AS old
LEFT JOIN LATERAL (
    SELECT open, high, low, close, volume, transactions
    FROM market_data_raw AS bar
    WHERE bar.ticker = old.ticker
      AND bar.timestamp = old.timestamp
      AND bar.timeframe = old.timeframe
      AND bar.data_source = old.data_source
      AND bar.timestamp >= :range_start
      AND bar.timestamp < :range_end
      AND bar.batch_id = old.replaced_by
    UNION ALL
    SELECT open, high, low, close, volume, transactions
    FROM market_data_revisions AS bar
    WHERE bar.ticker = old.ticker
      AND bar.timestamp = old.timestamp
      AND bar.timeframe = old.timeframe
      AND bar.data_source = old.data_source
      AND bar.batch_id = old.replaced_by
    LIMIT 1
) AS new ON true
CROSS JOIN LATERAL (VALUES
    (1, 'open', old.open, new.open),
    (2, 'high', old.high, new.high),
    (3, 'low', old.low, new.low),
    (4, 'close', old.close, new.close),
    (5, 'volume', old.volume, new.volume),
    (6, 'transactions', old.transactions::double precision, new.transactions::double precision)
) AS cell (position, name, old, new)
WHERE old.timeframe = :timeframe
  AND old.data_source = :data_source
  AND old.timestamp >= :range_start
  AND old.timestamp < :range_end
  AND (CAST(:ticker AS text) IS NULL OR old.ticker = CAST(:ticker AS text))
  AND (CAST(:batch AS bigint) IS NULL OR old.replaced_by = CAST(:batch AS bigint))
  AND cell.old IS DISTINCT FROM cell.new
ORDER BY old.replaced_by DESC, old.ticker, old.timestamp, cell.position
LIMIT :most
