SELECT ticker
FROM market_data_raw
WHERE timestamp >= :day_start
  AND timestamp < :day_end
  AND timeframe = :timeframe
  AND data_source = :data_source
