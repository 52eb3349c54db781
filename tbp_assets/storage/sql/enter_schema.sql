-- Until the end of the transaction.
SELECT set_config('search_path', quote_ident(:schema), true)
