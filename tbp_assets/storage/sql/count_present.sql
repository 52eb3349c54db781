-- Day bars of every ticker in a range of trading dates, by day, week (from Monday) or month.
SELECT ticker, date_trunc(:bucket, timestamp AT TIME ZONE 'America/New_York')::date AS start, count(*) AS present
FROM market_data_raw
WHERE timestamp >= :range_start
  AND timestamp < :range_end
  AND timeframe = :timeframe
  AND data_source = :data_source
GROUP BY 1, 2
ORDER BY 1, 2
