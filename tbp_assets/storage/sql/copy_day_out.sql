COPY (
    SELECT ticker, (extract(epoch FROM timestamp) * 1000000)::bigint AS timestamp, open, high, low, close, volume,
           transactions
    FROM market_data_raw
    WHERE timestamp >= %(day_start)s
      AND timestamp < %(day_end)s
      AND timeframe = %(timeframe)s
      AND data_source = %(data_source)s
    ORDER BY ticker
) TO STDOUT (FORMAT csv, HEADER)
