"""What stands on the page, in its order: sections with their words, their chart and their tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page.

    Attributes:
        title: Its name in the contents, and its heading where no chart has a longer one.
        chart: Id of its chart.
        tables: Ids of its tables.
        folded: Whether its tables are the chart once more, and closed until someone opens them.
    """

    id: str
    title: str
    chart: str = ""
    tables: tuple[str, ...] = ()
    folded: bool = False


SECTIONS: Final = (
    Section("day-states", "Days", "states", ("days",), folded=True),
    Section("presence-map", "Bars", "coverage", ("presence",), folded=True),
    Section("scores", "Score", "score"),
    Section("rejected-counts", "Rejections", "rejections", ("rejections",), folded=True),
    Section("flag-counts", "Flags", "flags", ("flag_counts",), folded=True),
    Section("whole-days", "Whole days", "statistics", ("bands", "statistics"), folded=True),
    Section("worst-days", "Worst days", tables=("worst_days",)),
    Section("worst-tickers", "Worst tickers", tables=("tickers",)),
    Section("rejected-lines", "Rejected rows", tables=("rejected_rows",)),
    Section("flagged-rows", "Flagged rows", tables=("flags",)),
    Section("ticker-coverage", "Coverage by ticker", tables=("coverage",)),
    Section("open", "Open days and failures", tables=("open_days", "failures")),
    Section("restated", "Restatements", tables=("restatements",)),
    Section("load-speed", "Load speed", "speed", ("loads",), folded=True),
)
