SELECT change, count(*) AS bars FROM market_data_revisions WHERE replaced_by = :batch_id GROUP BY change
