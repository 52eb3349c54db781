COPY market_data_raw
    (ticker, timestamp, open, high, low, close, volume, transactions, timeframe, data_source, batch_id, ingested_at)
FROM STDIN (FORMAT binary)
