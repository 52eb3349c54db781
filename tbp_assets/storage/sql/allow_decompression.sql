-- Where TimescaleDB compressed the chunk, a change decompresses what lies around it; 100,000 rows are its default limit,
-- less than a chunk has. Elsewhere the setting means nothing.
SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0
