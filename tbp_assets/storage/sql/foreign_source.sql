-- A database holds either invented or real bars.
SELECT data_source FROM load_ledger WHERE (data_source = 'synthetic') <> (:data_source = 'synthetic') LIMIT 1
