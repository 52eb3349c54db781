SELECT nextval(pg_get_serial_sequence('load_ledger', 'batch_id'))
