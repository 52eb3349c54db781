"""How much of what is planted was flagged, and how many of the flags something planted explains.

Found, of an event, is:

- hole: `vanished` on its first session and `gap` on the first bar after it
- split: `probable_split` on its day whose detail begins with the ratio ("1:10" is not the beginning of "1:100")
- jump: `price_move` on its day, and no `probable_split`
- spike: `price_spike` on its day; volume: `volume_spike` on its day
- stale: `stale_price` on at least one of its sessions
- dead: `vanished` on its first session and never a `gap` afterwards; born: `appeared` on its first session

A flag is true where an event explains its rule on its day, beyond those above:

- split: `probable_split` of whatever ratio (a wrong one costs recall, not precision); `price_move`, for the printed
  price did move; `volume_spike`, for the shares are counted anew - on that day only: later ones are the detector's to
  know
- jump: `volume_spike` on its day and the nine after it, while trading falls back
- hole and stale: `price_move` on the first session after, where the price catches up with days unseen
- stale: `stale_price` on every one of its sessions

All else is false: `probable_split` on a jump, at a hole's end or on earnings; `price_spike` on a jump, whose open or
close stands where the extreme is; `price_move` on a spike, whose close is sound; `vanished` on later sessions of an
absence; `appeared` for a ticker that comes back, or on the market's first day. Two flags of one rule, day and ticker
are two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, Literal

import polars as pl

from tbp_assets_tests.planted.kinds import KINDS, TRUTH_SCHEMA, Kind, Planted
from tbp_assets_tests.planted.sessions import after, sessions

Rule = Literal[
    "price_move", "probable_split", "volume_spike", "stale_price", "gap", "vanished", "appeared", "price_spike"
]

RULES: Final[dict[Kind, tuple[Rule, ...]]] = {
    "hole": ("gap", "vanished"),
    "split": ("probable_split",),
    "jump": ("price_move",),
    "spike": ("price_spike",),
    "volume": ("volume_spike",),
    "stale": ("stale_price",),
    "dead": ("vanished",),
    "born": ("appeared",),
}
FLAG_SCHEMA: Final = {
    "trading_date": pl.Date(),
    "ticker": pl.String(),
    "rule": pl.String(),
    "observed": pl.Float64(),
    "reference": pl.Float64(),
    "detail": pl.String(),
}
SETTLING: Final = 9
_RATIO: Final = r"^\s*(\d+:\d+)"
_KEY: Final = ("rule", "ticker", "trading_date")
_EXPLAINED: Final = {"rule": pl.String(), "ticker": pl.String(), "trading_date": pl.Date()}


def score(planted: pl.DataFrame, flags: pl.DataFrame) -> pl.DataFrame:
    """Score the flags of one market, one row a kind, in the order of KINDS.

    Args:
        planted: The truth, as TRUTH_SCHEMA has it.
        flags: What a detector says, as FLAG_SCHEMA has it.

    Returns:
        kind; planted, found and noticed: events, `noticed` being those with the right rules on the right days whatever
        else was said (of splits: the ratio; of jumps: that it is a split); recall; flags: those of the kind's RULES,
        `vanished` counting for holes and for deaths; true: those of them that an event, of any kind, explains;
        precision. recall and precision are null where there is nothing to divide by.
    """
    judged = judged_events(planted, flags).group_by("kind").agg(
        planted=pl.len(), found=pl.col("found").sum(), noticed=pl.col("noticed").sum()
    )  # fmt: skip
    rules = pl.DataFrame(
        [(kind, rule) for kind in KINDS for rule in RULES[kind]], schema=["kind", "rule"], orient="row"
    )
    judgements = judged_flags(planted, flags).join(rules, on="rule").group_by("kind").agg(
        flags=pl.len(), true=pl.col("true").sum()
    )  # fmt: skip
    kinds = pl.DataFrame({"kind": KINDS})
    joined = kinds.join(judged, on="kind", how="left").join(judgements, on="kind", how="left", maintain_order="left")
    return _with_rates(joined.with_columns(pl.exclude("kind").fill_null(0).cast(pl.Int64)))


def merge(scores: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Add up the scores of several markets; the rates are those of the sums."""
    counts = pl.concat(list(scores)).drop("recall", "precision")
    return _with_rates(counts.group_by("kind", maintain_order=True).sum())


def missed(planted: pl.DataFrame, flags: pl.DataFrame) -> pl.DataFrame:
    """Return the events not found, and `instead`: what was flagged of the ticker from the first session to `after`."""
    events = judged_events(planted, flags).filter(~pl.col("found")).drop("found").with_row_index("event")
    near = events.join(flags, on="ticker").filter(pl.col("trading_date").is_between("first", "after"))
    said = pl.format("{} {} {}", "trading_date", "rule", pl.col("detail").fill_null("")).str.strip_chars()
    instead = near.group_by("event").agg(instead=said.sort_by("trading_date", "rule").str.join("; "))
    return events.join(instead, on="event", how="left", maintain_order="left").drop("event", "after")


def false_flags(planted: pl.DataFrame, flags: pl.DataFrame) -> pl.DataFrame:
    """Return the flags that nothing explains."""
    return judged_flags(planted, flags).filter(~pl.col("true")).drop("true").sort("rule", "ticker", "trading_date")


def judged_events(planted: pl.DataFrame, flags: pl.DataFrame) -> pl.DataFrame:
    """Return the events with `after`, the session after their last, and whether they were `found` and `noticed`."""
    said = _Said(flags)
    events = [Planted(**row) for row in planted.select(*TRUTH_SCHEMA).iter_rows(named=True)]
    return planted.with_columns(
        pl.Series("after", [after(event.last) for event in events], pl.Date()),
        pl.Series("found", [said.finds(event) for event in events], pl.Boolean()),
        pl.Series("noticed", [said.notices(event) for event in events], pl.Boolean()),
    )


def judged_flags(planted: pl.DataFrame, flags: pl.DataFrame) -> pl.DataFrame:
    """Return the flags with `true`: whether an event explains them."""
    events = [Planted(**row) for row in planted.select(*TRUTH_SCHEMA).iter_rows(named=True)]
    explained = [key for event in events for key in explanations(event)]
    keys = pl.DataFrame(explained, schema=_EXPLAINED, orient="row").unique().with_columns(true=pl.lit(value=True))
    joined = flags.join(keys, on=_KEY, how="left", maintain_order="left")
    return joined.with_columns(pl.col("true").fill_null(value=False))


def explanations(event: Planted) -> Iterator[tuple[str, str, date]]:
    """Yield rule, ticker and day of each flag that an event explains."""
    for rule in RULES[event.kind]:
        if rule != "gap":
            yield rule, event.ticker, event.first
    if event.kind in ("hole", "stale"):
        yield "price_move", event.ticker, after(event.last)
    if event.kind == "hole":
        yield "gap", event.ticker, after(event.last)
    elif event.kind == "split":
        yield from (("price_move", event.ticker, event.first), ("volume_spike", event.ticker, event.first))
    elif event.kind == "jump":
        yield from (("volume_spike", event.ticker, after(event.first, n)) for n in range(SETTLING + 1))
    elif event.kind == "stale":
        yield from (("stale_price", event.ticker, day) for day in sessions(event.first, event.last)[1:])


class _Said:
    """The flags, to be asked about an event."""

    __slots__ = ("_flagged", "_gaps", "_ratios")

    def __init__(self, flags: pl.DataFrame) -> None:
        self._flagged = set(flags.select(_KEY).iter_rows())
        splits = flags.filter(rule="probable_split").with_columns(pl.col("detail").str.extract(_RATIO))
        self._ratios = set(splits.select("ticker", "trading_date", "detail").iter_rows())
        self._gaps = dict(flags.filter(rule="gap").group_by("ticker").agg(pl.col("trading_date").max()).iter_rows())

    def notices(self, event: Planted) -> bool:
        """Tell whether the kind's rules fired where they should."""
        if event.kind == "stale":
            return any(("stale_price", event.ticker, day) in self._flagged for day in sessions(event.first, event.last))
        if event.kind == "hole" and ("gap", event.ticker, after(event.last)) not in self._flagged:
            return False
        rules: tuple[Rule, ...] = ("vanished",) if event.kind == "hole" else RULES[event.kind]
        return all((rule, event.ticker, event.first) in self._flagged for rule in rules)

    def finds(self, event: Planted) -> bool:
        """Tell whether the event was noticed and nothing said against it."""
        if not self.notices(event):
            return False
        if event.kind == "split":
            return (event.ticker, event.first, event.ratio) in self._ratios
        if event.kind == "jump":
            return ("probable_split", event.ticker, event.first) not in self._flagged
        return event.kind != "dead" or self._gaps.get(event.ticker, event.first) <= event.first


def _with_rates(counts: pl.DataFrame) -> pl.DataFrame:
    def rate(part: str, whole: str) -> pl.Expr:
        return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))

    return counts.select(
        "kind", "planted", "found", "noticed", rate("found", "planted").alias("recall"),
        "flags", "true", rate("true", "flags").alias("precision"),
    )  # fmt: skip
