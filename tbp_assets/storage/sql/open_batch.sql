-- A load's number and time, taken after the lock: later than every earlier load of the day, even if the clock went back.
SELECT nextval(pg_get_serial_sequence('load_ledger', 'batch_id')) AS batch_id,
       greatest(clock_timestamp(), max(loaded_at) + INTERVAL '1 microsecond') AS loaded_at
FROM load_ledger
WHERE dataset = :dataset
  AND data_source = :data_source
  AND trading_date = :trading_date
