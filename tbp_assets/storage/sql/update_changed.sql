-- Only value columns make a row changed: batch_id and ingested_at of an equal row stay what they are. The version that
-- was there moves to market_data_revisions.
WITH changed AS MATERIALIZED (
    SELECT bar.ticker, bar.timestamp, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.transactions,
           bar.batch_id, bar.ingested_at, staged.open AS new_open, staged.high AS new_high, staged.low AS new_low,
           staged.close AS new_close, staged.volume AS new_volume, staged.transactions AS new_transactions
    FROM market_data_raw AS bar
    JOIN staged_bars AS staged ON staged.ticker = bar.ticker AND staged.timestamp = bar.timestamp
    WHERE bar.timeframe = :timeframe
      AND bar.data_source = :data_source
      AND bar.timestamp >= :range_start
      AND bar.timestamp < :range_end
      AND (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.transactions)
          IS DISTINCT FROM
          (staged.open, staged.high, staged.low, staged.close, staged.volume, staged.transactions)
), moved AS (
    INSERT INTO market_data_revisions
        (ticker, timestamp, timeframe, data_source, open, high, low, close, volume, transactions, batch_id, ingested_at,
         replaced_by, valid_to, change)
    SELECT ticker, timestamp, :timeframe, :data_source, open, high, low, close, volume, transactions, batch_id,
           ingested_at, :batch_id, :loaded_at, 'changed'
    FROM changed
)
UPDATE market_data_raw AS bar
SET open = changed.new_open, high = changed.new_high, low = changed.new_low, close = changed.new_close,
    volume = changed.new_volume, transactions = changed.new_transactions, batch_id = :batch_id,
    ingested_at = :loaded_at
FROM changed
WHERE bar.ticker = changed.ticker
  AND bar.timestamp = changed.timestamp
  AND bar.timeframe = :timeframe
  AND bar.data_source = :data_source
  AND bar.timestamp >= :range_start
  AND bar.timestamp < :range_end
