"""Versions of a day's data: equal where what an asset has of the day was made from the same things.

They are made of the sha256 of the provider's file and of what was done to it, so that a cell is out of date exactly
where its file was replaced or is judged by other rules.
"""

from __future__ import annotations

from typing import Final

from tbp_assets.bars.facts import LakeFact, LandingFact, LoadFact

NO_FILE: Final = "no file"


def file_version(landing: LandingFact | None) -> str:
    """Return the version of a landed file: its sha256."""
    return landing.file.sha256 if landing and landing.file else NO_FILE


def judged_file(lake: LakeFact | None) -> str:
    """Return the version of the file that was judged."""
    return lake.source_sha256 if lake else NO_FILE


def bars_version(fact: LakeFact | LoadFact | None) -> str:
    """Return the version of a day's bars: the file and the rules that judged it."""
    return f"{fact.source_sha256} {fact.rules}" if fact else NO_FILE


def load_version(load: LoadFact | None) -> str:
    """Return the version of what the database holds of a day: its bars, and the universe they were chosen by."""
    return f"{bars_version(load)} {load.universe_hash}" if load else NO_FILE
