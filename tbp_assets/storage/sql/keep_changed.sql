-- The versions that update_changed is about to replace move to market_data_revisions. A statement of its own: one that
-- reads and changes the same compressed chunk of TimescaleDB can see a row twice.
INSERT INTO market_data_revisions
    (ticker, timestamp, timeframe, data_source, open, high, low, close, volume, transactions, batch_id, ingested_at,
     replaced_by, valid_to, change)
SELECT bar.ticker, bar.timestamp, bar.timeframe, bar.data_source, bar.open, bar.high, bar.low, bar.close, bar.volume,
       bar.transactions, bar.batch_id, bar.ingested_at, :batch_id, :loaded_at, 'changed'
FROM market_data_raw AS bar
JOIN staged_bars AS staged ON staged.ticker = bar.ticker AND staged.timestamp = bar.timestamp
WHERE bar.timeframe = :timeframe
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
