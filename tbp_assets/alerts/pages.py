"""Pages of Dagster's UI, from its address on, as its own links have them (1.13)."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

LOADED = "market_data_raw"


def run_page(run_id: str) -> str:
    """Return the page of a run."""
    return f"runs/{run_id}"


def day_page(day: date, asset: str = LOADED) -> str:
    """Return the page of an asset's partition."""
    return f"assets/{asset}?{urlencode({'view': 'partitions', 'partition': day.isoformat()})}"


def check_page(asset: str, check: str) -> str:
    """Return the page of an asset's check."""
    return f"assets/{asset}?{urlencode({'view': 'checks', 'checkDetail': check})}"
