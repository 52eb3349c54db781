SELECT to_regclass(quote_ident(:schema) || '.asset_check_executions') IS NOT NULL
   AND to_regclass(quote_ident(:schema) || '.daemon_heartbeats') IS NOT NULL
