"""The one set of rules on a bar: the splitter, the pandera schema, the table schema in the UI and the docs read it.

A rule's expression is true where a row keeps it; null counts as kept, because missing values have rules of their own.
Rules that only need columns of a stored bar are also checked on the Parquet as it lies on disk.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache
from typing import Final, Literal

import polars as pl

from tbp_assets.bars.facts import DayFacts
from tbp_assets.bars.schema import BAR_SCHEMA, LONGEST_LINE, NEW_YORK, PRICES

Severity = Literal["reject"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A named condition on one row; `reject` quarantines the rows that break it.

    Attributes:
        version: Raised whenever the condition changes, so that days judged by the earlier one are judged again.
        timeframe: The rule is for bars of this length only; None for all.
    """

    id: str
    holds: pl.Expr
    text: str
    severity: Severity = "reject"
    version: int = 1
    timeframe: str | None = None

    @property
    def stored(self) -> bool:
        """Whether the rule can be checked on a stored bar."""
        return set(self.holds.meta.root_names()) <= set(BAR_SCHEMA)


def _present(column: str) -> pl.Expr:
    return pl.col(column).is_not_null() & pl.col(column).is_not_nan()


def _not_infinite(column: str) -> pl.Expr:
    return ~pl.col(column).is_infinite()


EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
NANOSECONDS_IN_MINUTE = 60_000_000_000
TICKER: Final = r"\A[\x21\x23-\x7e]{1,32}\z"

RULES: Final[tuple[Rule, ...]] = (
    Rule("line_too_long", ~pl.col("cut"), f"The line has at most {LONGEST_LINE:,} characters."),
    Rule("not_utf8", pl.col("utf8"), "The line is UTF-8 text."),
    Rule("wrong_field_count", pl.col("field_count") == pl.col("header_count"), "As many fields as the header."),
    Rule("not_a_number", ~pl.col("not_a_number"), "Every numeric field is empty or a number."),
    Rule(
        "ticker_malformed",
        pl.col("ticker").str.contains(TICKER).fill_null(value=False),
        "Ticker is 1 to 32 printable ASCII characters without space or quote.",
    ),
    Rule("timestamp_missing", pl.col("timestamp").is_not_null(), "window_start is present."),
    Rule(
        "timestamp_not_nanoseconds",
        pl.col("timestamp").is_between(pl.lit(EARLIEST), pl.lit(LATEST)),
        "window_start is nanoseconds since 1970, between 1990 and 2100.",
    ),
    Rule(
        "timestamp_of_another_date",
        pl.col("timestamp").dt.convert_time_zone(NEW_YORK).dt.date() == pl.col("trading_date"),
        "The date of window_start in New York is the file's trading date.",
    ),
    Rule(
        "timestamp_off_minute",
        pl.col("timestamp").to_physical() % NANOSECONDS_IN_MINUTE == 0,
        "window_start falls on a whole minute.",
    ),
    Rule(
        "timestamp_not_of_a_day",
        pl.col("timestamp").dt.convert_time_zone(NEW_YORK).dt.time().is_in([time(), time(16)]),
        "The window_start of a day bar is midnight in New York, or 16:00 as in the vendor's documentation.",
        timeframe="1d",
    ),
    Rule("price_missing", pl.all_horizontal(_present(p) for p in PRICES), "All four prices are present."),
    Rule("price_not_finite", pl.all_horizontal(_not_infinite(p) for p in PRICES), "No price is infinite."),
    Rule("price_not_positive", pl.all_horizontal(pl.col(p) > 0 for p in PRICES), "All four prices are above zero."),
    Rule("high_below_low", pl.col("high") >= pl.col("low"), "high >= low."),
    Rule("high_below_open", pl.col("high") >= pl.col("open"), "high >= open."),
    Rule("high_below_close", pl.col("high") >= pl.col("close"), "high >= close."),
    Rule("low_above_open", pl.col("low") <= pl.col("open"), "low <= open."),
    Rule("low_above_close", pl.col("low") <= pl.col("close"), "low <= close."),
    Rule("volume_not_finite", pl.col("volume").is_finite(), "Volume is finite."),
    Rule("volume_negative", pl.col("volume") >= 0, "Volume is zero or more."),
    Rule("transactions_negative", pl.col("transactions") >= 0, "Transactions is zero or more."),
    Rule(
        "duplicate_key",
        ~pl.struct("ticker", "timestamp").is_duplicated(),
        "Ticker and timestamp occur once; of duplicates no copy is trusted.",
    ),
    Rule(
        "second_bar_of_day",
        ~pl.struct("ticker", "trading_date").is_duplicated(),
        "A ticker has one day bar a trading date; of several, whatever their stamps, none is trusted.",
        timeframe="1d",
    ),
)

STORED_RULES: Final = tuple(rule for rule in RULES if rule.stored)


def rules_of(timeframe: str) -> tuple[Rule, ...]:
    """Return the rules for bars of a length."""
    return tuple(rule for rule in RULES if rule.timeframe in {None, timeframe})


@cache
def rules_version() -> str:
    """Return 12 hexadecimal digits that change when a rule does, so that a mended rule re-validates a day.

    They are made of each rule's id, severity and version in order, and of nothing that polars words: how an expression
    prints or serialises changes between releases, and every stored day would seem judged by other rules. A test holds
    expression and version together: it fails where an expression changes and its version does not.
    """
    text = "\n".join(f"{rule.id} {rule.severity} {rule.timeframe} {rule.version}" for rule in RULES)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def judged_otherwise(day: DayFacts) -> bool:
    """Whether what is known of a day, in the lake or in the database, was judged by other rules than today's."""
    judged = {fact.rules for fact in (day.lake, day.load) if fact}
    return bool(judged - {rules_version()})
