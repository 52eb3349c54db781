-- Moves the bars of some tickers to market_data_revisions, each with its cause.
WITH removed AS (
    DELETE FROM market_data_raw AS bar
    USING unnest(CAST(:tickers AS text[]), CAST(:timestamps AS timestamptz[]), CAST(:causes AS text[]))
        AS gone (ticker, timestamp, cause)
    WHERE bar.ticker = gone.ticker
      AND bar.timestamp = gone.timestamp
      AND bar.timeframe = :timeframe
      AND bar.data_source = :data_source
      AND bar.timestamp >= :range_start
      AND bar.timestamp < :range_end
      AND bar.ticker >= :first_ticker
      AND bar.ticker <= :last_ticker
    RETURNING bar.*, gone.cause
)
INSERT INTO market_data_revisions
    (ticker, timestamp, timeframe, data_source, open, high, low, close, volume, transactions, batch_id, ingested_at,
     replaced_by, valid_to, change)
SELECT ticker, timestamp, timeframe, data_source, open, high, low, close, volume, transactions, batch_id, ingested_at,
       :batch_id, :loaded_at, cause
FROM removed
