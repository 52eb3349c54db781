SELECT min(trading_date), max(trading_date) FROM load_ledger WHERE dataset = :dataset AND data_source = :data_source
