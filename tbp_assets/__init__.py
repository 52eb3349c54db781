"""Market-data day files on their way into a database a trading system can trust.

    bucket  ->  raw_day_file     the vendor's bytes, unchanged, versioned by sha256
            ->  validated_bars   every line accepted or quarantined with its reason, one Parquet file a day
            ->  market_data_raw  the universe's bars, one transaction a day, each with its load_ledger row

One partition is one trading date in New York. `tbp_assets.definitions` is what Dagster loads.
"""
