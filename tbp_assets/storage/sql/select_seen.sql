-- The first and last trading date of every ticker.
SELECT ticker, (min(timestamp) AT TIME ZONE 'America/New_York')::date AS first_seen,
       (max(timestamp) AT TIME ZONE 'America/New_York')::date AS last_seen
FROM market_data_raw
WHERE timeframe = :timeframe
  AND data_source = :data_source
GROUP BY ticker
ORDER BY ticker
