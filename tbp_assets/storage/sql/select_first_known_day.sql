-- The first trading date that was ever loaded, or that failed and was not repaired.
SELECT least(
    (SELECT min(trading_date) FROM load_ledger WHERE dataset = :dataset AND data_source = :data_source),
    (SELECT min(date) FROM failed_downloads
     WHERE data_type = :dataset AND data_source = :data_source AND resolved_at IS NULL)
)
