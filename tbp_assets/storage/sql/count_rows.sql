-- Rows of a range of trading dates, by date in New York.
SELECT (timestamp AT TIME ZONE 'America/New_York')::date AS trading_date, count(*) AS rows
FROM market_data_raw
WHERE timestamp >= :range_start
  AND timestamp < :range_end
  AND timeframe = :timeframe
  AND data_source = :data_source
GROUP BY 1
