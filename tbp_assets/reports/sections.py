"""What stands on the page, in its order: sections with their words, their chart and their tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page.

    Attributes:
        chart: Id of its chart.
        tables: Ids of its tables.
        unfolded: Whether long tables are open from the start.
    """

    id: str
    title: str
    lead: str
    chart: str = ""
    tables: tuple[str, ...] = ()
    unfolded: bool = False


SECTIONS: Final = (
    Section("day-states", "Days", "Whether every day that should be there is.", "states", ("days",)),
    Section("presence-map", "Bars", "Whether every ticker has its bars.", "coverage", ("presence",)),
    Section("scores", "Score", "How many rows of each file could be trusted.", "score"),
    Section(
        "rejected-counts", "Rejections", "What was kept out of the table, by the first broken rule.", "rejections",
        ("rejections",),
    ),
    Section("flag-counts", "Flags", "What was kept and is worth a look.", "flags", ("flag_counts",)),
    Section("worst-days", "Worst days", "", tables=("worst_days",), unfolded=True),
    Section("worst-tickers", "Worst tickers", "", tables=("tickers",), unfolded=True),
    Section("rejected-lines", "Rejected rows", "", tables=("rejected_rows",), unfolded=True),
    Section("flagged-rows", "Flagged rows", "", tables=("flags",), unfolded=True),
    Section("ticker-coverage", "Coverage by ticker", "", tables=("coverage",), unfolded=True),
    Section("open", "Open days and failures", "", tables=("open_days", "failures"), unfolded=True),
    Section("restated", "Restatements", "", tables=("restatements",), unfolded=True),
    Section("load-speed", "Load speed", "How fast days went into the table.", "speed", ("loads",)),
)  # fmt: skip
