"""The kinds of planted events and what the truth says of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

import polars as pl

Kind = Literal["hole", "split", "jump", "spike", "volume", "stale", "dead", "born"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

TRUTH_SCHEMA: Final = {
    "kind": pl.String(),
    "ticker": pl.String(),
    "first": pl.Date(),
    "last": pl.Date(),
    "ratio": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted event.

    `first` and `last` are sessions: of a hole and of a death those without a bar (a death lasts to the market's end),
    of stale prices those that repeat the day before, of anything else the one day. `ratio` is a split's, new shares per
    old: "10:1" or, reverse, "1:10".
    """

    kind: Kind
    ticker: str
    first: date
    last: date
    ratio: str | None = None
