-- {bars} is the table or one of the functions that return it as it stood.
COPY (
    SELECT ticker, (extract(epoch FROM timestamp) * 1000000)::bigint AS timestamp, open, high, low, close, volume,
           transactions, batch_id, (extract(epoch FROM ingested_at) * 1000000)::bigint AS ingested_at
    FROM {bars} AS bar
    WHERE (%(tickers)s::text[] IS NULL OR ticker = ANY (%(tickers)s::text[]))
      AND timestamp >= %(range_start)s
      AND timestamp < %(range_end)s
      AND timeframe = %(timeframe)s
      AND data_source = %(data_source)s
    ORDER BY ticker, timestamp
) TO STDOUT (FORMAT csv, HEADER)
