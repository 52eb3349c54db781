-- Only value columns make a row changed: batch_id and ingested_at of an equal row stay what they are.
UPDATE market_data_raw AS bar
SET open = staged.open, high = staged.high, low = staged.low, close = staged.close, volume = staged.volume,
    transactions = staged.transactions, batch_id = :batch_id, ingested_at = :loaded_at
FROM staged_bars AS staged
WHERE staged.ticker = bar.ticker
  AND staged.timestamp = bar.timestamp
  AND bar.timeframe = :timeframe
  AND bar.data_source = :data_source
  AND bar.timestamp >= :range_start
  AND bar.timestamp < :range_end
  AND bar.ticker >= :first_ticker
  AND bar.ticker <= :last_ticker
  AND ((bar.open, bar.high, bar.low, bar.close, bar.volume, bar.transactions)
       IS DISTINCT FROM
       (staged.open, staged.high, staged.low, staged.close, staged.volume, staged.transactions)
       -- -0 equals 0 and is not the same bits; only a volume can be 0.
       OR float8send(bar.volume) <> float8send(staged.volume))
