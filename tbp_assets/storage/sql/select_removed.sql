-- Keys of the day that are stored and no longer to be.
SELECT bar.ticker, bar.timestamp
FROM market_data_raw AS bar
WHERE bar.timestamp >= :day_start
  AND bar.timestamp < :day_end
  AND bar.timeframe = :timeframe
  AND bar.data_source = :data_source
  AND NOT EXISTS (
      SELECT FROM staged_bars AS staged WHERE staged.ticker = bar.ticker AND staged.timestamp = bar.timestamp
  )
