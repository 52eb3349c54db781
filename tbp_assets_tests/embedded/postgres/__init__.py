"""Real servers, started and killed: the embedded PostgreSQL of `tbp_assets.embedded.postgres`."""
