SELECT data_source, max(batch_id) AS newest_batch FROM load_ledger GROUP BY data_source ORDER BY data_source
