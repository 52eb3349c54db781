COPY (
    SELECT ticker, timestamp, open, high, low, close, volume, transactions
    FROM market_data_raw
    WHERE timestamp >= %(range_start)s
      AND timestamp < %(range_end)s
      AND timeframe = %(timeframe)s
      AND data_source = %(data_source)s
) TO STDOUT (FORMAT csv, HEADER)
