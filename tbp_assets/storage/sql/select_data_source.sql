SELECT data_source FROM load_ledger ORDER BY batch_id DESC LIMIT 1
