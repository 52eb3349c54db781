INSERT INTO load_ledger
    (batch_id, dataset, data_source, trading_date, source_sha256, rules, universe, universe_hash, run_id, accepted,
     selected, outside, inserted, updated, deleted, unchanged, loaded_at, partial, seconds)
VALUES
    (:batch_id, :dataset, :data_source, :trading_date, :source_sha256, :rules, :universe, :universe_hash, :run_id,
     :accepted, :selected, CAST(:outside AS jsonb), :inserted, :updated, :deleted, :unchanged, :loaded_at, :partial,
     extract(epoch FROM clock_timestamp() - :loaded_at))
