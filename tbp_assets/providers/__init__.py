"""Speaks to a market-data provider: day files over S3 or in a local mirror. Knows no database and no Dagster."""
