-- Tickers of which no bar was ever loaded, in the order given.
SELECT wanted.ticker
FROM unnest(CAST(:tickers AS text[])) WITH ORDINALITY AS wanted (ticker, position)
WHERE NOT EXISTS (
    SELECT FROM market_data_raw AS bar
    WHERE bar.ticker = wanted.ticker AND bar.timeframe = :timeframe AND bar.data_source = :data_source
)
AND NOT EXISTS (
    SELECT FROM market_data_revisions AS bar
    WHERE bar.ticker = wanted.ticker AND bar.timeframe = :timeframe AND bar.data_source = :data_source
)
ORDER BY wanted.position
