INSERT INTO market_data_raw
    (ticker, timestamp, open, high, low, close, volume, transactions, timeframe, data_source, batch_id, ingested_at)
SELECT staged.ticker, staged.timestamp, staged.open, staged.high, staged.low, staged.close, staged.volume,
       staged.transactions, :timeframe, :data_source, :batch_id, :loaded_at
FROM staged_bars AS staged
WHERE NOT EXISTS (
    SELECT FROM market_data_raw AS bar
    WHERE bar.ticker = staged.ticker
      AND bar.timestamp = staged.timestamp
      AND bar.timeframe = :timeframe
      AND bar.data_source = :data_source
      AND bar.timestamp >= :range_start
      AND bar.timestamp < :range_end
)
ORDER BY staged.ticker
