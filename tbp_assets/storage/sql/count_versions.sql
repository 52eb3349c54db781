-- How many versions of bars were ever written for some tickers: those that stand, and those replaced or removed since.
SELECT ticker, sum(versions)::bigint AS versions
FROM (
    SELECT ticker, count(*) AS versions
    FROM market_data_raw
    WHERE timeframe = :timeframe
      AND data_source = :data_source
      AND ticker = ANY(:tickers)
    GROUP BY ticker
    UNION ALL
    SELECT ticker, count(*)
    FROM market_data_revisions
    WHERE timeframe = :timeframe
      AND data_source = :data_source
      AND ticker = ANY(:tickers)
    GROUP BY ticker
) AS counted
GROUP BY ticker
