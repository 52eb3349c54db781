-- Bars that loads since a moment changed or took away, by load and cause.
SELECT ledger.batch_id, ledger.trading_date, ledger.loaded_at, ledger.run_id, revision.change,
       array_agg(revision.ticker ORDER BY revision.ticker) AS tickers
FROM load_ledger AS ledger
JOIN market_data_revisions AS revision ON revision.replaced_by = ledger.batch_id
WHERE ledger.dataset = :dataset
  AND ledger.data_source = :data_source
  AND ledger.loaded_at >= :since
  AND revision.change IN ('changed', 'dropped', 'rejected')
GROUP BY ledger.batch_id, revision.change
ORDER BY ledger.batch_id, revision.change
