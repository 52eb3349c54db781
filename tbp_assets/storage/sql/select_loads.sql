-- The newest ledger row of each day; one that brought only some tickers counts where there is no other.
SELECT DISTINCT ON (trading_date)
    trading_date, batch_id, source_sha256, rules, universe, universe_hash, run_id, accepted, selected, outside,
    inserted, updated, deleted, unchanged, loaded_at, partial, seconds
FROM load_ledger
WHERE dataset = :dataset
  AND data_source = :data_source
  AND trading_date BETWEEN :first_day AND :last_day
ORDER BY trading_date, partial, batch_id DESC
