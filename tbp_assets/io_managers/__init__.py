"""How Dagster's assets become files of the lake and rows of the database: one item a trading day, streamed."""
