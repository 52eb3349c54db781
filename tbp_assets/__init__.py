"""Market-data day files on their way into a database a trading system can trust.

    bucket  ->  raw_day_file     the vendor's bytes, unchanged, versioned by sha256
            ->  validated_bars   every line accepted or quarantined with its reason, one Parquet file a day
            ->  market_data_raw  the universe's bars, one transaction a day, each with its load_ledger row

One partition is one trading date in New York. `tbp_assets.definitions` is what Dagster loads; `load_bars` reads
the bars back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tbp_assets.reading import load_bars

__all__ = ["load_bars"]


def __getattr__(name: str) -> object:
    if name == "load_bars":
        # Imported when it is asked for: `import tbp_assets` stays light.
        from tbp_assets.reading import load_bars  # noqa: PLC0415

        return load_bars
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
