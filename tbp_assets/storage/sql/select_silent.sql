-- Those of the given tickers that have no bar in any of the spans given for them.
SELECT wanted.ticker
FROM unnest(CAST(:tickers AS text[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
    AS wanted (ticker, span_start, span_end)
GROUP BY wanted.ticker
HAVING NOT bool_or(EXISTS (
    SELECT FROM market_data_raw AS bar
    WHERE bar.ticker = wanted.ticker COLLATE "C"
      AND bar.timeframe = :timeframe
      AND bar.data_source = :data_source
      AND bar.timestamp >= wanted.span_start
      AND bar.timestamp < wanted.span_end
))
ORDER BY wanted.ticker COLLATE "C"
